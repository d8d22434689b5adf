// desk gives antd the tokens, the language and the nonce: for merchant and console.
import { ConfigProvider, theme as antd } from 'antd'
import enUS from 'antd/locale/en_US'
import zhCN from 'antd/locale/zh_CN'
import dayjs from 'dayjs'
import 'dayjs/locale/zh-cn'
import { useEffect, type ReactNode } from 'react'
import { useLang } from './i18n'
import { fontFamily, monoFamily, radius, tokens, useMode, type Tokens } from './theme'

// The server's nonce for the style tags that antd writes; the placeholder itself in `npm run dev`.
const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? ''

// antd derives its shades from the seeds, in the dark duller ones than the
// tokens, whose contrast was chosen; the ones that text wears are put back.
type Algorithm = typeof antd.defaultAlgorithm
const exactly = (base: Algorithm, c: Tokens): Algorithm[] => [
  base,
  (_, map = base(_)) => ({ ...map, colorPrimary: c.primary, colorInfo: c.primary, colorLink: c.primary, colorError: c.red, colorSuccess: c.green, colorWarning: c.amber }),
]
const algorithms = { light: exactly(antd.defaultAlgorithm, tokens.light), dark: exactly(antd.darkAlgorithm, tokens.dark) }

export function DeskTheme({ children }: { children: ReactNode }) {
  const lang = useLang()
  const mode = useMode()
  const c = tokens[mode]
  useEffect(() => void dayjs.locale(lang === 'zh' ? 'zh-cn' : 'en'), [lang])
  return (
    <ConfigProvider
      csp={{ nonce }}
      locale={lang === 'zh' ? zhCN : enUS}
      button={{ autoInsertSpace: false }}
      theme={{
        algorithm: algorithms[mode],
        token: {
          colorPrimary: c.primary,
          colorInfo: c.primary,
          colorLink: c.primary,
          colorError: c.red,
          colorSuccess: c.green,
          colorWarning: c.amber,
          colorSuccessBg: c.greenSoft,
          colorErrorBg: c.redSoft,
          colorWarningBg: c.amberSoft,
          colorPrimaryBg: c.primarySoft,
          colorInfoBg: c.primarySoft,
          colorBgLayout: c.page,
          colorBgContainer: c.surface,
          colorBgElevated: c.surface,
          colorText: c.text,
          colorTextSecondary: c.textSoft,
          colorTextTertiary: c.textSoft,
          colorTextDescription: c.textSoft,
          colorTextPlaceholder: c.textSoft,
          colorBorderSecondary: c.line,
          colorTextLightSolid: c.onPrimary,
          borderRadius: radius,
          fontFamily,
          fontFamilyCode: monoFamily,
          // antd must not wait for the end of transitions that shared.css takes away.
          motion: !matchMedia('(prefers-reduced-motion: reduce)').matches,
          motionDurationSlow: '0.2s',
          motionDurationMid: '0.15s',
        },
      }}
    >
      {children}
    </ConfigProvider>
  )
}

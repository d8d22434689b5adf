// phone gives antd-mobile the language and React 19's way to draw toasts and
// dialogs; its colours are the --adm variables of phone.css. For the wallet.
import { ConfigProvider, unstableSetRender } from 'antd-mobile'
import enUS from 'antd-mobile/es/locales/en-US'
import zhCN from 'antd-mobile/es/locales/zh-CN'
import type { ReactNode } from 'react'
import { createRoot, type Root } from 'react-dom/client'
import { useLang } from './i18n'
import './phone.css'

const roots = new WeakMap<Element | DocumentFragment, Root>()

unstableSetRender((node, container) => {
  const root = roots.get(container) ?? createRoot(container)
  roots.set(container, root)
  root.render(node)
  return async () => {
    await Promise.resolve() // React must not be asked to unmount while it draws
    root.unmount()
    roots.delete(container)
  }
})

export function PhoneTheme({ children }: { children: ReactNode }) {
  return <ConfigProvider locale={useLang() === 'zh' ? zhCN : enUS}>{children}</ConfigProvider>
}

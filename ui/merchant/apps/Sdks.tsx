import { Card, Facts } from '@shared/desks'
import { Radio } from 'antd'
import { useState } from 'react'
import type { Application } from '../api/merchant'
import { CopyButton } from './parts'
import { sdks, snippet, type Mode, type SdkID } from './sdks'
import { useAppT } from './words'

/** Sdks are the few lines that change, in the language that a shop is written in. */
export function Sdks({ app }: { app: Application }) {
  const t = useAppT()
  const [id, setID] = useState<SdkID>('node')
  const [mode, setMode] = useState<Mode>('key')
  const sdk = sdks.find((s) => s.id === id)!
  const text = snippet(id, mode, { gateway: app.gateway_url, appId: app.id, platformKey: app.platform_public_key })
  return (
    <Card title={t('tab.sdks')}>
      <p className="tb-soft">{t('sdks.says')}</p>
      <div className="desk-filters">
        <Radio.Group aria-label={t('sdks.language')} optionType="button" value={id} onChange={(e) => setID(e.target.value as SdkID)} options={sdks.map((s) => ({ value: s.id, label: s.name }))} />
        <Radio.Group
          aria-label={t('sdks.mode')}
          optionType="button"
          value={mode}
          onChange={(e) => setMode(e.target.value as Mode)}
          options={[
            { value: 'key', label: t('apps.mode.key') },
            { value: 'certificate', label: t('apps.mode.cert') },
          ]}
        />
      </div>
      <Facts
        items={[
          [t('sdks.package'), <code key="p" className="desk-mono">{sdk.pack}</code>],
          [t('sdks.key'), sdk.form],
        ]}
      />
      <pre className="desk-code apps-snippet" tabIndex={0} aria-label={sdk.name}>
        {text}
      </pre>
      <div className="desk-inline">
        <CopyButton text={text}>{t('sdks.copy')}</CopyButton>
        <span className="tb-soft">{t(`sdks.note.${id}`)}</span>
      </div>
    </Card>
  )
}

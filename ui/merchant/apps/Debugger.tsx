import { EmptyState, useAct } from '@shared'
import { Card, Facts, Field, Refused } from '@shared/desks'
import { Button, Input } from 'antd'
import { useState } from 'react'
import { checkSignature, type Application, type SignatureCheck } from '../api/merchant'
import { Fit, Signed } from './parts'
import { useAppT } from './words'

/** Debugger says of a pasted request what has to be signed, and what is wrong with its signature. */
export function Debugger({ app }: { app: Application }) {
  const t = useAppT()
  const [request, setRequest] = useState('')
  const [yours, setYours] = useState('')
  const [wrong, setWrong] = useState(false)
  const [found, setFound] = useState<SignatureCheck>()
  const act = useAct('check signature', (body: { request: string; string?: string }) => checkSignature(app.id, body), { onSuccess: setFound })
  return (
    <div className="desk-grid desk-2">
      <Card title={t('tab.debugger')}>
        <p className="tb-soft">{t('debug.says')}</p>
        <form
          noValidate
          onSubmit={(event) => {
            event.preventDefault()
            setWrong(!request.trim())
            if (request.trim()) act.run({ request, ...(yours ? { string: yours } : {}) })
          }}
        >
          <Field label={t('debug.request')} hint={t('debug.request.hint')} error={wrong && !request.trim() ? t('debug.missing') : undefined}>
            <Input.TextArea rows={10} className="desk-mono" spellCheck={false} maxLength={262144} value={request} onChange={(e) => setRequest(e.target.value)} />
          </Field>
          <Field label={t('debug.yours')} hint={t('debug.yours.hint')}>
            <Input.TextArea rows={3} className="desk-mono" spellCheck={false} maxLength={262144} value={yours} onChange={(e) => setYours(e.target.value)} />
          </Field>
          <Button type="primary" htmlType="submit" loading={act.isPending}>
            {t('debug.check')}
          </Button>
          {act.error && <Refused problem={act.error} money={false} />}
        </form>
      </Card>
      <Card title={found ? t(`debug.kind.${found.kind}`) : t('debug.result')}>
        {found ? <Found found={found} /> : <EmptyState>{t('debug.empty')}</EmptyState>}
      </Card>
    </div>
  )
}

function Found({ found }: { found: SignatureCheck }) {
  const t = useAppT()
  const params = Object.entries(found.parameters).sort(([a], [b]) => (a < b ? -1 : 1))
  return (
    <>
      <Fit fit={found.finding} ours={found.string_to_sign} />
      <Signed title={t('calls.string')} says={t('calls.string.says')} text={found.string_to_sign} />
      {found.finding.signed_string && <Signed title={t('calls.instead')} text={found.finding.signed_string} />}
      <h3>{t('debug.params')}</h3>
      <Facts className="apps-list" items={params.map(([name, value]) => [<code key={name} className="desk-mono">{name}</code>, <code key="v" className="desk-mono">{value}</code>])} />
    </>
  )
}

import { CopyId, EmptyState, Load, When } from '@shared'
import { Badge, Card, Facts, Rows } from '@shared/desks'
import { useQuery } from '@tanstack/react-query'
import { Button, Drawer, Input, Select } from 'antd'
import { useState } from 'react'
import { Link, useSearchParams } from 'react-router'
import { getCall, listCalls, type AppCall, type Application } from '../api/merchant'
import { helpFor } from './codes'
import { Fit, Signed, useCause } from './parts'
import { useAppT } from './words'

/** Calls are what the application asked of the gateway lately. */
export function Calls({ app }: { app: Application }) {
  const t = useAppT()
  const cause = useCause()
  const [asked, setAsked] = useSearchParams()
  const outcome = asked.get('outcome') ?? ''
  const [method, setMethod] = useState('')
  const [code, setCode] = useState('')
  const query = useQuery({ queryKey: ['calls', app.id, outcome, method, code], queryFn: () => listCalls(app.id, { outcome: outcome || undefined, method: method || undefined, code: code || undefined }), refetchInterval: 5000, placeholderData: (old) => old })
  const [open, setOpen] = useState<string>()
  return (
    <Card
      title={t('tab.calls')}
      extra={
        <Button size="small" onClick={() => void query.refetch()}>
          {t('calls.refresh')}
        </Button>
      }
    >
      <p className="tb-soft">{t('calls.says')}</p>
      <div className="desk-filters">
        <Select
          aria-label={t('calls.outcome')}
          className="orders-state"
          value={outcome}
          onChange={(value) => setAsked(value ? { outcome: value } : {}, { replace: true })}
          options={[
            { value: '', label: t('calls.all') },
            { value: 'failed', label: t('calls.failed') },
            { value: 'signature', label: t('calls.signature') },
          ]}
        />
        <Input.Search className="grow" allowClear aria-label={t('calls.method')} placeholder={t('calls.method.all')} onSearch={(text) => setMethod(text.trim())} />
        <Input.Search className="grow" allowClear aria-label={t('calls.code')} placeholder={t('calls.code.all')} onSearch={(text) => setCode(text.trim())} />
      </div>
      <Load query={query} empty={{ when: (list) => !list.length, show: <EmptyState>{t(outcome || method || code ? 'calls.empty.filtered' : 'calls.empty')}</EmptyState> }}>
        {(list) => (
          <Rows<AppCall>
            label={t('tab.calls')}
            rows={list}
            rowKey={(c) => c.id}
            width={900}
            onOpen={(c) => setOpen(c.id)}
            columns={[
              { title: t('col.time'), key: 'at', width: 130, render: (_, c) => <When at={c.at} /> },
              {
                title: t('calls.method'),
                key: 'method',
                width: 300,
                render: (_, c) => (
                  <span className="desk-cell-2">
                    <button type="button" className="tb-plain desk-mono apps-open" onClick={() => setOpen(c.id)}>
                      {c.method || c.path}
                    </button>
                    <small>
                      {c.protocol} · {c.verb}
                    </small>
                  </span>
                ),
              },
              {
                title: t('calls.code'),
                key: 'code',
                width: 230,
                render: (_, c) => (
                  <span className="desk-cell-2">
                    <span>
                      <Badge state={c.sub_code ? (c.code === '20000' ? 'failed' : 'unknown') : 'delivered'}>{c.code}</Badge>
                    </span>
                    {c.sub_code && <small className="desk-mono">{c.sub_code}</small>}
                  </span>
                ),
              },
              {
                title: t('calls.sign'),
                key: 'sign',
                width: 260,
                render: (_, c) => (
                  <span className="desk-cell-2">
                    <span>{t(`calls.${c.signature}`)}</span>
                    {c.cause && <small className="apps-short">{cause({ cause: c.cause, also: null, detail: '…', key: null })}</small>}
                  </span>
                ),
              },
              { title: t('calls.took'), key: 'took', width: 90, align: 'right', render: (_, c) => `${c.duration_ms.toFixed(1)} ms` },
            ]}
          />
        )}
      </Load>
      <Drawer open={!!open} onClose={() => setOpen(undefined)} size="min(720px, 100vw)" title={t('calls.request')} closable={{ 'aria-label': t('act.close') }} destroyOnHidden className="desk-drawer">
        {open && <InFull app={app} id={open} />}
      </Drawer>
    </Card>
  )
}

function InFull({ app, id }: { app: Application; id: string }) {
  const t = useAppT()
  const query = useQuery({ queryKey: ['call', app.id, id], queryFn: () => getCall(app.id, id), staleTime: Infinity, retry: false })
  return (
    <Load query={query} skeleton={{ shape: 'text' }}>
      {(c) => {
        const help = helpFor(c.sub_code)
        return (
          <>
            {c.finding && <Fit fit={c.finding} ours={c.string_to_sign} />}
            <Facts
              items={[
                [t('calls.request'), <code key="r" className="desk-mono">{`${c.verb} ${c.path}`}</code>],
                [t('calls.method'), <code key="m" className="desk-mono">{c.method || '–'}</code>],
                [t('calls.code'), <code key="c" className="desk-mono">{c.sub_code ? `${c.code} ${c.sub_code}` : `${c.code} ${t('calls.success')}`}</code>],
                ...(c.sub_code
                  ? ([
                      [
                        t('calls.help'),
                        <span key="h">
                          {(help && help[t.lang]) ?? c.message}{' '}
                          <Link to={`/applications/${app.id}/codes?code=${encodeURIComponent(c.sub_code)}`}>{t('tab.codes')}</Link>
                        </span>,
                      ],
                    ] as [string, React.ReactNode][])
                  : []),
                [t('calls.sign'), t(`calls.${c.signature}`)],
                ['sign_type · charset', `${c.sign_type} · ${c.charset}`],
                [t('setup.cert'), t(c.certificate_mode ? 'yes' : 'no')],
                [t('calls.encrypted'), t(c.encrypted ? 'yes' : 'no')],
                [t('col.time'), <When key="t" at={c.at} />],
                [t('calls.took'), `${c.duration_ms.toFixed(1)} ms`],
                [t('calls.trace'), <CopyId key="i" id={c.id} what={t('calls.trace')} show={30} />],
              ]}
            />
            {c.string_to_sign ? <Signed title={t('calls.string')} says={t('calls.string.says')} text={c.string_to_sign} /> : <p className="tb-soft">{t('calls.string.none')}</p>}
            {c.finding?.signed_string && <Signed title={t('calls.instead')} text={c.finding.signed_string} />}
            {c.signature === 'refused' && (
              <p>
                <Link to={`/applications/${app.id}/debugger`}>{t('calls.debug')}</Link>
              </p>
            )}
          </>
        )
      }}
    </Load>
  )
}

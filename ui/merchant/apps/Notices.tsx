import { Countdown, CopyId, EmptyState, useAct, When } from '@shared'
import { Badge, Card, Facts, Refused, Table, usePages } from '@shared/desks'
import { useQueryClient } from '@tanstack/react-query'
import { App as Ant, Button, Drawer, Input, Select } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'
import { listNotices, resendNotice, type Application, type Notice } from '../api/merchant'
import { useMay } from '../parts/may'
import { useAppT } from './words'

const states = ['pending', 'delivered', 'failed', 'given_up'] as const

/** Notices are what the application was told, try by try. */
export function Notices({ app }: { app: Application }) {
  const t = useAppT()
  const client = useQueryClient()
  const { message } = Ant.useApp()
  const may = useMay()('manage webhooks')
  const [state, setState] = useState('')
  const [about, setAbout] = useState('')
  const [open, setOpen] = useState<Notice>()
  const asked = { app_id: app.id, state: state || undefined, about: about || undefined }
  const pages = usePages<Notice>(['notices', asked], (cursor, limit) => listNotices({ ...asked, cursor, limit }), { refetchInterval: 5000 })
  const again = useAct('resend notice', (id: string) => resendNotice(id), {
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['notices'] })
      void message.success(t('notices.resent'))
    },
  })
  const now = open && (pages.rows?.find((n) => n.id === open.id) ?? open)
  const last = (n: Notice) => n.attempts.at(-1)
  const resend = (n: Notice) =>
    may && (
      <Button size="small" disabled={again.isPending} aria-label={t('notices.resend.name', { id: n.id })} onClick={() => again.run(n.id)}>
        {t('notices.resend')}
      </Button>
    )
  return (
    <Card title={t('tab.notices')}>
      <p className="tb-soft">{t('notices.says')}</p>
      <div className="desk-filters">
        <Select aria-label={t('col.status')} className="orders-state" value={state} onChange={setState} options={[{ value: '', label: t('filter.all') }, ...states.map((s) => ({ value: s as string, label: t(`delivery.${s}`) }))]} />
        <Input.Search className="grow" allowClear aria-label={t('notices.about.search')} placeholder={t('notices.about.search')} onSearch={(text) => setAbout(text.trim())} />
      </div>
      {again.error && <Refused problem={again.error} money={false} />}
      <Table<Notice>
        pages={pages}
        label={t('tab.notices')}
        rowKey={(n) => n.id}
        width={860}
        onOpen={setOpen}
        empty={<EmptyState>{t(state || about ? 'table.none' : 'notices.empty')}</EmptyState>}
        columns={[
          {
            title: t('notices.type'),
            key: 'type',
            width: 230,
            render: (_, n) => (
              <span className="desk-cell-2">
                <button type="button" className="tb-plain desk-mono apps-open" onClick={() => setOpen(n)}>
                  {n.type}
                </button>
                <small>{n.fields.trade_status ?? ''}</small>
              </span>
            ),
          },
          { title: t('col.order_no'), key: 'order', width: 190, render: (_, n) => <span className="desk-mono desk-clip" title={n.fields.out_trade_no}>{n.fields.out_trade_no ?? n.about}</span> },
          { title: t('col.status'), key: 'state', width: 140, render: (_, n) => <Badge state={n.state}>{t(`delivery.${n.state}`)}</Badge> },
          { title: t('notices.last'), key: 'last', width: 130, render: (_, n) => (last(n) ? (last(n)!.status ?? t('notices.none')) : '–') },
          { title: t('col.attempts'), key: 'attempts', width: 80, align: 'right', render: (_, n) => n.attempts.length },
          {
            title: t('col.time'),
            key: 'at',
            width: 180,
            render: (_, n) => (
              <span className="desk-cell-2">
                <When at={n.created_at} />
                {n.next_attempt_at && (
                  <small>
                    <Countdown until={n.next_attempt_at} label={(left) => t('notices.next', { left })} over={t('notices.now')} />
                  </small>
                )}
              </span>
            ),
          },
          { title: <span className="tb-sr">{t('notices.resend')}</span>, key: 'acts', width: 90, align: 'right', render: (_, n) => resend(n) },
        ]}
      />
      <Drawer open={!!now} onClose={() => setOpen(undefined)} size="min(720px, 100vw)" title={now?.type} extra={now && resend(now)} closable={{ 'aria-label': t('act.close') }} destroyOnHidden className="desk-drawer">
        {now && <Detail notice={now} />}
      </Drawer>
    </Card>
  )
}

function Detail({ notice: n }: { notice: Notice }) {
  const t = useAppT()
  return (
    <>
      <Facts
        items={[
          [t('col.status'), <Badge key="s" state={n.state}>{t(`delivery.${n.state}`)}</Badge>],
          [t('notices.url'), <code key="u" className="desk-mono">{n.url}</code>],
          [t('notices.about'), <Link key="a" to={`/orders/${n.about}`} className="desk-mono">{n.about}</Link>],
          ['notify_id', <CopyId key="i" id={n.id} what="notify_id" show={40} />],
          [t('notices.first'), <When key="t" at={n.created_at} />],
        ]}
      />
      <h2 className="order-part-head">{t('notices.attempts')}</h2>
      {n.attempts.length === 0 && <p className="tb-soft">{t('notices.notyet')}</p>}
      {[...n.attempts].reverse().map((a, i) => (
        <div key={i} className="desk-said">
          <span className="desk-inline">
            <Badge state={!a.error && a.status === 200 ? 'delivered' : 'failed'}>{a.status ?? t('notices.none')}</Badge>
            <When at={a.at} className="tb-soft" />
            <span className="tb-soft">{t('notices.took', { ms: a.duration_ms })}</span>
          </span>
          {a.error && <p className="tb-bad">{a.error}</p>}
          {a.response_snippet && (
            <pre className="desk-code" tabIndex={0} aria-label={t('notices.answer')}>
              {a.response_snippet}
            </pre>
          )}
        </div>
      ))}
      <h2 className="order-part-head">{t('notices.fields')}</h2>
      <p className="tb-soft">{t('notices.fields.says')}</p>
      <pre className="desk-code" tabIndex={0} aria-label={t('notices.fields')}>
        {Object.entries(n.fields)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([name, value]) => `${name}=${value}`)
          .join('\n')}
      </pre>
    </>
  )
}

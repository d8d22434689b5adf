import { Countdown, EmptyState, Load, useAct, When } from '@shared'
import { ActDialog, Badge, Card, Field, Refused, Rows, Table, usePages } from '@shared/desks'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { App, Button, Drawer, Input, Select, Switch } from 'antd'
import { useState } from 'react'
import { changeEndpoint, createEndpoint, eventTypes, getEvent, listDeliveries, listEndpoints, removeEndpoint, resend, rotateSecret, testEndpoint, type Delivery, type Endpoint } from '../api/merchant'
import { useT } from '../i18n'
import { useMay } from './may'
import { SecretOnce } from './SecretOnce'

type Doing = { what: 'rotate' | 'remove' | 'test'; endpoint: Endpoint }

export function Webhooks() {
  const t = useT()
  const client = useQueryClient()
  const may = useMay()('manage webhooks')
  const { message } = App.useApp()
  const query = useQuery({ queryKey: ['endpoints'], queryFn: listEndpoints })
  const [editing, setEditing] = useState<Endpoint | 'new'>()
  const [doing, setDoing] = useState<Doing>()
  const [secret, setSecret] = useState<string>()
  const [type, setType] = useState<string>('webhook.test')
  const again = () => {
    void client.invalidateQueries({ queryKey: ['endpoints'] })
    void client.invalidateQueries({ queryKey: ['deliveries'] })
  }
  const done = (says?: string) => {
    again()
    setDoing(undefined)
    if (says) void message.success(says)
  }
  const rotate = useAct('rotate', (id: string) => rotateSecret(id), { onSuccess: (e) => (done(), setSecret(e.secret)) })
  const remove = useAct('remove endpoint', (id: string) => removeEndpoint(id), { onSuccess: () => done(t('hooks.removed')) })
  const test = useAct('test endpoint', (id: string) => testEndpoint(id, type), { onSuccess: () => done(t('hooks.tested')) })
  const turn = useAct('turn endpoint', ({ id, enabled }: { id: string; enabled: boolean }) => changeEndpoint(id, { enabled }), { onSuccess: () => again() })
  return (
    <>
      <Card
        title={t('hooks.endpoints')}
        extra={
          may && (
            <Button type="primary" onClick={() => setEditing('new')}>
              {t('hooks.add')}
            </Button>
          )
        }
      >
        <p className="tb-soft">{t('hooks.says')}</p>
        {turn.error && <Refused problem={turn.error} money={false} />}
        <Load query={query} skeleton={{ rows: 2 }} empty={{ when: (list) => !list.length, show: <EmptyState>{t('hooks.empty')}</EmptyState> }}>
          {(list) => (
            <Rows<Endpoint>
              label={t('hooks.endpoints')}
              rows={list}
              rowKey={(e) => e.id}
              width={860}
              columns={[
                {
                  title: t('hooks.url'),
                  key: 'url',
                  width: 340,
                  render: (_, e) => (
                    <span className="desk-cell-2">
                      <code className="desk-mono">{e.url}</code>
                      {e.description && <small>{e.description}</small>}
                      {e.disabled_reason && <small className="tb-bad">{e.disabled_reason}</small>}
                    </span>
                  ),
                },
                { title: t('hooks.types'), key: 'types', width: 200, render: (_, e) => (e.event_types.length ? <span className="desk-mono">{e.event_types.join(', ')}</span> : t('hooks.alltypes')) },
                {
                  title: t('hooks.on'),
                  key: 'on',
                  width: 80,
                  render: (_, e) => <Switch size="small" checked={e.enabled} disabled={!may || turn.isPending} aria-label={t('hooks.on.name', { url: e.url })} onChange={(enabled) => turn.run({ id: e.id, enabled })} />,
                },
                {
                  title: <span className="tb-sr">{t('team.acts')}</span>,
                  key: 'acts',
                  width: 300,
                  align: 'right',
                  render: (_, e) =>
                    may && (
                      <span className="desk-inline hooks-acts">
                        <Button size="small" onClick={() => setDoing({ what: 'test', endpoint: e })}>
                          {t('hooks.test')}
                        </Button>
                        <Button size="small" onClick={() => setEditing(e)}>
                          {t('hooks.edit')}
                        </Button>
                        <Button size="small" onClick={() => setDoing({ what: 'rotate', endpoint: e })}>
                          {t('hooks.rotate')}
                        </Button>
                        <Button size="small" danger onClick={() => setDoing({ what: 'remove', endpoint: e })}>
                          {t('hooks.remove')}
                        </Button>
                      </span>
                    ),
                },
              ]}
            />
          )}
        </Load>
      </Card>
      <Deliveries endpoints={query.data ?? []} may={may} />
      {editing && (
        <Edit
          endpoint={editing === 'new' ? undefined : editing}
          onClose={() => setEditing(undefined)}
          onDone={(made) => {
            again()
            setEditing(undefined)
            setSecret(made.secret)
          }}
        />
      )}
      <ActDialog open={doing?.what === 'rotate'} onClose={() => setDoing(undefined)} title={t('hooks.rotate')} says={t('hooks.rotate.says')} ok={t('hooks.rotate')} act={rotate} money={false} onSubmit={() => doing && rotate.run(doing.endpoint.id)} />
      <ActDialog open={doing?.what === 'remove'} onClose={() => setDoing(undefined)} title={t('hooks.remove')} says={t('hooks.remove.says', { url: doing?.endpoint.url ?? '' })} ok={t('hooks.remove')} danger act={remove} money={false} onSubmit={() => doing && remove.run(doing.endpoint.id)} />
      <ActDialog open={doing?.what === 'test'} onClose={() => setDoing(undefined)} title={t('hooks.test')} says={t('hooks.test.says', { url: doing?.endpoint.url ?? '' })} ok={t('hooks.test.send')} act={test} money={false} onSubmit={() => doing && test.run(doing.endpoint.id)}>
        <Field label={t('hooks.type')}>
          <Select value={type} onChange={setType} options={eventTypes.map((value) => ({ value, label: value }))} />
        </Field>
      </ActDialog>
      <SecretOnce secret={secret} title={t('hooks.secret')} onClose={() => setSecret(undefined)} />
    </>
  )
}

function Edit({ endpoint, onClose, onDone }: { endpoint: Endpoint | undefined; onClose: () => void; onDone: (made: Endpoint) => void }) {
  const t = useT()
  const [url, setUrl] = useState(endpoint?.url ?? '')
  const [description, setDescription] = useState(endpoint?.description ?? '')
  const [types, setTypes] = useState<string[]>(endpoint?.event_types ?? [])
  const [wrong, setWrong] = useState(false)
  const good = /^https?:\/\/[^\s]+$/.test(url.trim())
  const act = useAct('endpoint', (body: { url: string; event_types: string[]; description: string }) => (endpoint ? changeEndpoint(endpoint.id, body) : createEndpoint(body)), { onSuccess: onDone })
  return (
    <ActDialog
      open
      onClose={onClose}
      title={t(endpoint ? 'hooks.edit' : 'hooks.add')}
      says={t('hooks.add.says')}
      ok={t(endpoint ? 'act.save' : 'hooks.add')}
      act={act}
      money={false}
      onSubmit={() => {
        setWrong(!good)
        if (good) act.run({ url: url.trim(), event_types: types, description: description.trim() })
      }}
    >
      <Field label={t('hooks.url')} hint="https://" error={wrong && !good ? t('hooks.url.bad') : undefined}>
        <Input autoFocus inputMode="url" autoComplete="off" spellCheck={false} maxLength={1024} value={url} onChange={(e) => setUrl(e.target.value)} />
      </Field>
      <Field label={t('hooks.types')} hint={t('hooks.types.hint')}>
        <Select mode="multiple" allowClear value={types} onChange={setTypes} options={eventTypes.map((value) => ({ value, label: value }))} />
      </Field>
      <Field label={t('hooks.description')} hint={t('form.optional')}>
        <Input maxLength={200} value={description} onChange={(e) => setDescription(e.target.value)} />
      </Field>
    </ActDialog>
  )
}

function Deliveries({ endpoints, may }: { endpoints: Endpoint[]; may: boolean }) {
  const t = useT()
  const client = useQueryClient()
  const { message } = App.useApp()
  const [endpoint, setEndpoint] = useState('')
  const [state, setState] = useState('')
  const [open, setOpen] = useState<Delivery>()
  const asked = { endpoint_id: endpoint || undefined, state: state || undefined }
  const pages = usePages<Delivery>(['deliveries', asked], (cursor, limit) => listDeliveries({ ...asked, cursor, limit }), { refetchInterval: 5000 })
  const again = useAct('resend', (id: string) => resend(id), {
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['deliveries'] })
      void message.success(t('hooks.resent'))
    },
  })
  const now = open && (pages.rows?.find((d) => d.id === open.id) ?? open)
  const last = (d: Delivery) => d.attempts.at(-1)
  return (
    <Card title={t('hooks.deliveries')}>
      <div className="desk-filters">
        <Select
          aria-label={t('hooks.endpoints')}
          className="hooks-which"
          value={endpoint}
          onChange={setEndpoint}
          options={[{ value: '', label: t('hooks.anyendpoint') }, ...endpoints.map((e) => ({ value: e.id, label: e.url }))]}
        />
        <Select
          aria-label={t('col.status')}
          className="orders-state"
          value={state}
          onChange={setState}
          options={[{ value: '', label: t('orders.anystate') }, ...(['pending', 'delivered', 'failed', 'given_up'] as const).map((s) => ({ value: s as string, label: t(`delivery.${s}`) }))]}
        />
      </div>
      {again.error && <Refused problem={again.error} money={false} />}
      <Table<Delivery>
        pages={pages}
        label={t('hooks.deliveries')}
        rowKey={(d) => d.id}
        width={780}
        onOpen={setOpen}
        empty={<EmptyState>{t('hooks.deliveries.empty')}</EmptyState>}
        columns={[
          {
            title: t('hooks.type'),
            key: 'type',
            width: 200,
            render: (_, d) => (
              <button type="button" className="tb-plain desk-mono" onClick={() => setOpen(d)}>
                {d.event_type}
              </button>
            ),
          },
          { title: t('col.status'), key: 'state', width: 150, render: (_, d) => <Badge state={d.state}>{t.maybe(`delivery.${d.state}`)}</Badge> },
          { title: t('hooks.answer'), key: 'answer', width: 130, render: (_, d) => (last(d) ? (last(d)!.status ?? t('hooks.noanswer')) : '–') },
          { title: t('col.attempts'), key: 'attempts', width: 90, align: 'right', render: (_, d) => d.attempts.length },
          {
            title: t('col.time'),
            key: 'at',
            width: 190,
            render: (_, d) => (
              <span className="desk-cell-2">
                <When at={d.created_at} />
                {d.next_attempt_at && (
                  <small>
                    <Countdown until={d.next_attempt_at} label={(left) => t('hooks.next', { left })} over={t('hooks.nextnow')} />
                  </small>
                )}
              </span>
            ),
          },
          {
            title: <span className="tb-sr">{t('team.acts')}</span>,
            key: 'acts',
            width: 100,
            align: 'right',
            render: (_, d) =>
              may && (
                <Button size="small" disabled={again.isPending} onClick={() => again.run(d.id)}>
                  {t('hooks.resend')}
                </Button>
              ),
          },
        ]}
      />
      <Drawer open={!!now} onClose={() => setOpen(undefined)} size="min(640px, 100vw)" title={now?.event_type} closable={{ 'aria-label': t('act.close') }} destroyOnHidden className="desk-drawer">
        {now && <DeliveryDetail delivery={now} url={endpoints.find((e) => e.id === now.endpoint_id)?.url ?? now.endpoint_id} />}
      </Drawer>
    </Card>
  )
}

// What was sent, and what came back, try by try.
function DeliveryDetail({ delivery: d, url }: { delivery: Delivery; url: string }) {
  const t = useT()
  const event = useQuery({ queryKey: ['event', d.event_id], queryFn: () => getEvent(d.event_id), staleTime: Infinity })
  return (
    <>
      <h2>{t('hooks.request')}</h2>
      <Load query={event} skeleton={{ shape: 'text' }}>
        {(e) => (
          <pre className="desk-code" tabIndex={0} aria-label={t('hooks.request')}>
            {`POST ${url}\nwebhook-id: ${e.id}\nwebhook-signature: v1,…\n\n${JSON.stringify({ id: e.id, type: e.type, timestamp: e.at, data: e.data }, null, 2)}`}
          </pre>
        )}
      </Load>
      <h2 className="order-part-head">{t('hooks.attempts')}</h2>
      {d.attempts.length === 0 && <p className="tb-soft">{t('hooks.notyet')}</p>}
      {[...d.attempts].reverse().map((a, i) => (
        <div key={i} className="desk-said">
          <span className="desk-inline">
            <Badge state={a.status && a.status < 300 ? 'delivered' : 'failed'}>{a.status ?? t('hooks.noanswer')}</Badge>
            <When at={a.at} className="tb-soft" />
            <span className="tb-soft">{t('hooks.took', { ms: a.duration_ms })}</span>
          </span>
          {a.error && <p className="tb-bad">{a.error}</p>}
          {a.response_snippet && (
            <pre className="desk-code" tabIndex={0} aria-label={t('hooks.answer')}>
              {a.response_snippet}
            </pre>
          )}
        </div>
      ))}
    </>
  )
}

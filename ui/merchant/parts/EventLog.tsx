import { CopyId, EmptyState, Load, When } from '@shared'
import { Badge, Card, Rows, Table, usePages } from '@shared/desks'
import { useQuery } from '@tanstack/react-query'
import { Button, Select } from 'antd'
import { useState } from 'react'
import { eventTypes, listEvents, listRequests, type Event, type LoggedRequest } from '../api/merchant'
import { useT } from '../i18n'

/** Events are what the merchant's programs could have been told. */
export function Events() {
  const t = useT()
  const [type, setType] = useState('')
  const pages = usePages<Event>(['events', type], (cursor, limit) => listEvents({ type: type || undefined, cursor, limit }))
  return (
    <Card title={t('dev.events')}>
      <div className="desk-filters">
        <Select
          aria-label={t('hooks.type')}
          className="hooks-which"
          value={type}
          onChange={setType}
          options={[{ value: '', label: t('events.anytype') }, ...eventTypes.map((value) => ({ value: value as string, label: value }))]}
        />
      </div>
      <Table<Event>
        pages={pages}
        label={t('dev.events')}
        rowKey={(e) => e.id}
        width={720}
        empty={<EmptyState>{t(type ? 'table.none' : 'events.empty')}</EmptyState>}
        expanded={(e) => (
          <pre className="desk-code" tabIndex={0} aria-label={e.type}>
            {JSON.stringify(e.data, null, 2)}
          </pre>
        )}
        columns={[
          { title: t('hooks.type'), key: 'type', width: 200, render: (_, e) => <span className="desk-mono">{e.type}</span> },
          { title: t('col.time'), key: 'at', width: 160, render: (_, e) => <When at={e.at} /> },
          { title: t('col.id'), key: 'id', width: 280, render: (_, e) => <CopyId id={e.id} show={30} /> },
          { title: t('events.position'), key: 'position', width: 100, align: 'right', render: (_, e) => e.position },
        ]}
      />
    </Card>
  )
}

/** Requests are the newest that the merchant's keys and staff made. */
export function Requests() {
  const t = useT()
  const query = useQuery({ queryKey: ['requests'], queryFn: listRequests, refetchInterval: 5000 })
  return (
    <Card
      title={t('dev.requests')}
      extra={
        <Button size="small" onClick={() => void query.refetch()}>
          {t('requests.again')}
        </Button>
      }
    >
      <p className="tb-soft">{t('requests.says')}</p>
      <Load query={query} empty={{ when: (list) => !list.length, show: <EmptyState>{t('requests.empty')}</EmptyState> }}>
        {(list) => (
          <Rows<LoggedRequest>
            label={t('dev.requests')}
            rows={list}
            rowKey={(r) => r.id}
            width={900}
            columns={[
              { title: t('col.time'), key: 'at', width: 140, render: (_, r) => <When at={r.at} /> },
              { title: t('requests.request'), key: 'request', width: 340, render: (_, r) => <code className="desk-mono">{`${r.method} ${r.path}`}</code> },
              {
                title: t('hooks.answer'),
                key: 'status',
                width: 170,
                render: (_, r) => (
                  <span className="desk-cell-2">
                    <span>
                      <Badge state={r.status < 400 ? 'delivered' : r.status < 500 ? 'unknown' : 'failed'}>{r.status}</Badge>
                    </span>
                    {r.code && <small className="desk-mono">{r.code}</small>}
                  </span>
                ),
              },
              { title: t('requests.took'), key: 'took', width: 90, align: 'right', render: (_, r) => `${r.duration_ms.toFixed(1)} ms` },
              { title: t('requests.by'), key: 'by', width: 200, render: (_, r) => <span className="desk-mono desk-clip" title={r.idempotency_key ?? ''}>{r.key_id ?? t('requests.staff')}</span> },
            ]}
          />
        )}
      </Load>
    </Card>
  )
}

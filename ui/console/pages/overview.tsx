import { Amount, EmptyState, ErrorState, Load, Skeleton, useTitle } from '@shared'
import { Age, Card, DisputeState, Head } from '@shared/desks'
import { useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import { getBooks, getSystem, listDisputes } from '../api/console'
import { useT } from '../i18n'
import { Checks } from '../parts/Checks'
import { disputePath } from '../parts/links'
import { useQueues } from '../parts/queues'
import { useOperator } from '../parts/role'

export default function Overview() {
  const t = useT()
  useTitle(t('nav.overview'))
  const me = useOperator()
  const { disputes, unknowns, failed } = useQueues()
  const books = useQuery({ queryKey: ['books'], queryFn: getBooks, refetchInterval: 30_000 })
  const system = useQuery({ queryKey: ['system'], queryFn: getSystem, refetchInterval: 5000 })
  const open = useQuery({ queryKey: ['disputes', 'overview'], queryFn: () => listDisputes({ open: true, limit: 100 }), refetchInterval: 10_000 })
  const mine = disputes.data?.data.filter((d) => d.assigned_to === me.id).length ?? 0
  const free = disputes.data?.data.filter((d) => !d.assigned_to).length ?? 0
  return (
    <>
      <Head title={t('nav.overview')} sub={t('overview.says')} />
      <div className="desk-grid desk-4 desk-fill">
        <Stat to="/disputes" label={t('overview.disputes')} query={disputes} value={(d) => d.data.length} note={t('overview.disputes.note', { mine, free })} />
        <Stat to="/unknowns" label={t('overview.unknowns')} query={unknowns} value={(d) => d.data.length} note={t('overview.unknowns.note')} />
        <Stat to="/jobs?state=failed" label={t('overview.failed')} query={failed} value={(d) => d.length} note={t('overview.failed.note')} />
        <Stat to="/system" label={t('overview.rate')} query={system} value={(s) => `${s.rate_per_second.toFixed(1)}/s`} note={system.data ? t('overview.p99', { ms: system.data.p99_ms.toFixed(1) }) : ''} />
      </div>
      <div className="desk-grid desk-2">
        <Card title={t('overview.books')} extra={<Link to="/books">{t('overview.more')}</Link>}>
          <Load query={books} skeleton={{ shape: 'text' }}>
            {(b) => <Checks books={b} />}
          </Load>
        </Card>
        <Card title={t('overview.open')} extra={<Link to="/disputes?view=open">{t('overview.more')}</Link>}>
          <Load query={open} skeleton={{ rows: 4 }} empty={{ when: (p) => !p.data.length, show: <EmptyState>{t('disputes.empty')}</EmptyState> }}>
            {(page) => (
              <ul className="hits">
                {page.data.slice(0, 8).map((d) => (
                  <li key={d.id}>
                    <span className="desk-cell-2">
                      <Link to={disputePath(d.id)}>{d.subject}</Link>
                      <small>
                        {d.buyer?.nickname} · {d.merchant.name} · <Age since={d.opened_at} />
                      </small>
                    </span>
                    <DisputeState status={d.status} />
                    <Amount amount={d.claim_amount} currency={d.currency} className="desk-strong" />
                  </li>
                ))}
              </ul>
            )}
          </Load>
        </Card>
      </div>
    </>
  )
}

function Stat<D>({ to, label, query, value, note }: { to: string; label: string; query: { data: D | undefined; error: unknown; isPending: boolean; refetch: () => unknown }; value: (data: D) => string | number; note: string }) {
  if (query.data === undefined) return <div className="tb-card desk-card">{query.error ? <ErrorState error={query.error} onRetry={() => void query.refetch()} /> : <Skeleton shape="text" />}</div>
  return (
    <Link to={to} className="tb-card desk-card desk-stat">
      <span className="desk-stat-label">{label}</span>
      <span className="desk-stat-value">{value(query.data)}</span>
      <span className="desk-stat-note">{note}</span>
    </Link>
  )
}

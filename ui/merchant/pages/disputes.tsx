import { Amount, Countdown, EmptyState, useTitle, When } from '@shared'
import { DisputeState, Head, Table, usePages, type Dispute } from '@shared/desks'
import { Segmented } from 'antd'
import { Link, useNavigate, useSearchParams } from 'react-router'
import { listDisputes } from '../api/merchant'
import { useT } from '../i18n'

const views = ['open', 'WAIT_SELLER_AGREE', 'WAIT_SELLER_CONFIRM_GOODS', 'ALIPAY_CHECK', 'all'] as const

export default function Disputes() {
  const t = useT()
  useTitle(t('nav.disputes'))
  const navigate = useNavigate()
  const [params, setParams] = useSearchParams()
  const view = params.get('view') ?? 'open'
  const asked = view === 'open' ? { open: true } : view === 'all' ? {} : { status: view }
  const pages = usePages<Dispute>(['disputes', asked], (cursor, limit, signal) => listDisputes({ ...asked, cursor, limit }, signal))
  // By deadline, the next first; without one (the platform decides) last.
  const sorted = { ...pages, rows: pages.rows && (view === 'all' ? pages.rows : [...pages.rows].sort((a, b) => (a.answer_by ?? '9').localeCompare(b.answer_by ?? '9'))) }
  return (
    <>
      <Head title={t('nav.disputes')} sub={t('disputes.says')} />
      <section className="tb-card desk-card">
        <div className="desk-filters">
          <Segmented
            aria-label={t('orders.views')}
            value={view}
            onChange={(value) => setParams(value === 'open' ? {} : { view: String(value) }, { replace: true })}
            options={views.map((v) => ({ value: v, label: t(`disputes.view.${v}`) }))}
          />
        </div>
        <Table<Dispute>
          pages={sorted}
          label={t('nav.disputes')}
          rowKey={(d) => d.id}
          width={900}
          onOpen={(d) => void navigate(`/disputes/${d.id}`)}
          empty={<EmptyState>{t(view === 'open' ? 'today.disputes.empty' : 'table.none')}</EmptyState>}
          columns={[
            {
              title: t('col.subject'),
              key: 'subject',
              width: 260,
              render: (_, d) => (
                <span className="desk-cell-2">
                  <Link to={`/disputes/${d.id}`}>{d.subject}</Link>
                  <small>
                    {t.maybe(`kind.${d.kind}`)} · {t.maybe(`reason.${d.reason}`)}
                  </small>
                </span>
              ),
            },
            { title: t('col.buyer'), key: 'buyer', width: 140, render: (_, d) => d.buyer?.nickname },
            { title: t('col.claim'), key: 'claim', width: 140, align: 'right', render: (_, d) => <Amount amount={d.claim_amount} currency={d.currency} className="desk-strong" /> },
            { title: t('col.status'), key: 'status', width: 170, render: (_, d) => <DisputeState status={d.status} /> },
            {
              title: t('col.deadline'),
              key: 'deadline',
              width: 170,
              render: (_, d) => (d.answer_by ? <Countdown until={d.answer_by} /> : d.ended_at ? <When at={d.ended_at} className="tb-soft" /> : <span className="tb-soft">{t('disputes.nodeadline')}</span>),
            },
            { title: t('disputes.opened'), key: 'opened', width: 140, render: (_, d) => <When at={d.opened_at} /> },
          ]}
        />
      </section>
    </>
  )
}

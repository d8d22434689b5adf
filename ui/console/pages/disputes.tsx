import { Amount, Countdown, EmptyState, useAct, useTitle } from '@shared'
import { Age, DisputeState, Head, Refused, Table, usePages, type Dispute } from '@shared/desks'
import { useQueryClient } from '@tanstack/react-query'
import { Button, Segmented } from 'antd'
import { Link, useNavigate, useSearchParams } from 'react-router'
import { assign, listDisputes } from '../api/console'
import { useT } from '../i18n'
import { disputePath } from '../parts/links'
import { OnlyLooking, useOperator } from '../parts/role'

const views = ['decide', 'open', 'all'] as const

export default function Disputes() {
  const t = useT()
  useTitle(t('nav.disputes'))
  const navigate = useNavigate()
  const client = useQueryClient()
  const me = useOperator()
  const [params, setParams] = useSearchParams()
  const view = params.get('view') ?? 'decide'
  const asked = view === 'decide' ? { status: 'ALIPAY_CHECK' } : view === 'open' ? { open: true } : {}
  const pages = usePages<Dispute>(['disputes', asked], (cursor, limit) => listDisputes({ ...asked, cursor, limit }), { refetchInterval: 10_000 })
  const take = useAct('assign', (id: string, key) => assign(id, key), { onSuccess: () => void client.invalidateQueries({ queryKey: ['disputes'] }) })
  // The oldest first: who has waited longest is next.
  const sorted = { ...pages, rows: pages.rows && (view === 'all' ? pages.rows : [...pages.rows].sort((a, b) => a.opened_at.localeCompare(b.opened_at))) }
  return (
    <>
      <Head title={t('nav.disputes')} sub={t('disputes.says')} />
      <section className="tb-card desk-card">
        <div className="desk-filters">
          <Segmented
            aria-label={t('disputes.views')}
            value={view}
            onChange={(value) => setParams(value === 'decide' ? {} : { view: String(value) }, { replace: true })}
            options={views.map((v) => ({ value: v, label: t(`disputes.view.${v}`) }))}
          />
        </div>
        {!me.mayDecide && <OnlyLooking to="decide" />}
        {take.error && <Refused problem={take.error} />}
        <Table<Dispute>
          pages={sorted}
          label={t('nav.disputes')}
          rowKey={(d) => d.id}
          width={980}
          onOpen={(d) => void navigate(disputePath(d.id))}
          empty={<EmptyState>{t(view === 'decide' ? 'disputes.empty.decide' : 'disputes.empty')}</EmptyState>}
          columns={[
            {
              title: t('col.subject'),
              key: 'subject',
              width: 240,
              render: (_, d) => (
                <span className="desk-cell-2">
                  <Link to={disputePath(d.id)}>{d.subject}</Link>
                  <small>
                    {t.maybe(`kind.${d.kind}`)} · {t.maybe(`reason.${d.reason}`)}
                  </small>
                </span>
              ),
            },
            {
              title: t('disputes.parties'),
              key: 'parties',
              width: 190,
              render: (_, d) => (
                <span className="desk-cell-2">
                  <span>{d.buyer?.nickname}</span>
                  <small>{d.merchant.name}</small>
                </span>
              ),
            },
            { title: t('col.claim'), key: 'claim', width: 130, align: 'right', render: (_, d) => <Amount amount={d.claim_amount} currency={d.currency} className="desk-strong" /> },
            {
              title: t('col.status'),
              key: 'status',
              width: 160,
              render: (_, d) => (
                <span className="desk-cell-2">
                  <span>
                    <DisputeState status={d.status} />
                  </span>
                  {d.answer_by && (
                    <small>
                      <Countdown until={d.answer_by} />
                    </small>
                  )}
                </span>
              ),
            },
            { title: t('col.age'), key: 'age', width: 90, render: (_, d) => <Age since={d.opened_at} /> },
            {
              title: t('col.owner'),
              key: 'owner',
              width: 150,
              render: (_, d) =>
                d.assigned_to ? (
                  d.assigned_to === me.id ? (
                    <strong>{t('disputes.me')}</strong>
                  ) : (
                    <span className="desk-mono desk-clip">{d.assigned_to}</span>
                  )
                ) : me.mayDecide && !d.ended_at ? (
                  <Button size="small" loading={take.isPending && take.variables === d.id} disabled={take.isPending} onClick={() => take.run(d.id)}>
                    {t('disputes.take')}
                  </Button>
                ) : (
                  <span className="tb-soft">–</span>
                ),
            },
          ]}
        />
      </section>
    </>
  )
}

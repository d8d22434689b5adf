import { useDeferredValue, useState } from 'react'
import { Link, useSearchParams } from 'react-router'
import { SearchOutline } from 'antd-mobile-icons'
import { Amount, Countdown, EmptyState, ErrorState, Skeleton, When } from '@shared'
import { disputeOf } from '@shared/steps'
import { listPayments, type Needs, type Payment } from '../api/wallet'
import { useT } from '../i18n'
import { stateOf, toneOf } from '../parts/life'
import { useRows } from '../parts/lists'
import { Chips, MoreRows, Page } from '../parts/ui'

const segments = ['all', 'to_pay', 'to_ship', 'to_receive', 'dispute'] as const
type Segment = (typeof segments)[number]

export default function OrdersPage() {
  const t = useT()
  const [search, setSearch] = useSearchParams()
  const segment: Segment = segments.find((s) => s === search.get('show')) ?? 'all'
  const [text, setText] = useState('')
  const q = useDeferredValue(text.trim())
  const rows = useRows(['payments', segment, q], (cursor) => listPayments({ ...(segment === 'all' ? {} : { needs: segment satisfies Needs }), ...(q ? { q } : {}) }, cursor))
  return (
    <Page title={t('orders.title')}>
      <div className="w-sticky">
        <label className="w-search">
          <SearchOutline aria-hidden="true" />
          <span className="tb-sr">{t('orders.search')}</span>
          <input type="search" placeholder={t('orders.search')} value={text} onChange={(e) => setText(e.target.value)} maxLength={64} />
        </label>
        <Chips label={t('orders.show')} chosen={segment} choices={segments.map((s) => [s, t(`orders.${s}`)] as const)} onChoose={(s) => setSearch(s === 'all' ? {} : { show: s }, { replace: true })} />
      </div>
      {rows.data === undefined ? (
        rows.error ? (
          <ErrorState error={rows.error} onRetry={() => void rows.refetch()} />
        ) : (
          <Skeleton rows={5} />
        )
      ) : rows.data.length === 0 ? (
        <EmptyState
          action={
            segment !== 'all' || q ? (
              <button
                type="button"
                className="tb-plain"
                onClick={() => {
                  setSearch({}, { replace: true })
                  setText('')
                }}
              >
                {t('orders.seeall')}
              </button>
            ) : (
              <Link to="/scan">{t('orders.empty.act')}</Link>
            )
          }
        >
          {t(segment === 'all' && !q ? 'orders.empty' : 'orders.none')}
        </EmptyState>
      ) : (
        <ul className="w-orders">
          {rows.data.map((p) => (
            <li key={p.id}>
              <OrderCard payment={p} />
            </li>
          ))}
        </ul>
      )}
      <MoreRows rows={rows} />
    </Page>
  )
}

function OrderCard({ payment: p }: { payment: Payment }) {
  const t = useT()
  const dispute = disputeOf(p)
  return (
    <Link className="w-card w-order" to={`/orders/${p.id}`}>
      <span className="w-order-head">
        <strong className="w-one">{p.merchant.name}</strong>
        <span className={`w-state w-state-${toneOf(p)}`}>{t.maybe(stateOf(p)) ?? p.status}</span>
      </span>
      <span className="w-order-what">
        <span className="w-two">{p.subject}</span>
        <Amount amount={p.amount} currency={p.currency} />
      </span>
      <span className="w-order-foot tb-soft">
        {p.next_deadline && (p.status !== 'TRADE_SUCCESS' || dispute) ? (
          <span>
            <Countdown until={p.next_deadline.at} /> · {t(`due.${p.next_deadline.what}`)}
          </span>
        ) : (
          <When at={p.created_at} />
        )}
        {p.refunded > 0 && (
          <span>
            {t('order.refunded')} <Amount amount={p.refunded} currency={p.currency} />
          </span>
        )}
      </span>
    </Link>
  )
}

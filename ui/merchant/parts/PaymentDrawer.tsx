// PaymentDrawer is one order: what may be done, its life, and its money's way.
import { Amount, Countdown, ErrorState, Skeleton } from '@shared'
import { DisputeState, Life, MoneyWay, PaymentFacts, PaymentState, Sums } from '@shared/desks'
import { useQuery } from '@tanstack/react-query'
import { Drawer } from 'antd'
import { Link } from 'react-router'
import { getPayment } from '../api/merchant'
import { useT } from '../i18n'
import { PaymentActs } from './PaymentActs'

export function PaymentDrawer({ id, onClose }: { id: string | undefined; onClose: () => void }) {
  const t = useT()
  const query = useQuery({ queryKey: ['payment', id], queryFn: () => getPayment(id!), enabled: !!id })
  const p = query.data
  return (
    <Drawer
      open={!!id}
      onClose={onClose}
      size="min(720px, 100vw)"
      destroyOnHidden
      title={p ? p.subject : t('order.title')}
      closable={{ 'aria-label': t('act.close') }}
      className="desk-drawer"
    >
      {!p ? (
        query.error ? (
          <ErrorState error={query.error} onRetry={() => void query.refetch()} />
        ) : (
          <Skeleton shape="page" />
        )
      ) : (
        <>
          <div className="desk-inline">
            <Amount amount={p.amount} currency={p.currency} size="hero" />
            <PaymentState payment={p} />
          </div>
          {p.next_deadline && (
            <p className="order-due">
              <Countdown until={p.next_deadline.at} /> · {t.maybe(`due.${p.next_deadline.what}`) ?? p.next_deadline.what}
            </p>
          )}
          {p.status === 'WAIT_SELLER_SEND_GOODS' && !p.next_deadline && <p className="order-due tb-soft">{t('order.held', { buyer: p.buyer?.nickname ?? '' })}</p>}
          <div className="desk-inline order-acts">
            <PaymentActs payment={p} />
          </div>
          {p.dispute && (
            <p className={p.dispute.ended_at ? 'desk-good' : 'desk-note'}>
              <Link to={`/disputes/${p.dispute.id}`}>{t.maybe(`kind.${p.dispute.kind}`) ?? p.dispute.kind}</Link>{' '}
              <DisputeState status={p.dispute.status} /> {t.maybe(`reason.${p.dispute.reason}`)} · <Amount amount={p.dispute.claim_amount} currency={p.currency} />
            </p>
          )}
          <Sums payment={p} />
          <h2>{t('payment.timeline')}</h2>
          <div className="order-part">
            <Life payment={p} />
          </div>
          <h2>{t('money.way')}</h2>
          <div className="order-part">
            <MoneyWay payment={p} />
          </div>
          <h2>{t('order.details')}</h2>
          <PaymentFacts payment={p} />
        </>
      )}
    </Drawer>
  )
}

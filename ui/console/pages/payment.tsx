import { Amount, CopyId, Countdown, Load, useTitle } from '@shared'
import { Card, DisputeState, Head, Life, MoneyWay, PaymentFacts, PaymentState, Sums } from '@shared/desks'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from 'react-router'
import { getPayment } from '../api/console'
import { useT } from '../i18n'
import { PaymentBooks } from '../parts/PaymentBooks'
import { AccountLink, disputePath, partyPath } from '../parts/links'

export default function PaymentPage() {
  const t = useT()
  const { id = '' } = useParams()
  const query = useQuery({ queryKey: ['payment', id], queryFn: () => getPayment(id) })
  useTitle(query.data?.subject ?? t('search.payments'))
  return (
    <Load query={query} skeleton={{ shape: 'page' }}>
      {(p) => (
        <>
          <Head title={p.subject} sub={<CopyId id={p.id} what={t('payment.number')} show={28} />}>
            <PaymentState payment={p} />
          </Head>
          <div className="desk-grid desk-2 console-wide">
            <div>
              <Card>
                <Amount amount={p.amount} currency={p.currency} size="hero" />
                {p.next_deadline && (
                  <p className="payment-due">
                    <Countdown until={p.next_deadline.at} /> · {t.maybe(`due.${p.next_deadline.what}`) ?? p.next_deadline.what}
                  </p>
                )}
                <Sums payment={p} />
                {p.dispute && (
                  <p className={p.dispute.ended_at ? 'desk-good' : 'desk-note'}>
                    <Link to={disputePath(p.dispute.id)}>{t.maybe(`kind.${p.dispute.kind}`)}</Link> <DisputeState status={p.dispute.status} /> {t.maybe(`reason.${p.dispute.reason}`)} ·{' '}
                    <Amount amount={p.dispute.claim_amount} currency={p.currency} />
                  </p>
                )}
              </Card>
              <Card title={t('payment.timeline')}>
                <Life payment={p} />
              </Card>
              <Card title={t('payment.details')}>
                <PaymentFacts
                  payment={p}
                  buyer={
                    p.buyer && (
                      <>
                        <Link to={partyPath(p.buyer.id)}>{p.buyer.nickname}</Link> · {p.buyer.phone_masked}
                      </>
                    )
                  }
                  seller={<Link to={partyPath(p.merchant.id)}>{p.merchant.name}</Link>}
                />
              </Card>
            </div>
            <div>
              <Card title={t('money.way')}>
                <MoneyWay payment={p} account={(id, name) => (/^\w+:\d+:[A-Z]{3}$/.test(id) ? <AccountLink id={id}>{name}</AccountLink> : name)} />
              </Card>
              <Card title={t('payment.books')} extra={<span className="tb-soft">{t('payment.books.says')}</span>}>
                <PaymentBooks id={p.id} changed={`${p.status} ${p.refunded}`} />
              </Card>
            </div>
          </div>
        </>
      )}
    </Load>
  )
}

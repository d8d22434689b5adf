// The cashier: what a shop, a QR code or a till leads to. A half sheet over a
// quiet page; it ends with the result and the way back. It never pays twice:
// the act keeps its key until the outcome is known, a lost answer is asked for
// again, and what was paid before is said so.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState, type ReactNode } from 'react'
import { Link, useLocation, useParams } from 'react-router'
import { Amount, asProblem, Countdown, ErrorState, LanguageSwitch, Skeleton, useAct, useTitle } from '@shared'
import { getPayment, pay, type Payment } from '../api/wallet'
import { useT } from '../i18n'
import { Coin } from '../parts/coin'
import { Live } from '../parts/live'
import { MethodRow, Short, shortOf } from '../parts/method'
import { patient } from '../parts/patient'
import { moneyChanged, useMe, useSession } from '../parts/session'
import { SignIn } from '../parts/signin'
import { Button, LinkButton, Mark, Pin } from '../parts/ui'

export default function CashierPage() {
  const t = useT()
  useTitle(t('cashier.title'))
  const { id = '' } = useParams()
  const here = useLocation().pathname
  const session = useSession()
  const signedOut = session.error && asProblem(session.error).code === 'unauthenticated'
  return (
    <Desk>
      {session.data ? (
        <>
          <Live />
          <Cashier id={id} />
        </>
      ) : signedOut ? (
        <>
          <h1 className="w-desk-title">{t('cashier.signin')}</h1>
          <SignIn next={here} onDone={() => undefined} />
        </>
      ) : session.error ? (
        <ErrorState error={session.error} onRetry={() => void session.refetch()} />
      ) : (
        <Skeleton shape="page" rows={2} />
      )}
    </Desk>
  )
}

/** Desk is the quiet page with the half sheet. */
export function Desk({ children }: { children: ReactNode }) {
  const t = useT()
  return (
    <div className="w-desk">
      <header className="w-desk-bar">
        <span className="w-desk-name">
          <Coin size={28} />
          {t('cashier.name')}
        </span>
        <LanguageSwitch />
      </header>
      <main className="w-desk-sheet">{children}</main>
    </div>
  )
}

function Cashier({ id }: { id: string }) {
  const t = useT()
  const client = useQueryClient()
  const me = useMe()
  const payment = useQuery({ queryKey: ['payment', id], queryFn: () => getPayment(id) })
  const [asking, setAsking] = useState(false)
  const [paid, setPaid] = useState<Payment>()
  const act = useAct(
    `pay ${id}`,
    patient((pin: string, key) => pay(id, pin, payment.data!.amount, key)),
    {
      onSuccess: (done) => {
        setPaid(done)
        client.setQueryData(['payment', id], done)
        moneyChanged()
      },
      // The answer is lost, or somebody was faster: the payment itself knows.
      onError: (problem) => {
        if (problem.moved === 'unknown' || problem.code === 'payment_state_refused' || problem.code === 'payment_expired') void payment.refetch()
        void me.refetch()
      },
    },
  )
  const tried = act.isPending || act.isSuccess || !!act.error
  if (payment.error && !payment.data) {
    const gone = asProblem(payment.error).code === 'payment_not_found'
    return gone ? (
      <div className="w-result">
        <Mark kind="no" />
        <h1>{t('cashier.gone')}</h1>
        <p className="tb-soft">{t('cashier.gone.says')}</p>
        <LinkButton to="/">{t('cashier.home')}</LinkButton>
      </div>
    ) : (
      <ErrorState error={payment.error} onRetry={() => void payment.refetch()} />
    )
  }
  if (!payment.data || (!me.data && !me.error)) return <Skeleton shape="page" rows={2} />
  if (!me.data) return <ErrorState error={me.error} onRetry={() => void me.refetch()} />
  const p = paid ?? payment.data
  if (p.status !== 'WAIT_BUYER_PAY') return <Result payment={p} fresh={!!paid || tried} />

  const short = shortOf(me.data, p.amount)
  return (
    <>
      <h1 className="tb-sr">{t('cashier.title')}</h1>
      <div className="w-pay-what">
        <p className="w-pay-who">{t('cashier.to', { name: p.merchant.name })}</p>
        <Amount amount={p.amount} currency={p.currency} size="hero" />
        <p className="tb-soft">{p.subject}</p>
        {!asking && <p className="w-pay-says">{t(p.kind === 'escrow' ? 'cashier.held' : 'cashier.instant', { name: p.merchant.name })}</p>}
      </div>
      {asking ? (
        <Pin act={act} onCancel={() => setAsking(false)} />
      ) : (
        <>
          <MethodRow me={me.data} />
          {short ? (
            <Short me={me.data} amount={p.amount} next={`/cashier/${id}`} />
          ) : (
            <Button className="w-wide" autoFocus onClick={() => setAsking(true)}>
              {t('cashier.confirm')}
            </Button>
          )}
          <p className="w-center tb-soft">
            <Countdown until={p.pay_by} label={(left) => t('cashier.until', { left })} />
          </p>
          <p className="w-links w-links-center">
            {p.return_url ? <a href={p.return_url}>{t('cashier.back.unpaid')}</a> : <Link to="/">{t('cashier.home')}</Link>}
          </p>
        </>
      )}
    </>
  )
}

/** Result is what is true now: paid, paid before, or not payable any more. */
export function Result({ payment: p, fresh }: { payment: Payment; fresh: boolean }) {
  const t = useT()
  const first = useRef<HTMLDivElement>(null)
  useEffect(() => first.current?.querySelector<HTMLElement>('.w-button')?.focus(), [])
  const closed = p.status === 'TRADE_CLOSED'
  const head = closed ? (p.refunded > 0 ? t('state.refunded') : t('cashier.closed')) : fresh ? t('cashier.paid') : t('cashier.before')
  const says = closed
    ? t(p.refunded > 0 ? 'cashier.refunded.says' : 'cashier.closed.says')
    : p.kind === 'instant'
      ? t('cashier.after.instant', { name: p.merchant.name })
      : p.status === 'WAIT_SELLER_SEND_GOODS'
        ? t('cashier.after.escrow', { name: p.merchant.name })
        : p.status === 'TRADE_FINISHED'
          ? t('cashier.after.finished', { name: p.merchant.name })
          : t('cashier.after.shipped', { name: p.merchant.name })
  return (
    <div className="w-result" ref={first}>
      <div role="status" className="w-result-said">
        <Mark kind={closed ? 'no' : 'done'} />
        <h1>{head}</h1>
        <Amount amount={p.amount} currency={p.currency} size="hero" />
        <p className="w-result-who">{p.merchant.name}</p>
        <p className="tb-soft">{says}</p>
      </div>
      {p.return_url ? (
        <a className="w-button w-button-primary w-wide" href={p.return_url}>
          {t('cashier.return')}
        </a>
      ) : (
        <LinkButton to="/" replace>
          {t('act.done')}
        </LinkButton>
      )}
      <LinkButton kind="quiet" to={`/orders/${p.id}`} replace={!p.return_url}>
        {t('cashier.order')}
      </LinkButton>
    </div>
  )
}

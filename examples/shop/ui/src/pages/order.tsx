import { useCallback, useEffect, useState, type ReactNode } from 'react'
import { oneLine } from '../address'
import { api, follow, Problem, type Order, type State } from '../api'
import { CopyButton, Icon, Money, Nothing, Page, Picture, Skeleton, Trouble, type IconName } from '../parts'
import { Link, useWords } from '../place'
import { useProblem } from '../problem'
import { left, when } from '../say'
import { useStores } from '../stores'

const icons: Record<State, IconName> = {
  not_started: 'cloud', to_pay: 'clock', to_ship: 'shield', to_receive: 'box', disputed: 'scale',
  received: 'check', finished: 'check', refunded: 'undo', closed: 'cross',
}

export function OrderPage({ no }: { no: string }) {
  const { t } = useWords()
  const [order, setOrder] = useState<Order | null>(null)
  const [problem, setProblem] = useState<Problem | null>(null)

  const load = useCallback(() => {
    setProblem(null)
    api.order(no).then(setOrder, (e) => setProblem(e as Problem))
  }, [no])
  useEffect(load, [load])
  useEffect(
    () =>
      follow((changed) => {
        if (!changed) load()
        else if (changed.no === no) setOrder(changed)
        else setOrder((old) => (old && old.rest.some((r) => r.no === changed.no) ? (load(), old) : old))
      }),
    [no, load],
  )
  // While Tongbao is silent, ask again by ourselves.
  useEffect(() => {
    if (!order || order.fresh) return
    const again = setTimeout(load, 5000)
    return () => clearTimeout(again)
  }, [order, load])
  // A page that was asleep in the background has missed things.
  useEffect(() => {
    const awake = () => document.visibilityState === 'visible' && load()
    document.addEventListener('visibilitychange', awake)
    return () => document.removeEventListener('visibilitychange', awake)
  }, [load])

  if (!order)
    return (
      <Page title={t('order')}>
        {problem?.code === 'not_found' ? (
          <Nothing heading title={t('notFound')} body={t('notFoundBody')} to="/orders" link={t('orders')} />
        ) : problem ? (
          <Trouble title={t('errTitle')} body={t('err_no_network')} retry={load} />
        ) : (
          <Skeleton kind="order" />
        )}
      </Page>
    )
  return <OrderView order={order} set={setOrder} load={load} />
}

function OrderView({ order: o, set, load }: { order: Order; set: (o: Order) => void; load: () => void }) {
  const { t, say, money, lang } = useWords()
  const { reload } = useStores()
  const explain = useProblem()
  const [busy, setBusy] = useState<'' | 'pay' | 'cancel'>('')
  const [problem, setProblem] = useState<Problem | null>(null)
  const now = new Date(o.now)
  const p = o.payment
  const seller = say(o.seller)

  const start = async () => {
    setBusy('pay')
    setProblem(null)
    try {
      const started = await api.pay(o.no)
      if (started.pay_url) {
        location.assign(started.pay_url)
        return
      }
      set(started)
    } catch (e) {
      setProblem(e as Problem)
    }
    setBusy('')
  }
  const cancel = async () => {
    setBusy('cancel')
    setProblem(null)
    try {
      set(await api.cancel(o.no))
      reload()
    } catch (e) {
      setProblem(e as Problem)
      load()
    }
    setBusy('')
  }

  const next = o.rest.find((r) => r.pay_url)
  return (
    <Page title={t('order')} bar={<Acts o={o} next={next} busy={busy} start={start} cancel={cancel} />}>
      <section className={`hero ${o.state}`}>
        <span className="disc big">
          <Icon name={icons[o.state]} />
        </span>
        <div role="status">
          <h1 tabIndex={-1}>{title(o, t, seller)}</h1>
          <Lead o={o} />
        </div>
      </section>
      {problem && (
        <div className="alert" role="alert">
          {explain(problem)}
        </div>
      )}
      {!o.fresh && o.asked_at && (
        <div className="alert soft" role="status">
          {t('stale', { time: when(o.asked_at, now, lang) })}
        </div>
      )}
      {next && o.state !== 'to_pay' && (
        <p className="sheet hint">
          <span className="disc">
            <Icon name="arrow" />
          </span>
          <span>
            <b>{t('next', { seller: say(next.seller), amount: money(next.total, next.currency) })}</b>
            <span className="soft small block">{t('nextBody')}</span>
          </span>
        </p>
      )}
      {o.codes.length > 0 && (
        <section className="sheet">
          <h2>{o.codes.length > 1 ? t('yourCodes') : t('yourCode')}</h2>
          <ul className="codes">
            {o.codes.map((c) => (
              <li key={c}>
                <code>{c}</code>
                <CopyButton text={c} label={c} />
              </li>
            ))}
          </ul>
        </section>
      )}
      <section className="sheet">
        <h2>{t('steps')}</h2>
        <Steps o={o} />
      </section>
      <section className="sheet">
        <h2 className="of">
          <Picture of={`seller-${o.shelf}`} />
          <Link to={`/sellers/${o.shelf}`}>{seller}</Link>
        </h2>
        <ul className="lines">
          {o.lines.map((l) => (
            <li key={l.sku}>
              <Picture of={l.sku} />
              <div className="linetext">
                <Link to={`/goods/${l.sku}`}>{say(l.name)}</Link>
                <div className="row">
                  <span className="soft">× {l.quantity}</span>
                  <Money minor={l.price * l.quantity} currency={o.currency} />
                </div>
              </div>
            </li>
          ))}
        </ul>
        <div className="row total">
          <b>{t('total')}</b>
          <Money minor={o.total} currency={o.currency} />
        </div>
      </section>
      {(o.address || p?.shipment) && (
        <section className="sheet">
          <h2>{o.address ? t('deliverTo') : t('parcel')}</h2>
          {o.address && (
            <address>
              <b>{o.address.name}</b> <span className="soft">{o.address.phone}</span>
              <br />
              {oneLine(o.address, lang)}
            </address>
          )}
          {p?.shipment && !o.virtual && (
            <p className="ident">
              <span>{p.shipment.carrier}</span>
              <code>{p.shipment.tracking_no}</code>
              <CopyButton text={p.shipment.tracking_no} label={p.shipment.tracking_no} />
            </p>
          )}
        </section>
      )}
      <dl className="idents soft small">
        <div>
          <dt>{t('orderNo')}</dt>
          <dd>
            <code>{o.no}</code>
            <CopyButton text={o.no} label={t('orderNo')} />
          </dd>
        </div>
        {p && (
          <div>
            <dt>{t('paymentNo')}</dt>
            <dd>
              <code>{p.id}</code>
              <CopyButton text={p.id} label={t('paymentNo')} />
            </dd>
          </div>
        )}
      </dl>
    </Page>
  )
}

function title(o: Order, t: ReturnType<typeof useWords>['t'], seller: string): string {
  if (o.state === 'to_receive' && o.virtual) return t('to_receive_v')
  if (o.state === 'disputed' && o.payment?.dispute?.kind === 'refund_request') return t('disputed_refund')
  return t(o.state, { seller })
}

/** What is true now, and until when. */
function Lead({ o }: { o: Order }) {
  const { t, say, money, lang } = useWords()
  const now = new Date(o.now)
  const p = o.payment
  const seller = say(o.seller)
  const at = (iso: string) => when(iso, now, lang)
  const amount = money(p?.in_escrow || o.total, o.currency)
  const lines: ReactNode[] = []
  let due: string | undefined
  switch (o.state) {
    case 'not_started':
      if (o.trouble === 'out_of_stock') lines.push(t('not_started_sold'))
      else if (o.trouble && o.trouble !== 'no_answer') lines.push(t('not_started_refused', { code: o.trouble }))
      else lines.push(t('not_started_b'))
      break
    case 'to_pay':
      due = p?.pay_by
      lines.push(due ? t('to_pay_b', { time: at(due) }) : '')
      break
    case 'to_ship':
      lines.push(t(o.virtual ? 'to_ship_v' : 'to_ship_b', { amount, seller }))
      break
    case 'to_receive':
      due = p?.confirm_by
      lines.push(t('to_receive_b', { seller, time: due ? at(due) : '' }))
      break
    case 'disputed':
      due = p?.dispute?.status === 'WAIT_SELLER_AGREE' ? p.dispute.answer_by : undefined
      lines.push(t('disputed_b', { amount }))
      if (due) lines.push(' ', t('disputed_by', { seller, time: at(due) }))
      break
    case 'refunded':
      lines.push(t('refunded_b', { amount: money(p?.refunded || o.total, o.currency) }))
      break
    default:
      lines.push(t(`${o.state}_b`, { seller }))
  }
  if (p && p.refunded > 0 && o.state !== 'refunded') lines.push(' ', t('partRefund', { amount: money(p.refunded, o.currency) }))
  const rest = due ? left(due, now, lang) : ''
  return (
    <>
      <p>{lines}</p>
      {rest && (
        <p className="due">
          <Icon name="clock" /> {t('leftTime', { left: rest })}
        </p>
      )}
    </>
  )
}

function Steps({ o }: { o: Order }) {
  const { t, money, lang } = useWords()
  const now = new Date(o.now)
  const p = o.payment
  const steps: { key: string; text: string; at?: string }[] = [{ key: 'placed', text: t('stepPlaced'), at: o.placed_at }]
  if (o.state === 'closed') steps.push({ key: 'closed', text: t('stepClosed'), at: p?.closed_at })
  else {
    steps.push({ key: 'paid', text: t('stepPaid'), at: p?.paid_at })
    if (o.state !== 'refunded' || p?.shipped_at) steps.push({ key: 'shipped', text: t(o.virtual ? 'stepDelivered' : 'stepShipped'), at: p?.shipped_at })
    if (p?.dispute?.opened_at) steps.push({ key: 'dispute', text: t(p.dispute.kind === 'refund_request' ? 'disputed_refund' : 'stepDisputed'), at: p.dispute.opened_at })
    for (const r of p?.refunds ?? []) steps.push({ key: r.id, text: t('stepRefund', { amount: money(r.amount, o.currency) }), at: r.at })
    if (o.state !== 'refunded') steps.push({ key: 'done', text: t('stepDone'), at: p?.finished_at })
  }
  // In the order in which they happened, and what is still to come last.
  const sorted = [...steps.filter((s) => s.at).sort((a, b) => a.at!.localeCompare(b.at!)), ...steps.filter((s) => !s.at)]
  const current = sorted.findLastIndex((s) => s.at)
  return (
    <ol className="steps">
      {sorted.map((s, i) => (
        <li key={s.key} className={s.at ? 'past' : 'future'} aria-current={i === current ? 'step' : undefined}>
          <span>{s.text}</span>
          {s.at && (
            <time className="soft small" dateTime={s.at} title={new Date(s.at).toLocaleString()}>
              {when(s.at, now, lang)}
            </time>
          )}
        </li>
      ))}
    </ol>
  )
}

function Acts({ o, next, busy, start, cancel }: { o: Order; next?: Order['rest'][number]; busy: string; start: () => void; cancel: () => void }) {
  const { t, say, money } = useWords()
  const cancelButton = (
    <button type="button" className="button" onClick={cancel} disabled={busy !== ''}>
      {busy === 'cancel' ? t('cancelling') : t('cancelOrder')}
    </button>
  )
  const wallet = (word: 'confirmInWallet' | 'refundInWallet' | 'askRefund' | 'disputeInWallet' | 'inWallet', primary = false) => (
    <a className={primary ? 'button primary' : 'button'} href={o.wallet_url}>
      {t(word)}
    </a>
  )
  const payNext = next && (
    <a className="button primary" href={next.pay_url}>
      {t('payNext', { seller: say(next.seller), amount: money(next.total, next.currency) })}
    </a>
  )
  switch (o.state) {
    case 'not_started':
      return (
        <>
          {cancelButton}
          <button type="button" className="button primary" onClick={start} disabled={busy !== ''}>
            {busy === 'pay' ? t('payAsking') : t('tryAgain')}
          </button>
        </>
      )
    case 'to_pay':
      return (
        <>
          {cancelButton}
          <a className="button primary" href={o.pay_url}>
            {t('payWith', { amount: money(o.total, o.currency) })}
          </a>
        </>
      )
    case 'to_ship':
      return <>{payNext ? <>{wallet('inWallet')}{payNext}</> : wallet(o.virtual ? 'inWallet' : 'askRefund')}</>
    case 'to_receive':
      return (
        <>
          {payNext ? wallet('inWallet') : wallet('refundInWallet')}
          {payNext ?? wallet('confirmInWallet', true)}
        </>
      )
    case 'disputed':
      return wallet('disputeInWallet', true)
    case 'received':
      return (
        <>
          {wallet('refundInWallet')}
          {payNext ?? <Again o={o} />}
        </>
      )
  }
  return payNext ?? <Again o={o} />
}

function Again({ o }: { o: Order }) {
  const { t } = useWords()
  const sku = o.lines[0]?.sku
  return (
    <Link className="button" to={sku ? `/goods/${sku}` : '/'}>
      {t('buyAgain')}
    </Link>
  )
}

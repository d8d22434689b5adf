// Trade is a payment's parts as both desks show them: state, life, money's way,
// and the two sides of a dispute.
import { Tag } from 'antd'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { api } from '../api'
import { useNow } from '../clock'
import { Amount } from '../components/Amount'
import { CopyId } from '../components/CopyId'
import { ErrorState, Skeleton } from '../components/States'
import { Countdown, When } from '../components/Time'
import { Timeline } from '../components/Timeline'
import { formatMoney } from '../money'
import { at, get } from './call'
import { Facts } from './Shell'
import { stepsOf } from '../steps'
import { rows, type Dispute, type Evidence, type Leg, type Payment } from './types'
import { useDeskT } from './words'

const colours: Record<string, string> = {
  WAIT_BUYER_PAY: 'soft',
  WAIT_SELLER_SEND_GOODS: 'warm',
  WAIT_BUYER_CONFIRM_GOODS: 'blue',
  TRADE_SUCCESS: 'green',
  TRADE_FINISHED: 'green',
  TRADE_CLOSED: 'soft',
  WAIT_SELLER_AGREE: 'warm',
  SELLER_REFUSE_BUYER: 'warm',
  WAIT_BUYER_RETURN_GOODS: 'blue',
  WAIT_SELLER_CONFIRM_GOODS: 'warm',
  ALIPAY_CHECK: 'red',
  REFUND_SUCCESS: 'green',
  REFUND_CLOSED: 'soft',
  instructed: 'blue',
  unknown: 'warm',
  succeeded: 'green',
  refused: 'red',
  waiting: 'soft',
  running: 'blue',
  failed: 'red',
  pending: 'blue',
  delivered: 'green',
  given_up: 'red',
}

/** Badge is a state in a word, with a colour beside it. */
export function Badge({ state, children }: { state: string; children: ReactNode }) {
  return (
    <Tag variant="filled" className={`desk-tag desk-tag-${colours[state] ?? 'soft'}`}>
      {children}
    </Tag>
  )
}

export function PaymentState({ payment: p }: { payment: Pick<Payment, 'status' | 'dispute' | 'dispute_id'> }) {
  const t = useDeskT()
  return (
    <span className="desk-states">
      <Badge state={p.status}>{t.maybe(`status.${p.status}`) ?? p.status}</Badge>
      {p.dispute && !p.dispute.ended_at && <Badge state="ALIPAY_CHECK">{t('payment.disputed')}</Badge>}
    </span>
  )
}

export function DisputeState({ status }: { status: string }) {
  const t = useDeskT()
  return <Badge state={status}>{t.maybe(`dispute.${status}`) ?? status}</Badge>
}

// Whose act it was stands in these words already.
const said = new Set(['line.created', 'line.paid', 'line.shipped', 'line.dispute_opened', 'line.return_shipped'])

/** Life is a payment's timeline. */
export function Life({ payment: p }: { payment: Payment }) {
  const t = useDeskT()
  return (
    <Timeline
      label={t('payment.timeline')}
      steps={stepsOf(p).map((step) => ({
        key: step.key,
        state: step.state,
        title: t.maybe(step.word) ?? step.word,
        at: step.at,
        note: ((step.by && !said.has(step.word)) || step.until || step.note || step.amount) && (
          <>
            {step.amount && (
              <>
                <Amount amount={step.amount} currency={p.currency} />{' '}
              </>
            )}
            {step.by && step.by !== 'system' && !said.has(step.word) && <span>{t('line.by', { who: t.lang === 'zh' ? (t.maybe(`by.${step.by}`) ?? step.by) : (t.maybe(`by.${step.by}`) ?? step.by).toLowerCase() })}</span>}
            {step.note && <span className="desk-quote">{t.maybe(`reason.${step.note}`) ?? step.note}</span>}
            {step.until && (
              <span>
                <Countdown until={step.until} />
                {step.due && t.maybe(step.due) ? ` · ${t.maybe(step.due)}` : ''}
              </span>
            )}
          </>
        ),
      }))}
    />
  )
}

/** MoneyWay shows each move of a payment's money; `account` may make a link of an account's name. */
export function MoneyWay({ payment: p, account }: { payment: Payment; account?: (id: string, name: string) => ReactNode }) {
  const t = useDeskT()
  const query = useQuery({
    queryKey: ['payment', p.id, 'entries', p.status, p.refunded],
    queryFn: async () => rows(await get<{ data: Leg[] }>(at`/v1/payments/${p.id}/entries`)),
  })
  if (!query.data) return query.error ? <ErrorState error={query.error} onRetry={() => void query.refetch()} /> : <Skeleton shape="text" />
  if (!query.data.length) return <p className="tb-soft">{t('money.way.none')}</p>
  const name = (id: string) => accountName(id, t)
  return (
    <div className="desk-way-box">
      <ol className="desk-way">
      {query.data.map((leg, i) => (
        <li key={i}>
          <span className="desk-way-what">
            <strong>{t.maybe(`why.${leg.why}`) ?? leg.why}</strong>
            <When at={leg.at} className="tb-soft" />
          </span>
          <span className="desk-way-path">
            {account ? account(leg.from, name(leg.from)) : name(leg.from)} <span aria-hidden="true">→</span>
            <span className="tb-sr"> {t('money.to')} </span> {account ? account(leg.to, name(leg.to)) : name(leg.to)}
          </span>
          <Amount amount={leg.amount} currency={leg.currency} />
        </li>
      ))}
      </ol>
    </div>
  )
}

/** accountName says an account's name in words: 'user:2088…:CNY' is 'User balance'. */
export function accountName(id: string, t: ReturnType<typeof useDeskT>): string {
  const kind = id.split(':')[0] ?? id
  return t.maybe(`account.${kind}`) ?? t.maybe(`by.${kind}`) ?? id
}

/** Sums are the four amounts that explain a payment. */
export function Sums({ payment: p }: { payment: Payment }) {
  const t = useDeskT()
  const sum = (label: string, amount: number) => (
    <div>
      <dt>{label}</dt>
      <dd>
        <Amount amount={amount} currency={p.currency} />
      </dd>
    </div>
  )
  return (
    <div className="desk-way-box">
    <dl className="desk-sums">
      {sum(t('payment.in_escrow'), p.in_escrow)}
      {sum(t('payment.refunded'), p.refunded)}
      {sum(t('payment.settled'), p.settled)}
      {sum(t('payment.fee'), p.fee)}
    </dl>
    </div>
  )
}

export function PaymentFacts({ payment: p, buyer, seller }: { payment: Payment; buyer?: ReactNode; seller?: ReactNode }) {
  const t = useDeskT()
  const items: [ReactNode, ReactNode][] = [
    [t('payment.number'), <CopyId key="id" id={p.id} what={t('payment.number')} show={28} />],
    [t('col.order_no'), <CopyId key="no" id={p.order_no} what={t('col.order_no')} show={32} />],
    [t('payment.kind'), `${t.maybe(`kind.${p.kind}`) ?? p.kind} · ${t.maybe(`goods.${p.goods}`) ?? p.goods}`],
    [t('col.buyer'), buyer ?? (p.buyer ? `${p.buyer.nickname} · ${p.buyer.phone_masked}` : t('payment.nobuyer'))],
  ]
  if (seller) items.push([t('col.seller'), seller])
  if (p.shipment) {
    const { carrier, tracking_no } = p.shipment
    items.push([
      t('payment.shipment'),
      tracking_no ? (
        <>
          {carrier} <CopyId id={tracking_no} what={t('payment.shipment')} />
        </>
      ) : (
        carrier || t('payment.virtual')
      ),
    ])
  }
  items.push([t('payment.fee.rate'), `${(p.fee_rate / 10_000).toFixed(2)}%`])
  for (const payee of p.payees ?? []) {
    items.push([t('payment.payees'), `${payee.note || payee.merchant_id || payee.user_id} · ${payee.share ? `${payee.share / 10_000}%` : formatMoney(payee.amount ?? 0, p.currency)}`])
  }
  for (const [name, value] of Object.entries(p.metadata ?? {})) items.push([name, value])
  return <Facts items={items} />
}

/** TwoSides shows a dispute's evidence, the buyer's beside the seller's. */
export function TwoSides({ dispute: d }: { dispute: Dispute }) {
  const t = useDeskT()
  const claim = formatMoney(d.claim_amount, d.currency)
  const pieces = d.evidence ?? []
  const sides: { by: 'buyer' | 'seller'; name: string; opens: ReactNode }[] = [
    {
      by: 'buyer',
      name: d.buyer?.nickname ?? '',
      opens: (
        <>
          <strong>{t.maybe(`reason.${d.reason}`) ?? d.reason}</strong> · {t(d.wants_return ? 'evidence.claim.return' : 'evidence.claim', { amount: claim })}
          {d.text && <p>{d.text}</p>}
        </>
      ),
    },
    {
      by: 'seller',
      name: d.merchant?.name ?? '',
      opens: d.answer && (
        <>
          <strong>{t('evidence.answer')}</strong>
          <p>{d.answer}</p>
        </>
      ),
    },
  ]
  const others = pieces.filter((e) => e.by !== 'buyer' && e.by !== 'seller')
  return (
    <>
      <div className="desk-sides">
        {sides.map((side) => {
          const own = pieces.filter((e) => e.by === side.by)
          return (
            <section key={side.by} aria-label={`${t(`by.${side.by}`)} ${side.name}`} className={`desk-side-${side.by}`}>
              <h3>
                {t(`by.${side.by}`)} <span className="tb-soft">{side.name}</span>
              </h3>
              {side.opens && <div className="desk-said">{side.opens}</div>}
              {own.map((e) => (
                <Said key={e.id} evidence={e} />
              ))}
              {!side.opens && !own.length && <p className="tb-soft">{t('evidence.none')}</p>}
            </section>
          )
        })}
      </div>
      {others.map((e) => (
        <Said key={e.id} evidence={e} />
      ))}
    </>
  )
}

function Said({ evidence: e }: { evidence: Evidence }) {
  const t = useDeskT()
  return (
    <div className="desk-said">
      <When at={e.at} className="tb-soft" />
      {e.text && <p>{e.text}</p>}
      {e.files.length > 0 && (
        <div className="desk-files">
          {e.files.map((file) => {
            const label = t('evidence.file', { kind: file.media_type.split('/')[1]?.toUpperCase() ?? '', size: bytes(file.size) })
            return (
              <button key={file.id} type="button" className="desk-file" aria-label={label} onClick={() => void fileURL(file.url).then((url) => open(url, '_blank', 'noopener'))}>
                {file.media_type.startsWith('image/') ? <EvidencePicture url={file.url} /> : label}
              </button>
            )
          })}
        </div>
      )}
    </div>
  )
}

// A file is fetched as this face: an img tag or a link could not say which face asks.
function EvidencePicture({ url }: { url: string }) {
  const query = useQuery({ queryKey: ['file', url], staleTime: Infinity, queryFn: () => fileURL(url) })
  return query.data ? <img src={query.data} alt="" /> : <span className={query.error ? 'desk-picture-lost' : 'tb-bone desk-picture-bone'} />
}

async function fileURL(url: string): Promise<string> {
  const load = api.GET as unknown as (path: string, init: object) => Promise<{ data: Blob }>
  return URL.createObjectURL((await load(url, { parseAs: 'blob' })).data)
}

function bytes(n: number): string {
  return n < 1024 ? `${n} B` : n < 1024 * 1024 ? `${Math.round(n / 1024)} KB` : `${(n / 1024 / 1024).toFixed(1)} MB`
}

/** Age is how long something has waited, in one unit. */
export function Age({ since }: { since: string }) {
  const t = useDeskT()
  const minutes = Math.floor((useNow() - Date.parse(since)) / 60_000)
  const text = minutes < 1 ? t('age.now') : minutes < 60 ? t('age.min', { n: minutes }) : minutes < 60 * 48 ? t('age.h', { n: Math.floor(minutes / 60) }) : t('age.d', { n: Math.floor(minutes / 1440) })
  return (
    <time dateTime={since} title={since}>
      {text}
    </time>
  )
}

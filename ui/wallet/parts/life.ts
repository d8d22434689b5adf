// life turns an order into what its buyer wants to know: where it is, what
// happened, what comes next. Pure; the words are i18n's, by these keys.
import type { Payment } from '../api/wallet'

export interface Step {
  key: string
  word: string
  state: 'done' | 'now' | 'next'
  at?: string
  by?: string
  amount?: number
  note?: string
  /** A deadline, and what happens then by itself. */
  until?: string
  due?: string
}

/** disputeOf is the dispute that is open now. */
export function disputeOf(p: Payment) {
  return p.dispute && !p.dispute.ended_at ? p.dispute : undefined
}

/** stateOf is the one word for an order's state. */
export function stateOf(p: Payment): string {
  const dispute = disputeOf(p)
  if (dispute) return dispute.kind === 'refund_request' ? 'state.refunding' : 'state.disputed'
  if (p.status === 'TRADE_CLOSED') return p.refunded > 0 ? 'state.refunded' : 'state.closed'
  return `state.${p.status}`
}

/** toneOf says how loud the state is: something to do, on its way, over. */
export function toneOf(p: Payment): 'act' | 'way' | 'over' {
  if (disputeOf(p)) return 'act'
  return { WAIT_BUYER_PAY: 'act', WAIT_BUYER_CONFIRM_GOODS: 'act', WAIT_SELLER_SEND_GOODS: 'way', TRADE_SUCCESS: 'over', TRADE_FINISHED: 'over', TRADE_CLOSED: 'over' }[p.status] as 'act' | 'way' | 'over'
}

export function stepsOf(p: Payment): Step[] {
  const done: Step[] = p.timeline.map((line, i) => ({
    key: `${i}`,
    word: `line.${line.what}`,
    state: 'done',
    at: line.at,
    by: line.by,
    ...(line.amount && line.what !== 'created' && line.what !== 'finished' ? { amount: line.amount } : {}),
    ...(line.note ? { note: line.note } : {}),
  }))
  const due = p.next_deadline ? { until: p.next_deadline.at, due: `due.${p.next_deadline.what}` } : {}
  const next = (...words: string[]): Step[] => words.map((word) => ({ key: word, word: `next.${word}`, state: 'next' }))
  const now = (word: string): Step => ({ key: 'now', word, state: 'now', ...due })

  const dispute = disputeOf(p)
  if (dispute) return [...done, now(`dispute.${dispute.status}`), ...next(dispute.status === 'SELLER_REFUSE_BUYER' ? 'decide' : 'outcome')]
  switch (p.status) {
    case 'WAIT_BUYER_PAY':
      return [...done, now('now.WAIT_BUYER_PAY'), ...(p.kind === 'escrow' ? next('ship', 'confirm', 'settle') : next('settle'))]
    case 'WAIT_SELLER_SEND_GOODS':
      return [...done, now('now.WAIT_SELLER_SEND_GOODS'), ...next('confirm', 'settle')]
    case 'WAIT_BUYER_CONFIRM_GOODS':
      return [...done, now('now.WAIT_BUYER_CONFIRM_GOODS'), ...next('settle')]
  }
  return done
}

/** left is what the buyer could still get back. */
export function left(p: Pick<Payment, 'amount' | 'refunded'>): number {
  return p.amount - p.refunded
}

/** placeOf is the word for an account on the money's way, as the buyer sees it. */
export function placeOf(account: string, p: Pick<Payment, 'merchant' | 'buyer'>): { word: string; name?: string } {
  const [kind, owner] = account.split(':')
  if (kind === 'user') return owner === p.buyer?.id ? { word: 'place.you' } : { word: 'place.person' }
  if (kind === 'merchant') return owner === p.merchant.id ? { word: 'place.seller', name: p.merchant.name } : { word: 'place.payee' }
  if (kind === 'escrow') return { word: 'place.escrow' }
  if (kind === 'fee_income') return { word: 'place.fee' }
  return { word: 'place.other' }
}

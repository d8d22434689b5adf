// steps turns a payment's record into its life on a timeline: what happened,
// what is waited for, and what comes after. Pure; the words are each face's, by
// these keys: 'now.…' is 'you' to a buyer and 'the buyer' to a seller.
import type { components } from './schema'

type Payment = components['schemas']['Payment']

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
export function disputeOf(p: Pick<Payment, 'dispute'>) {
  return p.dispute && !p.dispute.ended_at ? p.dispute : undefined
}

export function stepsOf(p: Payment): Step[] {
  const done: Step[] = p.timeline.map((line, i) => ({
    key: `${i}`,
    word: `line.${line.what}`,
    state: 'done',
    at: line.at,
    by: line.by,
    ...(line.amount ? { amount: line.amount } : {}),
    ...(line.note ? { note: line.note } : {}),
  }))
  const due = p.next_deadline ? { until: p.next_deadline.at, due: `due.${p.next_deadline.what}` } : {}
  const next = (...words: string[]): Step[] => words.map((word) => ({ key: word, word, state: 'next' }))
  const now = (word: string): Step => ({ key: 'now', word, state: 'now', ...due })

  const dispute = disputeOf(p)
  if (dispute) {
    return [...done, now(`dispute.${dispute.status}`), ...next(dispute.status === 'SELLER_REFUSE_BUYER' ? 'next.decide' : 'next.outcome')]
  }
  switch (p.status) {
    case 'WAIT_BUYER_PAY':
      return [...done, now('now.WAIT_BUYER_PAY'), ...next(...(p.kind === 'escrow' ? ['next.ship', 'next.confirm', 'next.settle'] : ['next.settle']))]
    case 'WAIT_SELLER_SEND_GOODS':
      return [...done, now('now.WAIT_SELLER_SEND_GOODS'), ...next('next.confirm', 'next.settle')]
    case 'WAIT_BUYER_CONFIRM_GOODS':
      return [...done, now('now.WAIT_BUYER_CONFIRM_GOODS'), ...next('next.settle')]
    case 'TRADE_SUCCESS':
      return [...done, now('now.TRADE_SUCCESS')]
  }
  return done
}

/** leftToRefund is what the buyer could still get back. */
export function leftToRefund(p: Pick<Payment, 'amount' | 'refunded'>): number {
  return p.amount - p.refunded
}

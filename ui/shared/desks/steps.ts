// steps turns a payment's record into its life on a timeline: what happened,
// what is waited for, and what comes after. Pure, so that its rules can be read
// and tested here.
import type { Payment } from './types'

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

export function stepsOf(p: Payment): Step[] {
  const done: Step[] = (p.timeline ?? []).map((line, i) => ({
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

  const dispute = p.dispute && !p.dispute.ended_at ? p.dispute : undefined
  if (dispute) {
    const after = { WAIT_SELLER_AGREE: ['next.refund'], SELLER_REFUSE_BUYER: ['next.decide'], ALIPAY_CHECK: [] }[dispute.status as string] ?? ['next.refund']
    return [...done, now(`dispute.${dispute.status}`), ...next(...after)]
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

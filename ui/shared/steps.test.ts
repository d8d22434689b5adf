import { expect, test } from 'vitest'
import { leftToRefund, stepsOf } from './steps'

type Payment = Parameters<typeof stepsOf>[0]
const order = (more: Partial<Payment>): Payment =>
  ({ kind: 'escrow', amount: 12800, refunded: 0, status: 'WAIT_BUYER_PAY', timeline: [{ at: '2026-01-01T00:00:00Z', what: 'created', by: 'seller', amount: 12800, note: '' }], ...more }) as unknown as Payment

test('an unpaid escrow order has its whole way before it', () => {
  const steps = stepsOf(order({ next_deadline: { at: '2026-01-16T00:00:00Z', what: 'expire' } }))
  expect(steps.map((s) => s.word)).toEqual(['line.created', 'now.WAIT_BUYER_PAY', 'next.ship', 'next.confirm', 'next.settle'])
  expect(steps[1]).toMatchObject({ state: 'now', until: '2026-01-16T00:00:00Z', due: 'due.expire' })
})

test('a dispute comes before the trade', () => {
  const steps = (status: string) => stepsOf(order({ status: 'WAIT_BUYER_CONFIRM_GOODS', dispute: { status, kind: 'dispute', ended_at: null } as Payment['dispute'] })).map((s) => s.word)
  expect(steps('WAIT_SELLER_AGREE')).toEqual(['line.created', 'dispute.WAIT_SELLER_AGREE', 'next.outcome'])
  expect(steps('SELLER_REFUSE_BUYER')).toEqual(['line.created', 'dispute.SELLER_REFUSE_BUYER', 'next.decide'])
})

test('what was refunded cannot be refunded again', () => expect(leftToRefund(order({ refunded: 2800 }))).toBe(10000))

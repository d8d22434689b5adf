import type { Payment } from '@shared/desks'
import { describe, expect, it } from 'vitest'
import { feeOf, movesOf } from './moves'

const payee = { user_id: '1', merchant_id: null, note: 'Rent', got: 0, amount: null, share: 100_000 }
const payment = (more: Partial<Payment>) => ({ amount: 10_000, in_escrow: 10_000, fee_rate: 6000, payees: [payee], shipped_at: '2026-11-24T00:00:00Z', ...more }) as Payment

describe('a decision', () => {
  it('gives all to the buyer', () => {
    expect(movesOf(payment({}), 10_000)).toEqual([{ to: 'buyer', amount: 10_000 }])
  })
  it('settles the rest, as docs/trade.md has it', () => {
    expect(movesOf(payment({}), 4_000)).toEqual([
      { to: 'buyer', amount: 4_000 },
      { to: 'seller', amount: 5_364 },
      { to: 'platform', amount: 36 },
      { to: 'payee', name: 'Rent', amount: 600 },
    ])
  })
  it('settles everything when the buyer gets none', () => {
    expect(movesOf(payment({ payees: [] }), 0)).toEqual([
      { to: 'seller', amount: 9_940 },
      { to: 'platform', amount: 60 },
    ])
  })
  it('keeps the rest in escrow before shipping', () => {
    expect(movesOf(payment({ shipped_at: null }), 2_500)).toEqual([
      { to: 'buyer', amount: 2_500 },
      { to: 'escrow', amount: 7_500 },
    ])
  })
  it('shrinks fixed parts in proportion, to the cent', () => {
    const fixed = [{ ...payee, share: null, amount: 333 }, { ...payee, share: null, amount: 334 }]
    const moves = movesOf(payment({ amount: 10_000, fee_rate: 0, payees: fixed }), 5_000)
    expect(moves.map((m) => m.amount)).toEqual([5_000, 4_667, 166, 167])
  })
  it('never loses a cent', () => {
    for (let toBuyer = 0; toBuyer <= 10_000; toBuyer += 37) expect(movesOf(payment({}), toBuyer).reduce((sum, m) => sum + m.amount, 0)).toBe(10_000)
  })
})

it('rounds a fee half up', () => {
  expect([feeOf(83, 6000), feeOf(84, 6000), feeOf(250, 6000), feeOf(9_999_999_999, 6000)]).toEqual([0, 1, 2, 60_000_000])
})

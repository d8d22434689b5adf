// moves says what an operator's decision would do to a payment's money, as
// internal/trade/settle.go has it, so that it is seen before it is done. The
// server decides; what it did then stands on the same page.
import { minor } from '@shared'
import type { Payment } from '@shared/desks'

export interface Move {
  to: 'buyer' | 'seller' | 'platform' | 'payee' | 'escrow'
  name?: string
  amount: number
}

/** movesOf divides what is in escrow: to the buyer what is given, the rest settled, or kept in escrow while nothing is shipped. */
export function movesOf(p: Payment, toBuyer: number): Move[] {
  const moves: Move[] = []
  if (toBuyer > 0) moves.push({ to: 'buyer', amount: toBuyer })
  const rest = p.in_escrow - toBuyer
  if (rest <= 0) return moves
  if (!p.shipped_at) return [...moves, { to: 'escrow', amount: rest }]
  const fee = feeOf(rest, p.fee_rate)
  const parts = royalties(p, rest)
  const seller = rest - fee - parts.reduce((sum, part) => sum + part.amount, 0)
  if (seller > 0) moves.push({ to: 'seller', amount: seller })
  if (fee > 0) moves.push({ to: 'platform', amount: fee })
  return [...moves, ...parts.filter((part) => part.amount > 0)]
}

/** feeOf is the fee of a sum, rounded half up to the minor unit. */
export function feeOf(sum: number, rate: number): number {
  return Number((minor(sum) * minor(rate) * 2n + 1_000_000n) / 2_000_000n)
}

function royalties(p: Payment, sum: number): Move[] {
  let end = 0n
  let shrunk = 0n
  return p.payees.map((payee) => {
    const name = payee.note || payee.merchant_id || payee.user_id || ''
    if (payee.share) return { to: 'payee', name, amount: Number((minor(sum) * minor(payee.share)) / 1_000_000n) }
    end += minor(payee.amount ?? 0)
    const next = (minor(sum) * end) / minor(p.amount)
    const amount = Number(next - shrunk)
    shrunk = next
    return { to: 'payee', name, amount }
  })
}

// life turns an order into what its buyer wants to know: where it is, and how
// loud that is. Pure; the words are i18n's, by these keys.
import { disputeOf } from '@shared/steps'
import type { Payment } from '../api/wallet'

/** waitsForBuyer: the next word in a dispute is the buyer's, not the seller's or the platform's. */
export function waitsForBuyer(d: { status: string }): boolean {
  return d.status === 'SELLER_REFUSE_BUYER' || d.status === 'WAIT_BUYER_RETURN_GOODS'
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
  const dispute = disputeOf(p)
  if (dispute) return waitsForBuyer(dispute) ? 'act' : 'way'
  return { WAIT_BUYER_PAY: 'act', WAIT_BUYER_CONFIRM_GOODS: 'act', WAIT_SELLER_SEND_GOODS: 'way', TRADE_SUCCESS: 'over', TRADE_FINISHED: 'over', TRADE_CLOSED: 'over' }[p.status] as 'act' | 'way' | 'over'
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

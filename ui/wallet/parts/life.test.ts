import { expect, test } from 'vitest'
import type { Payment } from '../api/wallet'
import { placeOf, stateOf, toneOf } from './life'

const order = (more: Partial<Payment>): Payment =>
  ({
    id: '1', merchant: { id: '2088800000000016', name: 'Lake Tea' }, buyer: { id: '2088000000000012', nickname: 'Ya', phone_masked: '' }, kind: 'escrow', amount: 12800, refunded: 0,
    status: 'WAIT_BUYER_PAY', timeline: [{ at: '2026-01-01T00:00:00Z', what: 'created', by: 'seller', amount: 12800, note: '' }], ...more,
  }) as unknown as Payment // prettier-ignore

test('a dispute comes before the trade, and is loud where it waits for the buyer', () => {
  const p = order({ status: 'WAIT_BUYER_CONFIRM_GOODS', dispute: { status: 'WAIT_SELLER_AGREE', kind: 'dispute', ended_at: null } as Payment['dispute'] })
  expect(stateOf(p)).toBe('state.disputed')
  expect(toneOf(p)).toBe('way')
  p.dispute!.status = 'SELLER_REFUSE_BUYER'
  expect(toneOf(p)).toBe('act')
})

test('closed after a whole refund is called refunded', () => {
  expect(stateOf(order({ status: 'TRADE_CLOSED', refunded: 12800 }))).toBe('state.refunded')
  expect(stateOf(order({ status: 'TRADE_CLOSED' }))).toBe('state.closed')
})

test.each([
  ['user:2088000000000012:CNY', { word: 'place.you' }],
  ['escrow:2088800000000016:CNY', { word: 'place.escrow' }],
  ['merchant:2088800000000016:CNY', { word: 'place.seller', name: 'Lake Tea' }],
  ['merchant:2088800000000024:CNY', { word: 'place.payee' }],
  ['fee_income:1:CNY', { word: 'place.fee' }],
])('%s on the money’s way', (account, place) => expect(placeOf(account, order({}))).toEqual(place))

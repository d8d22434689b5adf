import { expect, it } from 'vitest'
import { paymentCode, splitScan } from './till'

const code = '281234567890123456'

it('knows a payment code, grouped or in full-width digits too', () => {
  expect(paymentCode(code)).toBe(code)
  expect(paymentCode('2812 3456 7890 1234 56')).toBe(code)
  expect(paymentCode('２８１２３４５６７８９０１２３４５６')).toBe(code)
  expect(paymentCode('2812345678901234567')).toBeUndefined()
  expect(paymentCode('12.50')).toBeUndefined()
})

it('finds a code that a scanner typed behind the amount', () => {
  expect(splitScan(`12.50${code}`)).toEqual({ amount: '12.50', code })
  expect(splitScan(code)).toEqual({ amount: '', code })
  expect(splitScan('12.50')).toBeUndefined()
})

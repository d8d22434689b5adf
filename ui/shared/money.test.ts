import { describe, expect, test } from 'vitest'
import { formatMajor, formatMoney, minor, moneyParts, parseMoney } from './money'

describe('formatMoney', () => {
  test.each([
    [12800, 'CNY', '¥128.00'],
    [0, 'CNY', '¥0.00'],
    [1, 'CNY', '¥0.01'],
    [-5, 'CNY', '-¥0.05'],
    [-128000, 'CNY', '-¥1,280.00'],
    [12345678900, 'CNY', '¥123,456,789.00'],
    ['9223372036854775807', 'CNY', '¥92,233,720,368,547,758.07'], // int64's end: a float would be wrong here
    [-(2n ** 63n), 'CNY', '-¥92,233,720,368,547,758.08'],
    [1280, 'JPY', 'JP¥1,280'],
    [1234, 'KWD', 'KWD 1.234'],
    [199, 'USD', '$1.99'],
    [100, 'IDR', 'IDR 1.00'], // ISO 4217 says two decimals, whatever the browser shows
  ] as const)('%s %s is %s', (amount, currency, text) => {
    expect(formatMoney(amount, currency, { lang: 'en' }).replace(/\u00a0/g, ' ')).toBe(text)
  })

  test('the sign is shown where asked, and never on zero', () => {
    expect(formatMoney(350, 'CNY', { lang: 'zh', sign: 'always' })).toBe('+¥3.50')
    expect(formatMoney(-350, 'CNY', { lang: 'zh', sign: 'always' })).toBe('-¥3.50')
    expect(formatMoney(0, 'CNY', { lang: 'zh', sign: 'always' })).toBe('¥0.00')
  })

  test('the dollar is not mistaken for another in Chinese', () => {
    expect(formatMoney(199, 'USD', { lang: 'zh' })).toBe('US$1.99')
  })

  test('what is not a whole number of minor units is refused', () => {
    expect(() => minor(1.5)).toThrow(RangeError)
    expect(() => minor(2 ** 53)).toThrow(RangeError)
    expect(() => minor('1.50')).toThrow(RangeError)
    expect(() => minor('')).toThrow(RangeError)
  })

  test('the parts make the whole', () => {
    expect(moneyParts(-123456, 'CNY', 'en')).toEqual({ minus: true, sign: '¥', whole: '1,234', decimals: '.56' })
  })
})

test('formatMajor is what a form holds', () => {
  expect(formatMajor(128000, 'CNY')).toBe('1280.00')
  expect(formatMajor(-5, 'CNY')).toBe('-0.05')
  expect(formatMajor(1280, 'JPY')).toBe('1280')
})

describe('parseMoney', () => {
  test.each([
    ['128', 'CNY', 12800n],
    ['128.5', 'CNY', 12850n],
    ['0.01', 'CNY', 1n],
    ['.5', 'CNY', 50n],
    ['12.', 'CNY', 1200n],
    ['1,280.00', 'CNY', 128000n],
    ['¥ 3', 'CNY', 300n],
    ['１２。５', 'CNY', 1250n],
    ['92233720368547758.07', 'CNY', 9223372036854775807n],
    ['1280', 'JPY', 1280n],
    ['1.234', 'KWD', 1234n],
  ] as const)('%s %s', (text, currency, amount) => {
    expect(parseMoney(text, currency)).toBe(amount)
  })

  test.each([['', 'CNY'], ['.', 'CNY'], ['1.234', 'CNY'], ['1.5', 'JPY'], ['-1', 'CNY'], ['1e3', 'CNY'], ['12,80', 'CNY'], ['1 000', 'CNY'], ['abc', 'CNY']])(
    '%j %s is no amount',
    (text, currency) => {
      expect(parseMoney(text, currency)).toBeUndefined()
    },
  )
})

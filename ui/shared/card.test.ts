import { expect, test } from 'vitest'
import { demoCard, luhn, spaced } from './card'

test('demo cards are valid and end as wanted', () => {
  for (const last of ['0002', '0005', '1234', '9999']) {
    expect(demoCard(last, 77)).toMatch(new RegExp(`${last}$`))
    expect(luhn(demoCard(last, 77))).toBe(true)
  }
  expect(luhn('6222020200112233445')).toBe(false)
})

test('spaced', () => expect(spaced('622202000000')).toBe('6222 0200 0000'))

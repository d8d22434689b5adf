import { expect, test } from 'vitest'
import { demoResident, plainPhone, validResident } from './numbers'

test.each([
  ['138 0000 0001', '13800000001'],
  ['+86 138-0000-0001', '13800000001'],
  ['１３８００００００００１'.slice(0, 3) + '00000001', '13800000001'],
  ['8613800000001', '13800000001'],
  ['12800000001', undefined],
  ['1380000000', undefined],
  ['', undefined],
])('phone %s', (text, want) => expect(plainPhone(text)).toBe(want))

test('identity numbers', () => {
  expect(validResident('11010519491231002X')).toBe(true)
  expect(validResident('110105194912310021')).toBe(false)
  expect(validResident(demoResident('19950101', 12))).toBe(true)
})

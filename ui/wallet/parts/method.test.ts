import { expect, test } from 'vitest'
import type { Me } from '../api/wallet'
import { shortOf } from './method'

const me = (more: object) => ({ has_payment_password: true, tier: 'III', limits: { left_now: 100_00 }, balance: { available: 50_00 }, ...more }) as unknown as Me

test.each([
  [{}, 50_00, undefined],
  [{}, 50_01, 'balance'],
  [{ balance: { available: 500_00 } }, 100_01, 'limit'],
  [{ tier: 'unknown', limits: { left_now: 0 } }, 1, 'identity'],
  [{ has_payment_password: false }, 1, 'pin'],
  [{ limits: { left_now: null } }, 50_00, undefined],
])('%o paying %i is short of %s', (more, amount, want) => expect(shortOf(me(more), amount)).toBe(want))

import { expect, test } from 'vitest'
import type { Entry } from '../api/wallet'
import { byMonth } from './months'

const at = (at: string) => ({ at }) as Entry

test('a month begins in the business’s zone', () => {
  // 16:00 UTC is midnight in Shanghai
  const groups = byMonth([at('2026-11-01T00:00:00Z'), at('2026-10-31T16:00:00Z'), at('2026-10-31T15:59:59Z')], 'Asia/Shanghai')
  expect(groups.map((g) => [g.month, g.entries.length])).toEqual([
    ['2026-11', 2],
    ['2026-10', 1],
  ])
  expect(byMonth([], 'Asia/Shanghai')).toEqual([])
})

import { describe, expect, test } from 'vitest'
import { businessDay, businessMonth, formatLeft, formatMonth, formatStamp, formatWhen } from './time'

const zone = 'Asia/Shanghai'
const now = Date.parse('2026-11-24T06:05:00Z') // 14:05 in Shanghai

describe('formatWhen', () => {
  test.each([
    ['2026-11-24T06:05:00Z', 'today 14:05', '今天 14:05'],
    ['2026-11-23T16:00:00Z', 'today 00:00', '今天 00:00'], // the business day began, though not the UTC one
    ['2026-11-23T15:59:59Z', 'yesterday 23:59', '昨天 23:59'],
    ['2026-11-25T01:30:00Z', 'tomorrow 09:30', '明天 09:30'],
    ['2026-11-12T06:05:00Z', 'Nov 12 14:05', '11月12日 14:05'],
    ['2026-12-04T06:05:00Z', 'Dec 4 14:05', '12月4日 14:05'],
    ['2025-12-31T15:59:00Z', 'Dec 31, 2025 23:59', '2025年12月31日 23:59'],
    ['2025-12-31T16:00:00Z', 'Jan 1 00:00', '1月1日 00:00'],
  ])('%s', (at, en, zh) => {
    expect(formatWhen(at, { now, zone, lang: 'en' })).toBe(en)
    expect(formatWhen(at, { now, zone, lang: 'zh' })).toBe(zh)
  })

  test('the day is the business zone’s, not the browser’s', () => {
    expect(formatWhen('2026-11-24T02:00:00Z', { now, zone: 'America/New_York', lang: 'en' })).toBe('yesterday 21:00')
  })

  test('days of 23 and 25 hours count as one', () => {
    const spring = Date.parse('2026-03-08T20:00:00Z')
    expect(formatWhen('2026-03-07T18:00:00Z', { now: spring, zone: 'America/New_York', lang: 'en' })).toBe('yesterday 13:00')
  })

  test('what is no moment is refused', () => {
    expect(() => formatWhen('soon', { now, zone, lang: 'en' })).toThrow(RangeError)
  })
})

test('formatStamp hides nothing', () => {
  expect(formatStamp('2026-11-24T06:05:09Z', zone)).toBe('2026-11-24 14:05:09 GMT+8')
  expect(formatStamp('2026-11-23T16:00:00Z', zone)).toBe('2026-11-24 00:00:00 GMT+8')
})

describe('formatLeft', () => {
  const s = 1000
  const min = 60 * s
  const h = 60 * min
  const d = 24 * h
  test.each([
    [2 * d + 4 * h + 30 * min, '2 d 4 h', '2 天 4 小时'],
    [d, '1 d 0 h', '1 天 0 小时'],
    [3 * h + 5 * min, '3 h 05 min', '3 小时 05 分'],
    [59 * min + 59 * s, '59 min', '59 分钟'],
    [9 * min + 8 * s, '9 min 8 s', '9 分 8 秒'],
    [45 * s, '45 s', '45 秒'],
    [1, '1 s', '1 秒'], // never 'over' before it is
    [0, '', ''],
    [-d, '', ''],
  ])('%d ms', (ms, en, zh) => {
    expect(formatLeft(ms, 'en')).toBe(en)
    expect(formatLeft(ms, 'zh')).toBe(zh)
  })
})

test('a history groups by business day and month', () => {
  expect(businessDay('2026-11-30T16:00:00Z', zone)).toBe('2026-12-01')
  expect(businessMonth('2026-11-30T16:00:00Z', zone)).toBe('2026-12')
  expect(formatMonth('2026-12', 'en')).toBe('December 2026')
  expect(formatMonth('2026-12', 'zh')).toBe('2026年12月')
})

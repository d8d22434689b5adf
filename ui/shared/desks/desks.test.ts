import { describe, expect, it } from 'vitest'
import { at } from './call'
import { dayAfter, dayRange, startOfDay } from './days'
import { parseEvents } from './stream'

describe('a path', () => {
  it('encodes its parts', () => {
    expect(at`/v1/accounts/${'user:1:CNY'}/balance`).toBe('/v1/accounts/user%3A1%3ACNY/balance')
    expect(at`/v1/x/${'../y'}`).toBe('/v1/x/..%2Fy')
  })
})

describe('a business day', () => {
  it('begins in its own zone', () => {
    expect(new Date(startOfDay('2026-11-24', 'Asia/Shanghai')).toISOString()).toBe('2026-11-23T16:00:00.000Z')
    expect(new Date(startOfDay('2026-11-24', 'UTC')).toISOString()).toBe('2026-11-24T00:00:00.000Z')
  })
  it('begins right where the clocks change', () => {
    expect(new Date(startOfDay('2026-03-29', 'Europe/Berlin')).toISOString()).toBe('2026-03-28T23:00:00.000Z')
    expect(new Date(startOfDay('2026-03-30', 'Europe/Berlin')).toISOString()).toBe('2026-03-29T22:00:00.000Z')
  })
  it('has a neighbour, over the end of a year too', () => {
    expect(dayAfter('2026-12-31')).toBe('2027-01-01')
    expect(dayAfter('2026-03-01', -1)).toBe('2026-02-28')
  })
  it('makes a range that includes both ends', () => {
    expect(dayRange('2026-11-24', '2026-11-24', 'Asia/Shanghai')).toEqual({ from: '2026-11-23T16:00:00.000Z', to: '2026-11-24T16:00:00.000Z' })
    expect(dayRange(undefined, undefined, 'Asia/Shanghai')).toEqual({})
  })
})

describe('a stream of events', () => {
  it('is cut into whole events', () => {
    const { events, rest } = parseEvents(': hello\n\nid: 7\nevent: payment.paid\ndata: {"a":1}\n\nid: 8\nda')
    expect(events).toEqual([{ id: '7', type: 'payment.paid', data: { a: 1 } }])
    expect(rest).toBe('id: 8\nda')
  })
  it('takes other line ends and several lines of data', () => {
    expect(parseEvents('data: [1,\r\ndata: 2]\r\n\r\n').events[0]?.data).toEqual([1, 2])
  })
})

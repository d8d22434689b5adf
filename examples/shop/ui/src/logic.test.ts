import { describe, expect, it } from 'vitest'
import type { Good } from './api'
import { count, emptyCart, parcels, picked, quantityOf, readCart, total, withQuantity } from './cart'
import { amount, left, when } from './say'
import { fill, words } from './words'

const good = (sku: string, shelf: string, price: number, virtual = false) => ({ sku, shelf, price, virtual }) as Good
const goods = new Map([good('tea', 'a', 12800), good('cup', 'b', 9600), good('app', 'a', 3000, true)].map((g) => [g.sku, g]))

describe('cart', () => {
  it('gets a new id with every change, so one id is one set of orders', () => {
    const a = emptyCart()
    const b = withQuantity(a, 'tea', 1)
    const c = withQuantity(b, 'tea', 2)
    expect(new Set([a.id, b.id, c.id]).size).toBe(3)
    expect(c.lines).toEqual([{ sku: 'tea', quantity: 2 }])
    expect(quantityOf(withQuantity(c, 'tea', 0), 'tea')).toBe(0)
    expect(quantityOf(withQuantity(c, 'tea', 1000), 'tea')).toBe(99)
    expect(quantityOf(withQuantity(c, 'tea', NaN), 'tea')).toBe(0)
  })

  it('splits as the server does: by seller, virtual goods apart', () => {
    const lines = picked([{ sku: 'tea', quantity: 2 }, { sku: 'app', quantity: 1 }, { sku: 'cup', quantity: 1 }, { sku: 'gone', quantity: 5 }], goods)
    expect(parcels(lines).map((p) => [p.key, total(p.lines)])).toEqual([['a', 25600], ['a/virtual', 3000], ['b', 9600]])
    expect(count(lines)).toBe(4)
  })

  it('takes nothing stored on trust', () => {
    for (const bad of [null, '', '{', '[]', '{"id":1,"lines":[]}', '{"id":"x","lines":[{"sku":"tea","quantity":-1}]}', '{"id":"x","lines":[{"sku":"tea","quantity":0.5}]}'])
      expect(readCart(bad).lines).toEqual([])
    expect(readCart('{"id":"x","lines":[{"sku":"tea","quantity":3}]}')).toEqual({ id: 'x', lines: [{ sku: 'tea', quantity: 3 }] })
  })
})

describe('words', () => {
  it('says amounts with thousands and cents', () => {
    expect(amount(123456789, 'CNY', 'en')).toBe('¥1,234,567.89')
    expect(amount(5, 'CNY', 'zh')).toBe('¥0.05')
    expect(amount(500, 'JPY', 'en')).toBe('¥500')
  })

  it('says days as people do', () => {
    const now = new Date(2026, 8, 25, 12, 0)
    const at = (d: number, h: number) => new Date(2026, 8, d, h, 5).toISOString()
    expect(when(at(25, 14), now, 'en')).toBe('today 14:05')
    expect(when(at(24, 0), now, 'zh')).toBe('昨天 00:05')
    expect(when(at(28, 9), now, 'zh')).toBe('9月28日 09:05')
    expect(when(new Date(2027, 0, 2, 9, 5).toISOString(), now, 'en')).toContain('2027')
  })

  it('counts deadlines down', () => {
    const now = new Date('2026-09-25T00:00:00Z')
    expect(left('2026-09-27T04:30:00Z', now, 'en')).toBe('2 d 4 h')
    expect(left('2026-09-25T00:30:00Z', now, 'zh')).toBe('30 分')
    expect(left('2026-09-24T00:00:00Z', now, 'en')).toBe('')
  })

  it('has the same blanks in both languages', () => {
    const blanks = (s: string) => [...s.matchAll(/\{\w+\}/g)].map((m) => m[0]).sort()
    for (const key of Object.keys(words.en) as (keyof typeof words.en)[]) expect([key, blanks(words.zh[key])]).toEqual([key, blanks(words.en[key])])
    expect(fill('{a} and {b}', { a: 1 })).toBe('1 and {b}')
  })
})

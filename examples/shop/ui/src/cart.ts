// The cart lives in this browser. Its id names what is in it: any change makes a
// new id, and one id makes one set of orders, however often it is checked out.

import type { Good } from './api'

export type Choice = { sku: string; quantity: number }
export type Cart = { id: string; lines: Choice[] }

export const most = 99

export function newID(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12))
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('')
}

export const emptyCart = (): Cart => ({ id: newID(), lines: [] })

/** The cart with quantity of sku; nothing of it when quantity is 0. */
export function withQuantity(cart: Cart, sku: string, quantity: number): Cart {
  const q = Math.max(0, Math.min(most, Math.trunc(quantity) || 0))
  const there = cart.lines.some((l) => l.sku === sku)
  const lines = there
    ? cart.lines.map((l) => (l.sku === sku ? { sku, quantity: q } : l))
    : [...cart.lines, { sku, quantity: q }]
  return { id: newID(), lines: lines.filter((l) => l.quantity > 0) }
}

export const quantityOf = (cart: Cart, sku: string) => cart.lines.find((l) => l.sku === sku)?.quantity ?? 0

export const count = (lines: { quantity: number }[]) => lines.reduce((n, l) => n + l.quantity, 0)

export type Picked = { good: Good; quantity: number }

/** The lines with their goods; what is no longer sold falls out. */
export function picked(lines: Choice[], goods: Map<string, Good>): Picked[] {
  return lines.flatMap((l) => {
    const good = goods.get(l.sku)
    return good ? [{ good, quantity: l.quantity }] : []
  })
}

export const total = (lines: Picked[]) => lines.reduce((sum, l) => sum + l.good.price * l.quantity, 0)

/** One group for each payment to come: by seller, virtual goods apart. */
export function parcels(lines: Picked[]): { key: string; shelf: string; virtual: boolean; lines: Picked[] }[] {
  const groups = new Map<string, { key: string; shelf: string; virtual: boolean; lines: Picked[] }>()
  for (const l of lines) {
    const virtual = l.good.virtual ?? false
    const key = l.good.shelf + (virtual ? '/virtual' : '')
    const group = groups.get(key) ?? { key, shelf: l.good.shelf, virtual, lines: [] }
    group.lines.push(l)
    groups.set(key, group)
  }
  return [...groups.values()]
}

/** Reads a stored cart, and takes nothing on trust: an old version or a curious
 *  shopper may have written it. */
export function readCart(text: string | null): Cart {
  try {
    const c = JSON.parse(text ?? '') as Cart
    const good = (l: Choice) => typeof l.sku === 'string' && Number.isInteger(l.quantity) && l.quantity > 0 && l.quantity <= most
    if (typeof c.id === 'string' && Array.isArray(c.lines) && c.lines.every(good)) return { id: c.id, lines: c.lines }
  } catch {
    // below
  }
  return emptyCart()
}

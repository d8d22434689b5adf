// What every page may need: the market's goods, and the cart.

import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from 'react'
import { api, type Good, type Market, type Seller } from './api'
import { emptyCart, readCart, withQuantity, type Cart, type Choice } from './cart'

type Stores = {
  market: Market | null
  failed: boolean
  reload: () => void
  goods: Map<string, Good>
  seller: (shelf: string) => Seller | undefined
  cart: Cart
  put: (sku: string, quantity: number) => void
  /** Forgets the cart, if it is still the one with that id. */
  ordered: (id: string) => void
  note: { text: string; link?: { to: string; text: string }; n: number } | null
  tell: (text: string, link?: { to: string; text: string }) => void
}

const Context = createContext<Stores | null>(null)
const key = 'lane.cart'

export function StoresProvider({ children }: { children: ReactNode }) {
  const [market, setMarket] = useState<Market | null>(null)
  const [failed, setFailed] = useState(false)
  const [cart, setCart] = useState(() => readCart(localStorage.getItem(key)))
  const [note, setNote] = useState<Stores['note']>(null)

  const reload = useCallback(() => {
    setFailed(false)
    api.market().then(setMarket, () => setFailed(true))
  }, [])
  useEffect(reload, [reload])

  useEffect(() => {
    const other = (e: StorageEvent) => e.key === key && setCart(readCart(e.newValue))
    addEventListener('storage', other)
    return () => removeEventListener('storage', other)
  }, [])

  const keep = useCallback((change: (c: Cart) => Cart) => {
    setCart((old) => {
      const now = change(old)
      localStorage.setItem(key, JSON.stringify(now))
      return now
    })
  }, [])

  const stores = useMemo<Stores>(() => {
    const goods = new Map((market?.sellers ?? []).flatMap((s) => s.goods).map((g) => [g.sku, g]))
    return {
      market,
      failed,
      reload,
      goods,
      seller: (shelf) => market?.sellers.find((s) => s.shelf === shelf),
      cart,
      put: (sku, quantity) => keep((c) => withQuantity(c, sku, quantity)),
      ordered: (id) => keep((c) => (c.id === id ? emptyCart() : c)),
      note,
      tell: (text, link) => setNote((old) => ({ text, link, n: (old?.n ?? 0) + 1 })),
    }
  }, [market, failed, reload, cart, keep, note])
  return <Context value={stores}>{children}</Context>
}

export function useStores(): Stores {
  const stores = useContext(Context)
  if (!stores) throw new Error('no stores')
  return stores
}

// A checkout is an address, /checkout/{id}. What it buys is kept under the id for
// as long as the tab lives, so that back and reload find the same checkout.

export function openCheckout(id: string, lines: Choice[]) {
  sessionStorage.setItem('lane.checkout.' + id, JSON.stringify({ id, lines }))
}

export function readCheckout(id: string): Choice[] {
  return readCart(sessionStorage.getItem('lane.checkout.' + id)).lines
}

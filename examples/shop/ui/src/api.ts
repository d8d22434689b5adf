// What the shop's own server answers (Go: orders.go, catalogue.go).

export type Text = { zh: string; en: string }

export type Good = {
  sku: string
  name: Text
  brief: Text
  story: Text
  facts: [Text, Text][]
  price: number
  stock: number
  virtual?: boolean
  rating: number
  ratings: number
  shelf: string
}

export type Seller = {
  shelf: string
  name: Text
  about: Text
  place: Text
  since: number
  rating: number
  ratings: number
  goods: Good[]
}

export type Market = { currency: string; sellers: Seller[] }

export type Address = { name: string; phone: string; region: string; street: string }

export type Line = { sku: string; name: Text; price: number; quantity: number }

export type State =
  | 'not_started' | 'to_pay' | 'to_ship' | 'to_receive' | 'disputed' | 'received' | 'finished' | 'refunded' | 'closed'

export type Payment = {
  id: string
  status: string
  amount: number
  in_escrow: number
  refunded: number
  pay_by?: string
  paid_at?: string
  shipped_at?: string
  confirm_by?: string
  finished_at?: string
  closed_at?: string
  refund_by?: string
  shipment?: { carrier: string; tracking_no: string; shipped_at?: string }
  dispute?: { id: string; kind: string; status: string; claim_amount: number; opened_at?: string; answer_by?: string }
  refunds?: { id: string; amount: number; reason: string; by: string; at: string }[]
}

export type Order = {
  no: string
  state: State
  placed_at: string
  shelf: string
  seller: Text
  lines: Line[]
  total: number
  currency: string
  virtual: boolean
  address: Address | null
  payment: Payment | null
  asked_at: string | null
  trouble: string
  codes: string[]
  pay_url: string
  wallet_url: string
  rest: { no: string; seller: Text; total: number; currency: string; state: State; pay_url: string }[]
  now: string
  fresh: boolean
}

/** A refusal or a silence. code is stable; no_network when nobody answered. */
export class Problem extends Error {
  constructor(readonly code: string, readonly field = '', readonly status = 0) {
    super(code)
  }
}

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  let res: Response
  try {
    res = await fetch('/api' + path, {
      method,
      headers: body === undefined ? undefined : { 'Content-Type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(25_000),
    })
  } catch {
    throw new Problem('no_network')
  }
  const answer = await res.json().catch(() => null)
  if (!res.ok || answer === null) throw new Problem(answer?.code ?? 'no_network', answer?.field, res.status)
  return answer as T
}

export const api = {
  market: () => call<Market>('GET', '/market'),
  orders: () => call<{ data: Order[] }>('GET', '/orders').then((a) => a.data),
  order: (no: string) => call<Order>('GET', `/orders/${encodeURIComponent(no)}`),
  pay: (no: string) => call<Order>('POST', `/orders/${encodeURIComponent(no)}/pay`, {}),
  cancel: (no: string) => call<Order>('POST', `/orders/${encodeURIComponent(no)}/cancel`, {}),
  checkout: (c: {
    checkout_id: string
    lines: { sku: string; quantity: number }[]
    address: Address | null
    expected_total: number
    lang: string
  }) => call<{ orders: Order[]; pay_url: string }>('POST', '/checkout', c),
}

/** Calls back with each order of ours that changes, and with null when a lost
 *  connection is back: then ask anew. Returns how to stop. */
export function follow(heard: (order: Order | null) => void): () => void {
  const source = new EventSource('/api/stream')
  let before = false
  source.addEventListener('open', () => {
    if (before) heard(null)
    before = true
  })
  source.addEventListener('order', (e) => heard(JSON.parse((e as MessageEvent<string>).data) as Order))
  return () => source.close()
}

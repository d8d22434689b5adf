// Orders are kept in one file of lines, each an order as it was then; the last
// line of an order counts. A line is on the disk before anybody is told of it.
import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs'
import path from 'node:path'

export class Orders {
  #byID = new Map()
  #file

  constructor(folder) {
    mkdirSync(folder, { recursive: true })
    const name = path.join(folder, 'orders.jsonl')
    if (existsSync(name)) {
      const text = readFileSync(name)
      const whole = text.subarray(0, text.lastIndexOf('\n') + 1)
      truncateSync(name, whole.length) // what a crash left without its end was told to nobody
      for (const line of whole.toString().split('\n').slice(0, -1)) {
        const order = JSON.parse(line)
        this.#byID.set(order.id, order)
      }
    }
    this.#file = openSync(name, 'a')
  }

  /** add keeps a new order: `no` is its number at the gateway, `id` the secret of its page. */
  add(order) {
    const now = new Date()
    const no = `${now.toISOString().slice(0, 10).replaceAll('-', '')}${randomBytes(5).toString('hex')}`
    return this.#keep({ ...order, no, id: randomBytes(16).toString('base64url'), at: now.toISOString(), state: 'unpaid', refunds: [] })
  }

  change(order, with_) {
    return this.#keep({ ...order, ...with_ })
  }

  get = (id) => this.#byID.get(id)
  numbered = (no) => [...this.#byID.values()].find((order) => order.no === no)
  newest = (most) => [...this.#byID.values()].reverse().slice(0, most)

  close = () => closeSync(this.#file)

  #keep(order) {
    writeSync(this.#file, JSON.stringify(order) + '\n')
    fsyncSync(this.#file)
    this.#byID.set(order.id, order)
    return order
  }
}

/** yuan writes an amount of fen as the protocol does: 8800 is 88.00. */
export const yuan = (fen) => `${Math.trunc(fen / 100)}.${String(fen % 100).padStart(2, '0')}`

/** fen reads an amount as people and the protocol write it; undefined where it is none. */
export function fen(text) {
  const found = /^(\d{1,8})(?:\.(\d{1,2}))?$/.exec(String(text).trim())
  return found ? Number(found[1]) * 100 + Number((found[2] ?? '').padEnd(2, '0')) : undefined
}

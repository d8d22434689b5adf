// clock is the business's time, not the browser's: a sandbox may be days
// ahead, and a phone's clock is often wrong. Every answer of the server sets
// it (api.ts); all ages and countdowns on the screens are counted by it.
import { useEffect, useState } from 'react'

let offset = 0
let zone = 'Asia/Shanghai'
const listeners = new Set<() => void>()

/** now is the business time, in milliseconds since 1970. */
export function now(): number {
  return Date.now() + offset
}

/** setNow takes the server's time; `within` is how exact it is (a Date header: one second). */
export function setNow(serverTime: number, within = 2000) {
  const next = serverTime - Date.now()
  if (Number.isNaN(next) || Math.abs(next - offset) <= within) return
  offset = next
  listeners.forEach((tell) => tell())
}

/** businessZone is where the business day begins and ends. */
export function businessZone(): string {
  return zone
}

export function setBusinessZone(next: string) {
  if (next === zone) return
  new Intl.DateTimeFormat('en', { timeZone: next }) // an unknown zone throws here, before anything changes
  zone = next
  listeners.forEach((tell) => tell())
}

/** useNow re-renders every `every` milliseconds, and at once when the business clock jumps. */
export function useNow(every = 30_000): number {
  const [value, setValue] = useState(now)
  useEffect(() => {
    const tell = () => setValue(now())
    tell()
    const timer = setInterval(tell, every)
    listeners.add(tell)
    return () => {
      clearInterval(timer)
      listeners.delete(tell)
    }
  }, [every])
  return value
}

// live keeps one stream of the person's events open while they are signed in.
// Whatever happens makes the pages ask again; a page may also listen itself.
import { useEffect, useRef } from 'react'
import { useEvents, type StreamEvent } from '@shared/desks/stream'
import { moneyChanged } from './session'

const listeners = new Set<(event: StreamEvent) => void>()

/** Live is drawn once, where somebody is signed in. */
export function Live() {
  const later = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEvents('/v1/events/stream', (event) => {
    listeners.forEach((tell) => tell(event))
    clearTimeout(later.current)
    later.current = setTimeout(moneyChanged, 150) // a burst is one look
  })
  useEffect(() => () => clearTimeout(later.current), [])
  return null
}

/** useLive hears events as they happen, with the API's Event in `data`. */
export function useLive(tell: (event: StreamEvent) => void) {
  const now = useRef(tell)
  useEffect(() => {
    now.current = tell
  })
  useEffect(() => {
    const hear = (event: StreamEvent) => now.current(event)
    listeners.add(hear)
    return () => void listeners.delete(hear)
  }, [])
}

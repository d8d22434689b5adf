// stream follows the server's events as they happen. EventSource cannot name
// the face that asks, so the stream is read by fetch, and parsed here.
import { useEffect, useRef, useState } from 'react'
import { api } from '../api'
import { asProblem } from '../problem'

export interface StreamEvent {
  id: string
  type: string
  data: unknown
}

/** parseEvents cuts what has arrived into whole events, and gives back the rest that has none yet. */
export function parseEvents(text: string): { events: StreamEvent[]; rest: string } {
  const blocks = text.replaceAll('\r\n', '\n').split('\n\n')
  const rest = blocks.pop() ?? ''
  const events: StreamEvent[] = []
  for (const block of blocks) {
    const event: StreamEvent = { id: '', type: 'message', data: undefined }
    const data: string[] = []
    for (const line of block.split('\n')) {
      const colon = line.indexOf(':')
      if (colon < 1) continue // a comment keeps the line open
      const value = line.slice(colon + 1).replace(/^ /, '')
      if (line.slice(0, colon) === 'data') data.push(value)
      else if (line.slice(0, colon) === 'event') event.type = value
      else if (line.slice(0, colon) === 'id') event.id = value
    }
    if (!data.length) continue
    try {
      event.data = JSON.parse(data.join('\n'))
    } catch {
      event.data = data.join('\n')
    }
    events.push(event)
  }
  return { events, rest }
}

export type LiveState = 'connecting' | 'live' | 'lost'

/** useEvents calls `onEvent` for each event, and again from the last one after a break. */
export function useEvents(path: string | undefined, onEvent: (event: StreamEvent) => void): LiveState {
  const [state, setState] = useState<LiveState>('connecting')
  const tell = useRef(onEvent)
  useEffect(() => {
    tell.current = onEvent
  })
  useEffect(() => {
    if (!path) return
    const stop = new AbortController()
    void follow(path, stop.signal, (event) => tell.current(event), setState)
    return () => stop.abort()
  }, [path])
  return state
}

async function follow(path: string, signal: AbortSignal, tell: (event: StreamEvent) => void, say: (state: LiveState) => void) {
  let last = ''
  for (let fault = 0; !signal.aborted; fault++) {
    try {
      const get = api.GET as unknown as (path: string, init: object) => Promise<{ data: ReadableStream<Uint8Array> | null }>
      const { data: stream } = await get(path, { signal, parseAs: 'stream', headers: { Accept: 'text/event-stream', ...(last ? { 'Last-Event-ID': last } : {}) } })
      say('live')
      const reader = stream!.pipeThrough(new TextDecoderStream() as unknown as TransformStream<Uint8Array, string>).getReader()
      let text = ''
      for (;;) {
        const { done, value } = await reader.read()
        if (done) break
        fault = 0
        const { events, rest } = parseEvents(text + value)
        text = rest
        for (const event of events) {
          if (event.id) last = event.id
          tell(event)
        }
      }
    } catch (caught) {
      if (signal.aborted) return
      const { code } = asProblem(caught)
      if (code === 'unauthenticated' || code === 'forbidden' || code === 'not_found') return say('lost')
    }
    if (signal.aborted) return
    say('lost')
    await new Promise((go) => setTimeout(go, Math.min(15_000, 1000 * 2 ** fault)))
  }
}

// api is the one way to the server: typed by its OpenAPI document (npm run
// gen), every request with the face it comes from, unsafe ones with the CSRF
// token, every POST with an Idempotency-Key. A refusal is thrown as a Problem.
//
//	const { data } = await api.GET('/v1/payments')
//
// An act on money takes its key from useAct, which keeps the key until the
// outcome is known, so that trying again after a lost answer is the same act.
import { useMutation, type UseMutationOptions, type UseMutationResult } from '@tanstack/react-query'
import createClient, { type Client } from 'openapi-fetch'
import { useEffect, useRef, useState } from 'react'
import { setBusinessZone, setNow } from './clock'
import { locale } from './i18n'
import { Problem, type ProblemDetails } from './problem'
import type { paths } from './schema'

export type FaceName = 'wallet' | 'merchant' | 'console'

let face: FaceName = 'wallet'
let csrf: Promise<string> | undefined
const signedOutListeners = new Set<() => void>()

/** setFace is called once, by mount. */
export function setFace(name: FaceName) {
  face = name
}

/** onSignedOut tells when the server says that the session has ended. */
export function onSignedOut(tell: () => void): () => void {
  signedOutListeners.add(tell)
  return () => void signedOutListeners.delete(tell)
}

/** forgetSession drops the CSRF token: after signing in and out, when the session is another. */
export function forgetSession() {
  csrf = undefined
}

const base = typeof location === 'undefined' ? 'http://localhost' : location.origin

export const api: Client<paths> = createClient<paths>({ baseUrl: base, fetch: send })

/** withKey hands a key to a POST: api.POST('/v1/transfers', { body, ...withKey(key) }). */
export function withKey(key: string): { headers: { 'Idempotency-Key': string } } {
  return { headers: { 'Idempotency-Key': key } }
}

/** newKey makes an Idempotency-Key; also where crypto.randomUUID is missing (plain http on a phone in the LAN). */
export function newKey(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID()
  const b = crypto.getRandomValues(new Uint8Array(16))
  b[6] = (b[6]! & 0x0f) | 0x40
  b[8] = (b[8]! & 0x3f) | 0x80
  return [...b].map((x, i) => ([4, 6, 8, 10].includes(i) ? '-' : '') + x.toString(16).padStart(2, '0')).join('')
}

export interface Act<In, Out> extends Omit<UseMutationResult<Out, Problem, In>, 'mutate' | 'mutateAsync'> {
  run: (input: In) => void
  runAsync: (input: In) => Promise<Out>
}

/**
 * useAct runs an act that may move money. Its key is made when the act is
 * first run and kept, over a reload too, until the answer is definite: done,
 * or refused. While it is not, running again sends the same key: the server
 * answers with what it did the first time, or, had the details changed, with
 * idempotency_conflict. A second call while one is under way does nothing new.
 *
 *	const pay = useAct('pay ' + id, (pin: string, key) => api.POST(…, withKey(key)))
 */
export function useAct<In, Out>(
  name: string,
  act: (input: In, key: string) => Promise<Out>,
  options?: Omit<UseMutationOptions<Out, Problem, In>, 'mutationFn' | 'retry'>,
): Act<In, Out> {
  const running = useRef<Promise<Out> | undefined>(undefined)
  const { mutate: _, mutateAsync, ...state } = useMutation<Out, Problem, In>({
    ...options,
    retry: false,
    mutationFn: async (input) => {
      const key = heldKey(name)
      try {
        const out = await act(input, key)
        releaseKey(name)
        return out
      } catch (caught) {
        if (caught instanceof Problem && caught.moved !== 'unknown') releaseKey(name)
        throw caught
      }
    },
  })
  const runAsync = (input: In) => {
    running.current ??= mutateAsync(input).finally(() => (running.current = undefined))
    return running.current
  }
  return { ...state, runAsync, run: (input: In) => void runAsync(input).catch(() => undefined) } as Act<In, Out>
}

/** heldKey is the key of an act whose outcome is not known yet, or a new one. */
export function heldKey(name: string): string {
  const slot = `tongbao.act.${face}.${name}`
  const kept = held.get(slot) ?? readHeld(slot)
  if (kept) return kept
  const made = newKey()
  held.set(slot, made)
  try {
    sessionStorage.setItem(slot, made)
  } catch {
    // Then the key lives as long as the page.
  }
  return made
}

export function releaseKey(name: string) {
  const slot = `tongbao.act.${face}.${name}`
  held.delete(slot)
  try {
    sessionStorage.removeItem(slot)
  } catch {
    // nothing was kept
  }
}

const held = new Map<string, string>()

function readHeld(slot: string): string | null {
  try {
    return sessionStorage.getItem(slot)
  } catch {
    return null
  }
}

/** useSlow turns true when something has been waited for longer than a second: then words are due. */
export function useSlow(waiting: boolean, afterMilliseconds = 1000): boolean {
  const [slow, setSlow] = useState(false)
  useEffect(() => {
    if (!waiting) return
    const timer = setTimeout(() => setSlow(true), afterMilliseconds)
    return () => {
      clearTimeout(timer)
      setSlow(false)
    }
  }, [waiting, afterMilliseconds])
  return slow
}

// send dresses one request, and turns every answer that is not a success into
// a Problem. A refused CSRF token is fetched anew once: nothing was done then.
async function send(request: Request): Promise<Response> {
  const unsafe = !['GET', 'HEAD', 'OPTIONS'].includes(request.method)
  if (request.method === 'POST' && !request.headers.has('Idempotency-Key')) request.headers.set('Idempotency-Key', newKey())

  const first = await sendOnce(request.clone(), unsafe)
  if (first.ok) return first
  const problem = await read(first, unsafe)
  if (!unsafe || problem.code !== 'csrf_failed') throw refused(problem, request)

  forgetSession()
  const second = await sendOnce(request, unsafe)
  if (second.ok) return second
  throw refused(await read(second, unsafe), request)
}

async function sendOnce(request: Request, unsafe: boolean): Promise<Response> {
  request.headers.set('Tongbao-Face', face)
  request.headers.set('Accept-Language', locale())
  const proof = unsafe ? await token() : ''
  if (proof) request.headers.set('Tongbao-CSRF', proof)
  let response: Response
  try {
    response = await fetch(request)
  } catch (caught) {
    if (request.signal.aborted) throw caught
    throw new Problem({ code: 'network', detail: String(caught) }, { unsafe })
  }
  const clock = response.headers.get('Tongbao-Now')
  if (clock) setNow(Date.parse(clock))
  return response
}

/** Session is who is signed in here, and what acts and clocks need. Its other members are the face's to read. */
export interface Session {
  csrf_token: string
  now?: string
  time_zone?: string
  [member: string]: unknown
}

/** getSession asks who is signed in; also the query behind ['session'] in every face. */
export async function getSession(): Promise<Session> {
  const response = await send(new Request(`${base}/v1/session`, { headers: { Accept: 'application/json' } }))
  const session = (await response.json()) as Session
  if (session.now) setNow(Date.parse(session.now))
  if (session.time_zone) setBusinessZone(session.time_zone)
  csrf = Promise.resolve(session.csrf_token)
  return session
}

// token is the session's CSRF token, asked for once, whoever needs it at the
// same time. Nobody signed in has none: signing in needs none, and the server
// says no to everything else.
function token(): Promise<string> {
  csrf ??= getSession().then(
    (session) => session.csrf_token,
    (caught: unknown) => {
      csrf = undefined
      // The act itself was never sent, so nothing can have moved.
      if (!(caught instanceof Problem)) throw caught
      if (caught.code === 'unauthenticated') return ''
      const { code, status, title, detail, requestId } = caught
      throw new Problem({ code, status, title, detail, request_id: requestId }, { unsafe: true, neverSent: true })
    },
  )
  return csrf
}

async function read(response: Response, unsafe: boolean): Promise<Problem> {
  const after = Number(response.headers.get('Retry-After'))
  const about = { unsafe, ...(after > 0 ? { retryAfterSeconds: after } : {}) }
  let details: ProblemDetails = {}
  try {
    details = (await response.json()) as ProblemDetails
  } catch {
    // Not a problem document: a proxy's page, say. The status still tells whether anything can have happened.
  }
  return new Problem({ title: response.statusText, ...details, status: response.status }, about)
}

// refused tells that a session has ended; who asks whether there is one hears it from the answer.
function refused(problem: Problem, request: Request): Problem {
  if (problem.code === 'unauthenticated') {
    forgetSession()
    if (!request.url.endsWith('/v1/session')) signedOutListeners.forEach((tell) => tell())
  }
  return problem
}

import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { readFileSync } from 'node:fs'
import { api, forgetSession, getSession, heldKey, newKey, onSignedOut, releaseKey, setFace, withKey } from './api'
import { Problem } from './problem'
import { problemWords } from './problems'

// The pretend server keeps what it was sent and answers from a list.
let sent: Request[] = []
let answers: (Response | Error)[] = []

beforeEach(() => {
  sent = []
  forgetSession()
  setFace('merchant')
  vi.stubGlobal('fetch', async (request: Request) => {
    sent.push(request)
    if (request.url.endsWith('/v1/session')) return Response.json({ csrf_token: `t${sent.length}` })
    const answer = answers.shift()
    if (answer instanceof Error) throw answer
    return answer
  })
})
afterEach(() => vi.unstubAllGlobals())

// post stands for any POST of the document, which has none yet in this checkout's placeholder.
const post = (key?: string) => (api as unknown as { POST: (path: string, init: object) => Promise<{ data?: unknown }> }).POST('/v1/x', { body: { a: 1 }, ...(key ? withKey(key) : {}) })
const problem = (status: number, code: string, more = {}) => Response.json({ title: 'No', code, ...more }, { status, headers: { 'Content-Type': 'application/problem+json' } })

test('a POST carries face, token and a key', async () => {
  answers = [Response.json({ ok: true })]
  await post()
  const [session, act] = sent
  expect(session!.headers.get('Tongbao-Face')).toBe('merchant')
  expect(session!.headers.has('Idempotency-Key')).toBe(false)
  expect(act!.headers.get('Tongbao-CSRF')).toBe('t1')
  expect(act!.headers.get('Idempotency-Key')).toMatch(/^[0-9a-f-]{36}$/)
})

test('a stale token is fetched anew once, under the same key', async () => {
  answers = [problem(403, 'csrf_failed'), Response.json({ ok: true })]
  await post('k1')
  const acts = sent.filter((r) => r.url.endsWith('/v1/x'))
  expect(acts.map((r) => r.headers.get('Idempotency-Key'))).toEqual(['k1', 'k1'])
  expect(acts.map((r) => r.headers.get('Tongbao-CSRF'))).toEqual(['t1', 't3'])
})

test('nobody signed in can sign in, and asking who is signed in tells no one', async () => {
  const told = vi.fn()
  const stop = onSignedOut(told)
  vi.stubGlobal('fetch', async (request: Request) => {
    sent.push(request)
    return request.url.endsWith('/v1/session') ? problem(401, 'unauthenticated') : Response.json({ ok: true })
  })
  await post()
  expect(sent.at(-1)!.url).toMatch('/v1/x')
  expect(sent.at(-1)!.headers.has('Tongbao-CSRF')).toBe(false)
  await expect(getSession()).rejects.toMatchObject({ code: 'unauthenticated' })
  expect(told).not.toHaveBeenCalled()
  stop()
})

test.each([
  ['a refusal', problem(402, 'insufficient_balance'), 'insufficient_balance', 'no'],
  ['no room', problem(503, 'overloaded'), 'overloaded', 'no'],
  ['a fault', problem(500, 'internal_error'), 'internal_error', 'unknown'],
  ['a proxy’s page', new Response('<html>bad gateway', { status: 502 }), 'unknown', 'unknown'],
  ['no answer', new TypeError('failed to fetch'), 'network', 'unknown'],
] as const)('what is known after %s', async (_, answer, code, moved) => {
  answers = [answer]
  const caught = await post().catch((e: unknown) => e)
  expect(caught).toBeInstanceOf(Problem)
  expect(caught).toMatchObject({ code, moved })
})

test('a refusal names the field and says the rest in words', async () => {
  answers = [problem(401, 'payment_password_wrong', { field: 'payment_password', tries_left: 1, request_id: 'req_1' })]
  const caught = (await post().catch((e: unknown) => e)) as Problem
  expect(caught.field).toBe('payment_password')
  expect(caught.requestId).toBe('req_1')
  expect(caught.text('en')).toBe('The payment password is wrong. 1 try left.')
  expect(caught.text('zh')).toBe('支付密码不正确。还可尝试 1 次。')
})

test('a key is held until it is released', () => {
  const key = heldKey('transfer')
  expect(heldKey('transfer')).toBe(key)
  expect(heldKey('refund')).not.toBe(key)
  releaseKey('transfer')
  expect(heldKey('transfer')).not.toBe(key)
})

test('a key is a UUID without crypto.randomUUID too', () => {
  vi.stubGlobal('crypto', { getRandomValues: (b: Uint8Array) => b.fill(0xff) })
  expect(newKey()).toBe('ffffffff-ffff-4fff-bfff-ffffffffffff')
})

test('every refusal code of the server has words', () => {
  const go = readFileSync(new URL('../../internal/refusal/codes.go', import.meta.url), 'utf8')
  const codes = [...go.matchAll(/Code = "([a-z_]+)"/g)].map((m) => m[1]!)
  expect(codes.length).toBeGreaterThan(50)
  expect(codes.filter((code) => !Object.hasOwn(problemWords, code))).toEqual([])
})

// call is the shortest way from a typed function of a face's api folder to the
// server, through `api` with all that it does. Paths are written with `at`,
// which encodes every part.
//
//	get<Payment>(at`/v1/payments/${id}`)
import { api, newKey, withKey } from '../api'

export interface Page<T> {
  data: T[]
  next_cursor: string | null
}

export type Query = Record<string, string | number | boolean | null | undefined>

type Loose = (path: string, init: object) => Promise<{ data?: unknown }>
const loose = api as unknown as Record<'GET' | 'POST' | 'PATCH' | 'DELETE', Loose>

/** at writes a path: at`/v1/payments/${id}`. */
export function at(parts: TemplateStringsArray, ...values: string[]): string {
  return parts.reduce((path, part, i) => path + encodeURIComponent(values[i - 1]!) + part)
}

export async function get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
  const given = Object.fromEntries(Object.entries(query).filter(([, v]) => v !== undefined && v !== null && v !== ''))
  return (await loose.GET(path, { params: { query: given }, ...(signal ? { signal } : {}) })).data as T
}

/** post sends an act; one on money hands in the key of useAct. */
export async function post<T>(path: string, body: object = {}, key: string = newKey()): Promise<T> {
  return (await loose.POST(path, { body, ...withKey(key) })).data as T
}

export async function patch<T>(path: string, body: object): Promise<T> {
  return (await loose.PATCH(path, { body })).data as T
}

export async function del(path: string): Promise<void> {
  await loose.DELETE(path, {})
}

/** upload sends one file, as the API takes evidence. */
export async function upload<T>(path: string, file: File, key: string = newKey()): Promise<T> {
  const form = new FormData()
  form.append('file', file)
  return (await loose.POST(path, { body: form, bodySerializer: (body: FormData) => body, ...withKey(key) })).data as T
}

/** all reads a list to its end, or to `most` rows. */
export async function all<T>(path: string, query: Query = {}, most = 500): Promise<T[]> {
  const rows: T[] = []
  let cursor: string | null | undefined
  do {
    const page = await get<Page<T>>(path, { limit: 100, ...query, cursor })
    rows.push(...page.data)
    cursor = page.next_cursor
  } while (cursor && rows.length < most)
  return rows
}

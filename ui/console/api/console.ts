// What the console asks of the server, one typed function each. An operator
// sees everybody's objects; what they may do depends on their role.
import type { components } from '@shared'
import { at, get, post, rows, type Dispute, type Page, type Payment } from '@shared/desks'

type S = components['schemas']
export type Found = S['Found']
export type Hit = S['Hit']
export type Person = S['PersonFile']
export type Merchant = S['MerchantFile']
export type AccountFile = S['AccountFile']
export type AccountEntry = S['AccountEntry']
export type Command = S['Command']
export type Job = S['Job']
export type Books = S['Books']
export type BookRow = S['BookRow']
export type Account = S['Account']
export type System = S['System']
export type Unknown = S['Unknown']
export type Audited = S['Audited']

export const search = (q: string, signal?: AbortSignal) => get<Found>('/v1/console/search', { q }, signal)
export const getPerson = (id: string) => get<Person>(at`/v1/console/people/${id}`)
export const getMerchant = (id: string) => get<Merchant>(at`/v1/console/merchants/${id}`)
export const getPayment = (id: string) => get<Payment>(at`/v1/payments/${id}`)
export const listPayments = (asked: { party_id: string; status?: string | undefined; cursor?: string | undefined; limit?: number | undefined }) => get<Page<Payment>>('/v1/payments', asked)

export const getAccount = (id: string) => get<AccountFile>(at`/v1/console/accounts/${id}`)
export const getPast = (id: string, moment: string) => get<S['PastBalance']>(at`/v1/accounts/${id}/balance`, { at: moment })
export const listEntries = (account: string, cursor: string | undefined, limit: number) => get<Page<AccountEntry>>('/v1/console/entries', { account, cursor, limit })
export const getCommand = (id: string) => get<Command>(at`/v1/console/commands/${id}`)

export const listDisputes = (asked: { open?: boolean | undefined; status?: string | undefined; cursor?: string | undefined; limit?: number | undefined }) => get<Page<Dispute>>('/v1/disputes', asked)
export const getDispute = (id: string) => get<Dispute>(at`/v1/disputes/${id}`)
export const assign = (id: string, key: string) => post<Dispute>(at`/v1/disputes/${id}/assign`, {}, key)
export const arbitrate = (id: string, body: { to_buyer: number; reason: string }, key: string) => post<Dispute>(at`/v1/disputes/${id}/arbitrate`, body, key)

export const listUnknowns = (cursor: string | undefined, limit: number) => get<Page<Unknown>>('/v1/console/unknowns', { cursor, limit })
export const listJobs = async (state: string | undefined) => rows(await get<{ data: Job[] }>('/v1/console/jobs', { state }))
export const runJob = (id: string) => post<object>(at`/v1/console/jobs/${id}/run`)
export const getBooks = () => get<Books>('/v1/console/books')
export const listBookAccounts = (kind: string, cursor: string | undefined, limit: number) => get<Page<Account>>('/v1/console/books/accounts', { kind, cursor, limit })
export const listAudit = (cursor: string | undefined, limit: number) => get<Page<Audited>>('/v1/console/audit', { cursor, limit })
export const getSystem = () => get<System>('/v1/console/system')

// What the portal asks of the server, one typed function each. A merchant's
// session sees its own objects, so no call names the merchant.
import type { components } from '@shared'
import { all, at, del, get, patch, post, rows, upload, type Account, type BankOrder, type Dispute, type Entry, type Page, type Payment, type Refund } from '@shared/desks'

// Payments

export interface PaymentsAsked {
  needs?: string | undefined
  status?: string | undefined
  q?: string | undefined
  order_no?: string | undefined
  created_from?: string | undefined
  created_to?: string | undefined
  cursor?: string | undefined
  limit?: number | undefined
}

export const listPayments = (asked: PaymentsAsked, signal?: AbortSignal) => get<Page<Payment>>('/v1/payments', { ...asked }, signal)
export const allPayments = (asked: PaymentsAsked, most: number) => all<Payment>('/v1/payments', { ...asked }, most)
export const getPayment = (id: string) => get<Payment>(at`/v1/payments/${id}`)
export const closePayment = (id: string, reason: string, key: string) => post<Payment>(at`/v1/payments/${id}/close`, { reason }, key)
export const extendPayment = (id: string, key: string) => post<Payment>(at`/v1/payments/${id}/extend`, {}, key)

export type NewShipment = components['schemas']['NewShipment']
export type ShipmentResult = components['schemas']['ShipmentResult']
export const ship = (shipment: NewShipment, key: string) => post<object>('/v1/shipments', shipment, key)
export const shipMany = (shipments: NewShipment[], key: string) => post<{ results: ShipmentResult[] }>('/v1/shipments/batch', { shipments }, key)
export const refund = (body: { payment_id: string; amount: number; reason: string }, key: string) => post<Refund>('/v1/refunds', body, key)

/** payAtTill takes a payment code. The order number is made from the key, so that a second try is the same order. */
export const payAtTill = (body: { amount: number; payment_code: string; subject: string }, key: string) =>
  post<Payment>('/v1/payments', { ...body, order_no: tillOrder(key), currency: 'CNY', kind: 'instant', goods: 'physical', expires_in_seconds: 300 }, key)
export const tillPrefix = 'till-'
export const tillOrder = (key: string) => tillPrefix + key

// Disputes

export const listDisputes = (asked: { open?: boolean | undefined; status?: string | undefined; cursor?: string | undefined; limit?: number | undefined }, signal?: AbortSignal) =>
  get<Page<Dispute>>('/v1/disputes', asked, signal)
export const getDispute = (id: string) => get<Dispute>(at`/v1/disputes/${id}`)
export const agree = (id: string, body: { return_required?: boolean; note?: string }, key: string) => post<Dispute>(at`/v1/disputes/${id}/agree`, body, key)
export const refuse = (id: string, text: string, key: string) => post<Dispute>(at`/v1/disputes/${id}/refuse`, { text }, key)
export const returnReceived = (id: string, key: string) => post<Dispute>(at`/v1/disputes/${id}/return-received`, {}, key)
export const escalate = (id: string, text: string, key: string) => post<Dispute>(at`/v1/disputes/${id}/escalate`, text ? { text } : {}, key)
export const addEvidence = (id: string, body: { text: string; file_ids: string[] }, key: string) => post<Dispute>(at`/v1/disputes/${id}/evidence`, body, key)
export const uploadFile = (file: File) => upload<{ id: string }>('/v1/files', file)

// Money

export type Merchant = components['schemas']['Merchant']
export type Day = components['schemas']['DaySummary']
export type Month = components['schemas']['MonthSummary']
export type Card = components['schemas']['BankCard']
export const getMerchant = () => get<Merchant>('/v1/merchant')
export const getDay = (day: string) => get<Day>('/v1/merchant/summary', { day })
export const listAccounts = async () => rows(await get<{ data: Account[] }>('/v1/accounts'))
export const listEntries = (asked: { account?: string | undefined; from?: string | undefined; to?: string | undefined; why?: string | undefined; q?: string | undefined; cursor?: string | undefined; limit?: number | undefined }, signal?: AbortSignal) =>
  get<Page<Entry>>('/v1/entries', asked, signal)
export const getMonth = (account: string, month: string) => get<Month>('/v1/entries/summary', { account, month })
export const listCards = async () => rows(await get<{ data: Card[] }>('/v1/me/cards'))
export const listBanks = async () => rows(await get<{ data: components['schemas']['Bank'][] }>('/v1/banks'))
/** getSandbox answers only where money is pretend. */
export const getSandbox = () => get<unknown>('/v1/sandbox')
export const addCard = (body: { bank_code: string; card_number: string; holder_name: string }) => post<Card>('/v1/me/cards', body)
export const removeCard = (id: string) => del(at`/v1/me/cards/${id}`)
export const withdraw = (body: { card_id: string; amount: number }, key: string) => post<BankOrder>('/v1/withdrawals', { ...body, currency: 'CNY' }, key)
export const listWithdrawals = (cursor: string | undefined, limit: number) => get<Page<BankOrder>>('/v1/withdrawals', { cursor, limit })
export const topUp = (body: { card_id: string; amount: number }, key: string) => post<BankOrder>('/v1/top-ups', { ...body, currency: 'CNY' }, key)
export const getCollectionCode = () => get<{ text: string; qr_svg: string }>('/v1/collection-code')

// Developers

export type Key = components['schemas']['Key']
export type Endpoint = components['schemas']['WebhookEndpoint']
export type Attempt = components['schemas']['WebhookAttempt']
export type Delivery = components['schemas']['WebhookDelivery']
export type Event = components['schemas']['Event']
export type LoggedRequest = components['schemas']['LoggedRequest']
export const eventTypes = [
  'payment.created', 'payment.paid', 'payment.shipped', 'payment.extended', 'payment.reminded', 'payment.finished', 'payment.closed', 'refund.created',
  'dispute.opened', 'dispute.updated', 'dispute.closed', 'transfer.created', 'top_up.updated', 'withdrawal.updated', 'webhook.test',
] as const satisfies readonly Event['type'][] // prettier-ignore

export const listKeys = async () => rows(await get<{ data: Key[] }>('/v1/keys'))
export const createKey = (body: { name: string; scope: string }) => post<Key>('/v1/keys', body)
export const revokeKey = (id: string) => del(at`/v1/keys/${id}`)
export const listEndpoints = async () => rows(await get<{ data: Endpoint[] }>('/v1/webhook-endpoints'))
export const createEndpoint = (body: { url: string; event_types?: string[]; description?: string }) => post<Endpoint>('/v1/webhook-endpoints', body)
export const changeEndpoint = (id: string, body: { enabled?: boolean; url?: string; event_types?: string[] }) => patch<Endpoint>(at`/v1/webhook-endpoints/${id}`, body)
export const removeEndpoint = (id: string) => del(at`/v1/webhook-endpoints/${id}`)
export const rotateSecret = (id: string) => post<Endpoint>(at`/v1/webhook-endpoints/${id}/rotate-secret`)
export const testEndpoint = (id: string, event_type: string) => post<object>(at`/v1/webhook-endpoints/${id}/test`, { event_type })
export const listDeliveries = (asked: { endpoint_id?: string | undefined; event_id?: string | undefined; state?: string | undefined; cursor?: string | undefined; limit?: number | undefined }) =>
  get<Page<Delivery>>('/v1/webhook-deliveries', asked)
export const resend = (id: string) => post<Delivery>(at`/v1/webhook-deliveries/${id}/resend`)
export const listEvents = (asked: { type?: string | undefined; cursor?: string | undefined; limit?: number | undefined }) => get<Page<Event>>('/v1/events', asked)
export const getEvent = (id: string) => get<Event>(at`/v1/events/${id}`)
export const listRequests = async () => rows(await get<{ data: LoggedRequest[] }>('/v1/request-log', { limit: 100 }))

// Applications of the merchants' protocol

export type Application = components['schemas']['App']
export type AppCall = components['schemas']['AppCall']
export type AppCallInFull = components['schemas']['AppCallInFull']
export type SignatureFit = components['schemas']['SignatureFit']
export type SignatureCheck = components['schemas']['SignatureCheck']
export type Notice = components['schemas']['Notice']
export type AppChange = components['schemas']['AppChange']

export const listApps = async () => rows(await get<{ data: Application[] }>('/v1/apps'))
export const getApp = (id: string) => get<Application>(at`/v1/apps/${id}`)
export const createApp = (body: { name: string; public_key?: string }) => post<Application>('/v1/apps', body)
export const changeApp = (id: string, body: AppChange) => patch<Application>(at`/v1/apps/${id}`, body)
export const issueCertificate = (id: string) => post<Application>(at`/v1/apps/${id}/certificate`)
export const resetEncryptionKey = (id: string) => post<Application>(at`/v1/apps/${id}/encryption-key`)
export const resetMD5Key = (id: string) => post<Application>(at`/v1/apps/${id}/md5-key`)
export const listCalls = async (id: string, asked: { outcome?: string | undefined; method?: string | undefined; code?: string | undefined }) => rows(await get<{ data: AppCall[] }>(at`/v1/apps/${id}/calls`, { ...asked, limit: 200 }))
export const getCall = (id: string, call: string) => get<AppCallInFull>(at`/v1/apps/${id}/calls/${call}`)
export const checkSignature = (id: string, body: { request: string; string?: string }) => post<SignatureCheck>(at`/v1/apps/${id}/signature-checks`, body)
export const listNotices = (asked: { app_id: string; about?: string | undefined; state?: string | undefined; cursor?: string | undefined; limit?: number | undefined }) => get<Page<Notice>>('/v1/notices', asked)
export const resendNotice = (id: string) => post<Notice>(at`/v1/notices/${id}/resend`)

// Service providers' applications that act for the merchant

export type ProviderRequest = components['schemas']['ProviderRequest']
export type ProviderGrant = components['schemas']['ProviderGrant']
export type ProviderGiven = Omit<components['schemas']['ProviderGiven'], '$schema'>
export const providerRequest = (asked: { app_id: string; redirect_uri: string; state: string }) => get<ProviderRequest>('/v1/provider-requests', asked)
export const giveProviderGrant = (body: ProviderGiven, key: string) => post<{ redirect_url: string }>('/v1/provider-grants', body, key)
export const listProviderGrants = async () => rows(await get<{ data: ProviderGrant[] }>('/v1/provider-grants'))
export const endProviderGrant = (id: string) => del(at`/v1/provider-grants/${id}`)

// Team

export type Member = components['schemas']['Colleague']
export const listTeam = async () => rows(await get<{ data: Member[] }>('/v1/team'))
export const addMember = (body: { login: string; name: string; role: string; password: string }) => post<Member>('/v1/team', body)
export const changeMember = (id: string, body: { name?: string; role?: string; password?: string }) => patch<Member>(at`/v1/team/${id}`, body)
export const removeMember = (id: string) => del(at`/v1/team/${id}`)
export const changePassword = (body: { old_password: string; new_password: string }) => post<object>('/v1/me/password', body)

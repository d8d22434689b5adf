// wallet is every call that the wallet makes, typed by the server's document.
// Pages know these functions and never a path.
import { api, withKey, type components } from '@shared'

type S = components['schemas']
export type Session = S['Session']
export type Me = S['Me']
export type Payment = S['Payment']
export type Dispute = S['Dispute']
export type Reason = Dispute['reason']
export type Evidence = S['Evidence']
export type Receipt = S['Receipt']
export type MoneyMove = S['MoneyMove']
export type Entry = S['Entry']
export type Why = Entry['why']
export type Month = S['MonthSummary']
export type Transfer = S['Transfer']
export type Payee = S['Payee']
export type PartyRef = S['PartyRef']
export type BankOrder = S['BankOrder']
export type BankCard = S['BankCard']
export type Bank = S['Bank']
export type Device = S['Device']
export type Agreement = S['Agreement']
export type Deposit = S['Deposit']
export type Grant = S['Grant']
export type Message = S['Message']
export type PaymentCode = S['PaymentCode']
export type ScannedCode = S['ScannedCode']
export type Purpose = S['NewCode']['purpose']
export type Needs = 'to_pay' | 'to_ship' | 'to_receive' | 'dispute'

export interface Page<T> {
  data: T[]
  next_cursor: string | null
}

// A refusal is thrown, so an answer that comes back has its data.
const of = async <T>(answer: Promise<{ data?: T }>): Promise<T> => (await answer).data as T
const by = (id: string) => ({ params: { path: { id } } })
const paged = (cursor?: string, limit = 20) => ({ limit, ...(cursor ? { cursor } : {}) })

// Signing up and in
export const sendCode = (phone: string, purpose: Purpose) => of(api.POST('/v1/one-time-codes', { body: { phone, purpose } }))
export const signUp = (body: S['SignUp']) => of(api.POST('/v1/sign-up', { body }))
export const login = (login: string, password: string) => of(api.POST('/v1/login', { body: { face: 'wallet', login, password } }))
export const loginByCode = (phone: string, code: string) => of(api.POST('/v1/login/code', { body: { phone, code } }))
export const logout = () => of(api.POST('/v1/logout', { body: {} }))

// Me
export const getMe = () => of(api.GET('/v1/me'))
export const changeMe = (body: S['ChangeMe']) => of(api.PATCH('/v1/me', { body }))
export const changePassword = (body: S['ChangePassword']) => of(api.POST('/v1/me/password', { body }))
export const setPaymentPassword = (body: S['PaymentPassword']) => of(api.POST('/v1/me/payment-password', { body }))
export const proveIdentity = (body: S['ProveIdentity']) => of(api.POST('/v1/me/identity', { body }))
export const listDevices = () => of(api.GET('/v1/me/devices'))
export const removeDevice = (id: string) => of(api.DELETE('/v1/me/devices/{id}', by(id)))
export const listBanks = () => of(api.GET('/v1/banks'))
export const addCard = (body: S['NewCard']) => of(api.POST('/v1/me/cards', { body }))
export const removeCard = (id: string) => of(api.DELETE('/v1/me/cards/{id}', by(id)))
export const listMessages = (cursor?: string) => of(api.GET('/v1/me/messages', { params: { query: paged(cursor) } }))
export const readMessages = (upTo: string) => of(api.POST('/v1/me/messages/read', { body: { up_to: upTo } }))

// Payments
export const listPayments = (query: { needs?: Needs; q?: string; limit?: number }, cursor?: string) =>
  of(api.GET('/v1/payments', { params: { query: { ...query, ...paged(cursor, query.limit) } } }))
export const getPayment = (id: string) => of(api.GET('/v1/payments/{id}', by(id)))
export const pay = (id: string, pin: string, amount: number, key: string) =>
  of(api.POST('/v1/payments/{id}/pay', { ...by(id), body: { payment_password: pin, expected_amount: amount }, ...withKey(key) }))
export const closePayment = (id: string, key: string) => of(api.POST('/v1/payments/{id}/close', { ...by(id), body: {}, ...withKey(key) }))
export const confirmPayment = (id: string, pin: string, key: string) =>
  of(api.POST('/v1/payments/{id}/confirm', { ...by(id), body: { payment_password: pin }, ...withKey(key) }))
export const extendPayment = (id: string, key: string) => of(api.POST('/v1/payments/{id}/extend', { ...by(id), body: {}, ...withKey(key) }))
export const remindPayment = (id: string, key: string) => of(api.POST('/v1/payments/{id}/remind', { ...by(id), body: {}, ...withKey(key) }))
export const moneyWay = (id: string) => of(api.GET('/v1/payments/{id}/entries', by(id)))
export const getReceipt = (id: string) => of(api.GET('/v1/payments/{id}/receipt', by(id)))

// Deposits
export const getDeposit = (id: string) => of(api.GET('/v1/deposits/{id}', by(id)))
export const giveDeposit = (id: string, pin: string, amount: number, key: string) =>
  of(api.POST('/v1/deposits/{id}/give', { ...by(id), body: { payment_password: pin, expected_amount: amount }, ...withKey(key) }))

// Agreements to be charged
export const listAgreements = (cursor?: string) => of(api.GET('/v1/agreements', { params: { query: paged(cursor) } }))
export const getAgreement = (id: string) => of(api.GET('/v1/agreements/{id}', by(id)))
export const signAgreement = (id: string, pin: string, key: string) => of(api.POST('/v1/agreements/{id}/sign', { ...by(id), body: { payment_password: pin }, ...withKey(key) }))
export const endAgreement = (id: string, key: string) => of(api.POST('/v1/agreements/{id}/end', { ...by(id), body: {}, ...withKey(key) }))

// Who knows me
export const grantRequest = (query: S['GrantAsked']) => of(api.GET('/v1/grant-requests', { params: { query } }))
export const giveGrant = (body: S['GrantAsked'], key: string) => of(api.POST('/v1/grants', { body, ...withKey(key) }))
export const listGrants = () => of(api.GET('/v1/grants'))
export const endGrant = (id: string) => of(api.DELETE('/v1/grants/{id}', by(id)))

// Disputes
export const requestRefund = (id: string, body: S['RequestRefund'], key: string) => of(api.POST('/v1/payments/{id}/request-refund', { ...by(id), body, ...withKey(key) }))
export const openDispute = (body: S['NewDispute'], key: string) => of(api.POST('/v1/disputes', { body, ...withKey(key) }))
export const listDisputes = (query: { open?: boolean; payment_id?: string; limit?: number }, cursor?: string) =>
  of(api.GET('/v1/disputes', { params: { query: { ...query, ...paged(cursor, query.limit) } } }))
export const getDispute = (id: string) => of(api.GET('/v1/disputes/{id}', by(id)))
export const addEvidence = (id: string, body: S['NewEvidence'], key: string) => of(api.POST('/v1/disputes/{id}/evidence', { ...by(id), body, ...withKey(key) }))
export const reviseDispute = (id: string, body: S['DisputeClaim'], key: string) => of(api.POST('/v1/disputes/{id}/revise', { ...by(id), body, ...withKey(key) }))
export const returnShipped = (id: string, body: S['ReturnParcel'], key: string) => of(api.POST('/v1/disputes/{id}/return-shipped', { ...by(id), body, ...withKey(key) }))
export const escalate = (id: string, text: string, key: string) => of(api.POST('/v1/disputes/{id}/escalate', { ...by(id), body: text ? { text } : {}, ...withKey(key) }))
export const withdrawDispute = (id: string, key: string) => of(api.POST('/v1/disputes/{id}/withdraw', { ...by(id), body: {}, ...withKey(key) }))

/** uploadFile hands in one picture or PDF; evidence names it by its id. */
export function uploadFile(file: File) {
  const form = new FormData()
  form.append('file', file)
  return of(api.POST('/v1/files', { body: { file: '' }, bodySerializer: () => form }))
}

/** fileURL is a file's address for a picture element, which sends no headers. */
export const fileURL = (file: S['FileRef']) => `${file.url}${file.url.includes('?') ? '&' : '?'}face=wallet`

// Codes
export const makePaymentCode = () => of(api.POST('/v1/payment-codes', { body: {} }))
export const collectionCode = () => of(api.GET('/v1/collection-code'))
export const resolveCode = (text: string) => of(api.GET('/v1/collection-codes/resolve', { params: { query: { text } } }))
export const payMerchant = (body: S['Collect'], key: string) => of(api.POST('/v1/collect', { body, ...withKey(key) }))

// Money in, out and across
export const findPayee = (phone: string) => of(api.GET('/v1/payees', { params: { query: { phone } } }))
export const recentPayees = () => of(api.GET('/v1/payees/recent'))
export const transfer = (body: S['NewTransfer'], key: string) => of(api.POST('/v1/transfers', { body, ...withKey(key) }))
export const getTransfer = (id: string) => of(api.GET('/v1/transfers/{id}', by(id)))
export const topUp = (body: S['NewBankOrder'], key: string) => of(api.POST('/v1/top-ups', { body, ...withKey(key) }))
export const withdraw = (body: S['NewBankOrder'], key: string) => of(api.POST('/v1/withdrawals', { body, ...withKey(key) }))
export const getBankOrder = (way: 'in' | 'out', id: string) => of(way === 'in' ? api.GET('/v1/top-ups/{id}', by(id)) : api.GET('/v1/withdrawals/{id}', by(id)))

// History
export const listEntries = (query: { why?: Why; q?: string; limit?: number }, cursor?: string) =>
  of(api.GET('/v1/entries', { params: { query: { ...query, ...paged(cursor, query.limit) } } }))
export const monthSummary = (month: string) => of(api.GET('/v1/entries/summary', { params: { query: { month } } }))

// The sandbox: who to be, and what the pretend phone has received. Where money is real both answer 404.
export interface Sandbox {
  buyers?: { nickname: string; login: string; password: string; payment_password: string }[]
  shop_url?: string
  phone_url?: string
}
const loose = api as unknown as { GET: (path: string, init: object) => Promise<{ data?: unknown }> }
export const getSandbox = async () => (await loose.GET('/v1/sandbox', {})).data as Sandbox
export const phoneTexts = async (phone: string) =>
  (await loose.GET('/v1/sandbox/phones/{phone}/messages', { params: { path: { phone } } })).data as Page<{ at: string; text: string; code: string | null }>

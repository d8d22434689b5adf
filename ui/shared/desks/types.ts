// The shapes that both desks read, under short names.
import type { components } from '../schema'

export type Payment = components['schemas']['Payment']
export type Dispute = components['schemas']['Dispute']
export type Refund = components['schemas']['Refund']
export type Evidence = components['schemas']['Evidence']

export type Session = components['schemas']['Session']
export type StaffRole = 'owner' | 'manager' | 'cashier' | 'viewer'
export type OperatorRole = 'agent' | 'auditor' | 'admin'

export type Account = components['schemas']['Account']

export type Entry = components['schemas']['Entry']
export type Leg = components['schemas']['MoneyMove']
export type BankOrder = components['schemas']['BankOrder']

/** currencyOf reads it off an account's name, 'user:2088…:CNY'. */
export function currencyOf(account: string): string {
  return account.split(':')[2] ?? 'CNY'
}

/** rows are a short list's, which comes whole. */
export function rows<T>(list: { data: T[] }): T[] {
  return list.data
}

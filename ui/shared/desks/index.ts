// What the pages of both desks import: `import { Head, Table } from '@shared/desks'`.
// Login stands apart (`@shared/desks/Login`): it must not bring the tables along.
export { all, at, del, get, patch, post, upload, type Page, type Query } from './call'
export { DayPicker, MomentPicker, MonthPicker } from './Dates'
export { dayAfter, dayRange, daysAgo, startOfDay } from './days'
export { ActDialog, Field, MoneyInput, readMoney, Refused } from './Form'
export { useSession } from './session'
export { Card, Facts, Head, Shell, type NavItem } from './Shell'
export { useEvents, type LiveState, type StreamEvent } from './stream'
export { Rows, Table, usePages, type Pages } from './Table'
export { accountName, Age, Badge, DisputeState, Life, MoneyWay, PaymentFacts, PaymentState, Sums, TwoSides } from './Trade'
export { currencyOf, rows, type Account, type BankOrder, type Dispute, type Entry, type Evidence, type Leg, type OperatorRole, type Payment, type Refund, type Session, type StaffRole } from './types'
export { deskWords, useDeskT } from './words'

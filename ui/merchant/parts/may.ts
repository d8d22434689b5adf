// may is who of the staff may do what, as internal/party/role.go has it: the
// screens hide what would be refused, and the Team page shows the table.
import { useSession } from '@shared/desks'

export const staffRoles = ['owner', 'manager', 'cashier', 'viewer'] as const

const all = ['owner', 'manager', 'cashier', 'viewer']
export const rights = {
  view: all,
  'create payment': ['owner', 'manager', 'cashier'],
  'close payment': ['owner', 'manager', 'cashier'],
  ship: ['owner', 'manager'],
  extend: ['owner', 'manager'],
  refund: ['owner', 'manager'],
  'answer dispute': ['owner', 'manager'],
  'top up': ['owner', 'manager'],
  withdraw: ['owner'],
  'manage cards': ['owner'],
  'manage webhooks': ['owner', 'manager'],
  'manage keys': ['owner'],
  'manage team': ['owner'],
} as const
export type Right = keyof typeof rights

export function may(role: string | undefined, right: Right): boolean {
  return (rights[right] as readonly string[]).includes(role ?? '')
}

/** useMay asks it of whoever is signed in. */
export function useMay(): (right: Right) => boolean {
  const role = useSession().data?.staff?.role
  return (right) => may(role, right)
}

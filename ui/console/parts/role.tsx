// role is what an operator may do: agents decide disputes, administrators run
// jobs too, auditors see everything and change nothing. What one may not do is
// not shown; this says why.
import { useSession } from '@shared/desks'
import { useT } from '../i18n'

export function useOperator() {
  const operator = useSession().data?.operator
  const role = operator?.role
  return { id: operator?.id, name: operator?.name, role, mayDecide: role === 'agent' || role === 'admin', mayRun: role === 'admin' }
}

/** OnlyLooking tells an auditor (or whoever may not) why there is no button. */
export function OnlyLooking({ to }: { to: 'decide' | 'run' }) {
  const t = useT()
  const { role } = useOperator()
  return <p className="tb-soft only-looking">{t(role === 'auditor' ? 'role.says.auditor' : `role.says.not.${to}`)}</p>
}

import { Login, type Demo } from '@shared/desks/Login'
import { useT } from '../i18n'

export default function Page() {
  const t = useT()
  return <Login face="merchant" name={t('face.name')} says={t('face.says')} demos={demos} />
}

// The sandbox's logins, as sandbox.json has them: the owner, and staff where it made some.
function demos(sandbox: unknown): Demo[] {
  const { merchant, merchants, staff } = sandbox as { merchant?: Demo; merchants?: Demo[]; staff?: Demo[] }
  const offered = [...(merchant ? [{ ...merchant, role: merchant.role ?? 'owner' }] : []), ...(merchants ?? []).map((m) => ({ ...m, role: m.role ?? 'owner' })), ...(staff ?? [])]
  return offered.filter((d, i) => d.login && d.password && offered.findIndex((o) => o.login === d.login) === i).slice(0, 6)
}

import { Login, type Demo } from '@shared/desks/Login'
import { useT } from '../i18n'

export default function Page() {
  const t = useT()
  return <Login face="merchant" name={t('face.name')} says={t('face.says')} demos={demos} />
}

// The sandbox's sellers, each with its owner; the first two are enough to choose from.
function demos(sandbox: unknown): Demo[] {
  const { merchant, sellers = [] } = sandbox as { merchant?: Demo; sellers?: Demo[] }
  const offered = merchant ? [merchant, ...sellers] : sellers
  return offered.filter((d, i) => offered.findIndex((o) => o.login === d.login) === i).slice(0, 3).map((d) => ({ role: 'owner', ...d }))
}

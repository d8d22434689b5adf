import { Login, type Demo } from '@shared/desks/Login'
import { useT } from '../i18n'

export default function Page() {
  const t = useT()
  return <Login face="console" name={t('face.name')} says={t('face.says')} demos={(sandbox) => (sandbox as { operators?: Demo[] }).operators ?? []} />
}

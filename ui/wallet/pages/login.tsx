import { useNavigate, useSearchParams } from 'react-router'
import { LanguageSwitch, ModeSwitch, useTitle } from '@shared'
import { useT } from '../i18n'
import { Coin } from '../parts/coin'
import { safeNext } from '../parts/session'
import { SignIn } from '../parts/signin'

export default function LoginPage() {
  const t = useT()
  useTitle(t('act.signin'))
  const navigate = useNavigate()
  const [search] = useSearchParams()
  const next = safeNext(search.get('next'))
  return (
    <div className="w-screen w-enter">
      <header className="w-enter-bar">
        <ModeSwitch />
        <LanguageSwitch />
      </header>
      <main className="w-main">
        <div className="w-enter-head">
          <Coin size={56} />
          <h1>{t('face.name')}</h1>
          <p className="tb-soft">{t('face.says')}</p>
        </div>
        <SignIn next={next} onDone={() => void navigate(next, { replace: true })} />
      </main>
    </div>
  )
}

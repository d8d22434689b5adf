import { useQuery } from '@tanstack/react-query'
import { getSession, LanguageSwitch, Load, ModeSwitch, useTitle } from '@shared'
import { useT } from '../i18n'

export default function Home() {
  const t = useT()
  useTitle(t('home.title'))
  const session = useQuery({ queryKey: ['session'], queryFn: getSession })
  return (
    <main className="tb-page">
      <header className="wallet-bar">
        <h1>{t('face.name')}</h1>
        <ModeSwitch />
        <LanguageSwitch />
      </header>
      <section className="tb-card">
        <Load query={session} skeleton={{ shape: 'page', rows: 3 }}>
          {() => <h2>{t('home.title')}</h2>}
        </Load>
      </section>
    </main>
  )
}

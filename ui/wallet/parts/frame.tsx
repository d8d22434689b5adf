// frame is what stands around the pages: the door that asks who is there, and the tabs.
import { Navigate, NavLink, Outlet, ScrollRestoration, useLocation } from 'react-router'
import { AppOutline, MessageOutline, UserOutline } from 'antd-mobile-icons'
import { asProblem, ErrorState, Skeleton } from '@shared'
import { useT } from '../i18n'
import { Live } from './live'
import { useMe, useSession } from './session'

/** Root keeps the place on a page when going back to it. */
export function Root() {
  return (
    <>
      <Outlet />
      <ScrollRestoration />
    </>
  )
}

/** Private is for who is signed in; others sign in first and come back. */
export function Private() {
  const session = useSession()
  const { pathname, search } = useLocation()
  if (session.error) {
    if (asProblem(session.error).code !== 'unauthenticated') {
      return (
        <main className="w-screen">
          <ErrorState error={session.error} onRetry={() => void session.refetch()} />
        </main>
      )
    }
    const here = pathname + search
    return <Navigate replace to={here === '/' ? '/login' : `/login?next=${encodeURIComponent(here)}`} />
  }
  if (!session.data) {
    return (
      <main className="w-screen">
        <Skeleton shape="page" rows={4} />
      </main>
    )
  }
  return (
    <>
      <Live />
      <Outlet />
    </>
  )
}

/** Tabs are the three first pages. */
export function Tabs() {
  const t = useT()
  const me = useMe()
  const unread = me.data?.unread_messages ?? 0
  const tabs = [
    { to: '/', word: t('tab.home'), icon: <AppOutline />, badge: 0 },
    { to: '/messages', word: t('tab.messages'), icon: <MessageOutline />, badge: unread },
    { to: '/me', word: t('tab.me'), icon: <UserOutline />, badge: 0 },
  ]
  return (
    <div className="w-tabbed">
      <Outlet />
      <nav className="w-tabs" aria-label={t('tab.nav')}>
        {tabs.map(({ to, word, icon, badge }) => (
          <NavLink key={to} to={to} end={to === '/'}>
            <span aria-hidden="true" className="w-tab-icon">
              {icon}
            </span>
            {word}
            {badge > 0 && (
              <span className="w-badge">
                <span aria-hidden="true">{badge > 99 ? '99+' : badge}</span>
                <span className="tb-sr">{t('tab.unread', { n: badge })}</span>
              </span>
            )}
          </NavLink>
        ))}
      </nav>
    </div>
  )
}

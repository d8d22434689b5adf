// Shell is the desk around its pages: who is signed in, where one can go, and
// the way to the login when nobody is.
import { App } from 'antd'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState, type ReactNode } from 'react'
import { Navigate, NavLink, Outlet, useLocation, useNavigate } from 'react-router'
import { forgetSession } from '../api'
import { LanguageSwitch, ModeSwitch } from '../components/Settings'
import { ErrorState, Skeleton } from '../components/States'
import { Problem } from '../problem'
import { post } from './call'
import { Mark } from './Login'
import { useSession } from './session'
import type { LiveState } from './stream'
import type { Session } from './types'
import { useDeskT } from './words'
import './desks.css'

export interface NavItem {
  to: string
  label: string
  icon: ReactNode
  /** How many wait there; the words say of what. */
  count?: { n: number; label: string } | undefined
}

export interface ShellProps {
  name: string
  nav: (session: Session) => NavItem[][]
  /** Where the person works, and as what. */
  who: (session: Session) => { name: string; role: string; at?: string }
  middle?: ReactNode
  live?: LiveState
}

export function Shell(props: ShellProps) {
  const session = useSession()
  const place = useLocation()
  if (session.error instanceof Problem && session.error.status === 401) {
    return <Navigate to={`/login?next=${encodeURIComponent(place.pathname + place.search)}`} replace />
  }
  if (!session.data) {
    return <main className="tb-page">{session.error ? <ErrorState error={session.error} onRetry={() => void session.refetch()} /> : <Skeleton shape="page" />}</main>
  }
  return <Frame {...props} session={session.data} />
}

function Frame({ name, nav, who, middle, live, session }: ShellProps & { session: Session }) {
  const t = useDeskT()
  const navigate = useNavigate()
  const client = useQueryClient()
  const { pathname } = useLocation()
  const [open, setOpen] = useState(false)
  useEffect(() => setOpen(false), [pathname])
  useEffect(() => {
    const close = (event: KeyboardEvent) => event.key === 'Escape' && setOpen(false)
    addEventListener('keydown', close)
    return () => removeEventListener('keydown', close)
  }, [])
  const leave = useMutation({
    mutationFn: () => post('/v1/logout'),
    onSettled: () => {
      forgetSession()
      client.clear()
      void navigate('/login', { replace: true })
    },
  })
  const me = who(session)
  return (
    <div className={`desk ${open ? 'desk-open' : ''}`}>
      <a className="desk-skip" href="#main">
        {t('desk.skip')}
      </a>
      <aside className="desk-side">
        <div className="desk-brand">
          <Mark size={28} />
          <span>{name}</span>
        </div>
        <nav aria-label={t('desk.nav')}>
          {nav(session).map((group, i) => (
            <ul key={i}>
              {group.map((item) => (
                <li key={item.to}>
                  <NavLink to={item.to} end={item.to === '/'} className="desk-link">
                    <span className="desk-icon" aria-hidden="true">
                      {item.icon}
                    </span>
                    <span>{item.label}</span>
                    {item.count && item.count.n > 0 && (
                      <span className="desk-count">
                        <span aria-hidden="true">{item.count.n > 99 ? '99+' : item.count.n}</span>
                        <span className="tb-sr">{item.count.label}</span>
                      </span>
                    )}
                  </NavLink>
                </li>
              ))}
            </ul>
          ))}
        </nav>
      </aside>
      {open && <div className="desk-veil" onClick={() => setOpen(false)} />}
      <div className="desk-body">
        <header className="desk-top">
          <button type="button" className="tb-plain desk-menu" aria-expanded={open} onClick={() => setOpen(!open)}>
            ☰ {t('desk.menu')}
          </button>
          <div className="desk-middle">{middle}</div>
          {live && (
            <span className={`desk-live desk-live-${live}`} role="status">
              {live === 'live' ? t('desk.live') : live === 'lost' ? t('desk.live.lost') : t('desk.live.connecting')}
            </span>
          )}
          <ModeSwitch />
          <LanguageSwitch />
          <span className="desk-me" title={me.at ? `${me.name} · ${me.role} · ${me.at}` : `${me.name} · ${me.role}`}>
            <strong>{me.name}</strong>
            <span className="tb-soft">{me.at ? `${me.at} · ${me.role}` : me.role}</span>
          </span>
          <button type="button" className="tb-plain" disabled={leave.isPending} onClick={() => leave.mutate()}>
            {t('act.signout')}
          </button>
        </header>
        <main id="main" className="desk-main" tabIndex={-1}>
          <App component={false}>
            <Outlet />
          </App>
        </main>
      </div>
    </div>
  )
}

/** Head is a page's title, what it is about, and its main acts at the right. */
export function Head({ title, sub, children }: { title: ReactNode; sub?: ReactNode; children?: ReactNode }) {
  return (
    <div className="desk-head">
      <div>
        <h1>{title}</h1>
        {sub && <p className="tb-soft">{sub}</p>}
      </div>
      {children && <div className="desk-acts">{children}</div>}
    </div>
  )
}

/** Card is a part of a page with a heading. */
export function Card({ title, extra, children, className = '' }: { title?: ReactNode; extra?: ReactNode; children: ReactNode; className?: string }) {
  return (
    <section className={`tb-card desk-card ${className}`}>
      {(title || extra) && (
        <div className="desk-card-head">
          <h2>{title}</h2>
          {extra}
        </div>
      )}
      {children}
    </section>
  )
}

/** Facts are names and values, one a line. */
export function Facts({ items, className = '' }: { items: [label: ReactNode, value: ReactNode][]; className?: string }) {
  return (
    <dl className={`desk-facts ${className}`}>
      {items.map(([label, value], i) => (
        <div key={i}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

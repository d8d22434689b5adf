// Login is the first screen of a desk. It loads no form library, so that it is there at once.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState, type ReactNode } from 'react'
import { useNavigate, useSearchParams } from 'react-router'
import { forgetSession } from '../api'
import { LanguageSwitch, ModeSwitch } from '../components/Settings'
import { useTitle } from '../face'
import { asProblem } from '../problem'
import { get, post } from './call'
import { useDeskT } from './words'
import './desks.css'

/** Demo is a login that the sandbox offers. */
export interface Demo {
  login: string
  password: string
  name?: string
  role?: string
}

export interface LoginProps {
  face: 'merchant' | 'console'
  name: string
  says: ReactNode
  /** Which of the sandbox's logins are for this face. */
  demos: (sandbox: unknown) => Demo[]
}

export function Login({ face, name, says, demos }: LoginProps) {
  const t = useDeskT()
  useTitle(t('login.title'))
  const navigate = useNavigate()
  const [search] = useSearchParams()
  const client = useQueryClient()
  const first = useRef<HTMLInputElement>(null)
  const [login, setLogin] = useState('')
  const [password, setPassword] = useState('')
  const [missing, setMissing] = useState(false)
  const next = search.get('next')
  const to = next?.startsWith('/') && !next.startsWith('//') ? next : '/'

  useEffect(() => first.current?.focus(), [])
  const sandbox = useQuery({ queryKey: ['sandbox'], retry: false, staleTime: Infinity, queryFn: () => get<unknown>('/v1/sandbox') })
  const offered = sandbox.data ? demos(sandbox.data) : []

  const signIn = useMutation({
    mutationFn: (who: { login: string; password: string }) => post('/v1/login', { face, ...who }),
    onSuccess: () => {
      forgetSession()
      client.removeQueries({ predicate: (query) => query.queryKey[0] !== 'sandbox' })
      void navigate(to, { replace: true })
    },
    onError: () => first.current?.focus(),
  })
  const submit = () => {
    const given = { login: login.trim(), password }
    setMissing(!given.login || !given.password)
    if (given.login && given.password) signIn.mutate(given)
  }
  const problem = signIn.error ? asProblem(signIn.error).text(t.lang) : missing ? t('login.missing') : ''

  return (
    <div className="desk-login">
      <header className="desk-login-bar">
        <ModeSwitch />
        <LanguageSwitch />
      </header>
      <main className="desk-login-card tb-card">
        <Mark />
        <h1>{name}</h1>
        <p className="tb-soft">{says}</p>
        <form
          noValidate
          onSubmit={(event) => {
            event.preventDefault()
            submit()
          }}
        >
          <label className="tb-field">
            <span>{t('login.name')}</span>
            <input
              ref={first}
              name="username"
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              value={login}
              aria-invalid={!!problem}
              aria-describedby="login-problem"
              onChange={(e) => setLogin(e.target.value)}
            />
          </label>
          <label className="tb-field">
            <span>{t('login.password')}</span>
            <input
              type="password"
              name="password"
              autoComplete="current-password"
              value={password}
              aria-invalid={!!problem}
              aria-describedby="login-problem"
              onChange={(e) => setPassword(e.target.value)}
            />
          </label>
          <p id="login-problem" className="tb-bad desk-login-problem" role="alert">
            {problem}
          </p>
          <button type="submit" className="tb-button desk-wide" disabled={signIn.isPending}>
            {signIn.isPending ? t('login.busy') : t('act.signin')}
          </button>
        </form>
        {offered.length > 0 && (
          <section className="desk-demos" aria-labelledby="demos">
            <h2 id="demos">{t('login.sandbox')}</h2>
            <p className="tb-soft">{t('login.sandbox.hint')}</p>
            {offered.map((demo) => (
              <button key={demo.login} type="button" className="desk-demo" disabled={signIn.isPending} onClick={() => signIn.mutate({ login: demo.login, password: demo.password })}>
                {t('login.as', { name: demo.name ?? demo.login, role: t.maybe(`role.${demo.role ?? ''}`) ?? demo.role ?? demo.login })}
              </button>
            ))}
          </section>
        )}
      </main>
    </div>
  )
}

/** Mark is the platform's own: an old coin, round with a square hole. */
export function Mark({ size = 40 }: { size?: number }) {
  return (
    <svg className="desk-mark" viewBox="0 0 40 40" width={size} height={size} aria-hidden="true">
      <path fillRule="evenodd" d="M20 2a18 18 0 1 1 0 36a18 18 0 1 1 0-36zM13.5 13.5v13h13v-13z" />
    </svg>
  )
}

// What somebody is asked for by a link from elsewhere: an agreement to sign, a
// deposit to give, a name to share. Whoever is not signed in does that first, on the same page.
import type { ReactNode } from 'react'
import { useLocation } from 'react-router'
import { asProblem, ErrorState, Skeleton } from '@shared'
import { useT } from '../i18n'
import { Desk } from '../pages/cashier'
import { useSession } from './session'
import { SignIn } from './signin'
import { LinkButton, Mark } from './ui'

export function SignedInDesk({ title, children }: { title: string; children: ReactNode }) {
  const { pathname, search } = useLocation()
  const session = useSession()
  return (
    <Desk>
      {session.data ? (
        children
      ) : session.error ? (
        asProblem(session.error).code === 'unauthenticated' ? (
          <>
            <h1 className="w-desk-title">{title}</h1>
            <SignIn next={pathname + search} onDone={() => undefined} />
          </>
        ) : (
          <ErrorState error={session.error} onRetry={() => void session.refetch()} />
        )
      ) : (
        <Skeleton shape="page" rows={2} />
      )}
    </Desk>
  )
}

/** Nothing is asked for here any more, or never was. */
export function Gone({ title, says }: { title: string; says: string }) {
  const t = useT()
  return (
    <div className="w-result">
      <Mark kind="no" />
      <h1>{title}</h1>
      <p className="tb-soft">{says}</p>
      <LinkButton to="/">{t('cashier.home')}</LinkButton>
    </div>
  )
}

// session is who holds this phone; me is what they have and may.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { forgetSession, getSession, queryClient } from '@shared'
import { getMe, getSandbox, type Session } from '../api/wallet'

export function useSession() {
  return useQuery({ queryKey: ['session'], staleTime: 60_000, queryFn: async () => (await getSession()) as unknown as Session })
}

export function useMe(enabled = true) {
  return useQuery({ queryKey: ['me'], queryFn: getMe, enabled })
}

/** useSandbox: who to be, where money is pretend; no data where it is real. */
export function useSandbox() {
  return useQuery({ queryKey: ['sandbox'], queryFn: getSandbox, retry: false, staleTime: Infinity })
}

/** useEnter is called after signing in or up: nothing of the person before is kept. */
export function useEnter() {
  const client = useQueryClient()
  return async (session: Session) => {
    forgetSession()
    await client.cancelQueries()
    client.removeQueries({ predicate: (query) => !['sandbox', 'session'].includes(String(query.queryKey[0])) })
    client.setQueryData(['session'], session)
  }
}

/** moneyChanged makes every page that shows money ask again. */
export function moneyChanged() {
  for (const key of ['me', 'payments', 'payment', 'disputes', 'dispute', 'entries', 'summary', 'way', 'messages', 'order', 'needs', 'recent']) {
    void queryClient.invalidateQueries({ queryKey: [key] })
  }
}

/** safeNext is where to go on inside the wallet; an address of elsewhere is not followed. */
export function safeNext(next: string | null | undefined): string {
  return next && /^\/(?![/\\])/.test(next) ? next : '/'
}

// session is who is signed in at this desk; every page of the shell has one.
import { useQuery } from '@tanstack/react-query'
import { setBusinessZone, setNow } from '../clock'
import { get } from './call'
import type { Session } from './types'

export function useSession() {
  return useQuery({
    queryKey: ['session'],
    staleTime: 60_000,
    queryFn: async () => {
      const session = await get<Session>('/v1/session')
      if (session.now) setNow(Date.parse(session.now))
      if (session.time_zone) setBusinessZone(session.time_zone)
      return session
    },
  })
}

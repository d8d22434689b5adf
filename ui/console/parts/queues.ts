import { useQuery } from '@tanstack/react-query'
import { listDisputes, listJobs, listUnknowns } from '../api/console'

/** useQueues asks what waits for somebody: for the menu's counts and the overview. */
export function useQueues() {
  const disputes = useQuery({ queryKey: ['disputes', 'queue'], queryFn: () => listDisputes({ status: 'ALIPAY_CHECK', limit: 100 }), refetchInterval: 10_000 })
  const unknowns = useQuery({ queryKey: ['unknowns', 'queue'], queryFn: () => listUnknowns(undefined, 100), refetchInterval: 10_000 })
  const failed = useQuery({ queryKey: ['jobs', 'failed'], queryFn: () => listJobs('failed'), refetchInterval: 10_000 })
  return { disputes, unknowns, failed }
}

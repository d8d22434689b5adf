// months groups a history by the business's months.
import { businessMonth } from '@shared'
import type { Entry } from '../api/wallet'

export function byMonth(entries: Entry[], zone: string): { month: string; entries: Entry[] }[] {
  const groups: { month: string; entries: Entry[] }[] = []
  for (const entry of entries) {
    const month = businessMonth(entry.at, zone)
    const last = groups.at(-1)
    if (last?.month === month) last.entries.push(entry)
    else groups.push({ month, entries: [entry] })
  }
  return groups
}

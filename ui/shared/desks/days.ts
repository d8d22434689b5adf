// days turns a business day into moments: where it begins in the business's
// zone, whatever the browser's own zone is.
import { businessDay, formatStamp } from '../time'

/** startOfDay is the first moment of '2026-11-24' in the zone, in milliseconds. */
export function startOfDay(day: string, zone: string): number {
  const noon = Date.parse(`${day}T12:00:00Z`)
  // The zone's clock at that noon, read as if it were UTC, is off by the zone's offset.
  let start = Date.parse(`${day}T00:00:00Z`) - offset(noon, zone)
  start = Date.parse(`${day}T00:00:00Z`) - offset(start, zone) // on a day when clocks change
  return start
}

/** dayAfter is the day that follows (or, with -1, precedes) '2026-11-24'. */
export function dayAfter(day: string, days = 1): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)
}

/** dayRange is the from and to of the API for the days chosen, both included. */
export function dayRange(first: string | undefined, last: string | undefined, zone: string): { from?: string; to?: string } {
  return {
    ...(first ? { from: new Date(startOfDay(first, zone)).toISOString() } : {}),
    ...(last ? { to: new Date(startOfDay(dayAfter(last), zone)).toISOString() } : {}),
  }
}

/** daysAgo is the business day `n` days before the moment. */
export function daysAgo(n: number, now: number, zone: string): string {
  return dayAfter(businessDay(now, zone), -n)
}

function offset(at: number, zone: string): number {
  const stamp = formatStamp(at, zone)
  return Date.parse(`${stamp.slice(0, 10)}T${stamp.slice(11, 19)}Z`) - Math.floor(at / 1000) * 1000
}

// time writes moments as people read them: 'today 14:05', '2 d 4 h'. Pure:
// the moment of now, the zone and the language come from outside.
import { locale, type Lang } from './i18n'

/** Moment is what the API sends (RFC 3339), or milliseconds since 1970. */
export type Moment = string | number | Date

export interface TimeContext {
  now: number
  zone: string
  lang: Lang
}

const formats = new Map<string, Intl.DateTimeFormat>()

/** formatWhen: 'today 14:05', 'yesterday 09:30', 'Nov 12 14:05', 'Nov 12, 2025 14:05'. */
export function formatWhen(at: Moment, { now, zone, lang }: TimeContext): string {
  const time = millis(at)
  const clock = format(lang, zone, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(time)
  const near = relativeDay(dayNumber(time, zone) - dayNumber(now, zone), lang)
  if (near) return `${near} ${clock}`
  return `${formatDay(time, { now, zone, lang })} ${clock}`
}

/** formatDay: 'Nov 12' or '11月12日', with the year where it is not this one. */
export function formatDay(at: Moment, { now, zone, lang }: TimeContext): string {
  const time = millis(at)
  const sameYear = year(time, zone) === year(now, zone)
  return format(lang, zone, { month: lang === 'zh' ? 'long' : 'short', day: 'numeric', ...(sameYear ? {} : { year: 'numeric' }) }).format(time)
}

/** formatStamp is the full truth for hovering and for files: '2026-11-24 14:05:09 GMT+8'. */
export function formatStamp(at: Moment, zone: string): string {
  const parts = format('en', zone, {
    year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23', timeZoneName: 'shortOffset',
  }).formatToParts(millis(at)) // prettier-ignore
  const of = (type: string) => parts.find((p) => p.type === type)?.value ?? ''
  return `${of('year')}-${of('month')}-${of('day')} ${of('hour')}:${of('minute')}:${of('second')} ${of('timeZoneName')}`
}

/** formatLeft counts down in the two units that matter: '2 d 4 h', '3 h 05 min', '9 min', '45 s'; '' when it is over. */
export function formatLeft(milliseconds: number, lang: Lang): string {
  if (milliseconds <= 0) return ''
  const seconds = Math.ceil(milliseconds / 1000)
  const minutes = Math.floor(seconds / 60)
  const hours = Math.floor(minutes / 60)
  const days = Math.floor(hours / 24)
  const zh = lang === 'zh'
  if (days > 0) return zh ? `${days} 天 ${hours % 24} 小时` : `${days} d ${hours % 24} h`
  const two = String(minutes % 60).padStart(2, '0')
  if (hours > 0) return zh ? `${hours} 小时 ${two} 分` : `${hours} h ${two} min`
  if (minutes >= 10) return zh ? `${minutes} 分钟` : `${minutes} min`
  if (minutes > 0) return zh ? `${minutes} 分 ${seconds % 60} 秒` : `${minutes} min ${seconds % 60} s`
  return zh ? `${seconds} 秒` : `${seconds} s`
}

/** businessDay is '2026-11-24' in the business's zone: the key for grouping a history by day. */
export function businessDay(at: Moment, zone: string): string {
  return formatStamp(at, zone).slice(0, 10)
}

/** businessMonth is '2026-11'. */
export function businessMonth(at: Moment, zone: string): string {
  return businessDay(at, zone).slice(0, 7)
}

/** formatMonth: '2026年11月', 'November 2026', of a businessMonth. */
export function formatMonth(month: string, lang: Lang): string {
  return format(lang, 'UTC', { year: 'numeric', month: 'long' }).format(Date.parse(`${month}-15T00:00:00Z`))
}

function relativeDay(days: number, lang: Lang): string | undefined {
  if (Math.abs(days) > 1) return undefined
  return { zh: ['昨天', '今天', '明天'], en: ['yesterday', 'today', 'tomorrow'] }[lang][days + 1]
}

function dayNumber(time: number, zone: string): number {
  return Math.round(Date.parse(`${businessDay(time, zone)}T00:00:00Z`) / 86_400_000)
}

function year(time: number, zone: string): string {
  return businessDay(time, zone).slice(0, 4)
}

function millis(at: Moment): number {
  const time = typeof at === 'string' ? Date.parse(at) : Number(at)
  if (Number.isNaN(time)) throw new RangeError(`not a moment: ${String(at)}`)
  return time
}

function format(lang: Lang, zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${lang} ${zone} ${JSON.stringify(options)}`
  let made = formats.get(key)
  if (!made) formats.set(key, (made = new Intl.DateTimeFormat(locale(lang), { timeZone: zone, ...options })))
  return made
}

// Problem is how the API says no (RFC 9457), or how no answer at all looks.
// It knows the two things a person wants to hear: what happened, and whether
// money moved.
import { businessZone, now } from './clock'
import { fill, lang as currentLang, type Lang } from './i18n'
import { problemWords } from './problems'
import { formatWhen } from './time'

export type ProblemCode = keyof typeof problemWords

export interface ProblemDetails {
  type?: string
  title?: string
  status?: number
  detail?: string
  code?: string
  field?: string
  request_id?: string
  [extension: string]: unknown
}

export class Problem extends Error {
  readonly code: ProblemCode | (string & {})
  readonly status: number // 0: no answer arrived
  readonly title: string
  readonly detail: string
  readonly field: string | undefined
  readonly requestId: string | undefined
  readonly retryAfterSeconds: number | undefined
  /** What is true after it: 'no' money moved, 'unknown', or 'none': nothing was asked that could move any. */
  readonly moved: 'no' | 'unknown' | 'none'
  /** The problem's other members: tries_left, locked_until, … */
  readonly more: Readonly<Record<string, unknown>>

  constructor(details: ProblemDetails, about: { unsafe: boolean; retryAfterSeconds?: number; neverSent?: boolean }) {
    const { title = '', detail = '', code = 'unknown', status = 0, field, request_id, type: _, ...more } = details
    super(`${code}: ${detail || title}`)
    this.name = 'Problem'
    this.code = code
    this.status = status
    this.title = title
    this.detail = detail
    this.field = field || undefined
    this.requestId = request_id
    this.retryAfterSeconds = about.retryAfterSeconds
    this.moved = !about.unsafe ? 'none' : about.neverSent || definite(status, code) ? 'no' : 'unknown'
    this.more = more
  }

  /** text says it to a person, in their language; an unknown code falls back to the server's own words. */
  text(lang: Lang = currentLang()): string {
    const words: Record<string, { zh: string; en: string }> = problemWords
    const said = Object.hasOwn(words, this.code) ? words[this.code]![lang] : this.detail || this.title || problemWords.unknown[lang]
    const extra: string[] = []
    if (typeof this.more.tries_left === 'number') extra.push(fill(problemWords['with.tries'][lang], { n: this.more.tries_left }))
    if (typeof this.more.locked_until === 'string') {
      const until = formatWhen(this.more.locked_until, { now: now(), zone: businessZone(), lang })
      extra.push(fill(problemWords['with.until'][lang], { until }))
    }
    return [said, ...extra].join(lang === 'zh' ? '' : ' ')
  }
}

/** asProblem makes a Problem of anything caught, so that a screen has one kind of error to show. */
export function asProblem(caught: unknown): Problem {
  if (caught instanceof Problem) return caught
  return new Problem({ code: 'unknown', detail: caught instanceof Error ? caught.message : String(caught) }, { unsafe: false })
}

// definite: a refusal says that nothing was done. A lost answer, a timeout on
// the way and a fault of the server do not; overloaded and unavailable do.
function definite(status: number, code: string): boolean {
  if (code === 'overloaded' || code === 'unavailable') return true
  return status >= 400 && status < 500 && status !== 408
}

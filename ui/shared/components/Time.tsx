import { businessZone, useNow } from '../clock'
import { useLang } from '../i18n'
import { formatLeft, formatStamp, formatWhen, type Moment } from '../time'
import { useT } from './words'

/** When is a moment as people read it; the full stamp shows on hover. */
export function When({ at, className }: { at: Moment; className?: string }) {
  const lang = useLang()
  const now = useNow()
  const zone = businessZone()
  return (
    <time dateTime={new Date(at).toISOString()} title={formatStamp(at, zone)} className={className}>
      {formatWhen(at, { now, zone, lang })}
    </time>
  )
}

export interface CountdownProps {
  until: Moment
  /** The sentence around it; by default '2 d 4 h left'. */
  label?: (left: string) => string
  /** What stands there when it is over; by default 'time is over'. */
  over?: string
  className?: string
}

/** Countdown to a deadline on the business clock; the full stamp shows on hover. */
export function Countdown({ until, label, over, className = '' }: CountdownProps) {
  const lang = useLang()
  const t = useT()
  const end = new Date(until).getTime()
  const rest = end - useNow(1000)
  const left = formatLeft(rest, lang)
  const urgent = rest > 0 && rest < 3_600_000
  return (
    <time
      role="timer"
      dateTime={new Date(end).toISOString()}
      title={formatStamp(end, businessZone())}
      className={`tb-countdown ${urgent ? 'tb-countdown-urgent' : ''} ${className}`}
    >
      {left ? (label ?? ((text) => t('time.left', { left: text })))(left) : (over ?? t('time.over'))}
    </time>
  )
}

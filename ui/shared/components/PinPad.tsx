import { useEffect, useRef, useState } from 'react'
import { useT } from './words'

export interface PinPadProps {
  /** The six digits, once complete. The pad forgets them at once. */
  onDone: (pin: string) => void
  onCancel?: () => void
  /** While the act is under way no key answers. */
  busy?: boolean
  /** The refusal's sentence; it is announced, and the digits start again. */
  error?: string | undefined
  /** Why no key answers now, for as long as it is so: the password is locked. */
  locked?: string | undefined
  title?: string
}

const keys = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '', '0', 'back'] as const

/**
 * PinPad takes the 6-digit payment password. There is no input field, so a
 * browser has nothing to fill in, to offer or to remember; digits come from
 * the pad or from the keyboard, and are spoken by their count, never by name.
 */
export function PinPad({ onDone, onCancel, busy = false, error, locked, title }: PinPadProps) {
  const t = useT()
  const [digits, setDigits] = useState('')
  const group = useRef<HTMLDivElement>(null)
  useEffect(() => group.current?.focus(), [])

  const press = (key: string) => {
    if (busy || locked) return
    if (key === 'back') return setDigits(digits.slice(0, -1))
    const next = (digits + key).slice(0, 6)
    if (next.length < 6) return setDigits(next)
    setDigits('')
    onDone(next)
  }

  const said = locked ?? (digits ? undefined : error)
  return (
    <div
      ref={group}
      className="tb-pin"
      role="group"
      tabIndex={-1}
      aria-label={title ?? t('pin.title')}
      aria-busy={busy}
      onKeyDown={(event) => {
        if (event.ctrlKey || event.metaKey || event.altKey) return
        if (/^\d$/.test(event.key)) press(event.key)
        else if (event.key === 'Backspace') press('back')
        else if (event.key === 'Escape') onCancel?.()
        else return
        event.preventDefault()
      }}
    >
      <div className="tb-pin-title">{title ?? t('pin.title')}</div>
      <div className="tb-pin-dots" aria-hidden="true">
        {[0, 1, 2, 3, 4, 5].map((i) => (
          <span key={i} className={busy || i < digits.length ? 'tb-pin-full' : ''} />
        ))}
      </div>
      <p className="tb-pin-say" role={said && !busy ? 'alert' : undefined}>
        {busy ? t('pin.busy') : said ? <span className="tb-bad">{said}</span> : <span className="tb-soft">{t('pin.hint')}</span>}
      </p>
      <span className="tb-sr" role="status">
        {busy ? t('pin.busy') : t('pin.progress', { n: digits.length })}
      </span>
      <div className="tb-pin-keys">
        {keys.map((key) =>
          key === '' ? (
            <span key="gap" />
          ) : (
            <button key={key} type="button" aria-disabled={busy || !!locked} aria-label={key === 'back' ? t('pin.delete') : undefined} onClick={() => press(key)}>
              {key === 'back' ? '⌫' : key}
            </button>
          ),
        )}
      </div>
    </div>
  )
}

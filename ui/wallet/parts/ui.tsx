// ui is what the wallet's pages are made of: a page with its bar, rows, fields,
// half sheets, notices. Controls are the browser's own, so that the keyboard
// and screen readers know them.
import { useEffect, useId, useRef, useState, type ComponentProps, type ReactNode } from 'react'
import { Link, useLocation, useNavigate } from 'react-router'
import { LeftOutline, RightOutline } from 'antd-mobile-icons'
import { asProblem, currencySign, parseMoney, PinPad, Problem, useNow, useSlow, useTitle, type Act } from '@shared'
import { useT } from '../i18n'
import type { Rows } from './lists'
import { useMe } from './session'

export interface PageProps {
  title: string
  /** Where back leads when there is nothing to go back to; false for a tab's page. */
  back?: string | false
  action?: ReactNode
  className?: string
  children: ReactNode
}

/** Page is a screen with its name at the top. */
export function Page({ title, back = '/', action, className = '', children }: PageProps) {
  const t = useT()
  useTitle(title)
  const goBack = useBack(back || '/')
  return (
    <div className={`w-screen ${className}`}>
      <header className="w-bar">
        {back !== false ? (
          <button type="button" className="w-bar-back" aria-label={t('act.back')} onClick={goBack}>
            <LeftOutline aria-hidden="true" />
          </button>
        ) : (
          <span />
        )}
        <h1>{title}</h1>
        <div className="w-bar-action">{action}</div>
      </header>
      <main className="w-main">{children}</main>
    </div>
  )
}

/** useBack goes back within the wallet, or to `home` where one came from elsewhere. */
export function useBack(home: string) {
  const navigate = useNavigate()
  const first = useLocation().key === 'default'
  return () => void (first ? navigate(home, { replace: true }) : navigate(-1))
}

/** Group is a card of rows, with a heading if it has one. */
export function Group({ title, more, children, className = '' }: { title?: ReactNode; more?: ReactNode; children: ReactNode; className?: string }) {
  const id = useId()
  return (
    <section className={`w-group ${className}`} aria-labelledby={title ? id : undefined}>
      {title && (
        <div className="w-group-head">
          <h2 id={id}>{title}</h2>
          {more}
        </div>
      )}
      <div className="w-card">{children}</div>
    </section>
  )
}

export interface RowProps {
  to?: string
  onClick?: () => void
  icon?: ReactNode
  title: ReactNode
  note?: ReactNode
  value?: ReactNode
  below?: ReactNode
  danger?: boolean
  current?: boolean
}

/** Row is a line of a card: a link, a button, or just said. */
export function Row({ to, onClick, icon, title, note, value, below, danger }: RowProps) {
  const inside = (
    <>
      {icon && (
        <span className="w-row-icon" aria-hidden="true">
          {icon}
        </span>
      )}
      <span className="w-row-text">
        <span className={`w-row-title ${danger ? 'tb-bad' : ''}`}>{title}</span>
        {note && <span className="w-row-note">{note}</span>}
      </span>
      {(value || below) && (
        <span className="w-row-value">
          {value && <span>{value}</span>}
          {below && <span className="w-row-note">{below}</span>}
        </span>
      )}
      {(to || onClick) && <RightOutline className="w-row-arrow" aria-hidden="true" />}
    </>
  )
  if (to) {
    return (
      <Link className="w-row" to={to}>
        {inside}
      </Link>
    )
  }
  if (onClick) {
    return (
      <button type="button" className="w-row" onClick={onClick}>
        {inside}
      </button>
    )
  }
  return <div className="w-row">{inside}</div>
}

/** Facts are names with their values, as on a receipt. */
export function Facts({ facts }: { facts: (readonly [name: ReactNode, value: ReactNode] | false | null | undefined)[] }) {
  return (
    <dl className="w-facts">
      {facts.map((fact, i) =>
        fact && fact[1] !== undefined && fact[1] !== null && fact[1] !== '' ? (
          <div key={i}>
            <dt>{fact[0]}</dt>
            <dd>{fact[1]}</dd>
          </div>
        ) : null,
      )}
    </dl>
  )
}

export interface FieldProps extends Omit<ComponentProps<'input'>, 'onChange' | 'value'> {
  label: ReactNode
  value: string
  onChange: (text: string) => void
  hint?: ReactNode
  error?: string | undefined
  /** A button at the field's end: 'send a code'. */
  end?: ReactNode
  inputRef?: React.Ref<HTMLInputElement>
}

/** Field is one line of a form, with what is wrong with it. */
export function Field({ label, value, onChange, hint, error, end, inputRef, ...rest }: FieldProps) {
  const id = useId()
  return (
    <div className="w-field">
      <label htmlFor={id}>{label}</label>
      <div className="w-field-box">
        <input {...rest} ref={inputRef} id={id} value={value} onChange={(e) => onChange(e.target.value)} aria-invalid={!!error} aria-describedby={`${id}-say`} />
        {end}
      </div>
      <div id={`${id}-say`} className={error ? 'tb-bad' : 'tb-soft'} role={error ? 'alert' : undefined}>
        {error ?? hint}
      </div>
    </div>
  )
}

export interface TextFieldProps {
  label: ReactNode
  value: string
  onChange: (text: string) => void
  hint?: ReactNode
  error?: string | undefined
  rows?: number
  maxLength?: number
}

/** TextField takes several lines. */
export function TextField({ label, value, onChange, hint, error, rows = 3, maxLength = 2000 }: TextFieldProps) {
  const id = useId()
  return (
    <div className="w-field">
      <label htmlFor={id}>{label}</label>
      <div className="w-field-box">
        <textarea id={id} rows={rows} maxLength={maxLength} value={value} onChange={(e) => onChange(e.target.value)} aria-invalid={!!error} aria-describedby={`${id}-say`} />
      </div>
      <div id={`${id}-say`} className={error ? 'tb-bad' : 'tb-soft'} role={error ? 'alert' : undefined}>
        {error ?? hint}
      </div>
    </div>
  )
}

export interface MoneyFieldProps {
  label: ReactNode
  value: string
  onChange: (text: string) => void
  currency?: string
  hint?: ReactNode
  error?: string | undefined
  end?: ReactNode
  autoFocus?: boolean
}

/** MoneyField is the one large amount of a form. */
export function MoneyField({ label, value, onChange, currency = 'CNY', hint, error, end, autoFocus }: MoneyFieldProps) {
  const id = useId()
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => {
    if (autoFocus) input.current?.focus()
  }, [autoFocus])
  return (
    <div className="w-field w-money">
      <label htmlFor={id}>{label}</label>
      <div className="w-money-box">
        <span aria-hidden="true">{currencySign(currency)}</span>
        <input
          ref={input}
          id={id}
          inputMode="decimal"
          autoComplete="off"
          enterKeyHint="next"
          maxLength={16}
          placeholder="0.00"
          value={value}
          className={value.length > 10 ? 'w-money-long' : ''}
          onChange={(e) => onChange(e.target.value)}
          aria-invalid={!!error}
          aria-describedby={`${id}-say`}
        />
        {end}
      </div>
      <div id={`${id}-say`} className={error ? 'tb-bad' : 'tb-soft'} role={error ? 'alert' : undefined}>
        {error ?? hint}
      </div>
    </div>
  )
}

/** readAmount is a form's amount in minor units, or undefined. */
export function readAmount(text: string, currency = 'CNY'): number | undefined {
  const value = parseMoney(text, currency)
  return value !== undefined && value > 0n && value <= 10_000_000_000n ? Number(value) : undefined
}

export interface SheetProps {
  open: boolean
  onClose: () => void
  title: string
  children: ReactNode
  /** While something is under way the sheet stays. */
  busy?: boolean
  className?: string
}

/** Sheet is a half page over the quiet page: the browser's own dialog, which keeps the focus inside and closes with Escape. */
export function Sheet({ open, onClose, title, children, busy = false, className = '' }: SheetProps) {
  const t = useT()
  const box = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const dialog = box.current
    if (!dialog) return
    if (open && !dialog.open) dialog.showModal()
    if (!open && dialog.open) dialog.close()
    if (open) {
      const scroll = document.documentElement.style.overflow
      document.documentElement.style.overflow = 'hidden'
      return () => void (document.documentElement.style.overflow = scroll)
    }
  }, [open])
  const close = () => !busy && onClose()
  return (
    <dialog
      ref={box}
      className={`w-sheet ${className}`}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault()
        close()
      }}
      onClick={(event) => event.target === box.current && close()}
    >
      {open && (
        <div className="w-sheet-in">
          <div className="w-sheet-head">
            <h2 id={id}>{title}</h2>
            <button type="button" className="w-sheet-close" aria-label={t('act.close')} aria-disabled={busy} onClick={close}>
              ×
            </button>
          </div>
          {children}
        </div>
      )}
    </dialog>
  )
}

export interface PinSheetProps<Out> {
  open: boolean
  onClose: () => void
  title: string
  /** What the six digits set off, above the pad. */
  says?: ReactNode
  act: Pick<Act<string, Out>, 'run' | 'isPending' | 'error'>
}

/** PinSheet asks for the payment password for one act; a wrong one is asked for again in place. */
export function PinSheet<Out>({ open, onClose, title, says, act }: PinSheetProps<Out>) {
  return (
    <Sheet open={open} onClose={onClose} title={title} busy={act.isPending}>
      <div className="w-pin-says">{says}</div>
      <Pin act={act} onCancel={onClose} />
    </Sheet>
  )
}

/** Pin is the pad with what went wrong, and the way out of it. */
export function Pin<Out>({ act, onCancel, title }: { act: Pick<Act<string, Out>, 'run' | 'isPending' | 'error'>; onCancel?: () => void; title?: string }) {
  const t = useT()
  const slow = useSlow(act.isPending, 2000)
  const problem = act.error ? asProblem(act.error) : undefined
  const wrong = problem?.code === 'payment_password_wrong'
  const locked = usePinLock(problem)
  const here = useLocation()
  return (
    <div className="w-pin">
      {problem && !act.isPending && !wrong && !locked && <Refused problem={problem} />}
      {slow && (
        <p className="tb-soft w-center" role="status">
          {t('pay.slow')}
        </p>
      )}
      <PinPad onDone={act.run} busy={act.isPending} error={wrong ? problem?.text(t.lang) : undefined} locked={locked} {...(onCancel ? { onCancel } : {})} {...(title ? { title } : {})} />
      {(wrong || locked) && (
        <p className="w-center w-pin-forgot">
          <Link to={`/me/payment-password?reset=1&next=${encodeURIComponent(here.pathname + here.search)}`}>{t('pin.forgot')}</Link>
        </p>
      )}
    </div>
  )
}

/** usePinLock is the sentence that the payment password is locked, with until when; undefined when it isn't. The try that locks it says so itself. */
export function usePinLock(problem?: Problem): string | undefined {
  const t = useT()
  const me = useMe()
  const now = useNow(1000)
  const until = (problem?.more.locked_until as string | undefined) ?? me.data?.payment_password_locked_until
  if (!until || Date.parse(until) <= now) return undefined
  return new Problem({ code: 'payment_password_locked', locked_until: until }, { unsafe: false }).text(t.lang)
}

/** Refused says no in place: what happened, whether money moved, and where to go about it. */
export function Refused({ problem: given }: { problem: unknown }) {
  const t = useT()
  const problem = asProblem(given)
  const help: Record<string, [string, string]> = {
    payment_password_not_set: ['/me/payment-password', t('pin.set')],
    tier_limit_exceeded: ['/me/identity', t('identity.raise')],
    insufficient_balance: ['/top-up', t('topup.title')],
  }
  const way = help[problem.code]
  return (
    <div className="w-refused" role="alert">
      <strong>{problem.text(t.lang)}</strong>
      {problem.code === 'invalid_field' && problem.detail && <p>{problem.detail}</p>}
      {problem.moved !== 'none' && <p>{t(`error.money.${problem.moved}`)}</p>}
      {way && <Link to={way[0]}>{way[1]}</Link>}
    </div>
  )
}

/** Said is what went wrong with a form that moves no money: one sentence. */
export function Said({ error }: { error: unknown }) {
  const t = useT()
  if (!error) return null
  const problem = asProblem(error)
  const wait = problem.retryAfterSeconds
  return (
    <p className="w-said tb-bad" role="alert">
      {problem.text(t.lang)}
      {wait ? ` ${t('wait.seconds', { n: wait })}` : ''}
      {problem.code === 'invalid_field' && problem.detail ? ` ${problem.detail}` : ''}
    </p>
  )
}

/** problemOf is the sentence for one field, if the refusal is about it. */
export function problemOf(error: unknown, lang: 'zh' | 'en', ...fields: string[]): string | undefined {
  if (!(error instanceof Problem) || !error.field || !fields.includes(error.field)) return undefined
  return error.text(lang)
}

/** Notice is a quiet line with something to know. */
export function Notice({ tone = 'info', children, action }: { tone?: 'info' | 'good' | 'warn' | 'bad'; children: ReactNode; action?: ReactNode }) {
  return (
    <div className={`w-notice w-notice-${tone}`}>
      <div>{children}</div>
      {action}
    </div>
  )
}

/** Button is a page's act: primary once a page, quiet otherwise. */
export function Button({ kind = 'primary', busy, children, className = '', ...rest }: ComponentProps<'button'> & { kind?: 'primary' | 'quiet' | 'danger'; busy?: boolean }) {
  return (
    <button type="button" {...rest} className={`w-button w-button-${kind} ${className}`} aria-disabled={busy || undefined} onClick={busy ? (e) => e.preventDefault() : rest.onClick}>
      {children}
    </button>
  )
}

/** LinkButton looks like a Button and leads somewhere. */
export function LinkButton({ kind = 'primary', to, replace, children }: { kind?: 'primary' | 'quiet'; to: string; replace?: boolean; children: ReactNode }) {
  return (
    <Link className={`w-button w-button-${kind}`} to={to} replace={replace ?? false}>
      {children}
    </Link>
  )
}

/** Chips choose one of a few. */
export function Chips<K extends string>({ label, chosen, choices, onChoose }: { label: string; chosen: K; choices: readonly (readonly [K, ReactNode])[]; onChoose: (key: K) => void }) {
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const on = box.current?.querySelector<HTMLElement>('[aria-pressed=true]')
    if (on && box.current) box.current.scrollLeft = on.offsetLeft - box.current.clientWidth / 2 + on.clientWidth / 2
  }, [chosen])
  return (
    <div className="w-chips" role="group" aria-label={label} ref={box}>
      {choices.map(([key, word]) => (
        <button key={key} type="button" aria-pressed={key === chosen} onClick={() => onChoose(key)}>
          {word}
        </button>
      ))}
    </div>
  )
}

/** Mark is the result's sign: done, on its way, or not. */
export function Mark({ kind }: { kind: 'done' | 'wait' | 'no' }) {
  return (
    <svg className={`w-mark w-mark-${kind}`} viewBox="0 0 64 64" width="64" height="64" aria-hidden="true">
      <circle cx="32" cy="32" r="30" />
      {kind === 'done' && <path d="M19 33l9 9 17-19" />}
      {kind === 'wait' && <path d="M32 17v16l11 7" />}
      {kind === 'no' && <path d="M32 17v18M32 44v1" />}
    </svg>
  )
}

/** MoreRows loads on when its end comes into sight; the button is there for the keyboard. */
export function MoreRows({ rows, none = true }: { rows: Rows<unknown>; none?: boolean }) {
  const t = useT()
  const end = useRef<HTMLDivElement>(null)
  const { more, loadMore, loadingMore, moreError } = rows
  useEffect(() => {
    if (!more || moreError || !end.current) return
    const seen = new IntersectionObserver((entries) => entries.some((e) => e.isIntersecting) && loadMore(), { rootMargin: '400px' })
    seen.observe(end.current)
    return () => seen.disconnect()
  })
  return (
    <div ref={end} className="w-more">
      {moreError ? <Said error={moreError} /> : null}
      {more ? (
        <button type="button" className="tb-plain" disabled={loadingMore} onClick={loadMore}>
          {loadingMore ? t('state.loading') : t('act.more')}
        </button>
      ) : (
        none && (rows.data?.length ?? 0) > 5 && <span className="tb-soft">{t('state.nomore')}</span>
      )}
    </div>
  )
}

/** Picture is an SVG that the server drew, as an image with words. */
export function Picture({ svg, alt, className }: { svg: string; alt: string; className?: string }) {
  return <img className={className} alt={alt} src={`data:image/svg+xml;utf8,${encodeURIComponent(svg)}`} />
}

/** useSoon is true for a moment after `tell()`; for 'copied', 'saved'. */
export function useSoon(milliseconds = 2500): [boolean, () => void] {
  const [on, setOn] = useState(false)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])
  return [
    on,
    () => {
      setOn(true)
      clearTimeout(timer.current)
      timer.current = setTimeout(() => setOn(false), milliseconds)
    },
  ]
}

// Form is what the desks' small forms are made of: a labelled field, an input
// for money, and the dialog in which an act is done: it says what will be true,
// keeps its key until the outcome is known, and shows the refusal in place.
import { Input, Modal } from 'antd'
import { cloneElement, useId, type ReactElement, type ReactNode } from 'react'
import type { Act } from '../api'
import { useSlow } from '../api'
import { currencySign, formatMoney, minor, parseMoney } from '../money'
import type { Problem } from '../problem'
import { useDeskT } from './words'

export interface FieldProps {
  label: ReactNode
  hint?: ReactNode
  error?: string | undefined
  children: ReactElement<{ id?: string; 'aria-describedby'?: string; 'aria-invalid'?: boolean; status?: '' | 'error' }>
}

/** Field names one control, and says what is wrong with it. */
export function Field({ label, hint, error, children }: FieldProps) {
  const id = useId()
  return (
    <div className="desk-field">
      <label htmlFor={id}>{label}</label>
      {cloneElement(children, { id, 'aria-describedby': `${id}-say`, 'aria-invalid': !!error, status: error ? 'error' : '' })}
      <div id={`${id}-say`} className={error ? 'tb-bad' : 'tb-soft'} role={error ? 'alert' : undefined}>
        {error ?? hint}
      </div>
    </div>
  )
}

export interface MoneyInputProps {
  id?: string
  'aria-describedby'?: string
  'aria-invalid'?: boolean
  status?: '' | 'error'
  currency: string
  value: string
  onChange: (text: string) => void
  autoFocus?: boolean
  size?: 'middle' | 'large'
}

/** MoneyInput takes an amount as people write it; read it with readMoney. */
export function MoneyInput({ currency, value, onChange, ...rest }: MoneyInputProps) {
  return <Input {...rest} className="desk-money" inputMode="decimal" autoComplete="off" prefix={currencySign(currency)} value={value} onChange={(e) => onChange(e.target.value)} />
}

/** readMoney is the amount, or what is wrong with the text. */
export function readMoney(text: string, currency: string, most: number | bigint | undefined, t: ReturnType<typeof useDeskT>): { amount: number; error?: undefined } | { amount?: undefined; error: string } {
  const value = parseMoney(text, currency)
  if (value === undefined || value <= 0n || value > BigInt(Number.MAX_SAFE_INTEGER)) return { error: t('form.amount.bad') }
  if (most !== undefined && value > minor(most)) return { error: t('form.amount.most', { most: formatMoney(most, currency) }) }
  return { amount: Number(value) }
}

export interface ActDialogProps<In, Out> {
  open: boolean
  onClose: () => void
  title: ReactNode
  /** What will be true when it is done. */
  says?: ReactNode
  ok: string
  danger?: boolean
  act: Pick<Act<In, Out>, 'error' | 'isPending' | 'reset'>
  /** Whether the act moves money: what is said about it when it fails. */
  money?: boolean
  /** Runs the act if all is filled in. */
  onSubmit: () => void
  children?: ReactNode
  width?: number
}

export function ActDialog<In, Out>({ open, onClose, title, says, ok, danger, act, money = true, onSubmit, children, width = 480 }: ActDialogProps<In, Out>) {
  const t = useDeskT()
  const form = useId()
  const slow = useSlow(act.isPending)
  const close = () => {
    if (act.isPending) return
    act.reset()
    onClose()
  }
  return (
    <Modal
      open={open}
      title={title}
      width={width}
      onCancel={close}
      destroyOnHidden
      okText={act.error?.moved === 'unknown' ? t('act.retry') : ok}
      cancelText={t('act.cancel')}
      okButtonProps={{ htmlType: 'submit', form, loading: act.isPending, danger: !!danger }}
      cancelButtonProps={{ disabled: act.isPending }}
    >
      <form
        id={form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          if (!act.isPending) onSubmit()
        }}
      >
        {says && <p className="desk-says">{says}</p>}
        {children}
        {slow && <p className="tb-soft">{t('state.slow')}</p>}
        {act.error && <Refused problem={act.error} money={money} />}
      </form>
    </Modal>
  )
}

/** Refused says no in place: what happened, and whether money moved, where it could have. */
export function Refused({ problem, money = true }: { problem: Problem; money?: boolean }) {
  const t = useDeskT()
  return (
    <div className="desk-refused" role="alert">
      <strong>{problem.text(t.lang)}</strong>
      {problem.code === 'invalid_field' && problem.detail && <p>{problem.detail}</p>}
      {money && <p>{t(`error.money.${problem.moved}`)}</p>}
    </div>
  )
}

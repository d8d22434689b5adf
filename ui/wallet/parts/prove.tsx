// prove is a phone number with the code that was sent to it: how one signs up,
// and how a forgotten password is set anew.
import { useRef, useState, type ReactNode } from 'react'
import { type Purpose } from '../api/wallet'
import { useT } from '../i18n'
import { CodeField } from './code'
import { plainPhone } from './numbers'
import { Button, Field } from './ui'

/** useProof keeps the two; `plain` is the number as the server takes it, once it is one. */
export function useProof() {
  const [phone, setPhone] = useState('')
  const [code, setCode] = useState('')
  return { phone, setPhone, code, setCode, plain: plainPhone(phone) }
}

export interface ProvePhoneProps {
  proof: ReturnType<typeof useProof>
  purpose: Purpose
  /** What stands above the fields. */
  children: ReactNode
  /** What stands between the fields and the button: what went wrong. */
  below?: ReactNode
  phoneError?: string | undefined
  codeError?: string | undefined
  busy?: boolean
  className?: string
  onDone: () => void
}

export function ProvePhone({ proof, purpose, children, below, phoneError, codeError, busy = false, className = '', onDone }: ProvePhoneProps) {
  const t = useT()
  const input = useRef<HTMLInputElement>(null)
  const [wrong, setWrong] = useState<'phone' | 'code'>()
  const noPhone = () => {
    setWrong('phone')
    input.current?.focus()
  }
  return (
    <form
      noValidate
      className={`w-form ${className}`}
      onSubmit={(event) => {
        event.preventDefault()
        if (!proof.plain) return noPhone()
        const missing = /^\d{6}$/.test(proof.code) ? undefined : 'code'
        setWrong(missing)
        if (!missing && !busy) onDone()
      }}
    >
      {children}
      <Field
        label={t('phone.label')}
        inputRef={input}
        type="tel"
        name="username"
        autoComplete="tel-national"
        autoFocus
        value={proof.phone}
        onChange={proof.setPhone}
        error={wrong === 'phone' ? t('phone.wrong') : phoneError}
      />
      <CodeField phone={proof.plain} purpose={purpose} value={proof.code} onChange={proof.setCode} error={wrong === 'code' ? t('code.wrong') : codeError} onNoPhone={noPhone} />
      {below}
      <Button type="submit" busy={busy} className="w-wide">
        {t('act.next')}
      </Button>
    </form>
  )
}

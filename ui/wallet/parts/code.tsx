// code is the field for a one-time code: sends it, counts down until it may be
// sent again, and in the sandbox fetches it from the pretend phone.
import { useMutation } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { phoneTexts, sendCode, type Purpose } from '../api/wallet'
import { useT } from '../i18n'
import { useSandbox } from './session'
import { Field, Said } from './ui'
import { asProblem } from '@shared'

export interface CodeFieldProps {
  phone: string | undefined
  purpose: Purpose
  value: string
  onChange: (code: string) => void
  error?: string | undefined
  /** Called where there is no usable phone number yet. */
  onNoPhone?: () => void
  /** Send the first one at once. */
  atOnce?: boolean
}

export function CodeField({ phone, purpose, value, onChange, error, onNoPhone, atOnce }: CodeFieldProps) {
  const t = useT()
  const sandbox = useSandbox()
  const input = useRef<HTMLInputElement>(null)
  const [wait, setWait] = useState(0)
  const send = useMutation({
    mutationFn: (to: string) => sendCode(to, purpose),
    onSuccess: (sent) => {
      setWait(sent.retry_after_seconds)
      input.current?.focus()
    },
    onError: (caught) => setWait(asProblem(caught).retryAfterSeconds ?? 0),
  })
  const fetched = useMutation({
    mutationFn: async (of: string) => (await phoneTexts(of)).data.find((text) => text.code)?.code ?? undefined,
    onSuccess: (code) => code && onChange(code),
  })
  useEffect(() => {
    if (wait <= 0) return
    const timer = setTimeout(() => setWait(wait - 1), 1000)
    return () => clearTimeout(timer)
  }, [wait])
  const started = useRef(false)
  const { mutate } = send
  useEffect(() => {
    if (!atOnce || !phone || started.current) return
    started.current = true
    mutate(phone)
  }, [atOnce, phone, mutate])

  return (
    <>
      <Field
        label={t('code.label')}
        inputRef={input}
        value={value}
        onChange={(text) => onChange(text.replace(/\D/g, '').slice(0, 6))}
        inputMode="numeric"
        autoComplete="one-time-code"
        name="code"
        maxLength={6}
        error={error}
        hint={send.data ? t('code.sent', { to: send.data.sent_to }) : t('code.hint')}
        end={
          <button type="button" className="w-field-act" aria-disabled={wait > 0 || send.isPending} onClick={() => (phone ? wait <= 0 && !send.isPending && send.mutate(phone) : onNoPhone?.())}>
            {send.isPending ? t('code.sending') : wait > 0 ? t('code.wait', { n: wait }) : send.data ? t('code.again') : t('code.send')}
          </button>
        }
      />
      {send.error && wait === 0 && <Said error={send.error} />}
      {send.error && wait > 0 && <p className="tb-soft w-said">{t('code.just')}</p>}
      {sandbox.data && phone && (send.data || send.error) && (
        <p className="w-demo-line">
          <button type="button" className="tb-plain" disabled={fetched.isPending} onClick={() => fetched.mutate(phone)}>
            {t('demo.code')}
          </button>
        </p>
      )}
    </>
  )
}

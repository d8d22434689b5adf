// signin is how one comes in, on a page of its own or inside the cashier.
import { useMutation } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { Link } from 'react-router'
import { login, loginByCode } from '../api/wallet'
import { useT } from '../i18n'
import { CodeField } from './code'
import { plainPhone } from './numbers'
import { useEnter, useSandbox } from './session'
import { Button, Chips, Field, Said } from './ui'

export function SignIn({ onDone, next }: { onDone: () => void; next: string }) {
  const t = useT()
  const enter = useEnter()
  const sandbox = useSandbox()
  const phoneInput = useRef<HTMLInputElement>(null)
  const [way, setWay] = useState<'password' | 'code'>('password')
  const [phone, setPhone] = useState('')
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const [wrong, setWrong] = useState<'phone' | 'password' | 'code' | undefined>()
  const plain = plainPhone(phone)

  const go = useMutation({
    mutationFn: (who: { phone: string; password: string } | { phone: string; code: string }) => ('code' in who ? loginByCode(who.phone, who.code) : login(who.phone, who.password)),
    onSuccess: async (session) => {
      await enter(session)
      onDone()
    },
  })
  const submit = () => {
    const missing = !plain ? 'phone' : way === 'password' ? (password ? undefined : 'password') : /^\d{6}$/.test(code) ? undefined : 'code'
    setWrong(missing)
    if (missing === 'phone') phoneInput.current?.focus()
    if (!missing && plain && !go.isPending) go.mutate(way === 'code' ? { phone: plain, code } : { phone: plain, password })
  }
  const suffix = next === '/' ? '' : `?next=${encodeURIComponent(next)}`

  return (
    <>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        <Chips
          label={t('login.way')}
          chosen={way}
          choices={[
            ['password', t('login.by.password')],
            ['code', t('login.by.code')],
          ]}
          onChoose={(chosen) => {
            setWay(chosen)
            go.reset()
            setWrong(undefined)
          }}
        />
        <Field
          label={t('phone.label')}
          inputRef={phoneInput}
          type="tel"
          name="username"
          autoComplete="username"
          autoFocus
          value={phone}
          onChange={setPhone}
          error={wrong === 'phone' ? t('phone.wrong') : undefined}
        />
        {way === 'password' ? (
          <Field
            label={t('password.login')}
            type="password"
            name="password"
            autoComplete="current-password"
            value={password}
            onChange={setPassword}
            error={wrong === 'password' ? t('password.missing') : undefined}
          />
        ) : (
          <CodeField
            phone={plain}
            purpose="login"
            value={code}
            onChange={setCode}
            error={wrong === 'code' ? t('code.wrong') : undefined}
            onNoPhone={() => {
              setWrong('phone')
              phoneInput.current?.focus()
            }}
          />
        )}
        <Said error={go.error} />
        <Button type="submit" busy={go.isPending} className="w-wide">
          {go.isPending ? t('login.busy') : t('act.signin')}
        </Button>
        <p className="w-links">
          <Link to={`/sign-up${suffix}`}>{t('signup.title')}</Link>
          <Link to={`/forgot${suffix}`}>{t('forgot.title')}</Link>
        </p>
      </form>
      {!!sandbox.data?.buyers?.length && (
        <section className="w-demo" aria-label={t('demo.title')}>
          <p className="tb-soft">{t('demo.title')}</p>
          <div>
            {sandbox.data.buyers.map((buyer) => (
              <button key={buyer.login} type="button" disabled={go.isPending} onClick={() => go.mutate({ phone: buyer.login, password: buyer.password })}>
                {t('demo.as', { name: buyer.nickname })}
              </button>
            ))}
          </div>
          <p className="tb-soft">{t('demo.pin', { pin: sandbox.data.buyers[0]!.payment_password })}</p>
        </section>
      )}
    </>
  )
}

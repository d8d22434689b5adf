// Signing up in steps that ask one thing each: phone, code, login password,
// payment password, and who one is, which may wait.
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Link, useNavigate, useSearchParams } from 'react-router'
import { asProblem, locale, Problem } from '@shared'
import { proveIdentity, setPaymentPassword, signUp } from '../api/wallet'
import { useT } from '../i18n'
import { IdentityForm } from '../parts/identity'
import { NewPin } from '../parts/newpin'
import { ProvePhone, useProof } from '../parts/prove'
import { safeNext, useEnter } from '../parts/session'
import { Button, Field, Mark, Page, problemOf, Said } from '../parts/ui'

type Stage = 'phone' | 'password' | 'pin' | 'identity' | 'done'
const stages: Stage[] = ['phone', 'password', 'pin', 'identity']

export default function SignUpPage() {
  const t = useT()
  const navigate = useNavigate()
  const client = useQueryClient()
  const enter = useEnter()
  const [search] = useSearchParams()
  const next = safeNext(search.get('next'))

  const [stage, setStage] = useState<Stage>('phone')
  const proof = useProof()
  const [nickname, setNickname] = useState('')
  const [password, setPassword] = useState('')
  const [wrong, setWrong] = useState<string>()

  const create = useMutation({
    mutationFn: () => signUp({ phone: proof.plain!, code: proof.code, password, locale: locale(), ...(nickname.trim() ? { nickname: nickname.trim() } : {}) }),
    onSuccess: async (session) => {
      await enter(session)
      setStage('pin')
    },
    onError: (caught) => {
      // The code and the phone are of the step before.
      if (['code_wrong', 'code_expired', 'phone_taken', 'phone_invalid'].includes(asProblem(caught).code)) setStage('phone')
    },
  })
  const pin = useMutation({ mutationFn: (digits: string) => setPaymentPassword({ payment_password: digits }), onSuccess: () => setStage('identity') })
  const prove = useMutation({
    mutationFn: proveIdentity,
    onSuccess: (me) => {
      client.setQueryData(['me'], me)
      setStage('done')
    },
  })
  const at = stages.indexOf(stage)
  const codeProblem = create.error instanceof Problem && ['code_wrong', 'code_expired'].includes(create.error.code) ? create.error.text(t.lang) : undefined

  return (
    <Page title={t('signup.title')} back={`/login${next === '/' ? '' : `?next=${encodeURIComponent(next)}`}`}>
      {at >= 0 && (
        <p className="w-steps tb-soft" aria-live="polite">
          {t('step.of', { n: at + 1, of: stages.length })}
          <span className="w-steps-bar" aria-hidden="true">
            {stages.map((s, i) => (
              <i key={s} className={i <= at ? 'on' : ''} />
            ))}
          </span>
        </p>
      )}
      {stage === 'phone' && (
        <>
          <ProvePhone
            proof={proof}
            purpose="sign_up"
            phoneError={problemOf(create.error, t.lang, 'phone') ?? (create.error instanceof Problem && create.error.code === 'phone_taken' ? create.error.text(t.lang) : undefined)}
            codeError={codeProblem}
            onDone={() => {
              create.reset()
              setStage('password')
            }}
          >
            <h2>{t('signup.phone')}</h2>
            <p className="tb-soft">{t('signup.phone.says')}</p>
          </ProvePhone>
          <p className="w-links">
            <Link to={`/login${next === '/' ? '' : `?next=${encodeURIComponent(next)}`}`}>{t('signup.have')}</Link>
          </p>
        </>
      )}
      {stage === 'password' && (
        <form
          noValidate
          className="w-form"
          onSubmit={(event) => {
            event.preventDefault()
            setWrong(password.length < 8 ? 'password' : undefined)
            if (password.length >= 8 && !create.isPending) create.mutate()
          }}
        >
          <h2>{t('signup.password')}</h2>
          <p className="tb-soft">{t('signup.password.says')}</p>
          <input type="hidden" name="username" autoComplete="username" value={proof.plain ?? ''} readOnly />
          <Field
            label={t('password.login')}
            type="password"
            name="new-password"
            autoComplete="new-password"
            autoFocus
            value={password}
            onChange={setPassword}
            hint={t('password.hint')}
            error={wrong === 'password' ? t('password.short') : create.error instanceof Problem && create.error.code === 'password_weak' ? create.error.text(t.lang) : undefined}
          />
          <Field label={t('nickname.label')} value={nickname} onChange={setNickname} maxLength={20} autoComplete="nickname" hint={t('nickname.hint')} error={problemOf(create.error, t.lang, 'nickname')} />
          {create.error && asProblem(create.error).code !== 'password_weak' && <Said error={create.error} />}
          <Button type="submit" busy={create.isPending} className="w-wide">
            {create.isPending ? t('signup.busy') : t('signup.create')}
          </Button>
        </form>
      )}
      {stage === 'pin' && (
        <div className="w-form">
          <h2>{t('pin.set')}</h2>
          <p className="tb-soft">{t('signup.pin.says')}</p>
          <NewPin onDone={(digits) => pin.mutate(digits)} busy={pin.isPending} error={pin.error ? asProblem(pin.error).text(t.lang) : undefined} />
        </div>
      )}
      {stage === 'identity' && (
        <div className="w-form">
          <h2>{t('identity.title')}</h2>
          <p className="tb-soft">{t('signup.identity.says')}</p>
          <IdentityForm act={prove} tier="unknown" />
          <Button kind="quiet" className="w-wide" onClick={() => setStage('done')}>
            {t('signup.later')}
          </Button>
        </div>
      )}
      {stage === 'done' && (
        <div className="w-result" role="status">
          <Mark kind="done" />
          <h2>{t('signup.done')}</h2>
          <p className="tb-soft">{prove.data ? t('signup.done.known') : t('signup.done.unknown')}</p>
          <Button className="w-wide" autoFocus onClick={() => void navigate(next, { replace: true })}>
            {next.startsWith('/cashier') ? t('signup.go.pay') : t('signup.go')}
          </Button>
        </div>
      )}
    </Page>
  )
}

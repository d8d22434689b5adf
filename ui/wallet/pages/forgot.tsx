// A forgotten login password: a code proves the phone and signs in; another,
// for the purpose, sets the new password. The server keeps the two apart.
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useNavigate, useSearchParams } from 'react-router'
import { Problem } from '@shared'
import { changePassword, loginByCode } from '../api/wallet'
import { useT } from '../i18n'
import { CodeField } from '../parts/code'
import { ProvePhone, useProof } from '../parts/prove'
import { safeNext, useEnter } from '../parts/session'
import { Button, Field, Mark, Page, Said } from '../parts/ui'

export default function ForgotPage() {
  const t = useT()
  const navigate = useNavigate()
  const enter = useEnter()
  const [search] = useSearchParams()
  const next = safeNext(search.get('next'))
  const [stage, setStage] = useState<'prove' | 'set' | 'done'>('prove')
  const proof = useProof()
  const [second, setSecond] = useState('')
  const [password, setPassword] = useState('')
  const [wrong, setWrong] = useState<string>()

  const prove = useMutation({
    mutationFn: () => loginByCode(proof.plain!, proof.code),
    onSuccess: async (session) => {
      await enter(session)
      setStage('set')
    },
  })
  const set = useMutation({ mutationFn: () => changePassword({ code: second, new_password: password }), onSuccess: () => setStage('done') })

  return (
    <Page title={t('forgot.title')} back="/login">
      {stage === 'prove' && (
        <ProvePhone proof={proof} purpose="login" busy={prove.isPending} below={<Said error={prove.error} />} onDone={() => prove.mutate()}>
          <h2>{t('forgot.prove')}</h2>
          <p className="tb-soft">{t('forgot.prove.says')}</p>
        </ProvePhone>
      )}
      {stage === 'set' && (
        <form
          noValidate
          className="w-form"
          onSubmit={(event) => {
            event.preventDefault()
            const missing = !/^\d{6}$/.test(second) ? 'code' : password.length < 8 ? 'password' : undefined
            setWrong(missing)
            if (!missing && !set.isPending) set.mutate()
          }}
        >
          <h2>{t('forgot.set')}</h2>
          <p className="tb-soft">{t('forgot.set.says')}</p>
          <CodeField phone={proof.plain} purpose="reset_password" value={second} onChange={setSecond} error={wrong === 'code' ? t('code.wrong') : undefined} atOnce />
          <Field
            label={t('password.new')}
            type="password"
            autoComplete="new-password"
            value={password}
            onChange={setPassword}
            hint={t('password.hint')}
            error={wrong === 'password' ? t('password.short') : set.error instanceof Problem && set.error.code === 'password_weak' ? set.error.text(t.lang) : undefined}
          />
          {!(set.error instanceof Problem && set.error.code === 'password_weak') && <Said error={set.error} />}
          <Button type="submit" busy={set.isPending} className="w-wide">
            {t('act.save')}
          </Button>
        </form>
      )}
      {stage === 'done' && (
        <div className="w-result" role="status">
          <Mark kind="done" />
          <h2>{t('forgot.done')}</h2>
          <p className="tb-soft">{t('forgot.done.says')}</p>
          <Button className="w-wide" autoFocus onClick={() => void navigate(next, { replace: true })}>
            {t('signup.go')}
          </Button>
        </div>
      )}
    </Page>
  )
}

import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'react-router'
import { Problem } from '@shared'
import { changePassword } from '../api/wallet'
import { useT } from '../i18n'
import { Button, Field, LinkButton, Mark, Page, Said } from '../parts/ui'

export default function PasswordPage() {
  const t = useT()
  const [old, setOld] = useState('')
  const [next, setNext] = useState('')
  const [wrong, setWrong] = useState<string>()
  const save = useMutation({ mutationFn: () => changePassword({ old_password: old, new_password: next }) })
  const code = save.error instanceof Problem ? save.error.code : undefined
  if (save.isSuccess) {
    return (
      <Page title={t('password.change')} back="/me">
        <div className="w-result" role="status">
          <Mark kind="done" />
          <h2>{t('password.changed')}</h2>
          <p className="tb-soft">{t('forgot.done.says')}</p>
          <LinkButton to="/me" replace>
            {t('act.done')}
          </LinkButton>
        </div>
      </Page>
    )
  }
  return (
    <Page title={t('password.change')} back="/me">
      <form
        noValidate
        className="w-form w-card w-pad"
        onSubmit={(event) => {
          event.preventDefault()
          const missing = !old ? 'old' : next.length < 8 ? 'new' : undefined
          setWrong(missing)
          if (!missing && !save.isPending) save.mutate()
        }}
      >
        <Field
          label={t('password.old')}
          type="password"
          autoComplete="current-password"
          autoFocus
          value={old}
          onChange={setOld}
          error={wrong === 'old' ? t('field.missing') : code === 'login_failed' ? t('password.old.wrong') : undefined}
        />
        <Field
          label={t('password.new')}
          type="password"
          autoComplete="new-password"
          value={next}
          onChange={setNext}
          hint={t('password.hint')}
          error={wrong === 'new' ? t('password.short') : code === 'password_weak' && save.error instanceof Problem ? save.error.text(t.lang) : undefined}
        />
        {code !== 'login_failed' && code !== 'password_weak' && <Said error={save.error} />}
        <p className="tb-soft">{t('password.others')}</p>
        <Button type="submit" className="w-wide" busy={save.isPending}>
          {t('act.save')}
        </Button>
        <p className="w-links">
          <Link to="/forgot?next=/me">{t('forgot.title')}</Link>
        </p>
      </form>
    </Page>
  )
}

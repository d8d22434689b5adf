import { CopyId, LanguageSwitch, Load, ModeSwitch, useAct, useTitle, When } from '@shared'
import { ActDialog, Badge, Card, Facts, Field, Head, useSession } from '@shared/desks'
import { useQuery } from '@tanstack/react-query'
import { App, Button, Input } from 'antd'
import { useState } from 'react'
import { changePassword, getMerchant } from '../api/merchant'
import { useT } from '../i18n'

export default function Settings() {
  const t = useT()
  useTitle(t('nav.settings'))
  const merchant = useQuery({ queryKey: ['merchant'], queryFn: getMerchant })
  const staff = useSession().data?.staff
  const [open, setOpen] = useState(false)
  return (
    <>
      <Head title={t('nav.settings')} />
      <div className="desk-grid desk-2">
        <Card title={t('settings.merchant')}>
          <Load query={merchant} skeleton={{ shape: 'text' }}>
            {(m) => (
              <Facts
                items={[
                  [t('col.name'), m.name],
                  [t('settings.merchantid'), <CopyId key="id" id={m.id} what={t('settings.merchantid')} />],
                  [t('col.status'), <Badge key="s" state={m.status === 'active' ? 'succeeded' : 'refused'}>{t.maybe(`merchant.${m.status}`) ?? m.status}</Badge>],
                  [t('payment.fee.rate'), `${(m.fee_rate / 10_000).toFixed(2)}%`],
                  [t('settings.since'), <When key="at" at={m.created_at} />],
                ]}
              />
            )}
          </Load>
        </Card>
        <Card title={t('settings.me')}>
          <Facts
            items={[
              [t('col.name'), staff?.name ?? ''],
              [t('col.role'), t.maybe(`role.${staff?.role}`) ?? ''],
              [t('lang.label'), <LanguageSwitch key="l" />],
              [t('mode.label'), <ModeSwitch key="m" />],
              [
                t('login.password'),
                <Button key="p" size="small" onClick={() => setOpen(true)}>
                  {t('settings.password')}
                </Button>,
              ],
            ]}
          />
        </Card>
      </div>
      <Password open={open} onClose={() => setOpen(false)} />
    </>
  )
}

function Password({ open, onClose }: { open: boolean; onClose: () => void }) {
  const t = useT()
  const { message } = App.useApp()
  const [old, setOld] = useState('')
  const [fresh, setFresh] = useState('')
  const [wrong, setWrong] = useState(false)
  const act = useAct('password', (input: { old_password: string; new_password: string }) => changePassword(input), {
    onSuccess: () => {
      void message.success(t('settings.password.done'))
      setOld('')
      setFresh('')
      onClose()
    },
  })
  return (
    <ActDialog
      open={open}
      onClose={onClose}
      title={t('settings.password')}
      says={t('settings.password.says')}
      ok={t('act.save')}
      act={act}
      money={false}
      onSubmit={() => {
        setWrong(!old || fresh.length < 8)
        if (old && fresh.length >= 8) act.run({ old_password: old, new_password: fresh })
      }}
    >
      <Field label={t('settings.password.old')} error={wrong && !old ? t('form.required') : undefined}>
        <Input.Password autoFocus autoComplete="current-password" value={old} onChange={(e) => setOld(e.target.value)} />
      </Field>
      <Field label={t('settings.password.new')} hint={t('settings.password.rule')} error={wrong && fresh.length < 8 ? t('settings.password.rule') : undefined}>
        <Input.Password autoComplete="new-password" value={fresh} onChange={(e) => setFresh(e.target.value)} />
      </Field>
    </ActDialog>
  )
}

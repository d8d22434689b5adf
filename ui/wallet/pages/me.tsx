import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useNavigate } from 'react-router'
import { BankcardOutline, CheckShieldOutline, FileOutline, GlobalOutline, KeyOutline, LinkOutline, LockOutline, PhonebookOutline, SetOutline } from 'antd-mobile-icons'
import { forgetSession, Load, MaskedName, ModeSwitch, queryClient, setLang, useLang, useTitle, type Lang } from '@shared'
import { changeMe, logout, type Me } from '../api/wallet'
import { useT } from '../i18n'
import { Face } from '../parts/person'
import { useMe, useSandbox } from '../parts/session'
import { Button, Field, Group, problemOf, Row, Said, Sheet } from '../parts/ui'

export default function MePage() {
  const t = useT()
  useTitle(t('tab.me'))
  const navigate = useNavigate()
  const me = useMe()
  const lang = useLang()
  const sandbox = useSandbox()
  const [leaving, setLeaving] = useState(false)
  const leave = useMutation({
    mutationFn: logout,
    onSuccess: () => {
      forgetSession()
      void navigate('/login', { replace: true })
      queryClient.clear()
    },
  })
  return (
    <div className="w-screen">
      <header className="w-bar w-bar-tab">
        <span />
        <h1>{t('tab.me')}</h1>
        <span />
      </header>
      <main className="w-main">
        <Load query={me} skeleton={{ shape: 'page', rows: 4 }}>
          {(me) => (
            <>
              <Profile me={me} />
              <Group title={t('me.safety')}>
                <Row to="/me/identity" icon={<CheckShieldOutline />} title={t('identity.title')} value={t(`tier.${me.tier}.short`)} />
                <Row to="/me/payment-password" icon={<LockOutline />} title={t('pin.name')} value={t(me.payment_password_locked_until ? 'pin.locked.short' : me.has_payment_password ? 'pin.is.set' : 'pin.not.set')} />
                <Row to="/me/password" icon={<KeyOutline />} title={t('password.login')} />
                <Row to="/me/devices" icon={<PhonebookOutline />} title={t('devices.title')} />
                <Row to="/me/grants" icon={<LinkOutline />} title={t('grants.title')} />
              </Group>
              <Group title={t('me.money')}>
                <Row to="/me/cards" icon={<BankcardOutline />} title={t('cards.title')} value={t('cards.n', { n: me.cards.length })} />
                <Row to="/me/agreements" icon={<FileOutline />} title={t('agreements.title')} />
              </Group>
            </>
          )}
        </Load>
        <Group title={t('me.look')}>
          <Row
            icon={<GlobalOutline />}
            title={t('lang.label')}
            value={
              <select
                className="tb-plain"
                aria-label={t('lang.label')}
                value={lang}
                onChange={(e) => {
                  const next = e.target.value as Lang
                  setLang(next)
                  void changeMe({ locale: next === 'zh' ? 'zh-CN' : 'en' }).catch(() => undefined)
                }}
              >
                <option value="zh">中文</option>
                <option value="en">English</option>
              </select>
            }
          />
          <Row icon={<SetOutline />} title={t('mode.label')} value={<ModeSwitch />} />
        </Group>
        {sandbox.data && (
          <Group title={t('demo.sandbox')}>
            {sandbox.data.shop_url && <Outside href={sandbox.data.shop_url} title={t('demo.shop')} />}
            {sandbox.data.phone_url && <Outside href={sandbox.data.phone_url} title={t('demo.phone')} />}
          </Group>
        )}
        <Button kind="quiet" className="w-wide w-leave" onClick={() => setLeaving(true)}>
          {t('act.signout')}
        </Button>
      </main>
      <Sheet open={leaving} onClose={() => setLeaving(false)} title={t('act.signout')} busy={leave.isPending}>
        <p>{t('me.leave.says')}</p>
        <Said error={leave.error} />
        <Button className="w-wide" busy={leave.isPending} onClick={() => leave.mutate()}>
          {t('act.signout')}
        </Button>
        <Button kind="quiet" className="w-wide" onClick={() => setLeaving(false)}>
          {t('act.cancel')}
        </Button>
      </Sheet>
    </div>
  )
}

function Outside({ href, title }: { href: string; title: string }) {
  return (
    <a className="w-row" href={href}>
      <span className="w-row-text">
        <span className="w-row-title">{title}</span>
      </span>
    </a>
  )
}

function Profile({ me }: { me: Me }) {
  const t = useT()
  const [open, setOpen] = useState(false)
  const [name, setName] = useState(me.nickname)
  const save = useMutation({
    mutationFn: () => changeMe({ nickname: name.trim() }),
    onSuccess: (now) => {
      queryClient.setQueryData(['me'], now)
      setOpen(false)
    },
  })
  return (
    <section className="w-card w-profile" aria-label={t('me.profile')}>
      <Face name={me.nickname} />
      <div>
        <h2 className="w-one">{me.nickname}</h2>
        <p className="tb-soft">{me.phone_masked}</p>
        {me.name_masked && (
          <p className="tb-soft">
            <MaskedName name={me.name_masked} />
          </p>
        )}
      </div>
      <button
        type="button"
        className="tb-plain"
        onClick={() => {
          setName(me.nickname)
          save.reset()
          setOpen(true)
        }}
      >
        {t('me.rename')}
      </button>
      <Sheet open={open} onClose={() => setOpen(false)} title={t('me.rename')} busy={save.isPending}>
        <form
          noValidate
          onSubmit={(event) => {
            event.preventDefault()
            if (name.trim() && !save.isPending) save.mutate()
          }}
        >
          <Field label={t('nickname.label')} value={name} onChange={setName} maxLength={20} autoFocus autoComplete="nickname" hint={t('nickname.hint')} error={problemOf(save.error, t.lang, 'nickname')} />
          {!problemOf(save.error, t.lang, 'nickname') && <Said error={save.error} />}
          <Button type="submit" className="w-wide" busy={save.isPending}>
            {t('act.save')}
          </Button>
        </form>
      </Sheet>
    </section>
  )
}

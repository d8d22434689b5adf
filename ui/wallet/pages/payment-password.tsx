// The payment password: the first one, a change with the old one, or a reset by code.
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Link, useSearchParams } from 'react-router'
import { asProblem, Load, PinPad } from '@shared'
import { setPaymentPassword, type Me } from '../api/wallet'
import { useT } from '../i18n'
import { NewPin } from '../parts/newpin'
import { ProvePhone, useProof } from '../parts/prove'
import { safeNext, useMe } from '../parts/session'
import { LinkButton, Mark, Notice, Page, usePinLock } from '../parts/ui'

export default function PaymentPasswordPage() {
  const t = useT()
  const [search] = useSearchParams()
  const next = search.get('next')
  const me = useMe()
  const back = next ? safeNext(next) : '/me'
  return (
    <Page title={t(me.data?.has_payment_password === false ? 'pin.set' : search.has('reset') ? 'pin.reset' : 'pin.change')} back={back}>
      <Load query={me} skeleton={{ shape: 'form', rows: 3 }}>
        {(me) => <PaymentPassword key={search.has('reset') ? 'reset' : 'change'} me={me} next={next ? back : undefined} reset={search.has('reset')} />}
      </Load>
    </Page>
  )
}

function PaymentPassword({ me, next, reset }: { me: Me; next: string | undefined; reset: boolean }) {
  const t = useT()
  const client = useQueryClient()
  // What is asked for stays as it was on coming here, though `me` changes.
  const [way] = useState<'first' | 'change' | 'reset'>(!me.has_payment_password ? 'first' : reset ? 'reset' : 'change')
  const [old, setOld] = useState('')
  const proof = useProof()
  const [proved, setProved] = useState(way === 'first')
  const locked = usePinLock()
  const save = useMutation({
    mutationFn: (pin: string) => setPaymentPassword({ payment_password: pin, ...(way === 'change' ? { old_payment_password: old } : way === 'reset' ? { code: proof.code } : {}) }),
    onSuccess: () => void client.invalidateQueries({ queryKey: ['me'] }),
    onError: (caught) => {
      // The old password or the code was wrong: that is asked for again. A weak new one is not their fault.
      if (way !== 'first' && asProblem(caught).code !== 'payment_password_weak') {
        setProved(false)
        setOld('')
        void client.invalidateQueries({ queryKey: ['me'] })
      }
    },
  })
  const said = save.error ? asProblem(save.error).text(t.lang) : undefined
  if (save.isSuccess) {
    return (
      <div className="w-result" role="status">
        <Mark kind="done" />
        <h2>{t(way === 'first' ? 'pin.set.done' : 'pin.changed')}</h2>
        <p className="tb-soft">{t('pin.changed.says')}</p>
        <LinkButton to={next ?? '/me'} replace>
          {next?.startsWith('/cashier') ? t('topup.back.cashier') : t('act.done')}
        </LinkButton>
      </div>
    )
  }
  if (proved) {
    return (
      <div className="w-form">
        <p className="tb-soft">{t('signup.pin.says')}</p>
        <NewPin onDone={(pin) => save.mutate(pin)} busy={save.isPending} error={said} />
      </div>
    )
  }
  if (way === 'reset') {
    return (
      <ProvePhone
        proof={proof}
        purpose="reset_payment_password"
        className="w-card w-pad"
        codeError={said}
        onDone={() => {
          save.reset()
          setProved(true)
        }}
      >
        <p className="tb-soft">{t('pin.reset.says', { phone: me.phone_masked })}</p>
      </ProvePhone>
    )
  }
  return (
    <div className="w-form">
      {locked ? (
        <Notice tone="warn" action={<LinkButton to={`?reset=1${next ? `&next=${encodeURIComponent(next)}` : ''}`}>{t('pin.reset')}</LinkButton>}>
          {locked}
        </Notice>
      ) : (
        <>
          <PinPad
            title={t('pin.old')}
            error={said}
            onDone={(pin) => {
              setOld(pin)
              save.reset()
              setProved(true)
            }}
          />
          <p className="w-center">
            <Link to={`?reset=1${next ? `&next=${encodeURIComponent(next)}` : ''}`}>{t('pin.forgot')}</Link>
          </p>
        </>
      )}
    </div>
  )
}

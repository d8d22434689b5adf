// Paying a merchant whose printed code was scanned: the shopper names the amount.
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useLocation, useParams, useSearchParams } from 'react-router'
import { Amount, asProblem, ErrorState, Skeleton, useAct, useTitle } from '@shared'
import { payMerchant, resolveCode, type Payment } from '../api/wallet'
import { useT } from '../i18n'
import { Live } from '../parts/live'
import { MethodRow, Short, shortOf } from '../parts/method'
import { patient } from '../parts/patient'
import { moneyChanged, useMe, useSession } from '../parts/session'
import { SignIn } from '../parts/signin'
import { Button, Field, LinkButton, Mark, MoneyField, Pin, readAmount } from '../parts/ui'
import { Desk, Result } from './cashier'

export default function CollectPayPage() {
  const t = useT()
  useTitle(t('collect.pay.title'))
  const { merchant = '' } = useParams()
  const { pathname, search } = useLocation()
  const session = useSession()
  return (
    <Desk>
      {session.data ? (
        <>
          <Live />
          <CollectPay merchant={merchant} />
        </>
      ) : session.error ? (
        asProblem(session.error).code === 'unauthenticated' ? (
          <>
            <h1 className="w-desk-title">{t('cashier.signin')}</h1>
            <SignIn next={pathname + search} onDone={() => undefined} />
          </>
        ) : (
          <ErrorState error={session.error} onRetry={() => void session.refetch()} />
        )
      ) : (
        <Skeleton shape="page" rows={2} />
      )}
    </Desk>
  )
}

function CollectPay({ merchant }: { merchant: string }) {
  const t = useT()
  const [search] = useSearchParams()
  const code = `${location.origin}/q/m/${merchant}`
  const me = useMe()
  const who = useQuery({ queryKey: ['code', code], queryFn: () => resolveCode(code) })
  const given = /^\d{1,11}$/.test(search.get('amount') ?? '') ? (Number(search.get('amount')) / 100).toFixed(2) : ''
  const [text, setText] = useState(given)
  const [note, setNote] = useState('')
  const [wrong, setWrong] = useState(false)
  const [asking, setAsking] = useState(false)
  const [paid, setPaid] = useState<Payment>()
  const amount = readAmount(text)
  const act = useAct(
    `collect ${merchant} ${amount} ${note}`,
    patient((pin: string, key) => payMerchant({ collection_code: code, amount: amount!, currency: 'CNY', payment_password: pin, ...(note.trim() ? { note: note.trim() } : {}) }, key)),
    {
      onSuccess: (done) => {
        setPaid(done)
        moneyChanged()
      },
      onError: () => void me.refetch(),
    },
  )
  if (paid) return <Result payment={paid} fresh />
  if (who.error) {
    return asProblem(who.error).code === 'collection_code_invalid' ? (
      <div className="w-result">
        <Mark kind="no" />
        <h1>{t('scan.nothing')}</h1>
        <p className="tb-soft">{t('scan.nothing.says')}</p>
        <LinkButton to="/scan" replace>
          {t('scan.again')}
        </LinkButton>
      </div>
    ) : (
      <ErrorState error={who.error} onRetry={() => void who.refetch()} />
    )
  }
  if (me.error && !me.data) return <ErrorState error={me.error} onRetry={() => void me.refetch()} />
  if (!who.data || !me.data) return <Skeleton shape="page" rows={2} />
  const name = who.data.merchant?.name ?? ''
  const short = amount ? shortOf(me.data, amount) : undefined
  return (
    <>
      <h1 className="w-desk-title">{t('cashier.to', { name })}</h1>
      {asking && amount ? (
        <>
          <div className="w-pay-what">
            <Amount amount={amount} currency="CNY" size="hero" />
            {note && <p className="tb-soft">{note}</p>}
          </div>
          <Pin act={act} onCancel={() => setAsking(false)} />
        </>
      ) : (
        <form
          noValidate
          onSubmit={(event) => {
            event.preventDefault()
            setWrong(!amount)
            if (amount && !short) setAsking(true)
          }}
        >
          <MoneyField label={t('amount.label')} value={text} onChange={setText} autoFocus error={wrong && !amount ? t('amount.wrong') : undefined} />
          <Field label={t('note.label')} value={note} onChange={setNote} maxLength={100} hint={t('note.hint')} />
          <p className="tb-soft">{t('cashier.instant', { name })}</p>
          <MethodRow me={me.data} />
          {amount && short ? (
            <Short me={me.data} amount={amount} next={`/collect/${merchant}?amount=${amount}`} />
          ) : (
            <Button type="submit" className="w-wide">
              {t('cashier.confirm')}
            </Button>
          )}
        </form>
      )}
    </>
  )
}

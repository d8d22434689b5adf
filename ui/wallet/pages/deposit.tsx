// A merchant asks for a deposit: what its app or its till's code leads to. The
// payer reads who and how much, and gives it by the payment password. The money
// is held, and stays the payer's.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Link, useParams } from 'react-router'
import { Amount, asProblem, Countdown, ErrorState, Skeleton, useAct, useTitle } from '@shared'
import { getDeposit, giveDeposit, type Deposit } from '../api/wallet'
import { useT } from '../i18n'
import { Gone, SignedInDesk } from '../parts/asked'
import { patient } from '../parts/patient'
import { useMe } from '../parts/session'
import { Button, LinkButton, Mark, Pin } from '../parts/ui'

export default function DepositPage() {
  const t = useT()
  useTitle(t('deposit.title'))
  const { id = '' } = useParams()
  return (
    <SignedInDesk title={t('deposit.signin')}>
      <Asked id={id} />
    </SignedInDesk>
  )
}

function Asked({ id }: { id: string }) {
  const t = useT()
  const client = useQueryClient()
  const me = useMe()
  const query = useQuery({ queryKey: ['deposit', id], queryFn: () => getDeposit(id) })
  const [asking, setAsking] = useState(false)
  const act = useAct(
    `give ${id}`,
    patient((pin: string, key) => giveDeposit(id, pin, query.data?.amount ?? 0, key)),
    {
      onSuccess: (done) => {
        client.setQueryData(['deposit', id], done)
        void me.refetch()
      },
      onError: (problem) => {
        if (problem.moved === 'unknown' || problem.code === 'payment_state_refused' || problem.code === 'payment_expired') void query.refetch()
        void me.refetch()
      },
    },
  )
  if (query.error && !query.data) {
    return asProblem(query.error).code === 'hold_not_found' ? (
      <Gone title={t('deposit.gone')} says={t('deposit.gone.says')} />
    ) : (
      <ErrorState error={query.error} onRetry={() => void query.refetch()} />
    )
  }
  if (!query.data) return <Skeleton shape="page" rows={2} />
  const d = query.data
  if (d.status !== 'INIT') return <Given deposit={d} />
  return (
    <>
      <h1 className="w-desk-title">{t('deposit.to', { name: d.merchant.name })}</h1>
      <div className="w-pay-what">
        <p className="w-pay-who">{d.title}</p>
        <Amount amount={d.amount} currency={d.currency} size="hero" />
        {!asking && <p className="w-pay-says">{t('deposit.says', { name: d.merchant.name })}</p>}
      </div>
      {asking ? (
        <Pin act={act} onCancel={() => setAsking(false)} />
      ) : (
        <>
          <Button className="w-wide" autoFocus onClick={() => setAsking(true)}>
            {t('deposit.give')}
          </Button>
          <p className="w-center tb-soft">
            <Countdown until={d.give_by} label={(left) => t('deposit.until', { left })} />
          </p>
          <p className="w-links w-links-center">
            <Link to="/">{t('cashier.home')}</Link>
          </p>
        </>
      )}
    </>
  )
}

function Given({ deposit: d }: { deposit: Deposit }) {
  const t = useT()
  const held = d.status === 'AUTHORIZED'
  return (
    <div className="w-result">
      <div role="status" className="w-result-said">
        <Mark kind={held ? 'done' : 'no'} />
        <h1>{t(held ? 'deposit.given' : d.status === 'FINISH' ? 'deposit.paid' : 'deposit.closed')}</h1>
        {held && <Amount amount={d.rest} currency={d.currency} size="hero" />}
        <p className="w-result-who">{d.merchant.name}</p>
        <p className="tb-soft">{t(held ? 'deposit.given.says' : 'deposit.closed.says')}</p>
      </div>
      <LinkButton to="/" replace>
        {t('act.done')}
      </LinkButton>
    </div>
  )
}

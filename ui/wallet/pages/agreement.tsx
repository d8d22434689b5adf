// A merchant's proposal to charge without asking each time: what a shop leads
// to. The person reads who, how much and how often, signs with the payment
// password, and goes back.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Link, useParams } from 'react-router'
import { Amount, asProblem, Countdown, ErrorState, Skeleton, useAct, useTitle } from '@shared'
import { getAgreement, signAgreement, type Agreement } from '../api/wallet'
import { useT } from '../i18n'
import { Gone, SignedInDesk } from '../parts/asked'
import { AgreementFacts } from '../parts/agreement'
import { patient } from '../parts/patient'
import { useMe } from '../parts/session'
import { Button, LinkButton, Mark, Pin } from '../parts/ui'

export default function AgreementPage() {
  const t = useT()
  useTitle(t('agreement.title'))
  const { id = '' } = useParams()
  return (
    <SignedInDesk title={t('agreement.signin')}>
      <Proposal id={id} />
    </SignedInDesk>
  )
}

function Proposal({ id }: { id: string }) {
  const t = useT()
  const client = useQueryClient()
  const me = useMe()
  const query = useQuery({ queryKey: ['agreement', id], queryFn: () => getAgreement(id) })
  const [asking, setAsking] = useState(false)
  const act = useAct(
    `sign ${id}`,
    patient((pin: string, key) => signAgreement(id, pin, key)),
    {
      onSuccess: (done) => {
        client.setQueryData(['agreement', id], done)
        void client.invalidateQueries({ queryKey: ['agreements'] })
      },
      onError: (problem) => {
        if (problem.moved === 'unknown' || problem.code === 'agreement_state_refused') void query.refetch()
        void me.refetch()
      },
    },
  )
  if (query.error && !query.data) {
    return asProblem(query.error).code === 'agreement_not_found' ? (
      <Gone title={t('agreement.gone')} says={t('agreement.gone.says')} />
    ) : (
      <ErrorState error={query.error} onRetry={() => void query.refetch()} />
    )
  }
  if (!query.data) return <Skeleton shape="page" rows={2} />
  const a = query.data
  if (a.status !== 'TEMP') return <Signed agreement={a} />
  return (
    <>
      <h1 className="w-desk-title">{t('agreement.to', { name: a.merchant.name })}</h1>
      <div className="w-pay-what">
        <p className="w-pay-who">{t('agreement.most')}</p>
        <Amount amount={a.most} currency={a.currency} size="hero" />
        {!asking && <p className="w-pay-says">{t('agreement.says', { name: a.merchant.name })}</p>}
      </div>
      {asking ? (
        <Pin act={act} onCancel={() => setAsking(false)} />
      ) : (
        <>
          <AgreementFacts agreement={a} />
          <Button className="w-wide" autoFocus onClick={() => setAsking(true)}>
            {t('agreement.sign')}
          </Button>
          <p className="w-center tb-soft">
            <Countdown until={a.sign_by} label={(left) => t('agreement.until', { left })} />
          </p>
          <p className="w-links w-links-center">{a.return_url ? <a href={a.return_url}>{t('agreement.back.unsigned')}</a> : <Link to="/">{t('cashier.home')}</Link>}</p>
        </>
      )}
    </>
  )
}

function Signed({ agreement: a }: { agreement: Agreement }) {
  const t = useT()
  const stands = a.status === 'NORMAL'
  return (
    <div className="w-result">
      <div role="status" className="w-result-said">
        <Mark kind={stands ? 'done' : 'no'} />
        <h1>{t(stands ? 'agreement.signed' : 'agreement.ended')}</h1>
        <p className="w-result-who">{a.merchant.name}</p>
        <p className="tb-soft">{t(stands ? 'agreement.signed.says' : 'agreement.ended.says')}</p>
      </div>
      {a.return_url ? (
        <a className="w-button w-button-primary w-wide" href={a.return_url}>
          {t('cashier.return')}
        </a>
      ) : (
        <LinkButton to="/" replace>
          {t('act.done')}
        </LinkButton>
      )}
      <LinkButton kind="quiet" to="/me/agreements">
        {t('agreements.all')}
      </LinkButton>
    </div>
  )
}

import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useNavigate, useParams } from 'react-router'
import { EmptyState, formatMajor, Load, useAct } from '@shared'
import { leftToRefund } from '@shared/steps'
import { getDispute, getPayment, reviseDispute, type Dispute } from '../api/wallet'
import { useT } from '../i18n'
import { ClaimFields, type Claim } from '../parts/claim'
import { patient } from '../parts/patient'
import { moneyChanged } from '../parts/session'
import { Button, LinkButton, Notice, Page, problemOf, readAmount, Refused } from '../parts/ui'

export default function RevisePage() {
  const t = useT()
  const { id = '' } = useParams()
  const both = useQuery({
    queryKey: ['dispute', id, 'revise'],
    queryFn: async () => {
      const dispute = await getDispute(id)
      return { dispute, most: leftToRefund(await getPayment(dispute.payment_id)) }
    },
  })
  return (
    <Page title={t('dispute.revise')} back={`/disputes/${id}`}>
      <Load query={both} skeleton={{ shape: 'form', rows: 4 }}>
        {({ dispute, most }) =>
          dispute.allowed.includes('revise') ? <Revise dispute={dispute} most={most} /> : <EmptyState action={<LinkButton to={`/disputes/${id}`}>{t('act.back')}</LinkButton>}>{t('claim.notnow')}</EmptyState>
        }
      </Load>
    </Page>
  )
}

function Revise({ dispute: d, most }: { dispute: Dispute; most: number }) {
  const t = useT()
  const navigate = useNavigate()
  const [claim, setClaim] = useState<Claim>({ reason: d.reason, amount: formatMajor(d.claim_amount, d.currency), wantsReturn: d.wants_return, text: d.text })
  const [wrong, setWrong] = useState<string>()
  const amount = readAmount(claim.amount, d.currency)
  const act = useAct(
    `revise ${d.id}`,
    patient((_: void, key) => reviseDispute(d.id, { reason: claim.reason, claim_amount: amount!, wants_return: claim.wantsReturn, text: claim.text.trim() }, key)),
    {
      onSuccess: () => {
        moneyChanged()
        void navigate(`/disputes/${d.id}`, { replace: true })
      },
    },
  )
  return (
    <form
      noValidate
      className="w-form w-card w-pad"
      onSubmit={(event) => {
        event.preventDefault()
        const missing = !amount || amount > most ? 'amount' : undefined
        setWrong(missing)
        if (!missing && !act.isPending) act.run()
      }}
    >
      {d.answer && (
        <Notice tone="warn">
          {t('dispute.answer')}: {d.answer}
        </Notice>
      )}
      <Notice>{t('dispute.revise.says')}</Notice>
      <ClaimFields claim={claim} onChange={setClaim} most={most} currency={d.currency} wrong={wrong} refundOnly={d.kind === 'refund_request'} problem={problemOf(act.error, t.lang, 'claim_amount')} />
      {act.error && !problemOf(act.error, t.lang, 'claim_amount') && <Refused problem={act.error} />}
      <Button type="submit" className="w-wide" busy={act.isPending}>
        {t('dispute.revise.send')}
      </Button>
    </form>
  )
}

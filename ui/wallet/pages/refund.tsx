// Asking for money back: before shipping a refund request, after it a dispute.
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useNavigate, useParams } from 'react-router'
import { EmptyState, formatMajor, Load, useAct } from '@shared'
import { leftToRefund } from '@shared/steps'
import { getPayment, openDispute, requestRefund, type Payment } from '../api/wallet'
import { useT } from '../i18n'
import { ClaimFields, type Claim } from '../parts/claim'
import { FilePicker, useFiles } from '../parts/files'
import { patient } from '../parts/patient'
import { moneyChanged } from '../parts/session'
import { Button, LinkButton, Notice, Page, problemOf, readAmount, Refused } from '../parts/ui'

export default function RefundPage() {
  const t = useT()
  const { id = '' } = useParams()
  const payment = useQuery({ queryKey: ['payment', id], queryFn: () => getPayment(id) })
  const before = payment.data?.status === 'WAIT_SELLER_SEND_GOODS'
  return (
    <Page title={t(before ? 'order.request_refund' : 'order.open_dispute')} back={`/orders/${id}`}>
      <Load query={payment} skeleton={{ shape: 'form', rows: 4 }}>
        {(p) =>
          p.allowed.includes('request_refund') || p.allowed.includes('dispute') ? (
            <Ask payment={p} />
          ) : (
            <EmptyState action={<LinkButton to={p.dispute && !p.dispute.ended_at ? `/disputes/${p.dispute.id}` : `/orders/${id}`}>{t('cashier.order')}</LinkButton>}>{t('claim.notnow')}</EmptyState>
          )
        }
      </Load>
    </Page>
  )
}

function Ask({ payment: p }: { payment: Payment }) {
  const t = useT()
  const navigate = useNavigate()
  const refundOnly = p.allowed.includes('request_refund')
  const most = leftToRefund(p)
  const files = useFiles()
  const [claim, setClaim] = useState<Claim>({ reason: 'not_received', amount: formatMajor(most, p.currency), wantsReturn: false, text: '' })
  const [wrong, setWrong] = useState<string>()
  const amount = readAmount(claim.amount, p.currency)
  const act = useAct(
    `claim ${p.id} ${p.dispute_id ?? ''}`,
    patient((_: void, key) =>
      refundOnly
        ? requestRefund(p.id, { amount: amount!, reason: claim.text.trim() }, key)
        : openDispute({ payment_id: p.id, reason: claim.reason, claim_amount: amount!, wants_return: claim.wantsReturn, text: claim.text.trim(), ...(files.ids.length ? { file_ids: files.ids } : {}) }, key),
    ),
    {
      onSuccess: (dispute) => {
        moneyChanged()
        void navigate(`/disputes/${dispute.id}`, { replace: true })
      },
    },
  )
  return (
    <form
      noValidate
      className="w-form w-card w-pad"
      onSubmit={(event) => {
        event.preventDefault()
        const missing = !amount || amount > most ? 'amount' : !claim.text.trim() ? 'text' : undefined
        setWrong(missing)
        if (!missing && !act.isPending && !files.waiting) act.run()
      }}
    >
      <p className="w-one">
        <strong>{p.subject}</strong> <span className="tb-soft">{p.merchant.name}</span>
      </p>
      <Notice>{t(refundOnly ? 'claim.says.before' : 'claim.says.after', { name: p.merchant.name })}</Notice>
      <ClaimFields claim={claim} onChange={setClaim} most={most} currency={p.currency} wrong={wrong} refundOnly={refundOnly} problem={problemOf(act.error, t.lang, 'claim_amount', 'amount')} />
      {!refundOnly && <FilePicker files={files} />}
      {act.error && !problemOf(act.error, t.lang, 'claim_amount', 'amount') && <Refused problem={act.error} />}
      <Button type="submit" className="w-wide" busy={act.isPending || files.waiting}>
        {files.waiting ? t('files.busy') : act.isPending ? t('pin.busy') : t(refundOnly ? 'claim.send.before' : 'claim.send.after')}
      </Button>
    </form>
  )
}

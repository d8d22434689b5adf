import { Amount, Countdown, formatMoney, Load, Problem, useAct, useTitle, type Act } from '@shared'
import { ActDialog, Card, DisputeState, Facts, Field, Head, Life, MoneyWay, TwoSides, type Dispute } from '@shared/desks'
import { useQuery } from '@tanstack/react-query'
import { Button, Checkbox, Input } from 'antd'
import { useState } from 'react'
import { Link, useParams } from 'react-router'
import { addEvidence, agree, escalate, getDispute, getPayment, refuse, returnReceived, uploadFile } from '../api/merchant'
import { useT } from '../i18n'
import { PaymentActs, useDone } from '../parts/PaymentActs'

export default function DisputePage() {
  const t = useT()
  const { id = '' } = useParams()
  const query = useQuery({ queryKey: ['dispute', id], queryFn: () => getDispute(id) })
  const payment = useQuery({ queryKey: ['payment', query.data?.payment_id], queryFn: () => getPayment(query.data!.payment_id), enabled: !!query.data })
  useTitle(query.data?.subject ?? t('nav.disputes'))
  return (
    <Load query={query} skeleton={{ shape: 'page' }}>
      {(d) => (
        <>
          <Head
            title={d.subject}
            sub={
              <>
                <Link to="/disputes">{t('nav.disputes')}</Link> · <Link to={`/orders/${d.payment_id}`}>{t('dispute.order')}</Link>
              </>
            }
          >
            <Acts dispute={d} />
          </Head>
          <div className="desk-grid desk-2-1">
            <div>
              <Card>
                <div className="desk-inline">
                  <DisputeState status={d.status} />
                  <strong>{t.maybe(`reason.${d.reason}`)}</strong>
                  <span className="tb-soft">{t(d.wants_return ? 'evidence.claim.return' : 'evidence.claim', { amount: formatMoney(d.claim_amount, d.currency) })}</span>
                </div>
                <Now dispute={d} />
              </Card>
              <Card title={t('evidence.title')}>
                <TwoSides dispute={d} />
                {d.allowed.includes('evidence') && <AddEvidence dispute={d} />}
              </Card>
            </div>
            <div>
              {payment.data && (
                <>
                  <Card title={t('dispute.payment')} extra={<span className="desk-inline"><PaymentActs payment={payment.data} size="small" /></span>}>
                    <Facts
                      items={[
                        [t('payment.amount'), <Amount key="a" amount={payment.data.amount} currency={payment.data.currency} />],
                        [t('payment.in_escrow'), <Amount key="e" amount={payment.data.in_escrow} currency={payment.data.currency} />],
                        [t('payment.refunded'), <Amount key="r" amount={payment.data.refunded} currency={payment.data.currency} />],
                        [t('col.buyer'), payment.data.buyer ? `${payment.data.buyer.nickname} · ${payment.data.buyer.phone_masked}` : t('payment.nobuyer')],
                        ...(payment.data.shipment ? [[t('payment.shipment'), `${payment.data.shipment.carrier} ${payment.data.shipment.tracking_no}`] as [string, string]] : []),
                      ]}
                    />
                  </Card>
                  <Card title={t('payment.timeline')}>
                    <Life payment={payment.data} />
                  </Card>
                  <Card title={t('money.way')}>
                    <MoneyWay payment={payment.data} />
                  </Card>
                </>
              )}
            </div>
          </div>
        </>
      )}
    </Load>
  )
}

// What is true now, and what happens if nobody does anything.
function Now({ dispute: d }: { dispute: Dispute }) {
  const t = useT()
  if (d.outcome) {
    return (
      <p className="dispute-now">
        {t('dispute.outcome', { amount: formatMoney(d.outcome.to_buyer, d.currency), who: t.maybe(`by.${d.outcome.decided_by}`) ?? d.outcome.decided_by })}
        {d.outcome.reason && <span className="desk-quote tb-soft">{d.outcome.reason}</span>}
      </p>
    )
  }
  return (
    <p className="dispute-now">
      {t.maybe(`dispute.says.${d.status}`, { amount: formatMoney(d.claim_amount, d.currency) })}{' '}
      {d.answer_by && (
        <strong>
          <Countdown until={d.answer_by} />
        </strong>
      )}
      {d.return && (
        <span className="desk-quote">
          {t('dispute.return')} {d.return.carrier} <code className="desk-mono">{d.return.tracking_no}</code>
        </span>
      )}
    </p>
  )
}

const words = ['agree', 'return_received', 'refuse', 'escalate'] as const

function Acts({ dispute: d }: { dispute: Dispute }) {
  const t = useT()
  const [open, setOpen] = useState<(typeof words)[number]>()
  const close = () => setOpen(undefined)
  const done = useDone(close)
  const [text, setText] = useState('')
  const [back, setBack] = useState(d.wants_return)
  const [wrong, setWrong] = useState(false)
  const claim = formatMoney(d.claim_amount, d.currency)
  const options = { onSuccess: () => (setText(''), done(t('dispute.done'))) }
  const agreed: Act<void, Dispute> = useAct(`agree ${d.id}`, (_, key) => agree(d.id, back ? { return_required: true, note: text.trim() } : {}, key), options)
  const refused: Act<void, Dispute> = useAct(`refuse ${d.id}`, (_, key) => refuse(d.id, text.trim(), key), options)
  const received: Act<void, Dispute> = useAct(`received ${d.id}`, (_, key) => returnReceived(d.id, key), options)
  const escalated: Act<void, Dispute> = useAct(`escalate ${d.id}`, (_, key) => escalate(d.id, text.trim(), key), options)
  const needed = (act: { run: () => void }) => {
    setWrong(!text.trim())
    if (text.trim()) act.run()
  }
  return (
    <>
      {words
        .filter((word) => d.allowed.includes(word))
        .map((word) => (
          <Button key={word} type={word === 'agree' || word === 'return_received' ? 'primary' : 'default'} onClick={() => (setText(''), setWrong(false), setOpen(word))}>
            {t(`dispute.act.${word}`)}
          </Button>
        ))}
      <ActDialog
        open={open === 'agree'}
        onClose={close}
        title={t('dispute.act.agree')}
        says={t(back ? 'dispute.agree.return.says' : 'dispute.agree.says', { amount: claim })}
        ok={t('dispute.act.agree')}
        act={agreed}
        onSubmit={() => (back ? needed(agreed) : agreed.run())}
      >
        {d.kind === 'dispute' && (
          <p>
            <Checkbox checked={back} onChange={(e) => setBack(e.target.checked)}>
              {t('dispute.agree.return')}
            </Checkbox>
          </p>
        )}
        {back && (
          <Field label={t('dispute.agree.address')} error={wrong && !text.trim() ? t('form.required') : undefined}>
            <Input.TextArea autoFocus rows={3} maxLength={500} value={text} onChange={(e) => setText(e.target.value)} />
          </Field>
        )}
      </ActDialog>
      <ActDialog open={open === 'refuse'} onClose={close} title={t('dispute.act.refuse')} says={t('dispute.refuse.says')} ok={t('dispute.act.refuse')} danger act={refused} onSubmit={() => needed(refused)}>
        <Field label={t('dispute.refuse.why')} hint={t('dispute.refuse.hint')} error={wrong && !text.trim() ? t('form.required') : undefined}>
          <Input.TextArea autoFocus rows={4} maxLength={500} showCount value={text} onChange={(e) => setText(e.target.value)} />
        </Field>
      </ActDialog>
      <ActDialog open={open === 'return_received'} onClose={close} title={t('dispute.act.return_received')} says={t('dispute.received.says', { amount: claim })} ok={t('dispute.act.return_received')} act={received} onSubmit={() => received.run()} />
      <ActDialog open={open === 'escalate'} onClose={close} title={t('dispute.act.escalate')} says={t('dispute.escalate.says')} ok={t('dispute.act.escalate')} act={escalated} onSubmit={() => escalated.run()}>
        <Field label={t('dispute.escalate.why')} hint={t('form.optional')}>
          <Input.TextArea autoFocus rows={3} maxLength={500} value={text} onChange={(e) => setText(e.target.value)} />
        </Field>
      </ActDialog>
    </>
  )
}

function AddEvidence({ dispute: d }: { dispute: Dispute }) {
  const t = useT()
  const [open, setOpen] = useState(false)
  const [text, setText] = useState('')
  const [files, setFiles] = useState<File[]>([])
  const [wrong, setWrong] = useState<string>()
  const done = useDone(() => setOpen(false))
  const act: Act<void, Dispute> = useAct(
    `evidence ${d.id}`,
    async (_, key) => {
      const ids = []
      for (const file of files) ids.push((await uploadFile(file)).id)
      return addEvidence(d.id, { text: text.trim(), file_ids: ids }, key)
    },
    { onSuccess: () => (setText(''), setFiles([]), done(t('evidence.done'))) },
  )
  const choose = (chosen: FileList | null) => {
    const list = [...(chosen ?? [])].slice(0, 9)
    const bad = list.find((f) => f.size > 5 << 20 || !/^(image\/(png|jpeg|webp)|application\/pdf)$/.test(f.type))
    setWrong(bad ? t('evidence.badfile', { name: bad.name }) : undefined)
    setFiles(bad ? [] : list)
  }
  return (
    <div className="dispute-add">
      <Button onClick={() => setOpen(true)}>{t('evidence.add')}</Button>
      <ActDialog
        open={open}
        onClose={() => setOpen(false)}
        title={t('evidence.add')}
        says={t('evidence.says')}
        ok={t('evidence.send')}
        act={act as Act<void, Dispute> & { error: Problem | null }}
        onSubmit={() => {
          if (!text.trim() && !files.length) return setWrong(t('evidence.empty'))
          act.run()
        }}
      >
        <Field label={t('evidence.text')}>
          <Input.TextArea autoFocus rows={4} maxLength={500} showCount value={text} onChange={(e) => setText(e.target.value)} />
        </Field>
        <div className="desk-field">
          <label htmlFor="evidence-files">{t('evidence.files')}</label>
          <input id="evidence-files" type="file" multiple accept="image/png,image/jpeg,image/webp,application/pdf" onChange={(e) => choose(e.target.files)} />
          <div className={wrong ? 'tb-bad' : 'tb-soft'} role={wrong ? 'alert' : undefined}>
            {wrong ?? t('evidence.files.hint')}
          </div>
        </div>
      </ActDialog>
    </div>
  )
}

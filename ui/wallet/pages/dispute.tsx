// A dispute: where it stands and until when, what both sides say and show, and
// what the buyer can do next.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useParams } from 'react-router'
import { ImageViewer } from 'antd-mobile'
import { Amount, Countdown, EmptyState, formatMoney, Load, Timeline, useAct, When, type TimelineStep } from '@shared'
import { addEvidence, escalate, fileURL, getDispute, returnShipped, withdrawDispute, type Dispute, type Evidence } from '../api/wallet'
import { useT } from '../i18n'
import { FilePicker, useFiles } from '../parts/files'
import { patient } from '../parts/patient'
import { moneyChanged } from '../parts/session'
import { Button, Facts, Field, Group, LinkButton, Mark, Notice, Page, Refused, Row, Sheet, TextField } from '../parts/ui'

export default function DisputePage() {
  const t = useT()
  const { id = '' } = useParams()
  const dispute = useQuery({ queryKey: ['dispute', id], queryFn: () => getDispute(id) })
  return (
    <Page title={t(dispute.data?.kind === 'refund_request' ? 'dispute.title.request' : 'dispute.title')} back={dispute.data ? `/orders/${dispute.data.payment_id}` : '/orders'} className="w-hasfoot">
      <Load query={dispute} skeleton={{ shape: 'page', rows: 4 }}>
        {(d) => <TheDispute dispute={d} />}
      </Load>
    </Page>
  )
}

type Open = 'evidence' | 'return' | 'escalate' | 'withdraw'

function TheDispute({ dispute: d }: { dispute: Dispute }) {
  const t = useT()
  const client = useQueryClient()
  const [open, setOpen] = useState<Open>()
  const money = (amount: number) => formatMoney(amount, d.currency, { lang: t.lang })
  const may = (act: string) => d.allowed.includes(act)
  const done = (now: Dispute) => {
    client.setQueryData(['dispute', d.id], now)
    moneyChanged()
    setOpen(undefined)
  }
  const ended = !!d.ended_at
  return (
    <>
      <section className={`w-order-top ${ended ? 'w-order-over' : ''}`}>
        {ended && <Mark kind={d.status === 'REFUND_SUCCESS' ? 'done' : 'no'} />}
        <h2>{t(`dispute.${d.status}`)}</h2>
        <p>{t(`dispute.${d.status}.says`, { name: d.merchant.name })}</p>
        {d.answer_by && !ended && (
          <p>
            <Countdown until={d.answer_by} /> · {t.maybe(`silence.${d.status}`) ?? ''}
          </p>
        )}
        {d.outcome && (
          <p>
            {t('dispute.outcome', { amount: money(d.outcome.to_buyer), who: t(`decided.${d.outcome.decided_by}`) })}
            {d.outcome.reason && <span className="w-quote">{d.outcome.reason}</span>}
          </p>
        )}
      </section>
      <Group>
        <Facts
          facts={[
            [t('dispute.claim'), <Amount key="a" amount={d.claim_amount} currency={d.currency} />],
            d.refunded > 0 && [t('order.refunded'), money(d.refunded)],
            [t('claim.reason'), t(`reason.${d.reason}`)],
            [t('dispute.return'), t(d.wants_return ? 'dispute.return.yes' : 'dispute.return.no')],
            [t('dispute.words'), d.text],
            [t('dispute.answer'), d.answer],
            d.return ? [t('dispute.returned'), `${d.return.carrier} ${d.return.tracking_no}`] : null,
          ]}
        />
        <Row to={`/orders/${d.payment_id}`} title={d.subject} note={d.merchant.name} />
      </Group>
      <Group title={t('dispute.timeline')} className="w-pad-group">
        <Timeline label={t('dispute.timeline')} steps={stepsOf(d, t)} />
      </Group>
      <Group title={t('evidence.title')}>{d.evidence.length ? d.evidence.map((e) => <Piece key={e.id} evidence={e} />) : <EmptyState>{t('evidence.none')}</EmptyState>}</Group>
      {!ended && (
        <Group>
          {may('revise') && <Row to={`/disputes/${d.id}/revise`} title={t('dispute.revise')} note={t('dispute.revise.note')} />}
          {may('escalate') && <Row title={t('dispute.escalate')} note={t('dispute.escalate.note')} onClick={() => setOpen('escalate')} />}
          {may('withdraw') && <Row title={t('dispute.withdraw')} note={t('dispute.withdraw.note')} danger onClick={() => setOpen('withdraw')} />}
        </Group>
      )}
      {(may('return_shipped') || may('evidence')) && (
        <div className="w-foot w-foot-fixed">
          {may('return_shipped') && <Button onClick={() => setOpen('return')}>{t('dispute.ship')}</Button>}
          {may('evidence') && (
            <Button kind={may('return_shipped') ? 'quiet' : 'primary'} onClick={() => setOpen('evidence')}>
              {t('evidence.add')}
            </Button>
          )}
        </div>
      )}
      {ended && (
        <div className="w-foot">
          <LinkButton kind="quiet" to={`/orders/${d.payment_id}`}>
            {t('cashier.order')}
          </LinkButton>
        </div>
      )}
      <EvidenceSheet dispute={d} open={open === 'evidence'} onClose={() => setOpen(undefined)} onDone={done} />
      <ReturnSheet dispute={d} open={open === 'return'} onClose={() => setOpen(undefined)} onDone={done} />
      <EscalateSheet dispute={d} open={open === 'escalate'} onClose={() => setOpen(undefined)} onDone={done} />
      <WithdrawSheet dispute={d} open={open === 'withdraw'} onClose={() => setOpen(undefined)} onDone={done} />
    </>
  )
}

function stepsOf(d: Dispute, t: ReturnType<typeof useT>): TimelineStep[] {
  const steps: TimelineStep[] = [{ key: 'opened', state: 'done', title: t('line.dispute_opened'), at: d.opened_at }]
  if (d.answer) steps.push({ key: 'answer', state: 'done', title: t('dispute.step.answered', { name: d.merchant.name }), note: d.answer })
  if (d.return) steps.push({ key: 'return', state: 'done', title: t('line.return_shipped'), at: d.return.at, note: `${d.return.carrier} ${d.return.tracking_no}` })
  if (d.ended_at) {
    steps.push({ key: 'end', state: 'done', title: t(`dispute.${d.status}`), at: d.ended_at })
  } else {
    steps.push({ key: 'now', state: 'now', title: t(`dispute.${d.status}`), note: d.answer_by ? <Countdown until={d.answer_by} /> : undefined })
    const next: Record<string, string[]> = {
      WAIT_SELLER_AGREE: d.wants_return ? ['return', 'outcome'] : ['outcome'],
      SELLER_REFUSE_BUYER: ['decide'],
      WAIT_BUYER_RETURN_GOODS: ['check', 'outcome'],
      WAIT_SELLER_CONFIRM_GOODS: ['outcome'],
      ALIPAY_CHECK: ['outcome'],
    }
    for (const word of next[d.status] ?? []) steps.push({ key: word, state: 'next', title: t.maybe(`next.${word}`) ?? word })
  }
  return steps
}

function Piece({ evidence: e }: { evidence: Evidence }) {
  const t = useT()
  const pictures = e.files.filter((f) => f.media_type.startsWith('image/'))
  const others = e.files.filter((f) => !f.media_type.startsWith('image/'))
  const urls = pictures.map(fileURL)
  return (
    <article className={`w-piece w-piece-${e.by}`}>
      <header>
        <strong>{t(`by.${e.by}`)}</strong> <When at={e.at} className="tb-soft" />
      </header>
      {e.text && <p>{e.text}</p>}
      {pictures.length > 0 && (
        <div className="w-piece-files">
          {pictures.map((f, i) => (
            <button key={f.id} type="button" aria-label={t('evidence.see', { n: i + 1 })} onClick={() => ImageViewer.Multi.show({ images: urls, defaultIndex: i })}>
              <img src={fileURL(f)} alt={t('evidence.picture', { n: i + 1 })} loading="lazy" />
            </button>
          ))}
        </div>
      )}
      {others.map((f) => (
        <a key={f.id} href={fileURL(f)} download>
          PDF · {Math.ceil(f.size / 1024)} KB
        </a>
      ))}
    </article>
  )
}

interface ActProps {
  dispute: Dispute
  open: boolean
  onClose: () => void
  onDone: (now: Dispute) => void
}

function EvidenceSheet({ dispute: d, open, onClose, onDone }: ActProps) {
  const t = useT()
  const [text, setText] = useState('')
  const [wrong, setWrong] = useState(false)
  const files = useFiles()
  const act = useAct(
    `evidence ${d.id} ${d.evidence.length}`,
    patient((_: void, key) => addEvidence(d.id, { text: text.trim(), ...(files.ids.length ? { file_ids: files.ids } : {}) }, key)),
    {
      onSuccess: (now) => {
        setText('')
        files.clear()
        onDone(now)
      },
    },
  )
  return (
    <Sheet open={open} onClose={onClose} title={t('evidence.add')} busy={act.isPending}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          const nothing = !text.trim() && !files.ids.length
          setWrong(nothing)
          if (!nothing && !act.isPending && !files.waiting) act.run()
        }}
      >
        <TextField label={t('evidence.text')} value={text} onChange={setText} error={wrong ? t('evidence.missing') : undefined} />
        <FilePicker files={files} />
        {act.error && <Refused problem={act.error} />}
        <Button type="submit" className="w-wide" busy={act.isPending || files.waiting}>
          {files.waiting ? t('files.busy') : t('evidence.send')}
        </Button>
      </form>
    </Sheet>
  )
}

function ReturnSheet({ dispute: d, open, onClose, onDone }: ActProps) {
  const t = useT()
  const [carrier, setCarrier] = useState('')
  const [tracking, setTracking] = useState('')
  const [wrong, setWrong] = useState(false)
  const act = useAct(
    `return ${d.id}`,
    patient((_: void, key) => returnShipped(d.id, { carrier: carrier.trim(), tracking_no: tracking.trim() }, key)),
    { onSuccess: onDone },
  )
  return (
    <Sheet open={open} onClose={onClose} title={t('dispute.ship')} busy={act.isPending}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          setWrong(!carrier.trim())
          if (carrier.trim() && !act.isPending) act.run()
        }}
      >
        {d.answer && <Notice>{d.answer}</Notice>}
        <Field label={t('dispute.carrier')} value={carrier} onChange={setCarrier} maxLength={64} error={wrong ? t('field.missing') : undefined} />
        <Field label={t('dispute.tracking')} value={tracking} onChange={setTracking} maxLength={64} />
        {act.error && <Refused problem={act.error} />}
        <Button type="submit" className="w-wide" busy={act.isPending}>
          {t('dispute.ship')}
        </Button>
      </form>
    </Sheet>
  )
}

function EscalateSheet({ dispute: d, open, onClose, onDone }: ActProps) {
  const t = useT()
  const [text, setText] = useState('')
  const act = useAct(
    `escalate ${d.id}`,
    patient((_: void, key) => escalate(d.id, text.trim(), key)),
    { onSuccess: onDone },
  )
  return (
    <Sheet open={open} onClose={onClose} title={t('dispute.escalate')} busy={act.isPending}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          if (!act.isPending) act.run()
        }}
      >
        <p>{t('dispute.escalate.says')}</p>
        <TextField label={t('dispute.escalate.text')} value={text} onChange={setText} />
        {act.error && <Refused problem={act.error} />}
        <Button type="submit" className="w-wide" busy={act.isPending}>
          {t('dispute.escalate')}
        </Button>
      </form>
    </Sheet>
  )
}

function WithdrawSheet({ dispute: d, open, onClose, onDone }: ActProps) {
  const t = useT()
  const act = useAct(
    `withdraw ${d.id}`,
    patient((_: void, key) => withdrawDispute(d.id, key)),
    { onSuccess: onDone },
  )
  return (
    <Sheet open={open} onClose={onClose} title={t('dispute.withdraw')} busy={act.isPending}>
      <p>{t(d.kind === 'refund_request' ? 'dispute.withdraw.says.request' : 'dispute.withdraw.says')}</p>
      {act.error && <Refused problem={act.error} />}
      <Button kind="danger" className="w-wide" busy={act.isPending} onClick={() => act.run()}>
        {t('dispute.withdraw')}
      </Button>
      <Button kind="quiet" className="w-wide" onClick={onClose}>
        {t('act.cancel')}
      </Button>
    </Sheet>
  )
}

// PaymentActs are the buttons for what may be done to a payment now, as the
// server's `allowed` says, each with the dialog in which it is done.
import { formatMajor, formatMoney, useAct, type Act } from '@shared'
import { leftToRefund } from '@shared/steps'
import { ActDialog, Field, MoneyInput, readMoney, type Payment } from '@shared/desks'
import { useQueryClient } from '@tanstack/react-query'
import { App, AutoComplete, Button, Input } from 'antd'
import { useState } from 'react'
import { closePayment, extendPayment, refund, ship } from '../api/merchant'
import { useT } from '../i18n'
import { carriers } from './carriers'

const acts = ['ship', 'extend', 'refund', 'close'] as const
type Word = (typeof acts)[number]

export function PaymentActs({ payment: p, size }: { payment: Payment; size?: 'small' }) {
  const t = useT()
  const [open, setOpen] = useState<Word>()
  const shown = acts.filter((act) => p.allowed.includes(act))
  const close = () => setOpen(undefined)
  return (
    <>
      {shown.map((act) => (
        <Button key={act} type={act === 'ship' ? 'primary' : 'default'} danger={act === 'close'} {...(size ? { size } : {})} onClick={() => setOpen(act)}>
          {t(act === 'close' ? 'act.close.payment' : `act.${act}`)}
        </Button>
      ))}
      {p.allowed.includes('ship') && <Ship payment={p} open={open === 'ship'} onClose={close} />}
      {p.allowed.includes('refund') && <RefundDialog payment={p} open={open === 'refund'} onClose={close} />}
      {p.allowed.includes('extend') && <Extend payment={p} open={open === 'extend'} onClose={close} />}
      {p.allowed.includes('close') && <Close payment={p} open={open === 'close'} onClose={close} />}
    </>
  )
}

interface DialogProps {
  payment: Payment
  open: boolean
  onClose: () => void
}

/** useDone tells that an act is done, and asks anew for what it changed. */
export function useDone(onClose: () => void) {
  const client = useQueryClient()
  const { message } = App.useApp()
  return (says: string) => {
    void message.success(says)
    onClose()
    for (const name of ['payment', 'payments', 'disputes', 'dispute', 'day', 'merchant', 'accounts', 'entries', 'month', 'withdrawals']) void client.invalidateQueries({ queryKey: [name] })
  }
}

export function Ship({ payment: p, open, onClose }: DialogProps) {
  const t = useT()
  const done = useDone(onClose)
  const virtual = p.goods === 'virtual'
  const [carrier, setCarrier] = useState('')
  const [number, setNumber] = useState('')
  const [missing, setMissing] = useState(false)
  const act: Act<void, object> = useAct(
    `ship ${p.id}`,
    (_, key) => ship(virtual ? { payment_id: p.id, virtual: true } : { payment_id: p.id, carrier: carrier.trim(), tracking_no: number.trim() }, key),
    { onSuccess: () => done(t('ship.done')) },
  )
  const asked = p.dispute && !p.dispute.ended_at
  return (
    <ActDialog
      open={open}
      onClose={onClose}
      title={t(virtual ? 'ship.title.virtual' : 'ship.title')}
      says={t(virtual ? 'ship.says.virtual' : 'ship.says', { amount: formatMoney(p.in_escrow, p.currency) })}
      ok={t('act.ship')}
      act={act}
      onSubmit={() => {
        const lacks = !virtual && (!carrier.trim() || !number.trim())
        setMissing(lacks)
        if (!lacks) act.run()
      }}
    >
      {asked && <p className="desk-note">{t('ship.asked')}</p>}
      {!virtual && (
        <>
          <Field label={t('ship.carrier')} error={missing && !carrier.trim() ? t('form.required') : undefined}>
            <AutoComplete
              autoFocus
              value={carrier}
              onChange={setCarrier}
              options={carriers.map((c) => ({ value: c[t.lang] }))}
              showSearch={{ filterOption: (typed, option) => !!option?.value.toLowerCase().includes(typed.toLowerCase()) }}
              maxLength={64}
            />
          </Field>
          <Field label={t('ship.number')} error={missing && !number.trim() ? t('form.required') : undefined}>
            <Input value={number} onChange={(e) => setNumber(e.target.value)} maxLength={64} autoComplete="off" spellCheck={false} />
          </Field>
        </>
      )}
    </ActDialog>
  )
}

export function RefundDialog({ payment: p, open, onClose }: DialogProps) {
  const t = useT()
  const done = useDone(onClose)
  const left = leftToRefund(p)
  const [text, setText] = useState('')
  const [reason, setReason] = useState('')
  const [wrong, setWrong] = useState<string>()
  const act = useAct(`refund ${p.id}`, (amount: number, key) => refund({ payment_id: p.id, amount, reason: reason.trim() }, key), {
    onSuccess: (made) => {
      setText('')
      setReason('')
      done(t('refund.done', { amount: formatMoney(made.amount, made.currency) }))
    },
  })
  const read = readMoney(text, p.currency, left, t)
  const settled = p.in_escrow === 0
  const says = () => {
    if (read.amount === undefined) return t('refund.left', { left: formatMoney(left, p.currency) })
    const rest = { amount: formatMoney(read.amount, p.currency), rest: formatMoney(left - read.amount, p.currency), buyer: p.buyer?.nickname ?? t('by.buyer') }
    if (read.amount === left) return t(settled ? 'refund.says.all.settled' : 'refund.says.all', rest)
    return t(settled ? 'refund.says.settled' : 'refund.says', rest)
  }
  return (
    <ActDialog
      open={open}
      onClose={onClose}
      title={t('refund.title')}
      says={says()}
      ok={t('act.refund')}
      danger
      act={act}
      onSubmit={() => {
        setWrong(read.error)
        if (read.amount !== undefined) act.run(read.amount)
      }}
    >
      <Field label={t('refund.amount')} error={wrong && read.error} hint={t('refund.left', { left: formatMoney(left, p.currency) })}>
        <MoneyInput currency={p.currency} value={text} onChange={setText} autoFocus />
      </Field>
      <p className="desk-inline">
        <Button size="small" onClick={() => setText(formatMajor(left, p.currency))}>
          {t('refund.all')}
        </Button>
        <Button size="small" onClick={() => setText(formatMajor(Math.floor(left / 2), p.currency))}>
          {t('refund.half')}
        </Button>
      </p>
      <Field label={t('refund.reason')} hint={t('refund.reason.hint')}>
        <Input value={reason} onChange={(e) => setReason(e.target.value)} maxLength={256} />
      </Field>
    </ActDialog>
  )
}

function Extend({ payment: p, open, onClose }: DialogProps) {
  const t = useT()
  const done = useDone(onClose)
  const act: Act<void, Payment> = useAct(`extend ${p.id}`, (_, key) => extendPayment(p.id, key), { onSuccess: () => done(t('extend.done')) })
  return <ActDialog open={open} onClose={onClose} title={t('extend.title')} says={t('extend.says')} ok={t('act.extend')} act={act} onSubmit={() => act.run()} />
}

function Close({ payment: p, open, onClose }: DialogProps) {
  const t = useT()
  const done = useDone(onClose)
  const act: Act<void, Payment> = useAct(`close ${p.id}`, (_, key) => closePayment(p.id, '', key), { onSuccess: () => done(t('close.done')) })
  return <ActDialog open={open} onClose={onClose} title={t('close.title')} says={t('close.says')} ok={t('act.close.payment')} danger act={act} onSubmit={() => act.run()} />
}

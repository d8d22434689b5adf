// An order: where it is, what is held and until when, and what its buyer can do.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useParams } from 'react-router'
import { Amount, Countdown, CopyId, EmptyState, formatMoney, Load, useAct, When } from '@shared'
import { disputeOf } from '@shared/steps'
import { closePayment, confirmPayment, extendPayment, getPayment, moneyWay, remindPayment, type Payment } from '../api/wallet'
import { useT } from '../i18n'
import { placeOf, stateOf } from '../parts/life'
import { patient } from '../parts/patient'
import { moneyChanged } from '../parts/session'
import { Life } from '../parts/steps'
import { Button, Facts, Group, LinkButton, Notice, Page, PinSheet, Refused, Row, Sheet, useSoon } from '../parts/ui'

export default function OrderPage() {
  const t = useT()
  const { id = '' } = useParams()
  const payment = useQuery({ queryKey: ['payment', id], queryFn: () => getPayment(id) })
  return (
    <Page title={t('order.title')} back="/orders" className="w-hasfoot">
      <Load query={payment} skeleton={{ shape: 'page', rows: 5 }}>
        {(p) => <Order payment={p} />}
      </Load>
    </Page>
  )
}

function Order({ payment: p }: { payment: Payment }) {
  const t = useT()
  const client = useQueryClient()
  const [sheet, setSheet] = useState<'confirm' | 'close' | 'extend' | undefined>()
  const [done, tellDone] = useSoon(6000)
  const [said, setSaid] = useState('')
  const money = (amount: number) => formatMoney(amount, p.currency, { lang: t.lang })
  const after = (word: string) => ({
    onSuccess: (now: Payment) => {
      client.setQueryData(['payment', p.id], now)
      moneyChanged()
      setSheet(undefined)
      setSaid(word)
      tellDone()
    },
    onError: () => void client.invalidateQueries({ queryKey: ['payment', p.id] }),
  })
  const confirm = useAct(`confirm ${p.id}`, patient((pin: string, key) => confirmPayment(p.id, pin, key)), after(t('order.confirmed', { name: p.merchant.name })))
  const close = useAct(`close ${p.id}`, patient((_: void, key) => closePayment(p.id, key)), after(t('order.closed')))
  const extend = useAct(`extend ${p.id}`, patient((_: void, key) => extendPayment(p.id, key)), after(t('order.extended')))
  const remind = useAct(`remind ${p.id}`, patient((_: void, key) => remindPayment(p.id, key)), after(t('order.reminded', { name: p.merchant.name })))
  const may = (act: string) => p.allowed.includes(act)
  const dispute = disputeOf(p)
  const says = saysOf(p)
  return (
    <>
      <section className="w-order-top">
        <h2>{t.maybe(stateOf(p)) ?? p.status}</h2>
        <p>{t(says, { name: p.merchant.name, amount: money(p.in_escrow) })}</p>
        {p.next_deadline && !dispute && p.status !== 'TRADE_SUCCESS' && (
          <p>
            <Countdown until={p.next_deadline.at} /> · {t(`due.${p.next_deadline.what}`)}
          </p>
        )}
      </section>
      <p className="tb-sr" role="status">
        {done ? said : ''}
      </p>
      {done && <Notice tone="good">{said}</Notice>}
      {dispute && (
        <Notice tone="warn" action={<LinkButton kind="quiet" to={`/disputes/${dispute.id}`}>{t('order.dispute.see')}</LinkButton>}>
          {t(`dispute.${dispute.status}`)}
          {dispute.answer_by && (
            <>
              {' · '}
              <Countdown until={dispute.answer_by} />
            </>
          )}
        </Notice>
      )}
      {remind.error && <Refused problem={remind.error} />}

      <Group>
        <div className="w-goods">
          <Goods kind={p.goods} />
          <span>
            <strong className="w-two">{p.subject}</strong>
            {p.body && <span className="tb-soft">{p.body}</span>}
            <span className="tb-soft">{p.merchant.name}</span>
          </span>
          <Amount amount={p.amount} currency={p.currency} />
        </div>
        <Facts
          facts={[
            p.in_escrow > 0 && [t('order.held'), money(p.in_escrow)],
            p.refunded > 0 && [t('order.refunded'), money(p.refunded)],
            p.settled > 0 && [t('order.settled'), money(p.settled)],
            p.shipment ? [t('order.shipment'), p.shipment.carrier ? `${p.shipment.carrier} ${p.shipment.tracking_no}` : t('order.virtual')] : null,
            [t('order.kind'), t(`kind.${p.kind}`)],
            [t('order.no'), <CopyId key="o" id={p.order_no} what={t('order.no')} show={18} />],
            [t('order.payment'), <CopyId key="p" id={p.id} what={t('order.payment')} show={16} />],
            [t('order.created'), <When key="c" at={p.created_at} />],
          ]}
        />
      </Group>

      <Group title={t('order.timeline')} className="w-pad-group">
        <Life payment={p} />
      </Group>

      {p.paid_at && <MoneyWay payment={p} />}

      <Group>
        {p.paid_at && <Row to={`/orders/${p.id}/receipt`} title={t('receipt.title')} />}
        {p.dispute && !dispute && <Row to={`/disputes/${p.dispute.id}`} title={t('order.dispute.past')} note={t(`dispute.${p.dispute.status}`)} />}
        {p.return_url && (
          <a className="w-row" href={p.return_url}>
            <span className="w-row-text">
              <span className="w-row-title">{t('order.shop')}</span>
            </span>
          </a>
        )}
        {may('extend') && <Row title={t('order.extend')} note={t('order.extend.note')} onClick={() => setSheet('extend')} />}
        {may('request_refund') && <Row to={`/orders/${p.id}/refund`} title={t('order.request_refund')} note={t('order.request_refund.note')} />}
        {may('dispute') && <Row to={`/orders/${p.id}/refund`} title={t('order.open_dispute')} note={t('order.open_dispute.note')} />}
        {may('close') && <Row title={t('order.close')} danger onClick={() => setSheet('close')} />}
      </Group>

      {(may('pay') || may('confirm') || may('remind')) && (
        <div className="w-foot w-foot-fixed">
          {may('pay') && <LinkButton to={`/cashier/${p.id}`}>{t('order.pay', { amount: money(p.amount) })}</LinkButton>}
          {may('confirm') && (
            <Button
              onClick={() => {
                confirm.reset()
                setSheet('confirm')
              }}
            >
              {t('order.confirm')}
            </Button>
          )}
          {may('remind') && (
            <Button kind="quiet" busy={remind.isPending} onClick={() => remind.run()}>
              {t('order.remind')}
            </Button>
          )}
        </div>
      )}

      <PinSheet
        open={sheet === 'confirm'}
        onClose={() => setSheet(undefined)}
        title={t('order.confirm')}
        act={confirm}
        says={
          <>
            <p>{t('order.confirm.says', { amount: money(p.in_escrow), name: p.merchant.name })}</p>
            <p className="tb-soft">{t('order.confirm.warn')}</p>
          </>
        }
      />
      <Sheet open={sheet === 'close'} onClose={() => setSheet(undefined)} title={t('order.close')} busy={close.isPending}>
        <p>{t('order.close.says')}</p>
        {close.error && <Refused problem={close.error} />}
        <Button kind="danger" className="w-wide" busy={close.isPending} onClick={() => close.run()}>
          {t('order.close')}
        </Button>
        <Button kind="quiet" className="w-wide" onClick={() => setSheet(undefined)}>
          {t('act.cancel')}
        </Button>
      </Sheet>
      <Sheet open={sheet === 'extend'} onClose={() => setSheet(undefined)} title={t('order.extend')} busy={extend.isPending}>
        <p>{t('order.extend.says')}</p>
        {extend.error && <Refused problem={extend.error} />}
        <Button className="w-wide" busy={extend.isPending} onClick={() => extend.run()}>
          {t('order.extend')}
        </Button>
      </Sheet>
    </>
  )
}

// saysOf is the sentence of what is true now.
function saysOf(p: Payment) {
  if (disputeOf(p)) return 'says.disputed' as const
  switch (p.status) {
    case 'WAIT_BUYER_PAY':
      return 'says.WAIT_BUYER_PAY' as const
    case 'WAIT_SELLER_SEND_GOODS':
      return 'says.WAIT_SELLER_SEND_GOODS' as const
    case 'WAIT_BUYER_CONFIRM_GOODS':
      return 'says.WAIT_BUYER_CONFIRM_GOODS' as const
    case 'TRADE_CLOSED':
      return p.refunded > 0 ? ('says.refunded' as const) : ('says.closed' as const)
    case 'TRADE_SUCCESS':
      return 'says.TRADE_SUCCESS' as const
  }
  return 'says.TRADE_FINISHED' as const
}

/** MoneyWay tells each movement in words. */
function MoneyWay({ payment: p }: { payment: Payment }) {
  const t = useT()
  const [open, setOpen] = useState(false)
  const way = useQuery({ queryKey: ['way', p.id], queryFn: () => moneyWay(p.id), enabled: open })
  const place = (account: string) => {
    const { word, name } = placeOf(account, p)
    return t.maybe(word, { name: name ?? '' }) ?? account
  }
  return (
    <Group>
      <details className="w-details" onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>{t('way.title')}</summary>
        {open && (
          <Load query={way} skeleton={{ shape: 'text', rows: 2 }} empty={{ when: (page) => !page.data.length, show: <EmptyState>{t('way.none')}</EmptyState> }}>
            {(page) => (
              <ol className="w-way">
                {page.data.map((m, i) => (
                  <li key={i}>
                    <span>
                      {t('way.line', { from: place(m.from), to: place(m.to) })}
                      <span className="tb-soft">
                        {t.maybe(`why.${m.why}`) ?? m.why} · <When at={m.at} />
                      </span>
                    </span>
                    <Amount amount={m.amount} currency={m.currency} />
                  </li>
                ))}
              </ol>
            )}
          </Load>
        )}
      </details>
    </Group>
  )
}

/** Goods is a quiet drawing: a parcel, or a file. */
function Goods({ kind }: { kind: string }) {
  return (
    <svg className="w-goods-mark" viewBox="0 0 48 48" width="48" height="48" aria-hidden="true">
      <rect width="48" height="48" rx="10" className="tb-draw-fill" />
      {kind === 'virtual' ? <path className="tb-draw-line" d="M16 13h11l6 6v16H16zM27 13v6h6" /> : <path className="tb-draw-line" d="M12 18l12-6 12 6v13l-12 6-12-6zM12 18l12 6 12-6M24 24v13" />}
    </svg>
  )
}

import { Amount, Countdown, formatMoney, Load, useAct, useTitle, When, type Act } from '@shared'
import { ActDialog, Age, Card, DisputeState, Facts, Field, Head, Life, MoneyInput, MoneyWay, readMoney, TwoSides, type Dispute, type Payment } from '@shared/desks'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { App, Button, Input, Radio } from 'antd'
import { useState } from 'react'
import { Link, useParams } from 'react-router'
import { arbitrate, assign, getDispute, getPayment } from '../api/console'
import { useT } from '../i18n'
import { AccountLink, partyPath, paymentPath } from '../parts/links'
import { movesOf } from '../parts/moves'
import { OnlyLooking, useOperator } from '../parts/role'

export default function DisputePage() {
  const t = useT()
  const { id = '' } = useParams()
  const me = useOperator()
  const client = useQueryClient()
  const [deciding, setDeciding] = useState(false)
  const query = useQuery({ queryKey: ['dispute', id], queryFn: () => getDispute(id), refetchInterval: 10_000 })
  const payment = useQuery({ queryKey: ['payment', query.data?.payment_id, query.data?.status], queryFn: () => getPayment(query.data!.payment_id), enabled: !!query.data })
  useTitle(query.data?.subject ?? t('nav.disputes'))
  const take: Act<void, Dispute> = useAct(`assign ${id}`, (_, key) => assign(id, key), {
    onSuccess: (d) => {
      client.setQueryData(['dispute', id], d)
      void client.invalidateQueries({ queryKey: ['disputes'] })
    },
  })
  return (
    <Load query={query} skeleton={{ shape: 'page' }}>
      {(d) => (
        <>
          <Head
            title={d.subject}
            sub={
              <>
                <Link to="/disputes">{t('nav.disputes')}</Link> · <Link to={paymentPath(d.payment_id)}>{t('dispute.payment')}</Link>
              </>
            }
          >
            {me.mayDecide && !d.ended_at && d.assigned_to !== me.id && (
              <Button loading={take.isPending} onClick={() => take.run()}>
                {t(d.assigned_to ? 'dispute.takeover' : 'disputes.take')}
              </Button>
            )}
            {me.mayDecide && d.allowed.includes('arbitrate') && (
              <Button type="primary" disabled={!payment.data} onClick={() => setDeciding(true)}>
                {t('dispute.decide')}
              </Button>
            )}
          </Head>
          {!me.mayDecide && !d.ended_at && <OnlyLooking to="decide" />}
          <div className="desk-grid desk-2-1">
            <div>
              <Card>
                <div className="desk-inline">
                  <DisputeState status={d.status} />
                  <strong>{t.maybe(`reason.${d.reason}`)}</strong>
                  <span className="tb-soft">{t(d.wants_return ? 'evidence.claim.return' : 'evidence.claim', { amount: formatMoney(d.claim_amount, d.currency) })}</span>
                </div>
                {d.outcome ? (
                  <p className="desk-good dispute-line">
                    {t('dispute.outcome', { amount: formatMoney(d.outcome.to_buyer, d.currency), who: t.maybe(`by.${d.outcome.decided_by}`) ?? d.outcome.decided_by })}
                    {d.outcome.reason && <span className="desk-quote">{d.outcome.reason}</span>}
                  </p>
                ) : (
                  <p className="dispute-line">
                    {d.status === 'ALIPAY_CHECK' ? t('dispute.says.decide') : t('dispute.says.wait')} {d.answer_by && <Countdown until={d.answer_by} />}
                  </p>
                )}
              </Card>
              <Card title={t('evidence.title')}>
                <TwoSides dispute={d} />
              </Card>
              {payment.data && (
                <Card title={t('payment.timeline')}>
                  <Life payment={payment.data} />
                </Card>
              )}
            </div>
            <div>
              <Card title={t('dispute.facts')}>
                <Facts
                  items={[
                    [t('col.buyer'), d.buyer ? <Link key="b" to={partyPath(d.buyer.id)}>{d.buyer.nickname}</Link> : '–'],
                    [t('col.seller'), <Link key="s" to={partyPath(d.merchant.id)}>{d.merchant.name}</Link>],
                    ...(d.ended_at
                      ? ([[t('dispute.ended'), <When key="e" at={d.ended_at} />]] as [string, React.ReactNode][])
                      : ([[t('col.age'), <Age key="a" since={d.opened_at} />]] as [string, React.ReactNode][])),
                    [t('col.owner'), d.assigned_to ? d.assigned_to === me.id ? t('disputes.me') : <code key="o" className="desk-mono">{d.assigned_to}</code> : d.ended_at ? '–' : t('dispute.nobody')],
                    ...(payment.data
                      ? ([
                          [t('payment.amount'), <Amount key="pa" amount={payment.data.amount} currency={d.currency} />],
                          [t('payment.in_escrow'), <Amount key="pe" amount={payment.data.in_escrow} currency={d.currency} />],
                          [t('payment.shipment'), payment.data.shipment ? `${payment.data.shipment.carrier} ${payment.data.shipment.tracking_no}` : t('dispute.notshipped')],
                        ] as [string, React.ReactNode][])
                      : []),
                    ...(d.return ? ([[t('dispute.return'), `${d.return.carrier} ${d.return.tracking_no}`]] as [string, string][]) : []),
                  ]}
                />
              </Card>
              {payment.data && (
                <Card title={t('money.way')}>
                  <MoneyWay payment={payment.data} account={(account, name) => (/^\w+:\d+:[A-Z]{3}$/.test(account) ? <AccountLink id={account}>{name}</AccountLink> : name)} />
                </Card>
              )}
            </div>
          </div>
          {payment.data && deciding && <Decide dispute={d} payment={payment.data} onClose={() => setDeciding(false)} />}
        </>
      )}
    </Load>
  )
}

// Decide gives all, part or none of the claim to the buyer, and shows the moves before they are made.
function Decide({ dispute: d, payment: p, onClose }: { dispute: Dispute; payment: Payment; onClose: () => void }) {
  const t = useT()
  const client = useQueryClient()
  const { message } = App.useApp()
  const claim = Math.min(d.claim_amount - d.refunded, p.in_escrow)
  const [share, setShare] = useState<'all' | 'part' | 'none'>()
  const [text, setText] = useState('')
  const [reason, setReason] = useState('')
  const [wrong, setWrong] = useState(false)
  const part = readMoney(text, d.currency, claim, t)
  const toBuyer = share === 'all' ? claim : share === 'none' ? 0 : share === 'part' ? part.amount : undefined
  const act = useAct(`arbitrate ${d.id}`, (to_buyer: number, key) => arbitrate(d.id, { to_buyer, reason: reason.trim() }, key), {
    onSuccess: (after) => {
      client.setQueryData(['dispute', d.id], after)
      for (const name of ['disputes', 'payment', 'dispute', 'payments', 'books']) void client.invalidateQueries({ queryKey: [name] })
      void message.success(t('decide.done'))
      onClose()
    },
  })
  const moves = toBuyer === undefined ? [] : movesOf(p, toBuyer)
  return (
    <ActDialog
      open
      onClose={onClose}
      title={t('dispute.decide')}
      width={600}
      ok={t('decide.ok')}
      danger
      act={act}
      says={toBuyer === undefined ? t('decide.says', { claim: formatMoney(claim, d.currency) }) : t(p.shipped_at ? 'decide.after' : 'decide.after.unshipped', { buyer: formatMoney(toBuyer, d.currency), rest: formatMoney(p.in_escrow - toBuyer, d.currency) })}
      onSubmit={() => {
        setWrong(true)
        if (toBuyer !== undefined && reason.trim()) act.run(toBuyer)
      }}
    >
      <div role="radiogroup" aria-label={t('decide.which')} className="decide-which">
        <Radio.Group
          value={share}
          onChange={(e) => setShare(e.target.value as 'all' | 'part' | 'none')}
          options={[
            { value: 'all', label: t('decide.all', { amount: formatMoney(claim, d.currency) }) },
            { value: 'part', label: t('decide.part') },
            { value: 'none', label: t('decide.none') },
          ]}
        />
        {wrong && !share && (
          <p className="tb-bad" role="alert">
            {t('decide.choose')}
          </p>
        )}
      </div>
      {share === 'part' && (
        <Field label={t('decide.amount')} hint={t('form.amount.most', { most: formatMoney(claim, d.currency) })} error={wrong && part.error ? part.error : undefined}>
          <MoneyInput currency={d.currency} value={text} onChange={setText} autoFocus />
        </Field>
      )}
      <Field label={t('decide.reason')} hint={t('decide.reason.hint')} error={wrong && !reason.trim() ? t('form.required') : undefined}>
        <Input.TextArea rows={3} maxLength={256} showCount value={reason} onChange={(e) => setReason(e.target.value)} />
      </Field>
      {moves.length > 0 && (
        <>
          <h3 className="decide-head">{t('decide.moves')}</h3>
          <table className="tb-table" aria-label={t('decide.moves')}>
            <tbody>
              {moves.map((m, i) => (
                <tr key={i}>
                  <td>
                    {t('payment.in_escrow')} → {t(`decide.to.${m.to}`)} {m.name && <span className="tb-soft">{m.name}</span>}
                    {m.to === 'buyer' && <span className="tb-soft"> {d.buyer?.nickname}</span>}
                    {m.to === 'seller' && <span className="tb-soft"> {d.merchant.name}</span>}
                  </td>
                  <td className="tb-number">
                    <Amount amount={m.amount} currency={d.currency} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
    </ActDialog>
  )
}

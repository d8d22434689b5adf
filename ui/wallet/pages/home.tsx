import { useQuery } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { Link } from 'react-router'
import { BankcardOutline, BillOutline, CheckShieldOutline, EyeInvisibleOutline, EyeOutline, ReceivePaymentOutline, ScanningOutline, SendOutline, TransportQRcodeOutline, UnorderedListOutline } from 'antd-mobile-icons'
import { Amount, Countdown, EmptyState, formatMoney, Load, useTitle } from '@shared'
import { listDisputes, listEntries, listPayments, type Me } from '../api/wallet'
import { useT } from '../i18n'
import { EntryRow } from '../parts/entry'
import { waitsForBuyer } from '../parts/life'
import { useMe } from '../parts/session'
import { Group, Notice, Row } from '../parts/ui'

export default function Home() {
  const t = useT()
  useTitle(t('home.title'))
  const me = useMe()
  const [hidden, setHidden] = useHidden()
  const newest = useQuery({ queryKey: ['entries', 'newest'], queryFn: () => listEntries({ limit: 5 }) })
  const acts: [to: string, word: string, icon: ReactNode][] = [
    ['/scan', t('home.scan'), <ScanningOutline key="i" />],
    ['/pay-code', t('home.paycode'), <TransportQRcodeOutline key="i" />],
    ['/my-code', t('home.collect'), <ReceivePaymentOutline key="i" />],
    ['/transfer', t('home.transfer'), <SendOutline key="i" />],
  ]
  const services: [to: string, word: string, icon: ReactNode][] = [
    ['/orders', t('orders.title'), <UnorderedListOutline key="i" />],
    ['/history', t('history.title'), <BillOutline key="i" />],
    ['/me/cards', t('cards.title'), <BankcardOutline key="i" />],
    ['/me/identity', t('home.limits'), <CheckShieldOutline key="i" />],
  ]
  return (
    <div className="w-screen">
      <header className="w-hero">
        <h1>{me.data ? t('home.hello', { name: me.data.nickname }) : t('face.name')}</h1>
        <nav className="w-acts" aria-label={t('home.acts')}>
          {acts.map(([to, word, icon]) => (
            <Link key={to} to={to}>
              <span aria-hidden="true">{icon}</span>
              {word}
            </Link>
          ))}
        </nav>
      </header>
      <main className="w-main w-home">
          <section className="w-card w-balance" aria-label={t('balance.title')}>
            <Load query={me} skeleton={{ shape: 'text', rows: 2 }}>
              {(me) => (
                <>
                  <div className="w-balance-head">
                    <span className="tb-soft">{t('balance.title')}</span>
                    <button type="button" className="w-eye" aria-pressed={hidden} aria-label={hidden ? t('balance.show') : t('balance.hide')} onClick={() => setHidden(!hidden)}>
                      {hidden ? <EyeInvisibleOutline aria-hidden="true" /> : <EyeOutline aria-hidden="true" />}
                    </button>
                  </div>
                  <Amount amount={me.balance.available} currency={me.balance.currency} size="hero" hidden={hidden} />
                  {me.balance.held > 0 && !hidden && (
                    <p className="tb-soft w-held">{t('balance.held', { amount: formatMoney(me.balance.held, me.balance.currency, { lang: t.lang }) })}</p>
                  )}
                  <div className="w-balance-acts">
                    <Link to="/top-up">{t('topup.title')}</Link>
                    <Link to="/withdraw">{t('withdraw.title')}</Link>
                  </div>
                </>
              )}
            </Load>
          </section>
          {me.data && <Needs me={me.data} />}
          <nav className="w-services w-card" aria-label={t('home.services')}>
            {services.map(([to, word, icon]) => (
              <Link key={to} to={to}>
                <span aria-hidden="true">{icon}</span>
                {word}
              </Link>
            ))}
          </nav>
          <Group title={t('home.newest')} more={newest.data?.data.length ? <Link to="/history">{t('home.all')}</Link> : null}>
            <Load
              query={newest}
              skeleton={{ shape: 'list', rows: 5 }}
              empty={{
                when: (page) => !page.data.length,
                show: <EmptyState action={<Link to="/top-up">{t('home.empty.act')}</Link>}>{t('home.empty')}</EmptyState>,
              }}
            >
              {(page) => page.data.map((entry) => <EntryRow key={entry.number} entry={entry} hidden={hidden} />)}
            </Load>
          </Group>
      </main>
    </div>
  )
}

/** Needs is what waits for this person: money to pay, parcels to confirm, disputes to answer, and setting up. */
function Needs({ me }: { me: Me }) {
  const t = useT()
  const needs = useQuery({
    queryKey: ['needs'],
    queryFn: async () => {
      const [pay, receive, disputes] = await Promise.all([listPayments({ needs: 'to_pay', limit: 3 }), listPayments({ needs: 'to_receive', limit: 3 }), listDisputes({ open: true, limit: 50 })])
      return { pay: pay.data, receive: receive.data.filter((p) => !p.dispute || p.dispute.ended_at), disputes: disputes.data.filter(waitsForBuyer) }
    },
  })
  const setUp = [
    !me.has_payment_password && { to: '/me/payment-password', word: t('needs.pin'), note: t('needs.pin.says') },
    me.tier === 'unknown' && { to: '/me/identity', word: t('needs.identity'), note: t('needs.identity.says') },
  ].filter((x) => !!x)
  return (
    <Group title={t('needs.title')}>
      {setUp.map((x) => (
        <Row key={x.to} to={x.to} title={x.word} note={x.note} />
      ))}
      <Load query={needs} skeleton={{ shape: 'text', rows: 2 }}>
        {({ pay, receive, disputes }) => {
          if (!pay.length && !receive.length && !disputes.length) return setUp.length ? null : <p className="w-quiet">{t('needs.none')}</p>
          return (
            <>
              {pay.map((p) => (
                <Row
                  key={p.id}
                  to={`/cashier/${p.id}`}
                  title={<span className="w-one">{p.subject}</span>}
                  note={<Countdown until={p.pay_by} label={(left) => t('needs.pay', { left })} />}
                  value={<Amount amount={p.amount} currency={p.currency} />}
                />
              ))}
              {receive.map((p) => (
                <Row
                  key={p.id}
                  to={`/orders/${p.id}`}
                  title={<span className="w-one">{p.subject}</span>}
                  note={p.confirm_by ? <Countdown until={p.confirm_by} label={(left) => t('needs.confirm', { left })} /> : t('state.WAIT_BUYER_CONFIRM_GOODS')}
                  value={<Amount amount={p.in_escrow} currency={p.currency} />}
                />
              ))}
              {disputes.map((d) => (
                <Row
                  key={d.id}
                  to={`/disputes/${d.id}`}
                  title={<span className="w-one">{d.subject}</span>}
                  note={
                    <>
                      {t(`dispute.${d.status}`)}
                      {d.answer_by && (
                        <>
                          {' · '}
                          <Countdown until={d.answer_by} />
                        </>
                      )}
                    </>
                  }
                  value={<Amount amount={d.claim_amount} currency={d.currency} />}
                />
              ))}
            </>
          )
        }}
      </Load>
      {me.payment_password_locked_until && <Notice tone="warn">{t('needs.locked')}</Notice>}
    </Group>
  )
}

function useHidden(): [boolean, (hidden: boolean) => void] {
  const [hidden, set] = useState(() => {
    try {
      return localStorage.getItem('tongbao.hidden') === '1'
    } catch {
      return false
    }
  })
  return [
    hidden,
    (next) => {
      set(next)
      try {
        localStorage.setItem('tongbao.hidden', next ? '1' : '0')
      } catch {
        // then only this page forgets it
      }
    },
  ]
}


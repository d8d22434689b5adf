import { Amount, businessDay, businessZone, Countdown, EmptyState, formatMoney, Load, now, useTitle, useTokens, ViewAsTable, When } from '@shared'
import { Card, Head } from '@shared/desks'
import { Plot, roomFor } from '@shared/plots'
import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { Link } from 'react-router'
import { getDay, getMerchant, listDisputes, listPayments, type Day } from '../api/merchant'
import { useT } from '../i18n'
import { compact } from '../parts/compact'
import { useMay } from '../parts/may'

export default function Today() {
  const t = useT()
  useTitle(t('nav.today'))
  const may = useMay()
  const day = businessDay(now(), businessZone())
  const today = useQuery({ queryKey: ['day', day], queryFn: () => getDay(day), refetchInterval: 60_000 })
  const merchant = useQuery({ queryKey: ['merchant'], queryFn: getMerchant })
  const toShip = useQuery({ queryKey: ['payments', 'to_ship', 'today'], queryFn: ({ signal }) => listPayments({ needs: 'to_ship', limit: 5 }, signal) })
  const disputes = useQuery({ queryKey: ['disputes', 'open', 'today'], queryFn: ({ signal }) => listDisputes({ open: true, limit: 50 }, signal) })

  return (
    <>
      <Head title={t('nav.today')} sub={<When at={now()} />}>
        {may('create payment') && (
          <Link to="/till">
            <Button type="primary">{t('today.till')}</Button>
          </Link>
        )}
      </Head>
      <Load query={today} skeleton={{ shape: 'page', rows: 4 }}>
        {(d) => (
          <>
            <div className="desk-grid desk-4 desk-fill">
              <VolumeCard day={d} />
              <div className="tb-card desk-card desk-stat">
                <span className="desk-stat-label">{t('today.success')}</span>
                <span className="desk-stat-value">{d.success_rate || d.count ? `${(d.success_rate / 10_000).toFixed(1)}%` : '–'}</span>
                <span className="desk-stat-note">{t('today.count', { n: d.count })}</span>
              </div>
              <Link to="/orders?view=to_ship" className="tb-card desk-card desk-stat">
                <span className="desk-stat-label">{t('nav.toship')}</span>
                <span className="desk-stat-value">{d.to_ship}</span>
                <span className="desk-stat-note">{d.to_ship ? t('today.toship.note') : t('today.toship.none')}</span>
              </Link>
              <Link to="/disputes" className="tb-card desk-card desk-stat">
                <span className="desk-stat-label">{t('today.disputes')}</span>
                <span className="desk-stat-value">{d.open_disputes}</span>
                <span className="desk-stat-note">{d.refunds_total ? t('today.refunds', { amount: formatMoney(d.refunds_total, 'CNY') }) : t('today.refunds.none')}</span>
              </Link>
            </div>
            <Card className="today-plot">
              <Hours day={d} />
            </Card>
          </>
        )}
      </Load>

      <div className="desk-grid desk-3 today-lists">
        <Card title={t('today.balance')} extra={<Link to="/money">{t('today.more')}</Link>}>
          <Load query={merchant} skeleton={{ shape: 'text' }}>
            {(m) => (
              <>
                <Amount amount={m.balance.available ?? m.balance.balance} currency={m.balance.currency} size="hero" />
                <p className="tb-soft">{m.balance.held ? t('today.held', { held: formatMoney(m.balance.held, m.balance.currency) }) : t('today.available')}</p>
                <div className="today-escrow">
                  <span>{t('payment.in_escrow')}</span>
                  <Amount amount={m.in_escrow} currency={m.balance.currency} size="large" />
                </div>
                <p className="tb-soft">{t('today.escrow.note')}</p>
              </>
            )}
          </Load>
        </Card>
        <Card title={t('nav.toship')} extra={<Link to="/orders?view=to_ship">{t('today.more')}</Link>}>
          <Load query={toShip} skeleton={{ rows: 3 }} empty={{ when: (p) => !p.data.length, show: <EmptyState>{t('today.toship.empty')}</EmptyState> }}>
            {(page) => (
              <ul className="today-list">
                {page.data.map((p) => (
                  <li key={p.id}>
                    <Link to={`/orders/${p.id}?view=to_ship`} className="desk-clip">
                      {p.subject}
                    </Link>
                    <Amount amount={p.amount} currency={p.currency} />
                    <small className="tb-soft">
                      {p.buyer?.nickname} · {p.paid_at && <When at={p.paid_at} />}
                    </small>
                  </li>
                ))}
              </ul>
            )}
          </Load>
        </Card>
        <Card title={t('today.deadlines')} extra={<Link to="/disputes">{t('today.more')}</Link>}>
          <Load query={disputes} skeleton={{ rows: 3 }} empty={{ when: (p) => !p.data.length, show: <EmptyState>{t('today.disputes.empty')}</EmptyState> }}>
            {(page) => (
              <ul className="today-list">
                {[...page.data]
                  .sort((a, b) => (a.answer_by ?? '9').localeCompare(b.answer_by ?? '9'))
                  .slice(0, 5)
                  .map((d) => (
                    <li key={d.id}>
                      <Link to={`/disputes/${d.id}`} className="desk-clip">
                        {d.subject}
                      </Link>
                      <Amount amount={d.claim_amount} currency={d.currency} />
                      <small className="tb-soft">{t.maybe(`dispute.${d.status}`)}</small>
                      <small>{d.answer_by ? <Countdown until={d.answer_by} /> : ''}</small>
                    </li>
                  ))}
              </ul>
            )}
          </Load>
        </Card>
      </div>
    </>
  )
}

// The day's volume beside yesterday's at the same hour.
function VolumeCard({ day: d }: { day: Day }) {
  const t = useT()
  const hour = new Date(now()).toLocaleTimeString('en-GB', { timeZone: businessZone(), hour: '2-digit' })
  const yesterday = d.by_hour.filter((h) => h.hour <= Number(hour)).reduce((sum, h) => sum + h.yesterday_volume, 0)
  const change = yesterday ? (d.volume - yesterday) / yesterday : undefined
  const way = change === undefined || change === 0 ? 'none' : change > 0 ? 'up' : 'down'
  return (
    <div className="tb-card desk-card desk-stat">
      <span className="desk-stat-label">{t('today.volume')}</span>
      <span className="desk-stat-value">
        <Amount amount={d.volume} currency="CNY" />
      </span>
      <span className="desk-stat-note">
        {t('today.yesterday', { amount: formatMoney(yesterday, 'CNY') })}
        {change !== undefined && (
          <span className={`tb-${way}-${t.lang}`}>
            {' '}
            {way === 'up' ? '▲' : way === 'down' ? '▼' : ''} {change >= 0 ? '+' : '−'}
            {Math.abs(change * 100).toFixed(1)}%
          </span>
        )}
      </span>
    </div>
  )
}

function Hours({ day: d }: { day: Day }) {
  const t = useT()
  const c = useTokens()
  const hourNow = Number(new Date(now()).toLocaleTimeString('en-GB', { timeZone: businessZone(), hour: '2-digit' }))
  const clock = (h: number) => `${String(h).padStart(2, '0')}:00`
  const names = { today: t('today.series.today'), yesterday: t('today.series.yesterday') }
  const points = [
    ...d.by_hour.map((h) => ({ hour: clock(h.hour), amount: h.yesterday_volume / 100, series: names.yesterday })),
    ...d.by_hour.filter((h) => h.hour <= hourNow).map((h) => ({ hour: clock(h.hour), amount: h.volume / 100, series: names.today })),
  ]
  return (
    <ViewAsTable
      title={t('today.plot')}
      rows={d.by_hour}
      rowKey={(h) => String(h.hour)}
      columns={[
        { title: t('today.hour'), cell: (h) => clock(h.hour) },
        { title: names.today, number: true, cell: (h) => (h.hour <= hourNow ? <Amount amount={h.volume} currency="CNY" /> : '–') },
        { title: t('today.orders'), number: true, cell: (h) => (h.hour <= hourNow ? h.count : '–') },
        { title: names.yesterday, number: true, cell: (h) => <Amount amount={h.yesterday_volume} currency="CNY" /> },
      ]}
    >
      <Plot
        kind="Line"
        data={points}
        xField="hour"
        yField="amount"
        colorField="series"
        height={260}
        scale={{ color: { domain: [names.yesterday, names.today], range: [c.textSoft, c.brand] }, y: { domainMin: 0, nice: true, ...roomFor(points.map((p) => p.amount)) } }}
        style={{ lineWidth: 2, lineDash: (items: { series: string }[]) => (items[0]?.series === names.yesterday ? [4, 4] : undefined) }}
        axis={{
          y: { title: false, labelFormatter: (v: number) => compact(v, t.lang) },
          x: { title: false, labelAutoRotate: false, labelFilter: (_: unknown, i: number) => i % 3 === 0 },
        }}
        insetRight={44}
        labels={[{ text: 'series', selector: 'last', style: { dx: 6, dy: -9, textAlign: 'start', textBaseline: 'middle', fontSize: 12, fontWeight: 600, fillOpacity: 1, fill: (p: { series: string }) => (p.series === names.today ? c.primary : c.textSoft) } }]}
        tooltip={{ items: [{ channel: 'y', valueFormatter: (v: number) => formatMoney(Math.round(v * 100), 'CNY') }] }}
      />
    </ViewAsTable>
  )
}

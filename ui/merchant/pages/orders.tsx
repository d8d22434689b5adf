import { Amount, businessZone, Countdown, EmptyState, useTitle, When } from '@shared'
import { DayPicker, dayRange, Head, PaymentState, Table, usePages, type Payment } from '@shared/desks'
import { Button, Grid, Input, Segmented, Select } from 'antd'
import { useEffect, useState } from 'react'
import { Link, useLocation, useNavigate, useParams, useSearchParams } from 'react-router'
import { listPayments } from '../api/merchant'
import { useT } from '../i18n'
import { BulkShip } from '../parts/BulkShip'
import { useMay } from '../parts/may'
import { PaymentDrawer } from '../parts/PaymentDrawer'

const views = ['to_ship', 'to_receive', 'dispute', 'to_pay', 'all'] as const
const states = ['WAIT_BUYER_PAY', 'WAIT_SELLER_SEND_GOODS', 'WAIT_BUYER_CONFIRM_GOODS', 'TRADE_SUCCESS', 'TRADE_FINISHED', 'TRADE_CLOSED']

export default function Orders() {
  const t = useT()
  useTitle(t('nav.orders'))
  const may = useMay()
  const wide = Grid.useBreakpoint().md !== false // on a phone the buyer and the date are in the drawer alone
  const { id } = useParams()
  const navigate = useNavigate()
  const { search } = useLocation()
  const [params, setParams] = useSearchParams()
  const [bulk, setBulk] = useState(false)
  const set = (changes: Record<string, string | undefined>) =>
    setParams(
      (now) => {
        const next = new URLSearchParams(now)
        for (const [name, value] of Object.entries(changes)) if (value) next.set(name, value)
        else next.delete(name)
        return next
      },
      { replace: true },
    )
  const view = params.get('view') ?? 'all'
  const q = params.get('q') ?? ''
  const [from, to, status] = [params.get('from') ?? '', params.get('to') ?? '', params.get('status') ?? '']
  const days = dayRange(from, to, businessZone())
  const asked = { needs: view === 'all' ? undefined : view, status: view === 'all' ? status || undefined : undefined, q: q || undefined, created_from: days.from, created_to: days.to }
  const pages = usePages<Payment>(['payments', asked], (cursor, limit, signal) => listPayments({ ...asked, cursor, limit }, signal))
  const filtered = !!(q || from || to || status)

  return (
    <>
      <Head title={t('nav.orders')}>{may('ship') && <Button onClick={() => setBulk(true)}>{t('bulk.open')}</Button>}</Head>
      <section className="tb-card desk-card">
        <div className="desk-filters">
          <Segmented
            aria-label={t('orders.views')}
            value={view}
            onChange={(value) => set({ view: value === 'all' ? undefined : String(value), status: undefined })}
            options={views.map((v) => ({ value: v, label: t(`view.${v}`) }))}
          />
          <SearchBox value={q} onSearch={(text) => set({ q: text })} />
        </div>
        <div className="desk-filters">
          {view === 'all' && (
            <Select
              aria-label={t('filter.status')}
              value={status}
              onChange={(value) => set({ status: value })}
              className="orders-state"
              options={[{ value: '', label: t('orders.anystate') }, ...states.map((s) => ({ value: s, label: t.maybe(`status.${s}`) ?? s }))]}
            />
          )}
          <DayPicker label={t('filter.from')} value={from} max={to} onChange={(day) => set({ from: day })} />
          <DayPicker label={t('filter.to')} value={to} min={from} onChange={(day) => set({ to: day })} />
          {filtered && (
            <Button type="text" onClick={() => set({ q: undefined, from: undefined, to: undefined, status: undefined })}>
              {t('filter.clear')}
            </Button>
          )}
        </div>
        <Table<Payment>
          pages={pages}
          label={t('nav.orders')}
          rowKey={(p) => p.id}
          width={wide ? 940 : 560}
          onOpen={(p) => void navigate(`/orders/${p.id}${search}`)}
          empty={
            <EmptyState action={filtered ? undefined : <Link to="/collection-code">{t('orders.empty.next')}</Link>}>
              {filtered ? t('table.none') : t(view === 'all' ? 'orders.empty' : 'orders.empty.view')}
            </EmptyState>
          }
          columns={[
            {
              title: t('orders.order'),
              key: 'order',
              width: wide ? 300 : 200,
              render: (_, p) => (
                <span className="desk-cell-2">
                  <Link to={`/orders/${p.id}${search}`}>{p.subject}</Link>
                  <small className="desk-mono desk-clip" title={p.order_no}>
                    {p.order_no}
                  </small>
                </span>
              ),
            },
            {
              title: t('col.buyer'),
              key: 'buyer',
              responsive: ['md'],
              width: 150,
              render: (_, p) => (p.buyer ? <span className="desk-cell-2">{p.buyer.nickname}<small>{p.buyer.phone_masked}</small></span> : <span className="tb-soft">{t('payment.nobuyer')}</span>),
            },
            {
              title: t('col.amount'),
              key: 'amount',
              width: 150,
              align: 'right',
              render: (_, p) => (
                <span className="desk-cell-2">
                  <Amount amount={p.amount} currency={p.currency} className="desk-strong" />
                  {p.refunded > 0 && (
                    <small>
                      {t('payment.refunded')} <Amount amount={p.refunded} currency={p.currency} />
                    </small>
                  )}
                </span>
              ),
            },
            { title: t('col.status'), key: 'status', width: wide ? 150 : 100, render: (_, p) => <PaymentState payment={p} /> },
            {
              title: t('col.deadline'),
              key: 'deadline',
              width: 190,
              render: (_, p) =>
                p.next_deadline && p.next_deadline.what !== 'finish' ? (
                  <span className="desk-cell-2">
                    <Countdown until={p.next_deadline.at} label={(left) => left} />
                    <small>{t.maybe(`due.short.${p.next_deadline.what}`)}</small>
                  </span>
                ) : (
                  <span className="tb-soft">–</span>
                ),
            },
            { title: t('orders.created'), key: 'created', responsive: ['md'], width: 140, render: (_, p) => <When at={p.created_at} /> },
          ]}
        />
      </section>
      <PaymentDrawer id={id} onClose={() => void navigate(`/orders${search}`)} />
      <BulkShip open={bulk} onClose={() => setBulk(false)} />
    </>
  )
}

// The search asks when the typing rests, or at once with Enter.
function SearchBox({ value, onSearch }: { value: string; onSearch: (text: string) => void }) {
  const t = useT()
  const [text, setText] = useState(value)
  useEffect(() => setText(value), [value])
  useEffect(() => {
    if (text.trim() === value) return
    const timer = setTimeout(() => onSearch(text.trim()), 400)
    return () => clearTimeout(timer)
  })
  return (
    <Input.Search
      className="grow"
      allowClear
      aria-label={t('orders.search')}
      placeholder={t('orders.search')}
      value={text}
      onChange={(e) => setText(e.target.value)}
      onSearch={(typed) => onSearch(typed.trim())}
    />
  )
}

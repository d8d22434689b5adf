import { Amount, businessDay, businessMonth, businessZone, CopyId, Countdown, EmptyState, formatMonth, formatMoney, Load, MoneyDelta, now, useAct, useTitle, useTokens, ViewAsTable, When } from '@shared'
import { ActDialog, Badge, Card, currencyOf, DayPicker, dayRange, Facts, Field, Head, MoneyInput, MonthPicker, readMoney, Table, usePages, type Account, type BankOrder, type Entry } from '@shared/desks'
import { Plot, roomFor } from '@shared/plots'
import { useQuery } from '@tanstack/react-query'
import { Button, Drawer, Grid, Input, Segmented, Select } from 'antd'
import { useState } from 'react'
import { Link, useSearchParams } from 'react-router'
import { getMonth, listAccounts, listCards, listEntries, listWithdrawals, topUp, withdraw, type Month } from '../api/merchant'
import { useT } from '../i18n'
import { AddCard, Cards } from '../parts/Cards'
import { compact } from '../parts/compact'
import { useMay } from '../parts/may'
import { useDone } from '../parts/PaymentActs'

const whys = ['payment', 'settlement', 'split', 'fee', 'fee_refund', 'refund', 'transfer', 'top_up', 'withdrawal']

export default function Money() {
  const t = useT()
  useTitle(t('nav.money'))
  const may = useMay()
  const [open, setOpen] = useState<'withdraw' | 'topup'>()
  const accounts = useQuery({ queryKey: ['accounts'], queryFn: listAccounts })
  return (
    <>
      <Head title={t('nav.money')}>
        {may('top up') && <Button onClick={() => setOpen('topup')}>{t('money.topup')}</Button>}
        {may('withdraw') && (
          <Button type="primary" onClick={() => setOpen('withdraw')}>
            {t('money.withdraw')}
          </Button>
        )}
      </Head>
      <Load query={accounts} skeleton={{ shape: 'page' }}>
        {(list) => (
          <>
            <Accounts list={list} />
            <History list={list} />
            <Orders />
            <Cards />
            {open && <BankDialog kind={open} balance={list.find((a) => a.kind === 'merchant')} onClose={() => setOpen(undefined)} />}
          </>
        )}
      </Load>
    </>
  )
}

function Accounts({ list }: { list: Account[] }) {
  const t = useT()
  const balance = list.find((a) => a.kind === 'merchant')
  const escrow = list.find((a) => a.kind === 'escrow')
  return (
    <div className="desk-grid desk-2 desk-fill">
      <Card title={t('account.merchant')}>
        <Amount amount={balance?.available ?? 0} currency={balance?.currency ?? 'CNY'} size="hero" />
        <p className="tb-soft money-note">{balance?.held ? t('money.held', { total: formatMoney(balance.balance, balance.currency), held: formatMoney(balance.held, balance.currency) }) : t('today.available')}</p>
      </Card>
      <Card title={t('account.escrow')}>
        <Amount amount={escrow?.balance ?? 0} currency={escrow?.currency ?? 'CNY'} size="hero" />
        <p className="tb-soft money-note">{t('today.escrow.note')}</p>
      </Card>
    </div>
  )
}

function History({ list }: { list: Account[] }) {
  const t = useT()
  const zone = businessZone()
  const wide = Grid.useBreakpoint().md !== false // on a phone the rest is in the entry's own page
  const [params, setParams] = useSearchParams()
  const chosen = list.find((a) => a.id === params.get('account')) ?? list.find((a) => a.kind === 'merchant') ?? list[0]
  const [why, setWhy] = useState('')
  const [q, setQ] = useState('')
  const [from, setFrom] = useState('')
  const [to, setTo] = useState('')
  const [month, setMonth] = useState(businessMonth(now(), zone))
  const [entry, setEntry] = useState<Entry>()
  const days = dayRange(from, to, zone)
  const asked = { account: chosen?.id, why: why || undefined, q: q || undefined, from: days.from, to: days.to }
  const pages = usePages<Entry>(['entries', asked], (cursor, limit, signal) => listEntries({ ...asked, cursor, limit }, signal), { enabled: !!chosen })
  const summary = useQuery({ queryKey: ['month', chosen?.id, month], queryFn: () => getMonth(chosen!.id, month), enabled: !!chosen })
  if (!chosen) return <EmptyState>{t('money.empty')}</EmptyState>
  const currency = chosen.currency
  return (
    <>
      <Card className="money-month">
        <div className="desk-filters">
          <Segmented
            aria-label={t('money.account')}
            value={chosen.id}
            onChange={(value) => setParams({ account: String(value) }, { replace: true })}
            options={list.map((a) => ({ value: a.id, label: t.maybe(`account.${a.kind}`) ?? a.kind }))}
          />
          <MonthPicker label={t('money.month')} value={month} max={businessMonth(now(), zone)} onChange={setMonth} />
        </div>
        <Load query={summary} skeleton={{ shape: 'plot' }}>
          {(m) => (
            <div className="money-plot">
              <dl className="money-sums">
                <div>
                  <dt>{t('money.month.in')}</dt>
                  <dd>
                    <MoneyDelta amount={m.money_in} currency={currency} size="large" />
                  </dd>
                </div>
                <div>
                  <dt>{t('money.month.out')}</dt>
                  <dd>
                    <MoneyDelta amount={-m.money_out} currency={currency} size="large" />
                  </dd>
                </div>
                {m.by_why.slice(0, 5).map((w) => (
                  <div key={w.why} className="money-why">
                    <dt>{t.maybe(`why.${w.why}`) ?? w.why}</dt>
                    <dd>
                      <MoneyDelta amount={w.amount} currency={currency} />
                    </dd>
                  </div>
                ))}
              </dl>
              <MonthPlot month={month} summary={m} currency={currency} />
            </div>
          )}
        </Load>
      </Card>
      <Card title={t('money.history')}>
        <div className="desk-filters">
          <Select
            aria-label={t('col.why')}
            value={why}
            onChange={setWhy}
            className="orders-state"
            options={[{ value: '', label: t('money.anywhy') }, ...whys.map((w) => ({ value: w, label: t.maybe(`why.${w}`) ?? w }))]}
          />
          <Input.Search className="grow" allowClear aria-label={t('money.search')} placeholder={t('money.search')} onSearch={(text) => setQ(text.trim())} />
          <DayPicker label={t('filter.from')} value={from} max={to} onChange={setFrom} />
          <DayPicker label={t('filter.to')} value={to} min={from} onChange={setTo} />
        </div>
        <Table<Entry>
          pages={pages}
          label={t('money.history')}
          rowKey={(e) => `${e.account} ${e.number}`}
          width={wide ? 820 : 340}
          onOpen={setEntry}
          empty={<EmptyState>{why || q || from || to ? t('table.none') : t('money.empty')}</EmptyState>}
          columns={[
            { title: t('col.time'), key: 'at', width: wide ? 150 : 100, render: (_, e) => <When at={e.at} /> },
            {
              title: t('col.why'),
              key: 'why',
              width: wide ? 130 : 90,
              render: (_, e) => (
                <Button type="link" size="small" className="money-open" onClick={() => setEntry(e)}>
                  {t.maybe(`why.${e.why}`) ?? e.why}
                </Button>
              ),
            },
            { title: t('col.about'), key: 'about', responsive: ['md'], width: 240, render: (_, e) => <About entry={e} /> },
            { title: t('col.amount'), key: 'amount', width: 150, align: 'right', render: (_, e) => <MoneyDelta amount={e.amount} currency={currencyOf(e.account)} className="desk-strong" /> },
            { title: t('col.balance'), key: 'balance', responsive: ['md'], width: 150, align: 'right', render: (_, e) => <Amount amount={e.balance_after} currency={currencyOf(e.account)} /> },
          ]}
        />
      </Card>
      <Drawer open={!!entry} onClose={() => setEntry(undefined)} size="min(520px, 100vw)" title={t('money.entry')} closable={{ 'aria-label': t('act.close') }} className="desk-drawer" destroyOnHidden>
        {entry && <EntryDetail entry={entry} />}
      </Drawer>
    </>
  )
}

function About({ entry: e }: { entry: Entry }) {
  const about = e.about
  const other = about.counterparty?.nickname
  const subject = about.subject || other || about.withdrawal_id || about.top_up_id || about.transfer_id || '–'
  return (
    <span className="desk-cell-2">
      {about.payment_id ? <Link to={`/orders/${about.payment_id}`}>{subject}</Link> : <span className="desk-clip">{subject}</span>}
      {other && subject !== other && <small>{other}</small>}
    </span>
  )
}

function EntryDetail({ entry: e }: { entry: Entry }) {
  const t = useT()
  const currency = currencyOf(e.account)
  return (
    <>
      <MoneyDelta amount={e.amount} currency={currency} size="hero" />
      <p className="desk-strong">{t.maybe(`why.${e.why}`) ?? e.why}</p>
      <Facts
        items={[
          [t('col.time'), <When key="at" at={e.at} />],
          [t('col.about'), <About key="about" entry={e} />],
          [t('money.after'), <Amount key="b" amount={e.balance_after} currency={currency} />],
          ...(e.held_after ? [[t('money.heldafter'), <Amount key="h" amount={e.held_after} currency={currency} />] as [string, React.ReactNode]] : []),
          [t('money.account'), `${t.maybe(`account.${e.account.split(':')[0]}`)}`],
          [t('money.number'), `№ ${e.number}`],
          [t('col.command'), <CopyId key="c" id={e.command} what={t('col.command')} />],
          [t('money.position'), String(e.position)],
        ]}
      />
    </>
  )
}

function MonthPlot({ month, summary, currency }: { month: string; summary: Month; currency: string }) {
  const t = useT()
  const c = useTokens()
  const [inn, out] = [t('money.in'), t('money.out')]
  // In Chinese custom what comes in is red; the sign and the side say it too.
  const colours = t.lang === 'zh' ? [c.red, c.textSoft] : [c.green, c.textSoft]
  const last = new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5)), 0)).getUTCDate()
  const known = new Map(summary.by_day.map((d) => [d.day, d]))
  const days = Array.from({ length: last }, (_, i) => `${month}-${String(i + 1).padStart(2, '0')}`)
  const data = days.flatMap((day) => [
    { day: day.slice(8), amount: (known.get(day)?.in ?? 0) / 100, way: inn },
    { day: day.slice(8), amount: -(known.get(day)?.out ?? 0) / 100, way: out },
  ])
  const today = businessDay(now(), businessZone())
  return (
    <ViewAsTable
      title={t('money.plot', { month: formatMonth(month, t.lang) })}
      rows={days.filter((day) => day <= today)}
      rowKey={(day) => day}
      columns={[
        { title: t('money.day'), cell: (day) => day },
        { title: inn, number: true, cell: (day) => <MoneyDelta amount={known.get(day)?.in ?? 0} currency={currency} /> },
        { title: out, number: true, cell: (day) => <MoneyDelta amount={-(known.get(day)?.out ?? 0)} currency={currency} /> },
      ]}
    >
      <Plot
        kind="Column"
        data={data}
        xField="day"
        yField="amount"
        colorField="way"
        height={240}
        scale={{ color: { domain: [inn, out], range: colours }, y: { nice: true, ...roomFor(data.map((d) => Math.abs(d.amount))) } }}
        axis={{ y: { title: false, labelFormatter: (v: number) => compact(v, t.lang) }, x: { title: false, labelAutoRotate: false, labelFilter: (_: unknown, i: number) => i % 2 === 0 } }}
        tooltip={{ items: [{ channel: 'y', valueFormatter: (v: number) => formatMoney(Math.round(v * 100), currency, { sign: 'always' }) }] }}
      />
    </ViewAsTable>
  )
}

function Orders() {
  const t = useT()
  const pages = usePages<BankOrder>(['withdrawals'], (cursor, limit) => listWithdrawals(cursor, limit))
  return (
    <Card title={t('money.withdrawals')}>
      <Table<BankOrder>
        pages={pages}
        label={t('money.withdrawals')}
        rowKey={(o) => o.id}
        width={760}
        empty={<EmptyState>{t('money.withdrawals.empty')}</EmptyState>}
        columns={[
          { title: t('col.time'), key: 'at', width: 150, render: (_, o) => <When at={o.created_at} /> },
          { title: t('money.card'), key: 'card', width: 200, render: (_, o) => o.card.label },
          { title: t('col.amount'), key: 'amount', width: 150, align: 'right', render: (_, o) => <MoneyDelta amount={-o.amount} currency={o.currency} className="desk-strong" /> },
          {
            title: t('col.status'),
            key: 'status',
            width: 280,
            render: (_, o) => (
              <span className="desk-cell-2">
                <span>
                  <Badge state={o.status}>{t.maybe(`bank.${o.status}`)}</Badge>
                </span>
                {o.status === 'unknown' && (
                  <small>
                    {t('money.unknown')} {o.next_check_at && <Countdown until={o.next_check_at} label={(left) => t('money.nextcheck', { left })} over={t('money.checking')} />}
                  </small>
                )}
                {o.status === 'refused' && <small>{o.detail || t('money.refused')}</small>}
              </span>
            ),
          },
        ]}
      />
    </Card>
  )
}

function BankDialog({ kind, balance, onClose }: { kind: 'withdraw' | 'topup'; balance: Account | undefined; onClose: () => void }) {
  const t = useT()
  const may = useMay()
  const done = useDone(onClose)
  const cards = useQuery({ queryKey: ['cards'], queryFn: listCards })
  const [card, setCard] = useState<string>()
  const [text, setText] = useState('')
  const [wrong, setWrong] = useState(false)
  const [adding, setAdding] = useState(false)
  const currency = balance?.currency ?? 'CNY'
  const out = kind === 'withdraw'
  const most = out ? (balance?.available ?? 0) : undefined
  const chosen = card ?? cards.data?.[0]?.id
  const act = useAct(kind, (input: { card_id: string; amount: number }, key) => (out ? withdraw(input, key) : topUp(input, key)), {
    onSuccess: (o) => done(t(o.status === 'succeeded' ? (out ? 'money.withdraw.done' : 'money.topup.done') : 'money.instructed')),
  })
  const read = readMoney(text, currency, most, t)
  const label = cards.data?.find((c) => c.id === chosen)
  const says = !out
    ? t('money.topup.says')
    : read.amount !== undefined && label
      ? t('money.withdraw.says', { amount: formatMoney(read.amount, currency), card: `${label.bank_name} ****${label.last4}`, rest: formatMoney((most ?? 0) - read.amount, currency) })
      : t('money.withdraw.available', { amount: formatMoney(most ?? 0, currency) })
  return (
    <>
      <ActDialog
        open={!adding}
        onClose={onClose}
        title={t(out ? 'money.withdraw' : 'money.topup')}
        says={says}
        ok={t(out ? 'money.withdraw' : 'money.topup')}
        act={act}
        onSubmit={() => {
          setWrong(!!read.error || !chosen)
          if (read.amount !== undefined && chosen) act.run({ card_id: chosen, amount: read.amount })
        }}
      >
        <Field label={t('col.amount')} error={wrong && read.error ? read.error : undefined}>
          <MoneyInput currency={currency} value={text} onChange={setText} autoFocus />
        </Field>
        <Field label={t('money.card')} error={wrong && !chosen ? t('money.nocard') : undefined} hint={cards.data && !cards.data.length ? t('money.nocard') : undefined}>
          <Select
            loading={cards.isPending}
            value={chosen}
            onChange={setCard}
            options={(cards.data ?? []).map((c) => ({ value: c.id, label: `${c.bank_name} ****${c.last4}${c.holder_masked ? ` · ${c.holder_masked}` : ''}` }))}
          />
        </Field>
        {may('manage cards') && (
          <Button size="small" onClick={() => setAdding(true)}>
            {t('money.addcard')}
          </Button>
        )}
      </ActDialog>
      {adding && <AddCard onClose={() => setAdding(false)} onDone={(c) => setCard(c.id)} />}
    </>
  )
}

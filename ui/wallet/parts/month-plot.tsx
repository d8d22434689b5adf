import { Amount, formatMoney, MoneyDelta, ViewAsTable } from '@shared'
import { Plot, roomFor } from '@shared/plots'
import type { Month } from '../api/wallet'
import { useT } from '../i18n'

/** MonthPlot is a month's spending by day; the table has both ways of the money. */
export default function MonthPlot({ month }: { month: Month }) {
  const t = useT()
  const days = month.by_day.map((d) => ({ ...d, date: String(Number(d.day.slice(8))), spent: d.out / 100 }))
  const rows = month.by_day.filter((d) => d.in || d.out)
  return (
    <>
      <ViewAsTable
        title={t('history.plot.title')}
        rows={rows}
        rowKey={(d) => d.day}
        columns={[
          { title: t('col.day'), cell: (d) => d.day },
          { title: t('col.out'), number: true, cell: (d) => <Amount amount={d.out} currency={month.currency} /> },
          { title: t('col.in'), number: true, cell: (d) => <Amount amount={d.in} currency={month.currency} /> },
        ]}
      >
        <Plot
          kind="Column"
          data={days}
          xField="date"
          yField="spent"
          height={200}
          scale={{ y: roomFor(days.map((d) => d.spent)) }}
          axis={{ x: { title: false, labelAutoRotate: false, labelFilter: (_: unknown, i: number) => i % 5 === 0 }, y: { title: false, labelFormatter: (v: number) => `¥${v.toLocaleString('en-US')}` } }}
          tooltip={{ title: (d: { day: string }) => d.day, items: [(d: { out: number }) => ({ name: t('col.out'), value: formatMoney(d.out, month.currency, { lang: t.lang }) })] }}
        />
      </ViewAsTable>
      <ul className="w-bywhy">
        {month.by_why.map((w) => (
          <li key={w.why}>
            <span>{t.maybe(`why.${w.why}`) ?? w.why}</span>
            <MoneyDelta amount={w.amount} currency={month.currency} />
          </li>
        ))}
      </ul>
    </>
  )
}

import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useDeferredValue, useState } from 'react'
import { Link } from 'react-router'
import { SearchOutline } from 'antd-mobile-icons'
import { businessZone, EmptyState, ErrorState, formatMoney, formatMonth, Skeleton } from '@shared'
import { listEntries, monthSummary, type Why } from '../api/wallet'
import { useT } from '../i18n'
import { EntryRow } from '../parts/entry'
import { useRows } from '../parts/lists'
import { byMonth } from '../parts/months'
import { Chips, MoreRows, Page } from '../parts/ui'

const MonthPlot = lazy(() => import('../parts/month-plot'))
const kinds = ['all', 'payment', 'refund', 'transfer', 'top_up', 'withdrawal'] as const

export default function History() {
  const t = useT()
  const [kind, setKind] = useState<(typeof kinds)[number]>('all')
  const [text, setText] = useState('')
  const q = useDeferredValue(text.trim())
  const why = kind === 'all' ? undefined : (kind satisfies Why)
  const rows = useRows(['entries', 'history', why, q], (cursor) => listEntries({ limit: 30, ...(why ? { why } : {}), ...(q ? { q } : {}) }, cursor))
  const filtered = !!why || !!q
  return (
    <Page title={t('history.title')}>
      <div className="w-sticky">
        <label className="w-search">
          <SearchOutline aria-hidden="true" />
          <span className="tb-sr">{t('history.search')}</span>
          <input type="search" placeholder={t('history.search')} value={text} onChange={(e) => setText(e.target.value)} maxLength={64} />
        </label>
        <Chips label={t('history.kind')} chosen={kind} choices={kinds.map((k) => [k, t(k === 'all' ? 'filter.all' : `why.${k}`)] as const)} onChoose={setKind} />
      </div>
      {rows.data === undefined ? (
        rows.error ? (
          <ErrorState error={rows.error} onRetry={() => void rows.refetch()} />
        ) : (
          <Skeleton rows={8} />
        )
      ) : rows.data.length === 0 ? (
        filtered ? (
          <EmptyState
            action={
              <button
                type="button"
                className="tb-plain"
                onClick={() => {
                  setKind('all')
                  setText('')
                }}
              >
                {t('filter.clear')}
              </button>
            }
          >
            {t('history.none.filtered')}
          </EmptyState>
        ) : (
          <EmptyState action={<Link to="/top-up">{t('home.empty.act')}</Link>}>{t('home.empty')}</EmptyState>
        )
      ) : (
        byMonth(rows.data, businessZone()).map(({ month, entries }, i) => (
          <section key={month} className="w-group" aria-labelledby={`m${month}`}>
            <MonthHead month={month} plotted={i === 0} />
            <div className="w-card">
              {entries.map((entry) => (
                <EntryRow key={entry.number} entry={entry} />
              ))}
            </div>
          </section>
        ))
      )}
      <MoreRows rows={rows} />
    </Page>
  )
}

/** MonthHead has the whole month's totals, whatever is filtered below. */
function MonthHead({ month }: { month: string; plotted?: boolean }) {
  const t = useT()
  const sums = useQuery({ queryKey: ['summary', month], queryFn: () => monthSummary(month) })
  const [plot, setPlot] = useState(false)
  const money = (amount: number, currency: string) => formatMoney(amount, currency, { lang: t.lang })
  return (
    <>
      <div className="w-month">
        <h2 id={`m${month}`}>{formatMonth(month, t.lang)}</h2>
        <button type="button" className="tb-plain" aria-expanded={plot} onClick={() => setPlot(!plot)}>
          {plot ? t('history.noplot') : t('history.plot')}
        </button>
        <p className="tb-soft">
          {sums.data ? (
            <>
              <span>{t('history.out', { amount: money(sums.data.money_out, sums.data.currency) })}</span>
              <span>{t('history.in', { amount: money(sums.data.money_in, sums.data.currency) })}</span>
              {!sums.data.complete && <span>{t('history.partial')}</span>}
            </>
          ) : sums.error ? (
            <span>{t('history.nosums')}</span>
          ) : (
            <span className="w-bone" aria-hidden="true" />
          )}
        </p>
      </div>
      {plot && sums.data && (
        <div className="w-card w-plot">
          <Suspense fallback={<Skeleton shape="plot" />}>
            <MonthPlot month={sums.data} />
          </Suspense>
        </div>
      )}
    </>
  )
}

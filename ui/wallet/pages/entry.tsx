// An entry of the history, with what it was for, and printable.
import { useQuery } from '@tanstack/react-query'
import { Link, useLocation, useParams } from 'react-router'
import { CopyId, EmptyState, formatMoney, Load, MoneyDelta, When } from '@shared'
import { listEntries, type Entry, type Page as Paged } from '../api/wallet'
import { useT } from '../i18n'
import { useEntryWords } from '../parts/entry'
import { Facts, Group, Page, Row } from '../parts/ui'
import { PrintButton, PrintHead } from '../parts/print'

export default function EntryPage() {
  const t = useT()
  const number = Number(useParams().number)
  const given = (useLocation().state as { entry?: Entry } | null)?.entry
  const entry = useQuery({ queryKey: ['entry', number], staleTime: Infinity, queryFn: () => find(number), ...(given?.number === number ? { initialData: given } : {}) })
  const words = useEntryWords()
  return (
    <Page title={t('entry.title')} back="/history" action={entry.data && <PrintButton />}>
      <Load query={entry} skeleton={{ shape: 'page', rows: 3 }} empty={{ when: (e) => e === null, show: <EmptyState action={<Link to="/history">{t('history.title')}</Link>}>{t('entry.none')}</EmptyState> }}>
        {(found) => {
          const e = found!
          const { title, note } = words(e)
          const a = e.about
          return (
            <>
              <PrintHead />
              <div className="w-result">
                <p className="w-result-who">{title}</p>
                <MoneyDelta amount={e.amount} currency={e.currency} size="hero" />
              </div>
              <Group>
                <Facts
                  facts={[
                    [t('col.why'), t.maybe(`why.${e.why}`) ?? e.why],
                    note ? [e.why === 'transfer' ? t('col.note') : e.why === 'top_up' || e.why === 'withdrawal' ? t('col.card') : t('col.subject'), note] : null,
                    [t('col.time'), <When key="w" at={e.at} />],
                    [t('col.after'), formatMoney(e.balance_after, e.currency, { lang: t.lang })],
                    e.held_after ? [t('col.held'), formatMoney(e.held_after, e.currency, { lang: t.lang })] : null,
                    [t('col.number'), <CopyId key="n" id={a.payment_id ?? a.transfer_id ?? a.top_up_id ?? a.withdrawal_id ?? e.command} what={t('col.number')} show={16} />],
                  ]}
                />
              </Group>
              {(a.payment_id || a.transfer_id || a.top_up_id || a.withdrawal_id) && (
                <Group className="w-noprint">
                  {a.payment_id && <Row to={`/orders/${a.payment_id}`} title={t('entry.order')} />}
                  {a.payment_id && <Row to={`/orders/${a.payment_id}/receipt`} title={t('receipt.title')} />}
                  {a.transfer_id && <Row to={`/transfers/${a.transfer_id}`} title={t('entry.transfer')} />}
                  {a.top_up_id && <Row to={`/top-ups/${a.top_up_id}`} title={t('entry.topup')} />}
                  {a.withdrawal_id && <Row to={`/withdrawals/${a.withdrawal_id}`} title={t('entry.withdrawal')} />}
                </Group>
              )}
            </>
          )
        }}
      </Load>
    </Page>
  )
}

// find goes down the history to a line; the API has no address for one.
async function find(number: number): Promise<Entry | null> {
  let cursor: string | undefined
  for (let page = 0; page < 50; page++) {
    const got: Paged<Entry> = await listEntries({ limit: 100 }, cursor)
    const entry = got.data.find((e) => e.number === number)
    if (entry) return entry
    if (!got.next_cursor || (got.data.at(-1)?.number ?? 0) < number) return null
    cursor = got.next_cursor
  }
  return null
}

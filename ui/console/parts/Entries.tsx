// Entries are an account's history, newest first, each of which unrolls to the
// command that caused it, and that to its request.
import { Amount, EmptyState, formatMoney, Load, MoneyDelta, When } from '@shared'
import { currencyOf, Table, usePages } from '@shared/desks'
import { useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import { getCommand, listEntries, type AccountEntry, type Command } from '../api/console'
import { useT } from '../i18n'
import { AccountLink, Actor, commandPath, RecordLink } from './links'

export function Entries({ account, marked }: { account: string; marked?: number | undefined }) {
  const t = useT()
  const currency = currencyOf(account)
  const pages = usePages<AccountEntry>(['entries', account], (cursor, limit) => listEntries(account, cursor, limit))
  return (
    <Table<AccountEntry>
      pages={pages}
      label={t('entries.title')}
      rowKey={(e) => String(e.number)}
      width={820}
      empty={<EmptyState>{t('entries.empty')}</EmptyState>}
      expanded={(e) => <Unrolled position={e.position} />}
      rowClass={(e) => (e.number === marked ? 'entry-marked' : '')}
      columns={[
        { title: '№', dataIndex: 'number', width: 70, align: 'right' },
        { title: t('col.time'), key: 'at', width: 150, render: (_, e) => <When at={e.at} /> },
        { title: t('col.why'), key: 'why', width: 120, render: (_, e) => t.maybe(`why.${e.why}`) ?? e.why },
        { title: t('col.amount'), key: 'amount', width: 150, align: 'right', render: (_, e) => <MoneyDelta amount={e.amount} currency={currency} className="desk-strong" /> },
        { title: t('entries.after'), key: 'after', width: 150, align: 'right', render: (_, e) => <Amount amount={e.balance_after} currency={currency} /> },
        { title: t('entries.held'), key: 'held', width: 120, align: 'right', render: (_, e) => <Amount amount={e.held_after} currency={currency} /> },
        {
          title: t('col.command'),
          key: 'command',
          width: 200,
          render: (_, e) => (
            <span className="desk-cell-2">
              <Link to={commandPath(e.position)}>{t.maybe(`command.${e.command_name}`) ?? e.command_name}</Link>
              <small className="desk-mono">#{e.position}</small>
            </span>
          ),
        },
      ]}
    />
  )
}

function Unrolled({ position }: { position: number }) {
  const query = useQuery({ queryKey: ['command', String(position)], queryFn: () => getCommand(String(position)), staleTime: Infinity })
  return (
    <div className="unrolled">
      <Load query={query} skeleton={{ shape: 'text' }}>
        {(c) => <CommandSummary command={c} />}
      </Load>
    </div>
  )
}

// The object itself says more than its timer, its events and its indexes.
const weight = (kind: string) => ['trade', 'bank_order', 'transfer', 'hold', 'person', 'merchant'].indexOf(kind) >>> 0

/** CommandSummary is who asked for what, in which request, and what it moved. */
export function CommandSummary({ command: c }: { command: Command }) {
  const t = useT()
  return (
    <>
      <ol className="chain">
        <li>
          <span className="tb-soft">{t('chain.request')}</span>
          {c.request ? (
            <code className="desk-mono">
              {c.request.method} {c.request.path} → {c.request.status}
            </code>
          ) : (
            <span className="tb-soft">{t('chain.norequest')}</span>
          )}
          {c.request_id && <code className="desk-mono tb-soft">{c.request_id}</code>}
        </li>
        <li>
          <span className="tb-soft">{t('chain.actor')}</span>
          <Actor actor={c.actor} />
        </li>
        <li>
          <span className="tb-soft">{t('chain.command')}</span>
          <Link to={commandPath(c.position)}>
            {t.maybe(`command.${c.name}`) ?? c.name} #{c.position}
          </Link>
        </li>
        <li>
          <span className="tb-soft">{t('chain.about')}</span>
          {c.records.length === 0 ? '–' : [...c.records].sort((a, b) => weight(a.kind) - weight(b.kind)).slice(0, 2).map((r) => <RecordLink key={`${r.kind} ${r.id}`} kind={r.kind} id={r.id} />)}
        </li>
      </ol>
      <Legs command={c} />
    </>
  )
}

/** Legs are the double entry: debits and credits, which sum to the same. */
export function Legs({ command: c }: { command: Command }) {
  const t = useT()
  if (!c.legs.length) return <p className="tb-soft">{t('legs.none')}</p>
  const currency = currencyOf(c.legs[0]!.account)
  const sum = (side: 'debit' | 'credit') => c.legs.reduce((total, leg) => total + leg[side], 0)
  return (
    <div className="tb-scroll" tabIndex={0} role="region" aria-label={t('legs.title')}>
      <table className="tb-table">
        <thead>
          <tr>
            <th scope="col">{t('legs.account')}</th>
            <th scope="col">{t('col.why')}</th>
            <th scope="col" className="tb-number">
              {t('books.debit')}
            </th>
            <th scope="col" className="tb-number">
              {t('books.credit')}
            </th>
            <th scope="col" className="tb-number">
              {t('entries.after')}
            </th>
          </tr>
        </thead>
        <tbody>
          {c.legs.map((leg, i) => (
            <tr key={i}>
              <td>
                <AccountLink id={leg.account} />
              </td>
              <td>{t.maybe(`why.${leg.why}`) ?? leg.why}</td>
              <td className="tb-number">{leg.debit ? <Amount amount={leg.debit} currency={currencyOf(leg.account)} /> : ''}</td>
              <td className="tb-number">{leg.credit ? <Amount amount={leg.credit} currency={currencyOf(leg.account)} /> : ''}</td>
              <td className="tb-number">
                <Amount amount={leg.balance_after} currency={currencyOf(leg.account)} />
              </td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row" colSpan={2}>
              {t('books.total')}
            </th>
            <td className="tb-number desk-strong">
              <Amount amount={sum('debit')} currency={currency} />
            </td>
            <td className="tb-number desk-strong">
              <Amount amount={sum('credit')} currency={currency} />
            </td>
            <td />
          </tr>
        </tfoot>
      </table>
    </div>
  )
}

/** Balances are a party's accounts, each of which unrolls. */
export function Balances({ accounts }: { accounts: { id: string; balance: number; held: number; available: number; currency: string }[] }) {
  const t = useT()
  if (!accounts.length) return <p className="tb-soft">{t('accounts.none')}</p>
  return (
    <ul className="balances">
      {accounts.map((a) => (
        <li key={a.id}>
          <AccountLink id={a.id}>{t.maybe(`account.${a.id.split(':')[0]}`)}</AccountLink>
          <Amount amount={a.balance} currency={a.currency} size="large" />
          <small className="tb-soft">{a.held ? t('accounts.held', { held: formatMoney(a.held, a.currency) }) : t('accounts.unroll')}</small>
        </li>
      ))}
    </ul>
  )
}

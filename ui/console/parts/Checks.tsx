import { formatMoney, When } from '@shared'
import type { Books } from '../api/console'
import { useT } from '../i18n'

/** Checks say in words and colour whether the books hold. */
export function Checks({ books: b }: { books: Books }) {
  const t = useT()
  return (
    <>
      <p className={b.balanced ? 'desk-good' : 'desk-refused'} role="status">
        <strong>{b.balanced ? `✓ ${t('books.balanced')}` : `✗ ${t('books.unbalanced')}`}</strong>{' '}
        <span className="tb-soft">
          #{b.position} · <When at={b.at} />
        </span>
      </p>
      <ul className="checks">
        {b.checks.map((c) => (
          <li key={c.name} className={c.ok ? 'check-ok' : 'check-bad'}>
            <span className="check-sign" aria-hidden="true">
              {c.ok ? '✓' : '✗'}
            </span>
            <span className="desk-cell-2">
              <span>
                {t.maybe(`check.${c.name}`) ?? c.name} <strong>{t(c.ok ? 'check.ok' : 'check.bad')}</strong>
              </span>
              <small>{(c.ok && said(b, c.name, t)) || c.detail}</small>
            </span>
          </li>
        ))}
      </ul>
    </>
  )
}

// What a check that holds has added up, from the same rows; one that doesn't is told in the server's own words.
function said(b: Books, name: string, t: ReturnType<typeof useT>): string | undefined {
  const sum = (currency: string, of: (row: Books['rows'][number]) => number) => formatMoney(b.rows.filter((r) => r.currency === currency).reduce((total, r) => total + of(r), 0), currency)
  const each = (say: (currency: string) => string) => [...new Set(b.rows.map((r) => r.currency))].map(say).join(' · ')
  switch (name) {
    case 'debits_equal_credits':
      return each((c) => t('check.says.debits', { debit: sum(c, (r) => r.debit), credit: sum(c, (r) => r.credit) }))
    case 'escrow_equals_open_payments':
      return each((c) => t('check.says.escrow', { amount: sum(c, (r) => (r.kind === 'escrow' ? r.balance : 0)) }))
    case 'funds_cover_what_is_owed':
      return each((c) => t('check.says.funds', { funds: sum(c, (r) => (r.kind === 'client_funds' ? r.balance : 0)), owed: sum(c, (r) => (['user', 'merchant', 'escrow'].includes(r.kind) ? r.balance : 0)) }))
    case 'held_equals_open_holds':
      return each((c) => t('check.says.held', { amount: sum(c, (r) => r.held) }))
  }
  return undefined
}

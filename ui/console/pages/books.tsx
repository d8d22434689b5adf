import { Amount, Load, useTitle } from '@shared'
import { Card, Head } from '@shared/desks'
import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { Link } from 'react-router'
import { getBooks } from '../api/console'
import { useT } from '../i18n'
import { Checks } from '../parts/Checks'

export default function BooksPage() {
  const t = useT()
  useTitle(t('nav.books'))
  const query = useQuery({ queryKey: ['books'], queryFn: getBooks, refetchInterval: 15_000 })
  return (
    <>
      <Head title={t('nav.books')} sub={t('books.says')}>
        <Button loading={query.isFetching} onClick={() => void query.refetch()}>
          {t('books.again')}
        </Button>
      </Head>
      <Load query={query} skeleton={{ shape: 'page' }}>
        {(b) => (
          <>
            <Card title={t('overview.books')}>
              <Checks books={b} />
            </Card>
            {[...new Set(b.rows.map((r) => r.currency))].map((currency) => {
              const rows = b.rows.filter((r) => r.currency === currency)
              const sum = (side: 'debit' | 'credit') => rows.reduce((total, r) => total + r[side], 0)
              return (
                <Card key={currency} title={t('books.trial', { currency })}>
                  <div className="tb-scroll" tabIndex={0} role="region" aria-label={t('books.trial', { currency })}>
                    <table className="tb-table books">
                      <thead>
                        <tr>
                          <th scope="col">{t('books.kind')}</th>
                          <th scope="col" className="tb-number">
                            {t('books.accounts')}
                          </th>
                          <th scope="col" className="tb-number">
                            {t('col.balance')}
                          </th>
                          <th scope="col" className="tb-number">
                            {t('entries.held')}
                          </th>
                          <th scope="col" className="tb-number">
                            {t('books.debit')}
                          </th>
                          <th scope="col" className="tb-number">
                            {t('books.credit')}
                          </th>
                        </tr>
                      </thead>
                      <tbody>
                        {rows.map((r) => (
                          <tr key={r.kind}>
                            <th scope="row">
                              <Link to={`/books/${r.kind}`}>{t.maybe(`account.${r.kind}`) ?? r.kind}</Link>
                            </th>
                            <td className="tb-number">{r.accounts.toLocaleString()}</td>
                            <td className="tb-number desk-strong">
                              <Amount amount={r.balance} currency={currency} />
                            </td>
                            <td className="tb-number">
                              <Amount amount={r.held} currency={currency} />
                            </td>
                            <td className="tb-number">
                              <Amount amount={r.debit} currency={currency} />
                            </td>
                            <td className="tb-number">
                              <Amount amount={r.credit} currency={currency} />
                            </td>
                          </tr>
                        ))}
                      </tbody>
                      <tfoot>
                        <tr>
                          <th scope="row" colSpan={4}>
                            {t('books.total')} {sum('debit') === sum('credit') ? <span className="check-ok-text">✓ {t('books.equal')}</span> : <span className="tb-bad">✗ {t('books.unequal')}</span>}
                          </th>
                          <td className="tb-number desk-strong">
                            <Amount amount={sum('debit')} currency={currency} />
                          </td>
                          <td className="tb-number desk-strong">
                            <Amount amount={sum('credit')} currency={currency} />
                          </td>
                        </tr>
                      </tfoot>
                    </table>
                  </div>
                </Card>
              )
            })}
          </>
        )}
      </Load>
    </>
  )
}

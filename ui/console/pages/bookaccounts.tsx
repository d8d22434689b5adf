import { Amount, EmptyState, useTitle } from '@shared'
import { Head, Table, usePages } from '@shared/desks'
import { Link, useNavigate, useParams } from 'react-router'
import { listBookAccounts, type Account } from '../api/console'
import { useT } from '../i18n'
import { accountPath, partyPath } from '../parts/links'

export default function BookAccounts() {
  const t = useT()
  const navigate = useNavigate()
  const { kind = '' } = useParams()
  const name = t.maybe(`account.${kind}`) ?? kind
  useTitle(name)
  const pages = usePages<Account>(['book accounts', kind], (cursor, limit) => listBookAccounts(kind, cursor, limit), { size: 50 })
  return (
    <>
      <Head title={name} sub={<Link to="/books">{t('nav.books')}</Link>} />
      <section className="tb-card desk-card">
        <Table<Account>
          pages={pages}
          label={name}
          rowKey={(a) => a.id}
          onOpen={(a) => void navigate(accountPath(a.id))}
          empty={<EmptyState>{t('books.noaccounts')}</EmptyState>}
          columns={[
            { title: t('legs.account'), key: 'id', width: 320, render: (_, a) => <Link to={accountPath(a.id)} className="desk-mono">{a.id}</Link> },
            { title: t('unknowns.owner'), key: 'owner', width: 180, render: (_, a) => (a.owner.startsWith('2088') ? <Link to={partyPath(a.owner)}>{a.owner}</Link> : <span className="tb-soft">{a.owner === '0' || !a.owner ? t('by.platform') : a.owner}</span>) },
            { title: t('col.balance'), key: 'balance', width: 170, align: 'right', render: (_, a) => <Amount amount={a.balance} currency={a.currency} className="desk-strong" /> },
            { title: t('entries.held'), key: 'held', width: 150, align: 'right', render: (_, a) => <Amount amount={a.held} currency={a.currency} /> },
            { title: t('account.available'), key: 'available', width: 170, align: 'right', render: (_, a) => <Amount amount={a.available} currency={a.currency} /> },
          ]}
        />
      </section>
    </>
  )
}

import { Amount, CopyId, Countdown, EmptyState, useTitle, When } from '@shared'
import { Age, Head, Table, usePages } from '@shared/desks'
import { Link } from 'react-router'
import { listUnknowns, type Unknown } from '../api/console'
import { useT } from '../i18n'
import { partyPath } from '../parts/links'

export default function Unknowns() {
  const t = useT()
  useTitle(t('nav.unknowns'))
  const pages = usePages<Unknown>(['unknowns'], (cursor, limit) => listUnknowns(cursor, limit), { refetchInterval: 5000 })
  return (
    <>
      <Head title={t('nav.unknowns')} sub={t('unknowns.says')} />
      <section className="tb-card desk-card">
        <Table<Unknown>
          pages={pages}
          label={t('nav.unknowns')}
          rowKey={(u) => u.id}
          width={980}
          empty={<EmptyState>{t('unknowns.empty')}</EmptyState>}
          columns={[
            {
              title: t('unknowns.what'),
              key: 'what',
              width: 230,
              render: (_, u) => (
                <span className="desk-cell-2">
                  <span>{t(`why.${u.kind}`)}</span>
                  <CopyId id={u.id} show={22} />
                </span>
              ),
            },
            { title: t('unknowns.owner'), key: 'owner', width: 150, render: (_, u) => <Link to={partyPath(u.owner.id)}>{u.owner.nickname || u.owner.id}</Link> },
            { title: t('col.amount'), key: 'amount', width: 130, align: 'right', render: (_, u) => <Amount amount={u.amount} currency={u.currency} className="desk-strong" /> },
            { title: t('unknowns.card'), key: 'card', width: 170, render: (_, u) => u.card },
            { title: t('col.age'), key: 'age', width: 90, render: (_, u) => <Age since={u.created_at} /> },
            {
              title: t('unknowns.next'),
              key: 'next',
              width: 170,
              render: (_, u) => (
                <span className="desk-cell-2">
                  {u.next_check_at ? <Countdown until={u.next_check_at} over={t('unknowns.asking')} /> : '–'}
                  <small>{t('unknowns.asked', { n: u.attempts })}</small>
                </span>
              ),
            },
            { title: t('unknowns.detail'), key: 'detail', width: 180, render: (_, u) => <span className="tb-soft">{u.detail || <When at={u.created_at} />}</span> },
          ]}
        />
      </section>
    </>
  )
}

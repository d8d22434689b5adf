import { EmptyState, useTitle, When } from '@shared'
import { Badge, Head, Table, usePages } from '@shared/desks'
import { Link } from 'react-router'
import { listAudit, type Audited } from '../api/console'
import { useT } from '../i18n'
import { Actor, commandPath } from '../parts/links'

export default function Audit() {
  const t = useT()
  useTitle(t('nav.audit'))
  const pages = usePages<Audited>(['audit'], (cursor, limit) => listAudit(cursor, limit), { refetchInterval: 15_000 })
  return (
    <>
      <Head title={t('nav.audit')} sub={t('audit.says')} />
      <section className="tb-card desk-card">
        <Table<Audited>
          pages={pages}
          label={t('nav.audit')}
          rowKey={(a) => String(a.position)}
          width={860}
          empty={<EmptyState>{t('audit.empty')}</EmptyState>}
          expanded={(a) => (
            <pre className="desk-code" tabIndex={0} aria-label={t('command.contents')}>
              {JSON.stringify(a.contents, null, 2)}
            </pre>
          )}
          columns={[
            { title: t('col.time'), key: 'at', width: 150, render: (_, a) => <When at={a.at} /> },
            { title: t('audit.who'), key: 'actor', width: 260, render: (_, a) => <Actor actor={a.actor} /> },
            {
              title: t('audit.did'),
              key: 'name',
              width: 240,
              render: (_, a) => (
                <span className="desk-cell-2">
                  <Link to={commandPath(a.position)}>{t.maybe(`command.${a.name}`) ?? a.name}</Link>
                  <small className="desk-mono">#{a.position}</small>
                </span>
              ),
            },
            {
              title: t('command.result'),
              key: 'refused',
              width: 180,
              render: (_, a) => (a.refused ? <Badge state="refused">{a.refused}</Badge> : <Badge state="succeeded">{t('command.done')}</Badge>),
            },
          ]}
        />
      </section>
    </>
  )
}

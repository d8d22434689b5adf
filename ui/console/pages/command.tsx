import { Amount, CopyId, Load, useTitle, When } from '@shared'
import { Badge, Card, currencyOf, Facts, Head } from '@shared/desks'
import { useQuery } from '@tanstack/react-query'
import { useParams } from 'react-router'
import { getCommand } from '../api/console'
import { useT } from '../i18n'
import { Legs } from '../parts/Entries'
import { AccountLink, Actor, RecordLink } from '../parts/links'

export default function CommandPage() {
  const t = useT()
  const { id = '' } = useParams()
  const query = useQuery({ queryKey: ['command', id], queryFn: () => getCommand(id), staleTime: Infinity })
  useTitle(t('col.command'))
  return (
    <Load query={query} skeleton={{ shape: 'page' }}>
      {(c) => (
        <>
          <Head title={t.maybe(`command.${c.name}`) ?? c.name} sub={<code className="desk-mono">{c.name}</code>}>
            {c.refused ? <Badge state="refused">{t('command.refused')}</Badge> : <Badge state="succeeded">{t('command.done')}</Badge>}
          </Head>
          {c.refused && (
            <p className="desk-note">
              <code className="desk-mono">{c.refused.code}</code> {c.refused.message} {t('command.refused.says')}
            </p>
          )}
          <div className="desk-grid desk-2">
            <Card title={t('command.asked')}>
              <Facts
                items={[
                  [t('col.time'), <When key="at" at={c.at} />],
                  [t('events.position'), `#${c.position}`],
                  [t('col.id'), <CopyId key="id" id={c.id} what={t('col.command')} show={48} />],
                  [t('chain.actor'), <Actor key="actor" actor={c.actor} />],
                  [
                    t('chain.request'),
                    <span key="request" className="desk-cell-2">
                      {c.request ? (
                        <>
                          <code className="desk-mono">
                            {c.request.method} {c.request.path}
                          </code>
                          <small>
                            {c.request.status} · {c.request.duration_ms.toFixed(1)} ms · <When at={c.request.at} />
                          </small>
                        </>
                      ) : (
                        <span className="tb-soft">{t('chain.norequest')}</span>
                      )}
                      {c.request_id && <CopyId id={c.request_id} what={t('chain.request')} show={36} />}
                    </span>,
                  ],
                ]}
              />
            </Card>
            <Card title={t('command.records')}>
              {c.records.length ? (
                <ul className="hits">
                  {c.records.map((r) => (
                    <li key={`${r.kind} ${r.id}`}>
                      <RecordLink kind={r.kind} id={r.id} /> {r.deleted && <span className="tb-soft">{t('command.deleted')}</span>}
                    </li>
                  ))}
                </ul>
              ) : (
                <p className="tb-soft">{t('command.norecords')}</p>
              )}
            </Card>
          </div>
          <Card title={t('legs.title')}>
            <Legs command={c} />
            {c.accounts.length > 0 && (
              <>
                <h3 className="command-states">{t('command.states')}</h3>
                <ul className="hits">
                  {c.accounts.map((a) => (
                    <li key={a.account}>
                      <AccountLink id={a.account} />
                      <span className="tb-soft">
                        {t('account.heldnow')} <Amount amount={a.held} currency={currencyOf(a.account)} /> · {t('account.spentyear')} <Amount amount={a.spent_year} currency={currencyOf(a.account)} />
                      </span>
                    </li>
                  ))}
                </ul>
              </>
            )}
          </Card>
          <div className="desk-grid desk-2">
            <Card title={t('command.contents')}>
              <pre className="desk-code" tabIndex={0} aria-label={t('command.contents')}>
                {JSON.stringify(c.contents, null, 2)}
              </pre>
            </Card>
            <Card title={t('command.result')}>
              <pre className="desk-code" tabIndex={0} aria-label={t('command.result')}>
                {JSON.stringify(c.result, null, 2)}
              </pre>
            </Card>
          </div>
        </>
      )}
    </Load>
  )
}

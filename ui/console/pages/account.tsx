import { Amount, businessZone, CopyId, Load, now, useTitle, When } from '@shared'
import { accountName, Card, Facts, Head, MomentPicker } from '@shared/desks'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link, useParams, useSearchParams } from 'react-router'
import { getAccount, getPast } from '../api/console'
import { useT } from '../i18n'
import { Entries } from '../parts/Entries'
import { aboutPath, partyPath } from '../parts/links'

export default function AccountPage() {
  const t = useT()
  const { id = '' } = useParams()
  const [params] = useSearchParams()
  const query = useQuery({ queryKey: ['account', id], queryFn: () => getAccount(id), refetchInterval: 10_000 })
  useTitle(accountName(id, t))
  const owner = id.split(':')[1] ?? ''
  return (
    <>
      <Head
        title={accountName(id, t)}
        sub={
          <>
            <CopyId id={id} what={t('legs.account')} show={40} /> {owner.startsWith('2088') && <Link to={partyPath(owner)}>{t('account.owner')}</Link>}
          </>
        }
      />
      <Load query={query} skeleton={{ shape: 'page' }}>
        {(a) => (
          <>
            <div className="desk-grid desk-3 desk-fill">
              <Card title={t('col.balance')}>
                <Amount amount={a.balance} currency={a.currency} size="hero" />
                <p className="tb-soft">{t('account.explained', { n: a.entries })}</p>
              </Card>
              <Card title={t('account.parts')}>
                <Facts
                  items={[
                    [t('account.available'), <Amount key="a" amount={a.available} currency={a.currency} />],
                    [t('account.heldnow'), <Amount key="h" amount={a.held} currency={a.currency} />],
                    ...(a.tier !== 'none' ? [[t('person.tier'), t.maybe(`tier.${a.tier}`) ?? a.tier] as [string, string]] : []),
                    ...(a.spent_year !== null ? [[t('account.spentyear'), <Amount key="y" amount={a.spent_year} currency={a.currency} />] as [string, React.ReactNode]] : []),
                  ]}
                />
              </Card>
              <Card title={t('account.past')}>
                <Past id={id} currency={a.currency} />
              </Card>
            </div>
            {a.holds.length > 0 && (
              <Card title={t('account.holds')}>
                <ul className="hits">
                  {a.holds.map((h) => (
                    <li key={h.id}>
                      <span className="desk-cell-2">
                        <code className="desk-mono">{h.id}</code>
                        <small>
                          {aboutPath(h.for) ? <Link to={aboutPath(h.for)!}>{h.for}</Link> : h.for} {h.expires_at && <When at={h.expires_at} />}
                        </small>
                      </span>
                      <Amount amount={h.rest} currency={a.currency} />
                    </li>
                  ))}
                </ul>
              </Card>
            )}
            <Card title={t('entries.title')} extra={<span className="tb-soft">{t('entries.says')}</span>}>
              <Entries account={id} marked={Number(params.get('entry')) || undefined} />
            </Card>
          </>
        )}
      </Load>
    </>
  )
}

// The balance at any past moment, business time.
function Past({ id, currency }: { id: string; currency: string }) {
  const t = useT()
  const zone = businessZone()
  const local = (time: number) => new Date(time).toLocaleString('sv-SE', { timeZone: zone }).slice(0, 16).replace(' ', 'T')
  const [text, setText] = useState(() => local(now() - 86_400_000))
  const moment = text ? fromLocal(text, zone) : undefined
  const query = useQuery({ queryKey: ['past', id, moment], queryFn: () => getPast(id, moment!), enabled: !!moment })
  return (
    <>
      <MomentPicker label={t('account.pastat')} value={text} max={local(now())} onChange={setText} />
      <div className="past-amount">
        {query.data ? (
          <>
            <Amount amount={query.data.balance} currency={currency} size="large" />
            <p className="tb-soft">{t('account.pastentry', { n: query.data.entry })}</p>
          </>
        ) : query.error ? (
          <p className="tb-bad">{t('account.pastfailed')}</p>
        ) : (
          <p className="tb-soft">…</p>
        )}
      </div>
    </>
  )
}

// A moment that was picked on the business's clock, as the API takes it.
function fromLocal(text: string, zone: string): string {
  const asUTC = Date.parse(`${text}:00Z`)
  const shown = Date.parse(new Date(asUTC).toLocaleString('sv-SE', { timeZone: zone }).replace(' ', 'T') + 'Z')
  return new Date(asUTC - (shown - asUTC)).toISOString()
}

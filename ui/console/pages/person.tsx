import { CopyId, formatMoney, Load, useTitle, When, Timeline, type TimelineStep } from '@shared'
import { Badge, Card, Facts, Head } from '@shared/desks'
import { useQuery } from '@tanstack/react-query'
import { useParams } from 'react-router'
import { getPerson, type Person } from '../api/console'
import { useT } from '../i18n'
import { Balances } from '../parts/Entries'
import { Payments } from '../parts/Payments'

export default function PersonPage() {
  const t = useT()
  const { id = '' } = useParams()
  const query = useQuery({ queryKey: ['person', id], queryFn: () => getPerson(id) })
  useTitle(query.data?.nickname || t('search.people'))
  return (
    <Load query={query} skeleton={{ shape: 'page' }}>
      {(p) => (
        <>
          <Head
            title={p.nickname || p.phone_masked}
            sub={
              <>
                {p.phone_masked} · <CopyId id={p.id} what={t('col.id')} />
              </>
            }
          >
            <Badge state={p.tier === 'unknown' ? 'unknown' : 'succeeded'}>{t.maybe(`tier.${p.tier}`) ?? p.tier}</Badge>
          </Head>
          <div className="desk-grid desk-2-1">
            <div>
              <Card title={t('party.payments')}>
                <Payments party={p.id} other="merchant" />
              </Card>
              <Card title={t('person.life')}>
                <Timeline label={t('person.life')} steps={life(p, t)} />
              </Card>
            </div>
            <div>
              <Card title={t('accounts.title')}>
                <Balances accounts={p.accounts} />
              </Card>
              <Card title={t('person.who')}>
                <Facts
                  items={[
                    [t('person.name'), p.name_masked ?? <span className="tb-soft">{t('person.unverified')}</span>],
                    [t('person.idnumber'), p.id_number_masked ?? '–'],
                    [t('person.limits'), limits(p, t)],
                    [t('person.left'), p.limits.left_now === null ? t('person.nolimit') : formatMoney(p.limits.left_now, 'CNY')],
                    [
                      t('pin.title'),
                      p.payment_password_locked_until ? (
                        <>
                          {t('person.locked')} <When at={p.payment_password_locked_until} />
                        </>
                      ) : p.has_payment_password ? (
                        t('person.tries', { n: p.payment_password_tries })
                      ) : (
                        t('person.nopassword')
                      ),
                    ],
                    [t('lang.label'), p.locale],
                  ]}
                />
              </Card>
              <Card title={t('person.cards')}>
                {p.cards.length ? <Facts items={p.cards.map((c) => [c.bank_name, `****${c.last4} · ${c.holder_masked}`])} /> : <p className="tb-soft">{t('person.nocards')}</p>}
              </Card>
              <Card title={t('person.devices')}>
                {p.devices.length ? (
                  <ul className="hits">
                    {p.devices.map((d) => (
                      <li key={d.id}>
                        <span className="desk-cell-2">
                          <span>{d.name}</span>
                          <small>
                            {t('person.lastseen')} <When at={d.last_seen_at} />
                          </small>
                        </span>
                      </li>
                    ))}
                  </ul>
                ) : (
                  <p className="tb-soft">{t('person.nodevices')}</p>
                )}
              </Card>
            </div>
          </div>
        </>
      )}
    </Load>
  )
}

function limits(p: Person, t: ReturnType<typeof useT>): string {
  const { for_life, per_day, per_year } = p.limits
  const parts = [
    for_life !== null && t('person.limit.life', { amount: formatMoney(for_life, 'CNY') }),
    per_year !== null && t('person.limit.year', { amount: formatMoney(per_year, 'CNY') }),
    per_day !== null && t('person.limit.day', { amount: formatMoney(per_day, 'CNY') }),
  ].filter((part) => part !== false)
  return parts.length ? parts.join(' · ') : t('person.nolimit')
}

function life(p: Person, t: ReturnType<typeof useT>): TimelineStep[] {
  const steps: { key: string; title: string; at: string | null }[] = [
    { key: 'created', title: t('person.created'), at: p.created_at },
    { key: 'verified', title: t('person.verified'), at: p.verified_at },
    { key: 'password', title: t('person.passwordchanged'), at: p.password_changed_at === p.created_at ? null : p.password_changed_at },
    ...p.devices.map((d) => ({ key: d.id, title: t('person.device', { name: d.name }), at: d.first_seen_at })),
  ]
  return steps
    .filter((s) => s.at)
    .sort((a, b) => a.at!.localeCompare(b.at!))
    .map((s) => ({ key: s.key, title: s.title, at: s.at!, state: 'done' }))
}

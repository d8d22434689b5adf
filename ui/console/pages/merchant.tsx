import { CopyId, Load, useTitle, When } from '@shared'
import { Badge, Card, Facts, Head } from '@shared/desks'
import { useQuery } from '@tanstack/react-query'
import { useParams } from 'react-router'
import { getMerchant } from '../api/console'
import { useT } from '../i18n'
import { Balances } from '../parts/Entries'
import { Payments } from '../parts/Payments'

export default function MerchantPage() {
  const t = useT()
  const { id = '' } = useParams()
  const query = useQuery({ queryKey: ['merchant', id], queryFn: () => getMerchant(id) })
  useTitle(query.data?.name ?? t('search.merchants'))
  return (
    <Load query={query} skeleton={{ shape: 'page' }}>
      {(m) => (
        <>
          <Head title={m.name} sub={<CopyId id={m.id} what={t('col.id')} />}>
            <Badge state={m.status === 'active' ? 'succeeded' : 'refused'}>{t(`merchant.${m.status}`)}</Badge>
          </Head>
          <div className="desk-grid desk-2-1">
            <Card title={t('party.payments')}>
              <Payments party={m.id} other="buyer" />
            </Card>
            <div>
              <Card title={t('accounts.title')}>
                <Balances accounts={m.accounts} />
              </Card>
              <Card title={t('merchant.facts')}>
                <Facts
                  items={[
                    [t('payment.fee.rate'), `${(m.fee_rate / 10_000).toFixed(2)}%`],
                    [t('merchant.since'), <When key="at" at={m.created_at} />],
                    ...m.cards.map((c) => [c.bank_name, `****${c.last4}`] as [string, string]),
                  ]}
                />
              </Card>
              <Card title={t('merchant.team')}>
                <ul className="hits">
                  {m.team.map((s) => (
                    <li key={s.id}>
                      <span className="desk-cell-2">
                        <span>{s.name}</span>
                        <small>{s.login}</small>
                      </span>
                      <span className="tb-soft">{t.maybe(`role.${s.role}`) ?? s.role}</span>
                    </li>
                  ))}
                </ul>
              </Card>
              <Card title={t('merchant.keys')}>
                {m.keys.length ? (
                  <ul className="hits">
                    {m.keys.map((k) => (
                      <li key={k.id}>
                        <span className="desk-cell-2">
                          <span>{k.name}</span>
                          <small className="desk-mono">{k.prefix}…</small>
                        </span>
                        <span className="tb-soft">{k.revoked_at ? t('merchant.revoked') : k.used_at ? <When at={k.used_at} /> : t('merchant.neverused')}</span>
                      </li>
                    ))}
                  </ul>
                ) : (
                  <p className="tb-soft">{t('merchant.nokeys')}</p>
                )}
              </Card>
            </div>
          </div>
        </>
      )}
    </Load>
  )
}

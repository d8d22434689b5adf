import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useSearchParams } from 'react-router'
import { formatMoney, Load, MaskedName } from '@shared'
import { proveIdentity, type Me } from '../api/wallet'
import { useT } from '../i18n'
import { IdentityForm, proofs, TierSays } from '../parts/identity'
import { safeNext, useMe } from '../parts/session'
import { Facts, Group, LinkButton, Notice, Page } from '../parts/ui'

export default function IdentityPage() {
  const t = useT()
  const [search] = useSearchParams()
  const next = search.get('next')
  const me = useMe()
  return (
    <Page title={t('identity.title')} back={next ? safeNext(next) : '/me'}>
      <Load query={me} skeleton={{ shape: 'page', rows: 3 }}>
        {(me) => <Identity me={me} next={next} />}
      </Load>
    </Page>
  )
}

function Identity({ me, next }: { me: Me; next: string | null }) {
  const t = useT()
  const client = useQueryClient()
  const [raised, setRaised] = useState(false)
  const act = useMutation({
    mutationFn: proveIdentity,
    onSuccess: (now) => {
      client.setQueryData(['me'], now)
      setRaised(true)
    },
  })
  const money = (amount: number | null) => (amount === null ? t('limit.unlimited') : formatMoney(amount, me.balance.currency, { lang: t.lang }))
  return (
    <>
      {raised && (
        <Notice tone="good" action={next ? <LinkButton to={safeNext(next)} replace>{t('act.back')}</LinkButton> : undefined}>
          {t('identity.raised', { tier: t(`tier.${me.tier}`) })}
        </Notice>
      )}
      <Group>
        <div className="w-tier">
          <span className="tb-soft">{t('identity.now')}</span>
          <strong>{t(`tier.${me.tier}`)}</strong>
          {me.name_masked && <MaskedName name={me.name_masked} />}
        </div>
        <Facts
          facts={[
            [t('limit.left.name'), money(me.limits.left_now)],
            me.limits.per_day !== null && [t('limit.day'), money(me.limits.per_day)],
            me.limits.per_year !== null && [t('limit.year'), money(me.limits.per_year)],
            me.limits.for_life !== null && [t('limit.forlife'), money(me.limits.for_life)],
            me.balance.spent_today !== null && [t('limit.spent.today'), money(me.balance.spent_today)],
            me.balance.spent_year !== null && [t('limit.spent.year'), money(me.balance.spent_year)],
          ]}
        />
        <p className="tb-soft w-small w-pad">{t('limit.says')}</p>
      </Group>
      <Group title={t('identity.tiers')}>
        <table className="tb-table w-tiers">
          <thead>
            <tr>
              <th scope="col">{t('identity.tier')}</th>
              <th scope="col">{t('identity.by')}</th>
              <th scope="col">{t('identity.may')}</th>
            </tr>
          </thead>
          <tbody>
            {proofs.map((p) => (
              <tr key={p.tier} aria-current={p.tier === me.tier || undefined}>
                <th scope="row">{t(`tier.${p.tier}.short`)}</th>
                <td>{t(`proof.${p.proof}`)}</td>
                <td>
                  <TierSays tier={p.tier} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Group>
      {me.tier !== 'III' ? (
        <Group title={t(me.tier === 'unknown' ? 'identity.act' : 'identity.raise')}>
          <div className="w-pad">
            <IdentityForm key={me.tier} act={act} tier={me.tier} />
          </div>
        </Group>
      ) : (
        <p className="tb-soft w-center">{t('identity.highest')}</p>
      )}
    </>
  )
}

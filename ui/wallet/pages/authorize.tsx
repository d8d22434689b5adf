// A merchant's page asks who I am. With auth_base alone the browser goes back at
// once; for more, the person is asked.
import { useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { Link, useSearchParams } from 'react-router'
import { asProblem, ErrorState, Skeleton, useAct, useTitle } from '@shared'
import { giveGrant, grantRequest } from '../api/wallet'
import { useT } from '../i18n'
import { SignedInDesk } from '../parts/asked'
import { patient } from '../parts/patient'
import { Button, LinkButton, Mark, Said } from '../parts/ui'

export default function AuthorizePage() {
  const t = useT()
  useTitle(t('grant.title'))
  return (
    <SignedInDesk title={t('grant.signin')}>
      <Consent />
    </SignedInDesk>
  )
}

function Consent() {
  const t = useT()
  const [params] = useSearchParams()
  const asked = { app_id: params.get('app_id') ?? '', scope: params.get('scope') ?? '', redirect_uri: params.get('redirect_uri') ?? '', state: params.get('state') ?? '' }
  const query = useQuery({ queryKey: ['grant', asked], queryFn: () => grantRequest(asked), retry: false })
  const act = useAct(
    `grant ${asked.app_id} ${asked.redirect_uri} ${asked.state}`,
    patient((_: undefined, key) => giveGrant(asked, key)),
    { onSuccess: (given) => location.assign(given.redirect_url) },
  )
  const silent = query.data?.scopes.every((scope) => scope === 'auth_base')
  const { run } = act
  useEffect(() => {
    if (silent) run(undefined)
    // Once, when it is known.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [silent])
  if (query.error) {
    return asProblem(query.error).moved === 'none' || asProblem(query.error).code === 'invalid_field' || asProblem(query.error).code === 'not_found' ? (
      <div className="w-result">
        <Mark kind="no" />
        <h1>{t('grant.gone')}</h1>
        <p className="tb-soft">{t('grant.gone.says')}</p>
        <LinkButton to="/">{t('cashier.home')}</LinkButton>
      </div>
    ) : (
      <ErrorState error={query.error} onRetry={() => void query.refetch()} />
    )
  }
  if (!query.data || (silent && !act.error)) return <Skeleton shape="page" rows={2} />
  const { merchant, app_name: app } = query.data
  return (
    <>
      <h1 className="w-desk-title">{t('grant.to', { name: merchant.name })}</h1>
      <p className="w-lead">{t('grant.app', { app })}</p>
      <ul className="w-lead">
        <li>{t('grant.knows.number')}</li>
        <li>{t('grant.knows.nickname')}</li>
        <li>{t('grant.knows.verified')}</li>
      </ul>
      <p className="w-pay-says">{t('grant.not')}</p>
      <Said error={act.error} />
      <Button className="w-wide" autoFocus busy={act.isPending || act.isSuccess} onClick={() => run(undefined)}>
        {t('grant.yes')}
      </Button>
      <p className="w-links w-links-center">
        <Link to="/">{t('grant.no')}</Link>
      </p>
    </>
  )
}

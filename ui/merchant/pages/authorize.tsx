// A service provider's page asks to act for this merchant: who asks, what it may
// do, and yes or no. The answer is where the browser goes on.
import { asProblem, CopyId, ErrorState, Skeleton, useAct, useTitle } from '@shared'
import { Card, Field, Refused, useSession } from '@shared/desks'
import { useQuery } from '@tanstack/react-query'
import { Button, Checkbox, Select } from 'antd'
import { useState } from 'react'
import { Link, useSearchParams } from 'react-router'
import { giveProviderGrant, listApps, providerRequest, type Application, type ProviderGiven, type ProviderRequest } from '../api/merchant'
import { useAppT } from '../apps/words'
import { useMay } from '../parts/may'

export default function AuthorizePage() {
  const t = useAppT()
  useTitle(t('provide.title'))
  const [params] = useSearchParams()
  const asked = { app_id: params.get('app_id') ?? '', redirect_uri: params.get('redirect_uri') ?? '', state: params.get('state') ?? '' }
  const request = useQuery({ queryKey: ['provider request', asked], queryFn: () => providerRequest(asked), retry: false })
  const apps = useQuery({ queryKey: ['apps'], queryFn: listApps })
  const error = request.error ?? apps.error
  if (error) {
    return ['not_found', 'invalid_field', 'missing_field'].includes(asProblem(error).code) ? (
      <Card className="provide">
        <h1>{t('provide.gone')}</h1>
        <p className="tb-soft">{t('provide.gone.says')}</p>
        <Link to="/">{t('provide.no')}</Link>
      </Card>
    ) : (
      <ErrorState error={error} onRetry={() => void Promise.all([request.refetch(), apps.refetch()])} />
    )
  }
  if (!request.data || !apps.data) return <Skeleton shape="form" />
  return <Consent asked={asked} request={request.data} apps={apps.data.filter((a) => !a.disabled_at)} />
}

function Consent({ asked, request, apps }: { asked: { app_id: string; redirect_uri: string; state: string }; request: ProviderRequest; apps: Application[] }) {
  const t = useAppT()
  const may = useMay()('manage keys')
  const shop = useSession().data?.staff?.merchant.name ?? ''
  const { given } = request
  const [scopes, setScopes] = useState(given.length ? given : request.scopes.filter((scope) => scope !== 'transfer'))
  const [own, setOwn] = useState(apps.at(-1)?.id)
  const [wrong, setWrong] = useState(false)
  const act = useAct(`provide ${asked.app_id} ${asked.redirect_uri} ${asked.state}`, (body: ProviderGiven, key) => giveProviderGrant(body, key), {
    onSuccess: ({ redirect_url }) => location.assign(redirect_url),
  })
  return (
    <Card className="provide">
      <h1 className="apps-name">{t('provide.to', { name: request.merchant.name })}</h1>
      <p>{t('provide.says', { app: request.app_name, shop })}</p>
      <p className="tb-soft">
        <CopyId id={request.app_id} what="app_id" show={16} />
      </p>
      {given.length > 0 && <p>{t('provide.given')}</p>}
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          setWrong(!scopes.length)
          if (scopes.length) act.run({ ...asked, scopes, ...(own ? { auth_app_id: own } : {}) })
        }}
      >
        <fieldset className="provide-what" disabled={!may} aria-describedby="provide-wrong">
          <legend>{t('provide.what')}</legend>
          {request.scopes.map((scope) => (
            <Checkbox key={scope} disabled={!may} checked={scopes.includes(scope)} onChange={(e) => setScopes(e.target.checked ? [...scopes, scope] : scopes.filter((s) => s !== scope))}>
              {t.maybe(`scope.${scope}`) ?? scope}
              {scope === 'transfer' && <small className="tb-soft">{t('scope.transfer.says')}</small>}
            </Checkbox>
          ))}
          <div id="provide-wrong" className="tb-bad" role="alert">
            {wrong && !scopes.length && t('provide.none')}
          </div>
        </fieldset>
        {apps.length > 1 && (
          <Field label={t('provide.as')} hint={t('provide.as.hint')}>
            <Select disabled={!may} value={own} onChange={setOwn} options={apps.map((a) => ({ value: a.id, label: `${a.name} · ${a.id}` }))} />
          </Field>
        )}
        {act.error && <Refused problem={act.error} money={false} />}
        {may ? (
          <div className="desk-inline">
            <Button type="primary" htmlType="submit" loading={act.isPending || act.isSuccess}>
              {t(given.length ? 'provide.again' : 'provide.yes')}
            </Button>
            <Link to="/">{t('provide.no')}</Link>
          </div>
        ) : (
          <p role="note">{t('provide.owner')}</p>
        )}
      </form>
    </Card>
  )
}

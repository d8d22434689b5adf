import { useTitle } from '@shared'
import { Head } from '@shared/desks'
import { useParams } from 'react-router'
import { Apps } from '../apps/Apps'
import { Providers } from '../apps/Providers'
import { useT } from '../i18n'
import { Events, Requests } from '../parts/EventLog'
import { Keys } from '../parts/Keys'
import { TabLinks } from '../parts/TabLinks'
import { Webhooks } from '../parts/Webhooks'

const parts = { keys: Keys, webhooks: Webhooks, apps: Apps, providers: Providers, events: Events, requests: Requests }
const tabs = Object.keys(parts) as (keyof typeof parts)[]

export default function Developers() {
  const t = useT()
  useTitle(t('nav.developers'))
  const { tab = 'keys' } = useParams()
  const now = tabs.find((key) => key === tab) ?? 'keys'
  const Part = parts[now]
  return (
    <>
      <Head title={t('nav.developers')} sub={t('dev.says')}>
        <a href="/docs" target="_blank" rel="noreferrer">
          {t('dev.docs')}
        </a>
      </Head>
      <TabLinks label={t('nav.developers')} items={tabs.map((key) => ({ to: `/developers/${key}`, name: t(`dev.${key}`), now: key === now }))} />
      <Part />
    </>
  )
}

import { CopyId, Load, useTitle } from '@shared'
import { Badge, Head } from '@shared/desks'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from 'react-router'
import { getApp } from '../api/merchant'
import { Calls } from '../apps/Calls'
import { Codes } from '../apps/Codes'
import { Debugger } from '../apps/Debugger'
import { Notices } from '../apps/Notices'
import { Sdks } from '../apps/Sdks'
import { Setup } from '../apps/Setup'
import { useAppT } from '../apps/words'
import { TabLinks } from '../parts/TabLinks'

const tabs = ['setup', 'sdks', 'calls', 'debugger', 'notices', 'codes'] as const

export default function Application() {
  const t = useAppT()
  const { id = '', tab = 'setup' } = useParams()
  const query = useQuery({ queryKey: ['app', id], queryFn: () => getApp(id) })
  useTitle(query.data?.name ?? t('apps.title'))
  return (
    <>
      <Head
        title={<span className="apps-name">{query.data?.name ?? t('apps.title')}</span>}
        sub={
          <span className="desk-inline">
            <CopyId id={id} what="app_id" />
            {query.data?.disabled_at && <Badge state="TRADE_CLOSED">{t('apps.off')}</Badge>}
          </span>
        }
      >
        <Link to="/developers/apps">{t('apps.back')}</Link>
      </Head>
      <Load query={query} skeleton={{ shape: 'form' }}>
        {(app) => (
          <>
            <TabLinks label={app.name} items={tabs.map((key) => ({ to: `/applications/${id}/${key}`, name: t(`tab.${key}`), now: key === tab }))} />
            {tab === 'setup' && <Setup key={app.id} app={app} />}
            {tab === 'sdks' && <Sdks app={app} />}
            {tab === 'calls' && <Calls app={app} />}
            {tab === 'debugger' && <Debugger app={app} />}
            {tab === 'notices' && <Notices app={app} />}
            {tab === 'codes' && <Codes />}
          </>
        )}
      </Load>
    </>
  )
}

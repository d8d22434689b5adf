import { useTitle } from '@shared'
import { Head } from '@shared/desks'
import { Tabs } from 'antd'
import { useNavigate, useParams } from 'react-router'
import { useT } from '../i18n'
import { Events, Requests } from '../parts/EventLog'
import { Keys } from '../parts/Keys'
import { Webhooks } from '../parts/Webhooks'

export default function Developers() {
  const t = useT()
  useTitle(t('nav.developers'))
  const navigate = useNavigate()
  const { tab = 'keys' } = useParams()
  return (
    <>
      <Head title={t('nav.developers')} sub={t('dev.says')}>
        <a href="/docs" target="_blank" rel="noreferrer">
          {t('dev.docs')}
        </a>
      </Head>
      <Tabs
        activeKey={tab}
        onChange={(key) => void navigate(`/developers/${key}`)}
        destroyOnHidden
        items={[
          { key: 'keys', label: t('dev.keys'), children: <Keys /> },
          { key: 'webhooks', label: t('dev.webhooks'), children: <Webhooks /> },
          { key: 'events', label: t('dev.events'), children: <Events /> },
          { key: 'requests', label: t('dev.requests'), children: <Requests /> },
        ]}
      />
    </>
  )
}

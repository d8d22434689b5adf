import { AuditOutlined, BankOutlined, ClockCircleOutlined, DashboardOutlined, ExclamationCircleOutlined, LineChartOutlined, ReadOutlined } from '@ant-design/icons'
import { Shell } from '@shared/desks'
import { useT } from '../i18n'
import { useQueues } from '../parts/queues'
import { SearchBox } from '../parts/Search'

export default function Desk() {
  const t = useT()
  const { disputes, unknowns, failed } = useQueues()
  const count = (n: number | undefined, word: 'nav.disputes.n' | 'nav.unknowns.n' | 'nav.jobs.n') => (n === undefined ? undefined : { n, label: t(word, { n }) })
  return (
    <Shell
      name={t('face.name')}
      middle={<SearchBox />}
      who={(s) => ({ name: s.operator?.name ?? '', role: t.maybe(`role.${s.operator?.role}`) ?? '' })}
      nav={() => [
        [{ to: '/', label: t('nav.overview'), icon: <DashboardOutlined /> }],
        [
          { to: '/disputes', label: t('nav.disputes'), icon: <ExclamationCircleOutlined />, count: count(disputes.data?.data.length, 'nav.disputes.n') },
          { to: '/unknowns', label: t('nav.unknowns'), icon: <BankOutlined />, count: count(unknowns.data?.data.length, 'nav.unknowns.n') },
          { to: '/jobs', label: t('nav.jobs'), icon: <ClockCircleOutlined />, count: count(failed.data?.length, 'nav.jobs.n') },
        ],
        [
          { to: '/books', label: t('nav.books'), icon: <ReadOutlined /> },
          { to: '/audit', label: t('nav.audit'), icon: <AuditOutlined /> },
          { to: '/system', label: t('nav.system'), icon: <LineChartOutlined /> },
        ],
      ]}
    />
  )
}

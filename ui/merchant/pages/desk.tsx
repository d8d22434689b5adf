import {
  ApiOutlined,
  DashboardOutlined,
  ExclamationCircleOutlined,
  QrcodeOutlined,
  ScanOutlined,
  SettingOutlined,
  ShoppingOutlined,
  TeamOutlined,
  WalletOutlined,
} from '@ant-design/icons'
import { businessDay, businessZone, now } from '@shared'
import { Shell } from '@shared/desks'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useRef } from 'react'
import { getDay } from '../api/merchant'
import { useT } from '../i18n'
import { useEvents } from '@shared/desks'
import { may } from '../parts/may'

export default function Desk() {
  const t = useT()
  const client = useQueryClient()
  const waiting = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  // Whatever happened, what is on the screen is asked again; a burst of events asks once.
  const live = useEvents('/v1/events/stream', () => {
    clearTimeout(waiting.current)
    waiting.current = setTimeout(() => void client.invalidateQueries({ predicate: ({ queryKey: [name] }) => !['session', 'sandbox', 'file', 'keys', 'team', 'banks'].includes(String(name)) }), 250)
  })
  const day = businessDay(now(), businessZone())
  const today = useQuery({ queryKey: ['day', day], queryFn: () => getDay(day), refetchInterval: 60_000 })
  return (
    <Shell
      name={t('face.name')}
      live={live}
      who={(s) => ({ name: s.staff?.merchant.name ?? '', at: s.staff?.name ?? '', role: t.maybe(`role.${s.staff?.role}`) ?? '' })}
      nav={(s) => [
        [
          { to: '/', label: t('nav.today'), icon: <DashboardOutlined /> },
          { to: '/orders', label: t('nav.orders'), icon: <ShoppingOutlined />, count: today.data && { n: today.data.to_ship, label: t('nav.to_ship', { n: today.data.to_ship }) } },
          { to: '/disputes', label: t('nav.disputes'), icon: <ExclamationCircleOutlined />, count: today.data && { n: today.data.open_disputes, label: t('nav.open', { n: today.data.open_disputes }) } },
        ],
        [
          ...(may(s.staff?.role, 'create payment') ? [{ to: '/till', label: t('nav.till'), icon: <ScanOutlined /> }] : []),
          { to: '/collection-code', label: t('nav.code'), icon: <QrcodeOutlined /> },
          { to: '/money', label: t('nav.money'), icon: <WalletOutlined /> },
        ],
        [
          { to: '/developers', label: t('nav.developers'), icon: <ApiOutlined /> },
          ...(may(s.staff?.role, 'manage team') ? [{ to: '/team', label: t('nav.team'), icon: <TeamOutlined /> }] : []),
          { to: '/settings', label: t('nav.settings'), icon: <SettingOutlined /> },
        ],
      ]}
    />
  )
}

import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useNavigate } from 'react-router'
import { EmptyState, forgetSession, Load, queryClient, When } from '@shared'
import { listDevices, removeDevice, type Device } from '../api/wallet'
import { useT } from '../i18n'
import { Button, Group, Page, Said, Sheet } from '../parts/ui'

export default function DevicesPage() {
  const t = useT()
  const navigate = useNavigate()
  const devices = useQuery({ queryKey: ['devices'], queryFn: listDevices })
  const [leaving, setLeaving] = useState<Device>()
  const remove = useMutation({
    mutationFn: (device: Device) => removeDevice(device.id),
    onSuccess: (_, device) => {
      setLeaving(undefined)
      if (!device.current) return void queryClient.invalidateQueries({ queryKey: ['devices'] })
      forgetSession()
      void navigate('/login', { replace: true })
      queryClient.clear()
    },
  })
  return (
    <Page title={t('devices.title')} back="/me">
      <p className="tb-soft w-lead">{t('devices.says')}</p>
      <Load query={devices} skeleton={{ shape: 'list', rows: 3 }} empty={{ when: (page) => !page.data.length, show: <EmptyState>{t('devices.none')}</EmptyState> }}>
        {(page) => (
          <Group>
            {page.data.map((d) => (
              <div className="w-row" key={d.id}>
                <span className="w-row-text">
                  <span className="w-row-title">
                    {d.name || t('message.device')} {d.current && <span className="w-tag">{t('devices.this')}</span>}
                  </span>
                  <span className="w-row-note">
                    {t('devices.last')} <When at={d.last_seen_at} />
                  </span>
                  <span className="w-row-note">
                    {t('devices.first')} <When at={d.first_seen_at} />
                  </span>
                </span>
                <button
                  type="button"
                  className="tb-plain"
                  aria-label={t('devices.remove.which', { name: d.name })}
                  onClick={() => {
                    remove.reset()
                    setLeaving(d)
                  }}
                >
                  {t('devices.remove')}
                </button>
              </div>
            ))}
          </Group>
        )}
      </Load>
      <Sheet open={!!leaving} onClose={() => setLeaving(undefined)} title={t('devices.remove')} busy={remove.isPending}>
        <p>{t(leaving?.current ? 'devices.remove.this' : 'devices.remove.says', { name: leaving?.name ?? '' })}</p>
        <Said error={remove.error} />
        <Button kind="danger" className="w-wide" busy={remove.isPending} onClick={() => leaving && remove.mutate(leaving)}>
          {t('devices.remove')}
        </Button>
        <Button kind="quiet" className="w-wide" onClick={() => setLeaving(undefined)}>
          {t('act.cancel')}
        </Button>
      </Sheet>
    </Page>
  )
}

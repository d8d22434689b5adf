import { CopyId, EmptyState, Load, useAct, When } from '@shared'
import { ActDialog, Badge, Card, Field, Rows } from '@shared/desks'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, Input } from 'antd'
import { useState } from 'react'
import { Link, useNavigate } from 'react-router'
import { createApp, listApps, type Application } from '../api/merchant'
import { useMay } from '../parts/may'
import { useAppT } from './words'

/** Apps are the merchant's programs that speak the merchants' protocol. */
export function Apps() {
  const t = useAppT()
  const client = useQueryClient()
  const navigate = useNavigate()
  const may = useMay()('manage keys')
  const query = useQuery({ queryKey: ['apps'], queryFn: listApps })
  const [making, setMaking] = useState(false)
  const [name, setName] = useState('')
  const [wrong, setWrong] = useState(false)
  const make = useAct('make app', (body: { name: string }) => createApp(body), {
    onSuccess: (app) => {
      void client.invalidateQueries({ queryKey: ['apps'] })
      setMaking(false)
      setName('')
      // The encryption key is told this once, and shown where it belongs.
      void navigate(`/applications/${app.id}`, { state: { encryptionKey: app.encryption_key } })
    },
  })
  const button = may && (
    <Button type="primary" onClick={() => setMaking(true)}>
      {t('apps.make')}
    </Button>
  )
  return (
    <Card title={t('apps.title')} extra={query.data?.length ? button : undefined}>
      <p className="tb-soft">{t('apps.says')}</p>
      <Load query={query} skeleton={{ rows: 2 }} empty={{ when: (list) => !list.length, show: <EmptyState action={button}>{may ? t('apps.empty') : t('apps.notyours')}</EmptyState> }}>
        {(list) => (
          <Rows<Application>
            label={t('apps.title')}
            rows={list}
            rowKey={(a) => a.id}
            width={760}
            onOpen={(a) => void navigate(`/applications/${a.id}`)}
            columns={[
              {
                title: t('apps.name'),
                key: 'name',
                width: 260,
                render: (_, a) => (
                  <Link to={`/applications/${a.id}`} className="desk-strong apps-name">
                    {a.name}
                  </Link>
                ),
              },
              { title: 'app_id', key: 'id', width: 200, render: (_, a) => <CopyId id={a.id} what="app_id" /> },
              { title: t('apps.mode'), key: 'mode', width: 140, render: (_, a) => t(`apps.mode.${modeOf(a)}`) },
              { title: t('apps.state'), key: 'state', width: 110, render: (_, a) => <Badge state={a.disabled_at ? 'TRADE_CLOSED' : 'succeeded'}>{t(a.disabled_at ? 'apps.off' : 'apps.on')}</Badge> },
              { title: t('apps.made'), key: 'made', width: 150, render: (_, a) => <When at={a.created_at} /> },
            ]}
          />
        )}
      </Load>
      <ActDialog
        open={making}
        onClose={() => setMaking(false)}
        title={t('apps.make')}
        says={t('apps.make.says')}
        ok={t('apps.make')}
        act={make}
        money={false}
        onSubmit={() => {
          setWrong(!name.trim())
          if (name.trim()) make.run({ name: name.trim() })
        }}
      >
        <Field label={t('apps.name')} hint={t('apps.name.hint')} error={wrong && !name.trim() ? t('form.required') : undefined}>
          <Input autoFocus maxLength={60} value={name} onChange={(e) => setName(e.target.value)} />
        </Field>
      </ActDialog>
    </Card>
  )
}

function modeOf(a: Application) {
  if (a.public_key && a.certificate) return 'both' as const
  return a.public_key ? ('key' as const) : a.certificate ? ('cert' as const) : ('none' as const)
}

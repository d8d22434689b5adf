import { EmptyState, Load, useAct, When } from '@shared'
import { ActDialog, Badge, Card, Field, Rows } from '@shared/desks'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, Input, Radio } from 'antd'
import { useState } from 'react'
import { createKey, listKeys, revokeKey, type Key } from '../api/merchant'
import { useT } from '../i18n'
import { useMay } from './may'
import { SecretOnce } from './SecretOnce'

export function Keys() {
  const t = useT()
  const client = useQueryClient()
  const may = useMay()('manage keys')
  const query = useQuery({ queryKey: ['keys'], queryFn: listKeys, enabled: may })
  const [making, setMaking] = useState(false)
  const [name, setName] = useState('')
  const [scope, setScope] = useState('full')
  const [wrong, setWrong] = useState(false)
  const [secret, setSecret] = useState<string>()
  const [ending, setEnding] = useState<Key>()
  const again = () => void client.invalidateQueries({ queryKey: ['keys'] })
  const make = useAct('make key', (body: { name: string; scope: string }) => createKey(body), {
    onSuccess: (key) => {
      again()
      setMaking(false)
      setName('')
      setSecret(key.secret)
    },
  })
  const revoke = useAct('revoke key', (id: string) => revokeKey(id), {
    onSuccess: () => {
      again()
      setEnding(undefined)
    },
  })
  if (!may) return <EmptyState>{t('keys.notyours')}</EmptyState>
  return (
    <Card
      title={t('dev.keys')}
      extra={
        <Button type="primary" onClick={() => setMaking(true)}>
          {t('keys.make')}
        </Button>
      }
    >
      <p className="tb-soft">{t('keys.says')}</p>
      <Load query={query} empty={{ when: (list) => !list.length, show: <EmptyState>{t('keys.empty')}</EmptyState> }}>
        {(list) => (
          <Rows<Key>
            label={t('dev.keys')}
            rows={list}
            rowKey={(k) => k.id}
            columns={[
              { title: t('col.name'), key: 'name', width: 180, render: (_, k) => <span className="desk-strong">{k.name}</span> },
              { title: t('keys.prefix'), key: 'prefix', width: 230, render: (_, k) => <code className="desk-mono">{k.prefix}…</code> },
              { title: t('keys.scope'), key: 'scope', width: 120, render: (_, k) => t(`keys.scope.${k.scope}`) },
              { title: t('keys.made'), key: 'made', width: 140, render: (_, k) => <When at={k.created_at} /> },
              { title: t('keys.used'), key: 'used', width: 140, render: (_, k) => (k.last_used_at ? <When at={k.last_used_at} /> : <span className="tb-soft">{t('keys.never')}</span>) },
              {
                title: <span className="tb-sr">{t('team.acts')}</span>,
                key: 'acts',
                width: 110,
                align: 'right',
                render: (_, k) =>
                  k.revoked_at ? (
                    <Badge state="TRADE_CLOSED">{t('keys.revoked')}</Badge>
                  ) : (
                    <Button size="small" danger aria-label={t('keys.revoke.name', { name: k.name })} onClick={() => setEnding(k)}>
                      {t('keys.revoke')}
                    </Button>
                  ),
              },
            ]}
          />
        )}
      </Load>
      <ActDialog
        open={making}
        onClose={() => setMaking(false)}
        title={t('keys.make')}
        says={t(scope === 'full' ? 'keys.scope.full.says' : 'keys.scope.read.says')}
        ok={t('keys.make')}
        act={make}
        money={false}
        onSubmit={() => {
          setWrong(!name.trim())
          if (name.trim()) make.run({ name: name.trim(), scope })
        }}
      >
        <Field label={t('col.name')} hint={t('keys.name.hint')} error={wrong && !name.trim() ? t('form.required') : undefined}>
          <Input autoFocus maxLength={60} value={name} onChange={(e) => setName(e.target.value)} />
        </Field>
        <Radio.Group
          aria-label={t('keys.scope')}
          value={scope}
          onChange={(e) => setScope(String(e.target.value))}
          options={[
            { value: 'full', label: t('keys.scope.full') },
            { value: 'read', label: t('keys.scope.read') },
          ]}
        />
      </ActDialog>
      <ActDialog open={!!ending} onClose={() => setEnding(undefined)} title={t('keys.revoke')} says={t('keys.revoke.says', { name: ending?.name ?? '' })} ok={t('keys.revoke')} danger act={revoke} money={false} onSubmit={() => ending && revoke.run(ending.id)} />
      <SecretOnce secret={secret} title={t('keys.secret')} onClose={() => setSecret(undefined)} />
    </Card>
  )
}

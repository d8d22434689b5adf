import { CopyId, EmptyState, Load, useAct, When } from '@shared'
import { ActDialog, Card, Rows } from '@shared/desks'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { endProviderGrant, listProviderGrants, type ProviderGrant } from '../api/merchant'
import { useMay } from '../parts/may'
import { useAppT } from './words'

/** Providers are the applications of others that act for this merchant. */
export function Providers() {
  const t = useAppT()
  const client = useQueryClient()
  const may = useMay()('manage keys')
  const query = useQuery({ queryKey: ['providers'], queryFn: listProviderGrants })
  const [ending, setEnding] = useState<ProviderGrant>()
  const end = useAct('end provider grant', (id: string) => endProviderGrant(id), {
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['providers'] })
      setEnding(undefined)
    },
  })
  return (
    <Card title={t('providers.title')}>
      <p className="tb-soft">{t('providers.says')}</p>
      <Load query={query} skeleton={{ rows: 2 }} empty={{ when: (list) => !list.length, show: <EmptyState>{t('providers.empty')}</EmptyState> }}>
        {(list) => (
          <Rows<ProviderGrant>
            label={t('providers.title')}
            rows={list}
            rowKey={(g) => g.id}
            width={920}
            columns={[
              {
                title: t('providers.who'),
                key: 'who',
                width: 260,
                render: (_, g) => (
                  <span className="desk-cell-2">
                    <span className="desk-strong apps-name">{g.merchant.name}</span>
                    <small>
                      {g.app_name} · <CopyId id={g.id} what="app_id" />
                    </small>
                  </span>
                ),
              },
              { title: t('providers.may'), key: 'may', width: 220, render: (_, g) => g.scopes.map((scope) => t.maybe(`scope.${scope}.short`) ?? scope).join(t.lang === 'zh' ? '、' : ', ') },
              { title: t('providers.as'), key: 'as', width: 190, render: (_, g) => <CopyId id={g.auth_app_id} what="auth_app_id" /> },
              { title: t('providers.since'), key: 'since', width: 140, render: (_, g) => <When at={g.given_at} /> },
              ...(may
                ? [
                    {
                      title: <span className="tb-sr">{t('providers.end')}</span>,
                      key: 'acts',
                      width: 110,
                      align: 'right' as const,
                      render: (_: unknown, g: ProviderGrant) => (
                        <Button size="small" danger aria-label={t('providers.end.name', { name: g.merchant.name })} onClick={() => setEnding(g)}>
                          {t('providers.end')}
                        </Button>
                      ),
                    },
                  ]
                : []),
            ]}
          />
        )}
      </Load>
      <ActDialog open={!!ending} onClose={() => setEnding(undefined)} title={t('providers.end')} says={t('providers.end.says', { name: ending?.merchant.name ?? '' })} ok={t('providers.end')} danger act={end} money={false} onSubmit={() => ending && end.run(ending.id)} />
    </Card>
  )
}

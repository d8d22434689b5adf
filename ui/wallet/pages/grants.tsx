// The applications that know me, and how to have them forget.
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { EmptyState, Load, queryClient, When } from '@shared'
import { endGrant, listGrants, type Grant } from '../api/wallet'
import { useT } from '../i18n'
import { Button, Group, Page, Row, Said, Sheet } from '../parts/ui'

export default function GrantsPage() {
  const t = useT()
  const grants = useQuery({ queryKey: ['grants'], queryFn: listGrants })
  const [ending, setEnding] = useState<Grant>()
  const end = useMutation({
    mutationFn: (g: Grant) => endGrant(g.id),
    onSuccess: () => {
      setEnding(undefined)
      void queryClient.invalidateQueries({ queryKey: ['grants'] })
    },
  })
  return (
    <Page title={t('grants.title')} back="/me">
      <p className="tb-soft w-lead">{t('grants.says')}</p>
      <Load query={grants} skeleton={{ shape: 'list', rows: 3 }} empty={{ when: (page) => !page.data.length, show: <EmptyState>{t('grants.none')}</EmptyState> }}>
        {(page) => (
          <Group>
            {page.data.map((g) => (
              <Row
                key={g.id}
                title={g.merchant.name}
                note={g.app_name}
                value={<When at={g.given_at} />}
                onClick={() => {
                  end.reset()
                  setEnding(g)
                }}
              />
            ))}
          </Group>
        )}
      </Load>
      <Sheet open={!!ending} onClose={() => setEnding(undefined)} title={ending?.merchant.name ?? ''} busy={end.isPending}>
        <p>{t('grants.end.says', { name: ending?.merchant.name ?? '' })}</p>
        <Said error={end.error} />
        <Button kind="danger" className="w-wide" busy={end.isPending} onClick={() => ending && end.mutate(ending)}>
          {t('grants.end')}
        </Button>
        <Button kind="quiet" className="w-wide" onClick={() => setEnding(undefined)}>
          {t('act.cancel')}
        </Button>
      </Sheet>
    </Page>
  )
}

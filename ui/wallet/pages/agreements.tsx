// The merchants that may charge without asking, and how to end it.
import { useState } from 'react'
import { EmptyState, ErrorState, queryClient, Skeleton, useAct, When } from '@shared'
import { endAgreement, listAgreements, type Agreement } from '../api/wallet'
import { useT } from '../i18n'
import { AgreementFacts, usePlanWords } from '../parts/agreement'
import { useRows } from '../parts/lists'
import { patient } from '../parts/patient'
import { Button, Group, MoreRows, Page, Row, Said, Sheet } from '../parts/ui'

export default function AgreementsPage() {
  const t = useT()
  const rows = useRows(['agreements'], listAgreements)
  const [open, setOpen] = useState<Agreement>()
  const stand = rows.data?.filter((a) => a.status === 'NORMAL') ?? []
  const ended = rows.data?.filter((a) => a.status === 'STOP') ?? []
  return (
    <Page title={t('agreements.title')} back="/me">
      <p className="tb-soft w-lead">{t('agreements.says')}</p>
      {rows.data === undefined ? (
        rows.error ? (
          <ErrorState error={rows.error} onRetry={() => void rows.refetch()} />
        ) : (
          <Skeleton rows={4} />
        )
      ) : rows.data.length === 0 ? (
        <EmptyState>{t('agreements.none')}</EmptyState>
      ) : (
        <>
          {stand.length > 0 && <List agreements={stand} onOpen={setOpen} />}
          {ended.length > 0 && <List title={t('agreements.ended')} agreements={ended} onOpen={setOpen} />}
        </>
      )}
      <MoreRows rows={rows} none={false} />
      {open && <Look key={open.id} agreement={open} onClose={() => setOpen(undefined)} />}
    </Page>
  )
}

function List({ title, agreements, onOpen }: { title?: string; agreements: Agreement[]; onOpen: (a: Agreement) => void }) {
  const plan = usePlanWords()
  return (
    <Group title={title}>
      {agreements.map((a) => (
        <Row key={a.id} title={a.merchant.name} note={plan(a)} value={<When at={a.ended_at ?? a.signed_at ?? a.proposed_at} />} onClick={() => onOpen(a)} />
      ))}
    </Group>
  )
}

function Look({ agreement: a, onClose }: { agreement: Agreement; onClose: () => void }) {
  const t = useT()
  const [sure, setSure] = useState(false)
  const end = useAct(
    `end ${a.id}`,
    patient((_: undefined, key) => endAgreement(a.id, key)),
    {
      onSuccess: () => {
        void queryClient.invalidateQueries({ queryKey: ['agreements'] })
        onClose()
      },
    },
  )
  return (
    <Sheet open onClose={onClose} title={sure ? t('agreements.end') : a.merchant.name} busy={end.isPending}>
      {sure ? <p>{t('agreements.end.says', { name: a.merchant.name })}</p> : <AgreementFacts agreement={a} />}
      <Said error={end.error} />
      {a.status === 'NORMAL' && (
        <Button kind="danger" className="w-wide" busy={end.isPending} onClick={() => (sure ? end.run(undefined) : setSure(true))}>
          {t('agreements.end')}
        </Button>
      )}
      <Button kind="quiet" className="w-wide" onClick={onClose}>
        {t(a.status === 'NORMAL' ? 'agreements.keep' : 'act.close')}
      </Button>
    </Sheet>
  )
}

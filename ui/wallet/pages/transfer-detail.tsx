import { useQuery } from '@tanstack/react-query'
import { useLocation, useParams } from 'react-router'
import { Amount, CopyId, Load, MoneyDelta, When } from '@shared'
import { getTransfer, type PartyRef } from '../api/wallet'
import { useT } from '../i18n'
import { PrintButton, PrintHead } from '../parts/print'
import { useMe } from '../parts/session'
import { Facts, Group, LinkButton, Mark, Page } from '../parts/ui'

export default function TransferDetailPage() {
  const t = useT()
  const { id = '' } = useParams()
  const fresh = !!(useLocation().state as { fresh?: boolean } | null)?.fresh
  const me = useMe()
  const transfer = useQuery({ queryKey: ['transfer', id], queryFn: () => getTransfer(id) })
  const named = (who: PartyRef) => (who.name_masked ? `${who.nickname}（${who.name_masked}）` : who.nickname)
  return (
    <Page title={fresh ? t('transfer.sent') : t('entry.transfer')} back="/history" action={transfer.data && <PrintButton />}>
      <Load query={transfer} skeleton={{ shape: 'page', rows: 3 }}>
        {(done) => {
          const out = done.from.id === me.data?.id
          return (
            <>
              <PrintHead />
              <div className="w-result">
                <div role={fresh ? 'status' : undefined} className="w-result-said">
                  <Mark kind="done" />
                  <h2>{out ? t('transfer.done') : t('transfer.received')}</h2>
                  {me.data ? <MoneyDelta amount={out ? -done.amount : done.amount} currency={done.currency} size="hero" /> : <Amount amount={done.amount} currency={done.currency} size="hero" />}
                  <p className="tb-soft">{out ? t('transfer.done.says', { name: done.to.nickname }) : t('transfer.received.says', { name: done.from.nickname })}</p>
                </div>
              </div>
              <Group>
                <Facts
                  facts={[
                    [t('col.from'), named(done.from)],
                    [t('col.to'), named(done.to)],
                    [t('col.note'), done.note],
                    [t('col.time'), <When key="t" at={done.at} />],
                    [t('col.number'), <CopyId key="n" id={done.id} what={t('col.number')} show={16} />],
                  ]}
                />
              </Group>
              {fresh && (
                <div className="w-foot">
                  <LinkButton to="/" replace>
                    {t('act.done')}
                  </LinkButton>
                </div>
              )}
            </>
          )
        }}
      </Load>
    </Page>
  )
}

import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { EmptyState, Load, queryClient } from '@shared'
import { removeCard, type BankCard } from '../api/wallet'
import { useT } from '../i18n'
import { useMe } from '../parts/session'
import { Button, LinkButton, Page, Said, Sheet } from '../parts/ui'

export default function CardsPage() {
  const t = useT()
  const me = useMe()
  const [leaving, setLeaving] = useState<BankCard>()
  const remove = useMutation({
    mutationFn: (id: string) => removeCard(id),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ['me'] })
      setLeaving(undefined)
    },
  })
  return (
    <Page title={t('cards.title')} back="/me">
      <Load query={me} skeleton={{ shape: 'list', rows: 2 }} empty={{ when: (me) => !me.cards.length, show: <EmptyState action={<LinkButton to="/me/cards/new">{t('cards.add')}</LinkButton>}>{t('cards.empty')}</EmptyState> }}>
        {(me) => (
          <>
            <ul className="w-cards">
              {me.cards.map((c) => (
                <li key={c.id} className="w-bankcard">
                  <strong>{t.maybe(`bank.${c.bank_code}`) ?? c.bank_name}</strong>
                  <span>
                    {t(`card.${c.kind}`)} · {c.holder_masked}
                  </span>
                  <span className="w-bankcard-no" aria-label={t('cards.ends', { last: c.last4 })}>
                    •••• •••• •••• {c.last4}
                  </span>
                  <button
                    type="button"
                    onClick={() => {
                      remove.reset()
                      setLeaving(c)
                    }}
                    aria-label={t('cards.remove.which', { last: c.last4 })}
                  >
                    {t('cards.remove')}
                  </button>
                </li>
              ))}
            </ul>
            <div className="w-foot">
              <LinkButton kind="quiet" to="/me/cards/new">
                {t('cards.add')}
              </LinkButton>
            </div>
          </>
        )}
      </Load>
      <Sheet open={!!leaving} onClose={() => setLeaving(undefined)} title={t('cards.remove')} busy={remove.isPending}>
        <p>{t('cards.remove.says', { last: leaving?.last4 ?? '' })}</p>
        <Said error={remove.error} />
        <Button kind="danger" className="w-wide" busy={remove.isPending} onClick={() => leaving && remove.mutate(leaving.id)}>
          {t('cards.remove')}
        </Button>
        <Button kind="quiet" className="w-wide" onClick={() => setLeaving(undefined)}>
          {t('act.cancel')}
        </Button>
      </Sheet>
    </Page>
  )
}

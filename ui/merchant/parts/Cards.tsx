import { EmptyState, Load, useAct } from '@shared'
import { demoCard, luhn, spaced } from '@shared/card'
import { ActDialog, Card, Field, Rows } from '@shared/desks'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, Input, Select } from 'antd'
import { useState } from 'react'
import { addCard, getSandbox, listBanks, listCards, removeCard, type Card as BankCard } from '../api/merchant'
import { useT } from '../i18n'
import { useMay } from './may'
import { useDone } from './PaymentActs'

const named = (c: BankCard) => `${c.bank_name} ****${c.last4}`

/** Cards are the bank cards that the merchant withdraws to and tops up from. */
export function Cards() {
  const t = useT()
  const may = useMay()('manage cards')
  const client = useQueryClient()
  const query = useQuery({ queryKey: ['cards'], queryFn: listCards })
  const [adding, setAdding] = useState(false)
  const [ending, setEnding] = useState<BankCard>()
  const done = useDone(() => setEnding(undefined))
  const remove = useAct('remove card', (id: string) => removeCard(id), {
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['cards'] })
      done(t('cards.removed'))
    },
  })
  const add = may && <Button onClick={() => setAdding(true)}>{t('money.addcard')}</Button>
  return (
    <Card title={t('cards.title')} extra={query.data?.length ? add : undefined}>
      <Load query={query} skeleton={{ rows: 2 }} empty={{ when: (list) => !list.length, show: <EmptyState action={add}>{t('money.nocard')}</EmptyState> }}>
        {(list) => (
          <Rows<BankCard>
            label={t('cards.title')}
            rows={list}
            rowKey={(c) => c.id}
            width={480}
            columns={[
              { title: t('money.card'), key: 'card', width: 220, render: (_, c) => <span className="desk-strong">{named(c)}</span> },
              { title: t('money.holder'), key: 'holder', render: (_, c) => c.holder_masked },
              {
                title: <span className="tb-sr">{t('team.acts')}</span>,
                key: 'acts',
                width: 100,
                align: 'right',
                render: (_, c) =>
                  may && (
                    <Button size="small" danger aria-label={t('cards.remove.name', { card: named(c) })} onClick={() => setEnding(c)}>
                      {t('cards.remove')}
                    </Button>
                  ),
              },
            ]}
          />
        )}
      </Load>
      {adding && <AddCard onClose={() => setAdding(false)} onDone={() => {}} />}
      <ActDialog open={!!ending} onClose={() => setEnding(undefined)} title={t('cards.remove')} says={t('cards.remove.says', { card: ending ? named(ending) : '' })} ok={t('cards.remove')} danger act={remove} money={false} onSubmit={() => ending && remove.run(ending.id)} />
    </Card>
  )
}

/** AddCard binds a card. */
export function AddCard({ onClose, onDone }: { onClose: () => void; onDone: (card: BankCard) => void }) {
  const t = useT()
  const client = useQueryClient()
  const banks = useQuery({ queryKey: ['banks'], queryFn: listBanks, staleTime: Infinity })
  const sandbox = useQuery({ queryKey: ['sandbox'], queryFn: getSandbox, retry: false, staleTime: Infinity })
  const [bank, setBank] = useState<string>()
  const [number, setNumber] = useState('')
  const [holder, setHolder] = useState('')
  const [wrong, setWrong] = useState(false)
  const act = useAct('add card', (input: { bank_code: string; card_number: string; holder_name: string }) => addCard(input), {
    onSuccess: async (bound) => {
      await client.invalidateQueries({ queryKey: ['cards'] })
      onDone(bound)
      onClose()
    },
  })
  const otherBank = act.error?.field === 'bank_code'
  return (
    <ActDialog
      open
      onClose={onClose}
      title={t('money.addcard')}
      says={t('money.addcard.says')}
      ok={t('act.save')}
      act={otherBank ? { ...act, error: null } : act}
      money={false}
      onSubmit={() => {
        const lacks = !bank || !luhn(number) || !holder.trim()
        setWrong(lacks)
        if (!lacks) act.run({ bank_code: bank, card_number: number.replace(/\D/g, ''), holder_name: holder.trim() })
      }}
    >
      <Field label={t('money.bank')} error={wrong && !bank ? t('form.required') : otherBank ? t('money.bank.other') : undefined}>
        <Select showSearch={{ optionFilterProp: 'label' }} loading={banks.isPending} value={bank} onChange={setBank} options={(banks.data ?? []).map((b) => ({ value: b.code, label: b.name }))} />
      </Field>
      <Field label={t('money.cardnumber')} error={wrong && !luhn(number) ? t('money.cardnumber.bad') : undefined}>
        <Input inputMode="numeric" autoComplete="off" maxLength={24} value={number} onChange={(e) => setNumber(spaced(e.target.value))} />
      </Field>
      {sandbox.isSuccess && (
        <Button size="small" className="money-demo" onClick={() => (setBank('ICBC'), setNumber(spaced(demoCard('1024', Math.floor(Math.random() * 99_999_999)))))}>
          {t('money.cardnumber.demo')}
        </Button>
      )}
      <Field label={t('money.holder')} error={wrong && !holder.trim() ? t('form.required') : undefined}>
        <Input autoComplete="off" maxLength={64} value={holder} onChange={(e) => setHolder(e.target.value)} />
      </Field>
    </ActDialog>
  )
}

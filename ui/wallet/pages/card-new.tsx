import { useMutation, useQuery } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { useNavigate, useSearchParams } from 'react-router'
import { Load, queryClient } from '@shared'
import { demoCard, luhn, spaced } from '@shared/card'
import { addCard, listBanks, type Bank } from '../api/wallet'
import { useT } from '../i18n'
import { safeNext, useMe, useSandbox } from '../parts/session'
import { Button, Field, Page, problemOf, Said } from '../parts/ui'

export default function NewCardPage() {
  const t = useT()
  const [search] = useSearchParams()
  const next = search.get('next')
  const banks = useQuery({ queryKey: ['banks'], queryFn: listBanks, staleTime: Infinity })
  return (
    <Page title={t('cards.add')} back={next ? safeNext(next) : '/me/cards'}>
      <Load query={banks} skeleton={{ shape: 'form', rows: 3 }}>
        {(page) => <NewCard banks={page.data} next={next ? safeNext(next) : '/me/cards'} />}
      </Load>
    </Page>
  )
}

// The pretend bank behaves by a card's last digits.
const demos = [
  ['ok', '1024'],
  ['refuse', '0002'],
  ['timeout_paid', '0003'],
  ['timeout_unpaid', '0004'],
  ['slow', '0005'],
  ['pending', '0006'],
] as const

const great = ['ICBC', 'ABC', 'BOC', 'CCB', 'COMM', 'CMB', 'PSBC', 'CITIC', 'CEB', 'SPDB', 'CMBC', 'CIB', 'SPABANK', 'GDB', 'HXBANK']

function NewCard({ banks, next }: { banks: Bank[]; next: string }) {
  const t = useT()
  const navigate = useNavigate()
  const sandbox = useSandbox()
  const me = useMe()
  const select = useId()
  // The great banks first, those that have an English name here; the others by name.
  const common = great.flatMap((code) => banks.find((b) => b.code === code) ?? [])
  const others = banks.filter((b) => !great.includes(b.code)).sort((a, b) => a.name.localeCompare(b.name, 'zh-CN'))
  const [bank, setBank] = useState(common[0]?.code ?? banks[0]?.code ?? '')
  const [number, setNumber] = useState('')
  const [holder, setHolder] = useState('')
  const [wrong, setWrong] = useState<string>()
  const add = useMutation({
    mutationFn: () => addCard({ bank_code: bank, card_number: number.replace(/\D/g, ''), holder_name: holder.trim() }),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ['me'] })
      void navigate(next, { replace: true })
    },
  })
  const fields = ['card_number', 'holder_name', 'name']
  return (
    <form
      noValidate
      className="w-form w-card w-pad"
      onSubmit={(event) => {
        event.preventDefault()
        const missing = !luhn(number) ? 'number' : !holder.trim() ? 'holder' : undefined
        setWrong(missing)
        if (!missing && !add.isPending) add.mutate()
      }}
    >
      <div className="w-field">
        <label htmlFor={select}>{t('cards.bank')}</label>
        <div className="w-field-box">
          <select id={select} value={bank} onChange={(e) => setBank(e.target.value)}>
            <optgroup label={t('cards.banks.common')}>
              {common.map((b) => (
                <option key={b.code} value={b.code}>
                  {t.maybe(`bank.${b.code}`) ?? b.name}
                </option>
              ))}
            </optgroup>
            {others.length > 0 && (
              <optgroup label={t('cards.banks.others')}>
                {others.map((b) => (
                  <option key={b.code} value={b.code}>
                    {b.name}
                  </option>
                ))}
              </optgroup>
            )}
          </select>
        </div>
      </div>
      <Field
        label={t('cards.number')}
        value={number}
        onChange={(text) => setNumber(spaced(text))}
        inputMode="numeric"
        autoComplete="cc-number"
        maxLength={23}
        hint={t('cards.number.hint')}
        error={wrong === 'number' ? t('cards.number.wrong') : problemOf(add.error, t.lang, 'card_number')}
      />
      <Field
        label={t('cards.holder')}
        value={holder}
        onChange={setHolder}
        autoComplete="cc-name"
        lang="zh-CN"
        hint={me.data?.name_masked ? t('cards.holder.hint', { name: me.data.name_masked }) : undefined}
        error={wrong === 'holder' ? t('field.missing') : problemOf(add.error, t.lang, 'holder_name', 'name')}
      />
      {!problemOf(add.error, t.lang, ...fields) && <Said error={add.error} />}
      <Button type="submit" className="w-wide" busy={add.isPending}>
        {add.isPending ? t('cards.binding') : t('cards.bind')}
      </Button>
      {sandbox.data && (
        <details className="w-details w-demo-cards">
          <summary>{t('demo.cards')}</summary>
          <ul>
            {demos.map(([how, last]) => (
              <li key={how}>
                <span>{t(`demo.card.${how}`)}</span>
                <button type="button" className="tb-plain" onClick={() => setNumber(spaced(demoCard(last, Math.floor(Math.random() * 99_999_999))))}>
                  {t('demo.card.use', { last })}
                </button>
              </li>
            ))}
          </ul>
        </details>
      )}
    </form>
  )
}

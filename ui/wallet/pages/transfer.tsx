// Sending money: to whom, how much, and once more whether it is the right person.
import { useMutation, useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { useNavigate, useSearchParams } from 'react-router'
import { Amount, asProblem, EmptyState, formatMoney, Load, MaskedName, Skeleton, useAct } from '@shared'
import { findPayee, recentPayees, resolveCode, transfer, type Payee } from '../api/wallet'
import { useT } from '../i18n'
import { MethodRow, Short, shortOf } from '../parts/method'
import { plainPhone } from '../parts/numbers'
import { patient } from '../parts/patient'
import { Face, payeeOf } from '../parts/person'
import { moneyChanged, useMe } from '../parts/session'
import { Button, Field, Group, MoneyField, Notice, Page, PinSheet, problemOf, readAmount, Row, Said } from '../parts/ui'

export default function TransferPage() {
  const t = useT()
  const [search] = useSearchParams()
  const code = search.get('code')
  const [payee, setPayee] = useState<{ who: Payee; known: boolean }>()
  const scanned = useQuery({
    queryKey: ['code', code],
    enabled: !!code,
    queryFn: () => resolveCode(`${location.origin}/q/u/${code}`),
  })
  const found = scanned.data?.user
  const who = payee ?? (found ? { who: payeeOf(found), known: false } : undefined)
  return (
    <Page title={t('transfer.title')}>
      {who ? (
        <HowMuch key={who.who.user_id} payee={who.who} known={who.known} {...(code ? {} : { onOther: () => setPayee(undefined) })} />
      ) : code && scanned.isPending ? (
        <Skeleton shape="form" rows={3} />
      ) : (
        <>
          {scanned.error && <Notice tone="bad">{asProblem(scanned.error).text(t.lang)}</Notice>}
          <ToWhom onChoose={(who, known) => setPayee({ who, known })} />
        </>
      )}
    </Page>
  )
}

function ToWhom({ onChoose }: { onChoose: (payee: Payee, known: boolean) => void }) {
  const t = useT()
  const input = useRef<HTMLInputElement>(null)
  const [phone, setPhone] = useState('')
  const [wrong, setWrong] = useState(false)
  const recent = useQuery({ queryKey: ['recent'], queryFn: recentPayees })
  const find = useMutation({ mutationFn: findPayee, onSuccess: (payee) => onChoose(payee, !!recent.data?.data.some((r) => r.user_id === payee.user_id)) })
  useEffect(() => input.current?.focus(), [])
  return (
    <>
      <form
        noValidate
        className="w-form w-card"
        onSubmit={(event) => {
          event.preventDefault()
          const plain = plainPhone(phone)
          setWrong(!plain)
          if (plain && !find.isPending) find.mutate(plain)
        }}
      >
        <Field
          label={t('transfer.phone')}
          inputRef={input}
          type="tel"
          inputMode="tel"
          autoComplete="off"
          value={phone}
          onChange={(text) => {
            setPhone(text)
            find.reset()
          }}
          hint={t('transfer.phone.hint')}
          error={wrong ? t('phone.wrong') : problemOf(find.error, t.lang, 'phone')}
        />
        {!problemOf(find.error, t.lang, 'phone') && <Said error={find.error} />}
        <Button type="submit" busy={find.isPending} className="w-wide">
          {find.isPending ? t('transfer.finding') : t('act.next')}
        </Button>
      </form>
      <Group title={t('transfer.recent')}>
        <Load query={recent} skeleton={{ shape: 'list', rows: 3 }} empty={{ when: (page) => !page.data.length, show: <EmptyState>{t('transfer.recent.none')}</EmptyState> }}>
          {(page) =>
            page.data.map((payee) => (
              <Row key={payee.user_id} icon={<Face name={payee.nickname} />} title={payee.nickname} note={payee.name_masked ? <MaskedName name={payee.name_masked} /> : t('transfer.unnamed')} onClick={() => onChoose(payee, true)} />
            ))
          }
        </Load>
      </Group>
    </>
  )
}

function HowMuch({ payee, known, onOther }: { payee: Payee; known: boolean; onOther?: () => void }) {
  const t = useT()
  const navigate = useNavigate()
  const me = useMe()
  const [text, setText] = useState('')
  const [note, setNote] = useState('')
  const [check, setCheck] = useState('')
  const [wrong, setWrong] = useState<'amount' | 'check'>()
  const [asking, setAsking] = useState(false)
  const amount = readAmount(text)
  const needsCheck = !!payee.name_masked && !known
  const act = useAct(
    `transfer ${payee.user_id} ${amount} ${note} ${check}`,
    patient((pin: string, key) =>
      transfer(
        { to: { user_id: payee.user_id }, amount: amount!, currency: 'CNY', payment_password: pin, ...(note.trim() ? { note: note.trim() } : {}), ...(check.trim() ? { name_check: check.trim() } : {}) },
        key,
      ),
    ),
    {
      onSuccess: (done) => {
        moneyChanged()
        void navigate(`/transfers/${done.id}`, { replace: true, state: { fresh: true } })
      },
      onError: (problem) => {
        if (problem.code === 'payee_name_mismatch') setAsking(false)
        void me.refetch()
      },
    },
  )
  const mine = me.data?.id === payee.user_id
  const short = me.data && amount ? shortOf(me.data, amount) : undefined
  const mismatch = act.error?.code === 'payee_name_mismatch' ? act.error.text(t.lang) : undefined
  return (
    <form
      noValidate
      className="w-form"
      onSubmit={(event) => {
        event.preventDefault()
        const missing = !amount ? 'amount' : needsCheck && !check.trim() ? 'check' : undefined
        setWrong(missing)
        if (!missing && !short && me.data) {
          act.reset()
          setAsking(true)
        }
      }}
    >
      <div className="w-card">
        <Row
          icon={<Face name={payee.nickname} />}
          title={payee.nickname}
          note={payee.name_masked ? <MaskedName name={payee.name_masked} /> : t('transfer.unnamed')}
          value={
            onOther && (
              <button type="button" className="tb-plain" onClick={onOther}>
                {t('transfer.other')}
              </button>
            )
          }
        />
      </div>
      {mine ? (
        <Notice tone="warn">{t('transfer.self')}</Notice>
      ) : (
        <div className="w-card w-pad">
          <MoneyField
            label={t('amount.label')}
            value={text}
            onChange={setText}
            autoFocus
            error={wrong === 'amount' && !amount ? t('amount.wrong') : undefined}
          />
          <Field label={t('note.label')} value={note} onChange={setNote} maxLength={100} autoComplete="off" hint={t('note.hint')} />
          {needsCheck && (
            <Field
              label={t('transfer.check')}
              value={check}
              onChange={setCheck}
              maxLength={10}
              autoComplete="off"
              lang="zh-CN"
              hint={t('transfer.check.hint', { name: payee.name_masked ?? '' })}
              error={wrong === 'check' && !check.trim() ? t('transfer.check.missing') : mismatch}
            />
          )}
          {!payee.name_masked && <Notice tone="warn">{t('transfer.unnamed.says')}</Notice>}
          {me.data ? <MethodRow me={me.data} /> : <Skeleton shape="text" rows={1} />}
          {me.data && amount && short ? (
            <Short me={me.data} amount={amount} next="/transfer" />
          ) : (
            <Button type="submit" className="w-wide">
              {amount ? t('transfer.act.amount', { amount: formatMoney(amount, 'CNY', { lang: t.lang }) }) : t('transfer.act')}
            </Button>
          )}
          <p className="tb-soft w-center w-small">{t('transfer.atonce')}</p>
        </div>
      )}
      <PinSheet
        open={asking}
        onClose={() => setAsking(false)}
        title={t('transfer.confirm')}
        act={act}
        says={
          amount ? (
            <>
              <p>{t('transfer.to', { name: payee.name_masked ? `${payee.nickname}（${payee.name_masked}）` : payee.nickname })}</p>
              <Amount amount={amount} currency="CNY" size="hero" />
            </>
          ) : null
        }
      />
    </form>
  )
}

// bank is what topping up and withdrawing have in common: a card, an amount,
// the password; and then what became of it, the bank's silence included.
import { useQuery } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { Link, useLocation, useNavigate, useParams, useSearchParams } from 'react-router'
import { Amount, CopyId, Countdown, EmptyState, ErrorState, formatMoney, Load, Skeleton, useAct, When } from '@shared'
import { getBankOrder, topUp, withdraw, type BankCard, type BankOrder } from '../api/wallet'
import { useT } from '../i18n'
import { patient } from './patient'
import { PrintButton, PrintHead } from './print'
import { moneyChanged, safeNext, useMe } from './session'
import { Short } from './method'
import { Button, Facts, Group, LinkButton, Mark, MoneyField, Page, PinSheet, readAmount } from './ui'

export function BankForm({ way }: { way: 'in' | 'out' }) {
  const t = useT()
  const navigate = useNavigate()
  const [search] = useSearchParams()
  const next = search.get('next')
  const asked = Number(search.get('amount'))
  const me = useMe()
  const [text, setText] = useState(asked > 0 && Number.isSafeInteger(asked) ? (asked / 100).toFixed(2) : '')
  const [card, setCard] = useState<string>()
  const [wrong, setWrong] = useState(false)
  const [asking, setAsking] = useState(false)
  const amount = readAmount(text)
  const cards = me.data?.cards ?? []
  const chosen = cards.find((c) => c.id === card) ?? cards[0]
  const word = way === 'in' ? 'topup' : 'withdraw'
  const act = useAct(
    `${word} ${chosen?.id} ${amount}`,
    patient((pin: string, key) => (way === 'in' ? topUp : withdraw)({ card_id: chosen!.id, amount: amount!, currency: 'CNY', payment_password: pin }, key)),
    {
      onSuccess: (order) => {
        moneyChanged()
        void navigate(`/${way === 'in' ? 'top-ups' : 'withdrawals'}/${order.id}${next ? `?next=${encodeURIComponent(next)}` : ''}`, { replace: true, state: { fresh: true } })
      },
      onError: () => void me.refetch(),
    },
  )
  const here = `/${way === 'in' ? 'top-up' : 'withdraw'}${search.size ? `?${search}` : ''}`
  if (me.error && !me.data) {
    return (
      <Page title={t(`${word}.title`)}>
        <ErrorState error={me.error} onRetry={() => void me.refetch()} />
      </Page>
    )
  }
  const most = way === 'out' ? me.data?.balance.available : undefined
  const over = amount !== undefined && most !== undefined && amount > most
  return (
    <Page title={t(`${word}.title`)} back={next ? safeNext(next) : '/'}>
      {!me.data ? (
        <Skeleton shape="form" rows={3} />
      ) : !cards.length ? (
        <EmptyState action={<LinkButton to={`/me/cards/new?next=${encodeURIComponent(here)}`}>{t('cards.add')}</LinkButton>}>{t(`${word}.nocard`)}</EmptyState>
      ) : !me.data.has_payment_password ? (
        <Short me={me.data} amount={1} next={here} />
      ) : (
        <form
          noValidate
          className="w-form"
          onSubmit={(event) => {
            event.preventDefault()
            setWrong(!amount || over)
            if (amount && !over) {
              act.reset()
              setAsking(true)
            }
          }}
        >
          <CardChoice cards={cards} chosen={chosen!.id} onChoose={setCard} label={t(`${word}.card`)} next={here} />
          <div className="w-card w-pad">
            <MoneyField
              label={t(`${word}.amount`)}
              value={text}
              onChange={setText}
              autoFocus
              error={over && wrong ? t('withdraw.over', { amount: formatMoney(most!, 'CNY', { lang: t.lang }) }) : wrong && !amount ? t('amount.wrong') : undefined}
              hint={t('method.balance', { amount: formatMoney(me.data.balance.available, 'CNY', { lang: t.lang }) })}
              end={
                way === 'out' && me.data.balance.available > 0 ? (
                  <button type="button" className="w-field-act" onClick={() => setText((me.data!.balance.available / 100).toFixed(2))}>
                    {t('withdraw.all')}
                  </button>
                ) : undefined
              }
            />
            <p className="tb-soft w-small">{t(`${word}.says`)}</p>
            <Button type="submit" className="w-wide">
              {amount ? t(`${word}.act.amount`, { amount: formatMoney(amount, 'CNY', { lang: t.lang }) }) : t('act.next')}
            </Button>
          </div>
          <PinSheet
            open={asking}
            onClose={() => setAsking(false)}
            title={t(`${word}.title`)}
            act={act}
            says={
              amount && chosen ? (
                <>
                  <p>{t(way === 'in' ? 'topup.from' : 'withdraw.to', { bank: chosen.bank_name, last: chosen.last4 })}</p>
                  <Amount amount={amount} currency="CNY" size="hero" />
                </>
              ) : null
            }
          />
        </form>
      )}
    </Page>
  )
}

function CardChoice({ cards, chosen, onChoose, label, next }: { cards: BankCard[]; chosen: string; onChoose: (id: string) => void; label: string; next: string }) {
  const t = useT()
  const name = useId()
  return (
    <fieldset className="w-choices w-card w-pad">
      <legend>{label}</legend>
      {cards.map((c) => (
        <label key={c.id} className="w-choice">
          <input type="radio" name={name} checked={c.id === chosen} onChange={() => onChoose(c.id)} />
          <span>
            <strong>{t.maybe(`bank.${c.bank_code}`) ?? c.bank_name}</strong>
            <span className="tb-soft">
              {t(`card.${c.kind}`)} •••• {c.last4}
            </span>
          </span>
        </label>
      ))}
      <Link className="w-choice-more" to={`/me/cards/new?next=${encodeURIComponent(next)}`}>
        {t('cards.add')}
      </Link>
    </fieldset>
  )
}

const open = (o: BankOrder | undefined) => !o || o.status === 'instructed' || o.status === 'unknown'

export function BankResult({ way }: { way: 'in' | 'out' }) {
  const t = useT()
  const { id = '' } = useParams()
  const [search] = useSearchParams()
  const next = search.get('next')
  const fresh = !!(useLocation().state as { fresh?: boolean } | null)?.fresh
  const order = useQuery({
    queryKey: ['order', way, id],
    queryFn: () => getBankOrder(way, id),
    // Events tell as well; asking now and then costs little while a bank is awaited.
    refetchInterval: (query) => (open(query.state.data) ? (query.state.data?.status === 'unknown' ? 5000 : 1200) : false),
  })
  const word = way === 'in' ? 'topup' : 'withdraw'
  return (
    <Page title={t(way === 'in' ? 'entry.topup' : 'entry.withdrawal')} back={next ? safeNext(next) : '/history'} action={order.data?.status === 'succeeded' && <PrintButton />}>
      <Load query={order} skeleton={{ shape: 'page', rows: 3 }}>
        {(o) => (
          <>
            <PrintHead />
            <div className="w-result">
              <div role="status" className="w-result-said">
                <Mark kind={o.status === 'succeeded' ? 'done' : o.status === 'refused' ? 'no' : 'wait'} />
                <h2>{t(`${word}.${o.status}`)}</h2>
                <Amount amount={o.amount} currency={o.currency} size="hero" />
                <p className="tb-soft">{t(`${word}.${o.status}.says`)}</p>
                {o.status !== 'succeeded' && o.status !== 'refused' && o.next_check_at && (
                  <p className="tb-soft">
                    <Countdown until={o.next_check_at} label={(left) => t('bank.next', { left })} over={t('bank.asking')} />
                  </p>
                )}
              </div>
              {next && o.status === 'succeeded' && (
                <LinkButton to={safeNext(next)} replace>
                  {t(next.startsWith('/cashier') ? 'topup.back.cashier' : 'act.back')}
                </LinkButton>
              )}
              {fresh && !next && !open(o) && (
                <LinkButton to="/" replace>
                  {t('act.done')}
                </LinkButton>
              )}
              {o.status === 'refused' && <LinkButton to={`/${way === 'in' ? 'top-up' : 'withdraw'}${next ? `?next=${encodeURIComponent(next)}` : ''}`}>{t('bank.again')}</LinkButton>}
            </div>
            <Group>
              <Facts
                facts={[
                  [t('col.card'), o.card.label],
                  [t('col.time'), <When key="c" at={o.created_at} />],
                  o.finished_at ? [t('bank.finished'), <When key="f" at={o.finished_at} />] : null,
                  o.next_check_at ? [t('bank.check'), <When key="n" at={o.next_check_at} />] : null,
                  o.detail ? [t('bank.words'), o.detail] : null,
                  [t('col.number'), <CopyId key="i" id={o.id} what={t('col.number')} show={16} />],
                ]}
              />
            </Group>
          </>
        )}
      </Load>
    </Page>
  )
}

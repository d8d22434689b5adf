import { CheckOutlined, CloseOutlined, EllipsisOutlined } from '@ant-design/icons'
import { Amount, businessDay, businessZone, EmptyState, formatMoney, Load, now, parseMoney, Problem, releaseKey, useAct, useTitle, When } from '@shared'
import { Badge, Card, Head, MoneyInput, readMoney, startOfDay, type Payment } from '@shared/desks'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, Input, type InputRef } from 'antd'
import { useEffect, useRef, useState } from 'react'
import { Link } from 'react-router'
import { allPayments, closePayment, getPayment, payAtTill, tillPrefix } from '../api/merchant'
import { useT } from '../i18n'
import { useMay } from '../parts/may'
import { paymentCode, splitScan } from '../parts/till'

export default function Till() {
  const t = useT()
  useTitle(t('nav.till'))
  const may = useMay()
  const client = useQueryClient()
  const amountInput = useRef<HTMLDivElement>(null)
  const codeInput = useRef<InputRef>(null)
  const again = useRef<HTMLButtonElement>(null)
  const [text, setText] = useState('')
  const [code, setCode] = useState('')
  const [wrong, setWrong] = useState<{ amount?: string; code?: string }>({})
  const [taken, setTaken] = useState<string>() // the payment on the screen

  const focusAmount = () => amountInput.current?.querySelector('input')?.focus()
  useEffect(() => focusAmount(), [])

  const pay = useAct('till', (input: { amount: number; payment_code: string }, key) => payAtTill({ ...input, subject: t('till.subject') }, key), {
    onSuccess: (p) => {
      client.setQueryData(['payment', p.id], p)
      setTaken(p.id)
      void client.invalidateQueries({ queryKey: ['till'] })
      void client.invalidateQueries({ queryKey: ['day'] })
    },
  })
  const payment = useQuery({
    queryKey: ['payment', taken],
    queryFn: () => getPayment(taken!),
    enabled: !!taken,
    refetchInterval: (query) => (query.state.data?.status === 'WAIT_BUYER_PAY' ? 1500 : false),
  })
  const status = payment.data?.status
  useEffect(() => {
    if (status && status !== 'WAIT_BUYER_PAY') void client.invalidateQueries({ queryKey: ['till'] })
  }, [status, client])

  const unsure = pay.error?.moved === 'unknown'
  const showing = !!taken || !!pay.error
  const next = () => {
    // What is given up without an answer would be repeated under its key; the payer's code is used up anyway.
    if (unsure) releaseKey('till')
    pay.reset()
    setTaken(undefined)
    setText('')
    setCode('')
    setWrong({})
    requestAnimationFrame(focusAmount)
  }
  useEffect(() => {
    if (!showing) return
    again.current?.focus()
    const key = (event: KeyboardEvent) => event.key === 'Escape' && !unsure && next()
    addEventListener('keydown', key)
    return () => removeEventListener('keydown', key)
  })

  const submit = (amountText: string, codeText: string) => {
    const read = readMoney(amountText, 'CNY', undefined, t)
    const digits = paymentCode(codeText)
    setWrong({ ...(read.error ? { amount: read.error } : {}), ...(digits ? {} : { code: codeText ? t('till.badcode') : t('till.nocode') }) })
    if (read.error !== undefined) return focusAmount()
    if (!digits) return codeInput.current?.focus()
    pay.run({ amount: read.amount, payment_code: digits })
  }
  const amountEnter = () => {
    const scanned = splitScan(text)
    if (scanned) {
      setText(scanned.amount)
      setCode(scanned.code)
      return submit(scanned.amount, scanned.code)
    }
    const read = readMoney(text, 'CNY', undefined, t)
    setWrong(read.error ? { amount: read.error } : {})
    if (!read.error) codeInput.current?.focus()
  }

  if (!may('create payment')) {
    return (
      <>
        <Head title={t('nav.till')} />
        <EmptyState>{t('till.notyours')}</EmptyState>
      </>
    )
  }
  return (
    <>
      <Head title={t('nav.till')} sub={t('till.says')} />
      <div className="desk-grid desk-2-1">
        <section className="tb-card desk-card till" aria-live="polite">
          {!showing ? (
            <form
              noValidate
              aria-busy={pay.isPending}
              onSubmit={(event) => {
                event.preventDefault()
                submit(text, code)
              }}
            >
              <div className="till-field" ref={amountInput}>
                <label htmlFor="till-amount">{t('col.amount')}</label>
                <div
                  onKeyDown={(event) => {
                    if (event.key !== 'Enter') return
                    event.preventDefault()
                    amountEnter()
                  }}
                >
                  <MoneyInput id="till-amount" size="large" currency="CNY" value={text} onChange={setText} status={wrong.amount ? 'error' : ''} aria-invalid={!!wrong.amount} aria-describedby="till-amount-say" />
                </div>
                <p id="till-amount-say" className={wrong.amount ? 'tb-bad' : 'tb-soft'} role={wrong.amount ? 'alert' : undefined}>
                  {wrong.amount ?? t('till.amount.hint')}
                </p>
              </div>
              <div className="till-field">
                <label htmlFor="till-code">{t('till.code')}</label>
                <Input
                  id="till-code"
                  ref={codeInput}
                  size="large"
                  inputMode="numeric"
                  autoComplete="off"
                  maxLength={32}
                  value={code}
                  status={wrong.code ? 'error' : ''}
                  aria-invalid={!!wrong.code}
                  aria-describedby="till-code-say"
                  onChange={(e) => setCode(e.target.value)}
                />
                <p id="till-code-say" className={wrong.code ? 'tb-bad' : 'tb-soft'} role={wrong.code ? 'alert' : undefined}>
                  {wrong.code ?? t('till.code.hint')}
                </p>
              </div>
              <Button type="primary" size="large" htmlType="submit" block loading={pay.isPending}>
                {t('till.take')}
              </Button>
            </form>
          ) : (
            <Result payment={payment.data} error={pay.error} amount={text}>
              {unsure ? (
                <>
                  <Button type="primary" size="large" ref={again} loading={pay.isPending} onClick={() => submit(text, code)}>
                    {t('act.retry')}
                  </Button>
                  <Button size="large" onClick={next}>
                    {t('till.giveup')}
                  </Button>
                </>
              ) : (
                <>
                  {payment.data?.status === 'WAIT_BUYER_PAY' && <Cancel payment={payment.data} />}
                  <Button type="primary" size="large" ref={again} onClick={next}>
                    {t('till.next')}
                  </Button>
                </>
              )}
            </Result>
          )}
        </section>
        <Day />
      </div>
    </>
  )
}

function Result({ payment: p, error, amount, children }: { payment: Payment | undefined; error: Problem | null; amount: string; children: React.ReactNode }) {
  const t = useT()
  const asked = parseMoney(amount, 'CNY')
  const kind = error ? (error.moved === 'unknown' ? 'wait' : 'no') : p?.status === 'WAIT_BUYER_PAY' ? 'wait' : p?.status === 'TRADE_CLOSED' ? 'no' : 'yes'
  return (
    <div className={`till-result till-${kind}`} role={kind === 'no' ? 'alert' : 'status'}>
      <span className="till-sign" aria-hidden="true">
        {kind === 'yes' ? <CheckOutlined /> : kind === 'no' ? <CloseOutlined /> : <EllipsisOutlined />}
      </span>
      <p className="till-word">
        {error ? t(kind === 'wait' ? 'till.unknown' : 'till.refused') : kind === 'wait' ? t('till.waiting') : kind === 'no' ? t('till.closed') : t('till.paid')}
      </p>
      {p && !error ? <Amount amount={p.amount} currency={p.currency} size="hero" /> : asked !== undefined && <Amount amount={asked} currency="CNY" size="hero" />}
      {error ? (
        <p>
          {error.text(t.lang)} <span className="tb-soft">{t(`error.money.${error.moved}`)}</span>
        </p>
      ) : kind === 'wait' ? (
        <p>{t('till.waiting.says')}</p>
      ) : kind === 'yes' && p ? (
        <p>
          {p.buyer?.nickname} · {p.paid_at && <When at={p.paid_at} />} · <Link to={`/orders/${p.id}`}>{t('till.details')}</Link>
        </p>
      ) : (
        <p>{t('error.money.no')}</p>
      )}
      <div className="desk-inline">{children}</div>
    </div>
  )
}

function Cancel({ payment: p }: { payment: Payment }) {
  const t = useT()
  const client = useQueryClient()
  const close = useAct(`close ${p.id}`, (_: void, key) => closePayment(p.id, '', key), { onSuccess: (after) => client.setQueryData(['payment', p.id], after) })
  return (
    <Button size="large" danger loading={close.isPending} onClick={() => close.run()}>
      {t('till.cancel')}
    </Button>
  )
}

// The day's total at this merchant's tills, and the last five.
function Day() {
  const t = useT()
  const zone = businessZone()
  const day = businessDay(now(), zone)
  const query = useQuery({
    queryKey: ['till', day],
    queryFn: () => allPayments({ q: tillPrefix, created_from: new Date(startOfDay(day, zone)).toISOString() }, 1000),
  })
  return (
    <Card title={t('till.day')}>
      <Load query={query} skeleton={{ rows: 4 }}>
        {(list) => {
          const paid = list.filter((p) => p.paid_at)
          const total = paid.reduce((sum, p) => sum + p.amount - p.refunded, 0)
          return (
            <>
              <Amount amount={total} currency="CNY" size="hero" />
              <p className="tb-soft">{t('till.day.count', { n: paid.length })}</p>
              <h3>{t('till.last')}</h3>
              {list.length === 0 ? (
                <p className="tb-soft">{t('till.empty')}</p>
              ) : (
                <ul className="today-list">
                  {list.slice(0, 5).map((p) => (
                    <li key={p.id}>
                      <Link to={`/orders/${p.id}`}>{p.buyer?.nickname ?? t('payment.nobuyer')}</Link>
                      <span className="tb-number">{formatMoney(p.amount, p.currency)}</span>
                      <small className="tb-soft">
                        <When at={p.created_at} />
                      </small>
                      <small>
                        <Badge state={p.status}>{t.maybe(`status.${p.status}`)}</Badge>
                      </small>
                    </li>
                  ))}
                </ul>
              )}
            </>
          )
        }}
      </Load>
    </Card>
  )
}

// The payment code that a till reads: white in the dark too, new every minute,
// and the till's answer as it happens.
import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { useNavigate } from 'react-router'
import { EmptyState, ErrorState, Skeleton, useNow } from '@shared'
import { listPayments, makePaymentCode, type Payment } from '../api/wallet'
import { useT } from '../i18n'
import { useLive } from '../parts/live'
import { MethodRow, shortOf, Short } from '../parts/method'
import { useMe } from '../parts/session'
import { Page, Picture } from '../parts/ui'
import { Result } from './cashier'

const minute = 60_000

export default function PayCodePage() {
  const t = useT()
  const navigate = useNavigate()
  const me = useMe()
  const known = useRef(new Set<string>()) // payments from before this page, or told already
  const [paid, setPaid] = useState<Payment>()
  const [shown, setShown] = useState(false)
  const able = !!me.data?.has_payment_password
  const code = useQuery({ queryKey: ['payment-code'], queryFn: makePaymentCode, enabled: able && !paid, gcTime: 0, staleTime: 0, retry: 2, refetchOnWindowFocus: false })

  // What a till did with the code: paid, or the password is wanted.
  const used = (p: Payment | undefined) => {
    if (!p || p.kind !== 'instant' || known.current.has(p.id)) return
    known.current.add(p.id)
    if (p.status === 'WAIT_BUYER_PAY') void navigate(`/cashier/${p.id}`)
    else if (p.paid_at && p.channel === 'payment_code') {
      if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(80)
      setPaid(p)
    }
  }
  useLive((event) => {
    if (event.type !== 'payment.created' && event.type !== 'payment.paid') return
    used((event.data as { data?: Payment }).data)
  })
  // Should the stream be broken, the newest payment tells as well; the first look is what was there before.
  const first = useRef(true)
  useQuery({
    queryKey: ['order', 'newest-by-code'],
    enabled: able && !paid,
    refetchInterval: 4000,
    queryFn: async () => {
      const newest = (await listPayments({ limit: 1 })).data[0]
      if (!first.current) used(newest)
      else if (newest) known.current.add(newest.id)
      first.current = false
      return true
    },
  })

  const clock = useNow(1000)
  const end = code.data ? Date.parse(code.data.expires_at) : 0
  const left = Math.max(0, Math.min(minute, end - clock))
  const { refetch, isFetching } = code
  const due = !!code.data && left < 1500
  useEffect(() => {
    if (due && !paid && !isFetching && document.visibilityState === 'visible') void refetch()
  }, [due, paid, isFetching, refetch, clock])

  if (paid) {
    return (
      <Page title={t('paycode.title')} className="w-paycode">
        <div className="w-card w-paycode-card">
          <Result payment={paid} fresh />
        </div>
      </Page>
    )
  }
  return (
    <Page title={t('paycode.title')} className="w-paycode">
      <div className="w-paycode-card">
        {me.error || code.error ? (
          <ErrorState error={me.error ?? code.error} onRetry={() => void (me.error ? me.refetch() : code.refetch())} />
        ) : me.data && !able ? (
          <Short me={me.data} amount={1} next="/pay-code" />
        ) : !code.data ? (
          <Skeleton shape="page" rows={3} />
        ) : (
          <>
            <p className="w-paycode-says">{t('paycode.says')}</p>
            <Picture className="w-bars" svg={code.data.code128_svg} alt={t('paycode.bars')} />
            <button type="button" className="w-digits" aria-expanded={shown} onClick={() => setShown(!shown)}>
              {shown ? code.data.payment_code.replace(/(\d{4})(?=\d)/g, '$1 ') : t('paycode.reveal', { start: code.data.payment_code.slice(0, 4) })}
            </button>
            <Picture className="w-qr" svg={code.data.qr_svg} alt={t('paycode.qr')} />
            <div className="w-ring-line">
              <Ring part={left / minute} />
              <span role="timer" aria-live="off">
                {due ? t('paycode.renewing') : t('paycode.left', { n: Math.ceil(left / 1000) })}
              </span>
              <button type="button" onClick={() => void refetch()}>
                {t('paycode.renew')}
              </button>
            </div>
          </>
        )}
      </div>
      {me.data && able && (
        <div className="w-card w-paycode-method">
          <MethodRow me={me.data} />
          {shortOf(me.data, 1) && <Short me={me.data} amount={1} next="/pay-code" />}
          <p className="tb-soft w-small">{t('paycode.small')}</p>
        </div>
      )}
      {!me.data && !me.error && <EmptyState>{t('state.loading')}</EmptyState>}
    </Page>
  )
}

function Ring({ part }: { part: number }) {
  const around = 2 * Math.PI * 9
  return (
    <svg className="w-ring" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
      <circle cx="12" cy="12" r="9" />
      <circle cx="12" cy="12" r="9" strokeDasharray={around} strokeDashoffset={around * (1 - part)} transform="rotate(-90 12 12)" className="w-ring-left" />
    </svg>
  )
}

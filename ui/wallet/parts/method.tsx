// method is how something is paid: from the balance, with what is left to spend.
import { Link } from 'react-router'
import { BankcardOutline } from 'antd-mobile-icons'
import { formatMoney } from '@shared'
import type { Me } from '../api/wallet'
import { useT } from '../i18n'
import { Notice } from './ui'

/** shortOf says what keeps a person from paying an amount, or undefined. */
export function shortOf(me: Me, amount: number): 'pin' | 'identity' | 'limit' | 'balance' | undefined {
  if (!me.has_payment_password) return 'pin'
  if (me.limits.left_now !== null && me.limits.left_now < amount) return me.tier === 'unknown' ? 'identity' : 'limit'
  if (me.balance.available < amount) return 'balance'
  return undefined
}

export function MethodRow({ me }: { me: Me }) {
  const t = useT()
  const money = (amount: number) => formatMoney(amount, me.balance.currency, { lang: t.lang })
  return (
    <div className="w-method">
      <span className="w-row-icon" aria-hidden="true">
        <BankcardOutline />
      </span>
      <span className="w-row-text">
        <span className="w-row-title">{t('method.balance', { amount: money(me.balance.available) })}</span>
        {me.limits.left_now !== null && <span className="w-row-note">{t('limit.left', { amount: money(me.limits.left_now) })}</span>}
      </span>
    </div>
  )
}

/** Short says what is missing and leads to it, and back. */
export function Short({ me, amount, next }: { me: Me; amount: number; next: string }) {
  const t = useT()
  const short = shortOf(me, amount)
  if (!short) return null
  const money = (amount: number) => formatMoney(amount, me.balance.currency, { lang: t.lang })
  const back = `next=${encodeURIComponent(next)}`
  const missing = amount - me.balance.available
  const ways = {
    pin: [t('short.pin'), `/me/payment-password?${back}`, t('pin.set')],
    identity: [t('short.identity'), `/me/identity?${back}`, t('identity.title')],
    limit: [t('short.limit', { left: money(me.limits.left_now ?? 0) }), `/me/identity?${back}`, t('identity.raise')],
    balance: [t('short.balance', { missing: money(missing) }), `/top-up?amount=${missing}&${back}`, t('short.topup', { amount: money(missing) })],
  } as const
  const [says, to, word] = ways[short]
  return (
    <Notice
      tone="warn"
      action={
        // Above the highest tier there is nothing to raise.
        short === 'limit' && me.tier === 'III' ? undefined : (
          <Link className="w-button w-button-primary w-wide" to={to}>
            {word}
          </Link>
        )
      }
    >
      {says}
    </Notice>
  )
}

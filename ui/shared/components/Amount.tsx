import { formatMoney, minor, moneyParts, type Money } from '../money'
import { useLang } from '../i18n'
import { useT } from './words'

export interface AmountProps extends Money {
  /** hero: the one large number of a screen. */
  size?: 'hero' | 'large' | 'text'
  /** hidden: the eye is shut; the same width, no digits. */
  hidden?: boolean
  className?: string
}

/** Amount is money at rest: tabular figures, the currency's sign smaller. */
export function Amount({ amount, currency, size = 'text', hidden = false, className = '' }: AmountProps) {
  const lang = useLang()
  const t = useT()
  const { minus, sign, whole, decimals } = moneyParts(amount, currency, lang)
  return (
    <span className={`tb-amount tb-amount-${size} ${className}`}>
      <span className="tb-sr">{hidden ? t('money.hidden') : formatMoney(amount, currency, { lang })}</span>
      <span aria-hidden="true">
        {minus && !hidden && '−'}
        <span className="tb-amount-sign">{sign}</span>
        {hidden ? '••••' : whole}
        {!hidden && <span className="tb-amount-decimals">{decimals}</span>}
      </span>
    </span>
  )
}

/**
 * MoneyDelta is money that moved: always with a sign, and with the colour of
 * the language's custom (in Chinese money in is red). The colour never speaks
 * alone; a screen reader hears 'in' or 'out'.
 */
export function MoneyDelta({ amount, currency, size = 'text', className = '' }: Omit<AmountProps, 'hidden'>) {
  const lang = useLang()
  const t = useT()
  const value = minor(amount)
  const way = value > 0n ? 'up' : value < 0n ? 'down' : 'none'
  const text = formatMoney(amount, currency, { lang, sign: 'always' })
  return (
    <span className={`tb-amount tb-amount-${size} tb-${way}-${lang} ${className}`}>
      {way !== 'none' && <span className="tb-sr">{t(way === 'up' ? 'money.in' : 'money.out')} </span>}
      {text.replace('-', '−')}
    </span>
  )
}

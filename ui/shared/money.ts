// money turns whole minor units into text and back, exactly: integers and
// strings, never a float. The rules are those of the Go package money.
import { locale, type Lang } from './i18n'

/** Minor is an amount in minor units (fen, cents). Numbers must be safe integers. */
export type Minor = number | bigint | string

export interface Money {
  amount: Minor
  currency: string
}

// ISO 4217 exponents other than 2; the browser's own table differs from the
// standard for some currencies (it shows no decimals for IDR, say).
const exponents: Record<string, number> = {
  BHD: 3, IQD: 3, JOD: 3, KWD: 3, LYD: 3, OMR: 3, TND: 3,
  BIF: 0, CLP: 0, DJF: 0, GNF: 0, ISK: 0, JPY: 0, KMF: 0, KRW: 0, PYG: 0, RWF: 0, UGX: 0, VND: 0, VUV: 0, XAF: 0, XOF: 0, XPF: 0,
} // prettier-ignore

export function exponent(currency: string): number {
  return exponents[currency] ?? 2
}

/** minor makes a bigint, and refuses what is not a whole number. */
export function minor(value: Minor): bigint {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) throw new RangeError(`not an exact amount: ${value}`)
  if (typeof value === 'string' && !/^-?\d+$/.test(value)) throw new RangeError(`not an amount in minor units: ${value}`)
  return BigInt(value)
}

export interface Parts {
  minus: boolean
  sign: string // the currency's
  whole: string // grouped by locale
  decimals: string // with the point, or empty
}

/** moneyParts is what Amount draws: the currency's sign small, the rest large. */
export function moneyParts(amount: Minor, currency: string, lang?: Lang): Parts {
  const value = minor(amount)
  const magnitude = value < 0n ? -value : value
  const exp = exponent(currency)
  const digits = magnitude.toString().padStart(exp + 1, '0')
  const whole = digits.slice(0, digits.length - exp)
  return {
    minus: value < 0n,
    sign: currencySign(currency, lang),
    whole: new Intl.NumberFormat(locale(lang)).format(BigInt(whole)),
    decimals: exp ? `.${digits.slice(digits.length - exp)}` : '',
  }
}

/**
 * formatMoney writes '¥1,280.00' or '-¥3.50'; with sign: 'always' also
 * '+¥3.50'. Zero never has a sign.
 */
export function formatMoney(amount: Minor, currency: string, options: { lang?: Lang; sign?: 'auto' | 'always' } = {}): string {
  const parts = moneyParts(amount, currency, options.lang)
  const plus = options.sign === 'always' && minor(amount) > 0n ? '+' : ''
  return `${parts.minus ? '-' : plus}${parts.sign}${parts.whole}${parts.decimals}`
}

/** currencySign is ¥ for the yuan alone: the yen is written JP¥, so the two are never mistaken. */
export function currencySign(currency: string, lang?: Lang): string {
  if (currency === 'CNY') return '¥'
  if (currency === 'JPY') return 'JP¥'
  try {
    const part = new Intl.NumberFormat(locale(lang), { style: 'currency', currency }).formatToParts(0).find((p) => p.type === 'currency')
    const sign = part?.value ?? currency
    return /[A-Za-z]$/.test(sign) ? `${sign} ` : sign
  } catch {
    return `${currency} `
  }
}

/** formatMajor is the plain text for forms and files: '1280.00', no sign, no grouping. */
export function formatMajor(amount: Minor, currency: string): string {
  const value = minor(amount)
  const exp = exponent(currency)
  const digits = (value < 0n ? -value : value).toString().padStart(exp + 1, '0')
  const text = exp ? `${digits.slice(0, digits.length - exp)}.${digits.slice(digits.length - exp)}` : digits
  return value < 0n ? `-${text}` : text
}

/**
 * parseMoney reads what a person typed ('1,280', '12.5', '¥3') as minor units,
 * or gives undefined: too many decimals are refused, not rounded.
 */
export function parseMoney(text: string, currency: string): bigint | undefined {
  const exp = exponent(currency)
  const plain = text
    .normalize('NFKC') // full-width digits of a Chinese keyboard
    .replace(/^\s*[¥$€£]?\s*|\s+$/g, '')
    .replaceAll('。', '.')
  const grouped = /^\d{1,3}(,\d{3})+(\.\d*)?$/.test(plain) ? plain.replaceAll(',', '') : plain
  const match = /^(\d*)(?:\.(\d*))?$/.exec(grouped)
  if (!match) return undefined
  const [, whole = '', decimals = ''] = match
  if (whole + decimals === '' || decimals.length > exp) return undefined
  return BigInt((whole || '0') + decimals.padEnd(exp, '0'))
}

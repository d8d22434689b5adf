// Amounts and times in people's words.

export type Lang = 'zh' | 'en'

const locale = (lang: Lang) => (lang === 'zh' ? 'zh-CN' : 'en-GB')

/** ¥1,280.00, from minor units; split so that the sign can stand smaller. */
export function amountParts(minor: number, currency: string, lang: Lang): { sign: string; number: string } {
  const f = new Intl.NumberFormat(locale(lang), { style: 'currency', currency, currencyDisplay: 'narrowSymbol' })
  const digits = f.resolvedOptions().maximumFractionDigits ?? 2
  const parts = f.formatToParts(minor / 10 ** digits)
  const sign = parts.filter((p) => p.type === 'currency' || p.type === 'minusSign').map((p) => p.value).join('')
  const number = parts.filter((p) => p.type !== 'currency' && p.type !== 'minusSign').map((p) => p.value).join('').trim()
  return { sign, number }
}

export function amount(minor: number, currency: string, lang: Lang): string {
  const { sign, number } = amountParts(minor, currency, lang)
  return sign + number
}

/** 'today 14:05', 'yesterday 09:12', '3 Oct 14:05', with the year when it is another. */
export function when(iso: string, now: Date, lang: Lang): string {
  const at = new Date(iso)
  const time = new Intl.DateTimeFormat(locale(lang), { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(at)
  const midnight = (d: Date) => new Date(d.getFullYear(), d.getMonth(), d.getDate()).getTime()
  const days = Math.round((midnight(at) - midnight(now)) / 86_400_000)
  const near = { zh: { '-1': '昨天', '0': '今天', '1': '明天' }, en: { '-1': 'yesterday', '0': 'today', '1': 'tomorrow' } }[lang][
    String(days) as '0'
  ]
  if (near) return `${near} ${time}`
  const year = at.getFullYear() === now.getFullYear() ? undefined : ('numeric' as const)
  const date = new Intl.DateTimeFormat(locale(lang), { day: 'numeric', month: lang === 'zh' ? 'long' : 'short', year }).format(at)
  return `${date} ${time}`
}

/** '2 d 4 h', '4 h 20 min', '12 min'; empty once it is past. */
export function left(iso: string, now: Date, lang: Lang): string {
  const minutes = Math.floor((new Date(iso).getTime() - now.getTime()) / 60_000)
  if (minutes < 1) return ''
  const [d, h, m] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60), minutes % 60]
  const u = lang === 'zh' ? { d: ' 天', h: ' 小时', m: ' 分' } : { d: ' d', h: ' h', m: ' min' }
  if (d > 0) return h > 0 ? `${d}${u.d} ${h}${u.h}` : `${d}${u.d}`
  if (h > 0) return m > 0 ? `${h}${u.h} ${m}${u.m}` : `${h}${u.h}`
  return `${m}${u.m}`
}

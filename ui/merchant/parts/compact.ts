/** compact writes an axis' amount in the yuan: ¥1.2万, −¥12K. */
export function compact(major: number, lang: string): string {
  const text = new Intl.NumberFormat(lang === 'zh' ? 'zh-CN' : 'en-US', { notation: 'compact', maximumFractionDigits: 1 }).format(Math.abs(major))
  return `${major < 0 ? '−' : ''}¥${text}`
}

/** compact writes an axis' amount: ¥1.2万, ¥12K. */
export function compact(major: number, lang: string): string {
  return `¥${new Intl.NumberFormat(lang === 'zh' ? 'zh-CN' : 'en-US', { notation: 'compact', maximumFractionDigits: 1 }).format(major)}`
}

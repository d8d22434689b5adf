// till is what was typed or scanned at the till. A keyboard-wedge scanner types
// the code's digits and Enter into whatever has the focus, so a code is known
// by its shape, in the amount's field too.

/** paymentCode is the 18 digits of a payer's code, or undefined. */
export function paymentCode(text: string): string | undefined {
  const digits = text.normalize('NFKC').replace(/[\s-]/g, '')
  return /^\d{18}$/.test(digits) ? digits : undefined
}

/** splitScan finds a code that was scanned behind an amount already typed: '12.5' + code. */
export function splitScan(text: string): { amount: string; code: string } | undefined {
  const code = /(\d{18})$/.exec(text.normalize('NFKC').trim())?.[1]
  if (!code) return undefined
  return { amount: text.normalize('NFKC').trim().slice(0, -18), code }
}

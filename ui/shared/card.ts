// card is the rule of a bank card's number as far as a form can tell a slip of
// the finger. The bank decides.

/** luhn says whether a card number's last digit fits (ISO/IEC 7812). */
export function luhn(text: string): boolean {
  const digits = text.replace(/[\s-]/g, '')
  if (!/^\d{13,19}$/.test(digits)) return false
  return luhnSum(digits) % 10 === 0
}

function luhnSum(digits: string): number {
  return [...digits].reverse().reduce((sum, c, i) => {
    const d = Number(c) * (i % 2 ? 2 : 1)
    return sum + (d > 9 ? d - 9 : d)
  }, 0)
}

/** demoCard makes a card number that ends with four wanted digits and is valid: the digit before them is chosen so. */
export function demoCard(last4: string, seed = 1): string {
  const middle = String(seed % 100_000_000).padStart(8, '0')
  for (let d = 0; d < 10; d++) {
    const number = `622202${middle}${d}${last4}`
    if (luhn(number)) return number
  }
  throw new Error('no digit fits')
}

/** spaced writes a card number in groups of four. */
export function spaced(number: string): string {
  return number.replace(/\D/g, '').replace(/(.{4})(?=.)/g, '$1 ')
}

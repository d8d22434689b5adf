// numbers are the rules of phone numbers, cards and identity cards as far as a
// form can tell a slip of the finger. The server decides.

/** plainPhone is the eleven digits of what somebody typed, or undefined. */
export function plainPhone(text: string): string | undefined {
  const digits = text.normalize('NFKC').replace(/[\s-]/g, '').replace(/^(\+?86|0086)(?=\d{11}$)/, '')
  return /^1[3-9]\d{9}$/.test(digits) ? digits : undefined
}

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

/** validResident says whether a resident identity number's check character fits (GB 11643). */
export function validResident(text: string): boolean {
  const id = text.trim().toUpperCase()
  if (!/^\d{17}[\dX]$/.test(id)) return false
  return checkCharacter(id.slice(0, 17)) === id[17]
}

/** demoResident makes a valid identity number of nobody's. */
export function demoResident(birthday: string, serial: number): string {
  const body = `330106${birthday}${String(serial % 1000).padStart(3, '0')}`
  return body + checkCharacter(body)
}

function checkCharacter(body: string): string {
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
  const sum = weights.reduce((sum, w, i) => sum + w * Number(body[i]), 0)
  return '10X98765432'[sum % 11]!
}

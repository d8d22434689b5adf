// numbers are the rules of phone numbers and identity cards as far as a form
// can tell a slip of the finger. The server decides.

/** plainPhone is the eleven digits of what somebody typed, or undefined. */
export function plainPhone(text: string): string | undefined {
  const digits = text.normalize('NFKC').replace(/[\s-]/g, '').replace(/^(\+?86|0086)(?=\d{11}$)/, '')
  return /^1[3-9]\d{9}$/.test(digits) ? digits : undefined
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

// keys makes an application's key pair in the browser. The private key is made,
// shown and saved here; no request ever holds it.

export interface KeyPair {
  publicPem: string
  /** PKCS #8, which Java and .NET read. */
  pkcs8: string
  /** PKCS #1, which the Node, Python and PHP SDKs read. */
  pkcs1: string
}

/** canMakeKeys says whether the browser lends its generator: on https and on localhost. */
export const canMakeKeys = () => globalThis.crypto?.subtle !== undefined

export async function makeKeys(): Promise<KeyPair> {
  const pair = await crypto.subtle.generateKey({ name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' }, true, ['sign', 'verify'])
  const [spki, pkcs8] = await Promise.all([crypto.subtle.exportKey('spki', pair.publicKey), crypto.subtle.exportKey('pkcs8', pair.privateKey)])
  return { publicPem: pem('PUBLIC KEY', new Uint8Array(spki)), pkcs8: pem('PRIVATE KEY', new Uint8Array(pkcs8)), pkcs1: pem('RSA PRIVATE KEY', innerKey(new Uint8Array(pkcs8))) }
}

/** innerKey takes the PKCS #1 key out of its PKCS #8 wrapping: a sequence of version, algorithm, and the key as an octet string (RFC 5208). */
export function innerKey(pkcs8: Uint8Array): Uint8Array {
  const outer = element(pkcs8, 0)
  const version = element(pkcs8, outer.start)
  const algorithm = element(pkcs8, version.end)
  const key = element(pkcs8, algorithm.end)
  if (outer.tag !== 0x30 || version.tag !== 0x02 || algorithm.tag !== 0x30 || key.tag !== 0x04) throw new Error('not a PKCS #8 key')
  return pkcs8.slice(key.start, key.end)
}

// element reads one DER element's tag and where its contents lie.
function element(bytes: Uint8Array, at: number): { tag: number; start: number; end: number } {
  const tag = bytes[at] ?? 0
  let length = bytes[at + 1] ?? 0
  let start = at + 2
  if (length & 0x80) {
    const size = length & 0x7f
    length = 0
    for (let i = 0; i < size; i++) length = length * 256 + (bytes[start + i] ?? 0)
    start += size
  }
  if (start + length > bytes.length) throw new Error('a DER element ends beyond its bytes')
  return { tag, start, end: start + length }
}

// A line's end behind the last line is what one SDK stumbles over.
export function pem(kind: string, bytes: Uint8Array): string {
  const text = btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join(''))
  return `-----BEGIN ${kind}-----\n${text.match(/.{1,64}/g)!.join('\n')}\n-----END ${kind}-----`
}

/** bare is a PEM without its first and last line and without breaks, as some SDKs want it. */
export const bare = (text: string) => text.replace(/-----[A-Z ]+-----/g, '').replace(/\s/g, '')

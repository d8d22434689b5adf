import { createPrivateKey, createPublicKey, createSign, createVerify } from 'node:crypto'
import { expect, test } from 'vitest'
import { helpFor } from './codes'
import { compare } from './compare'
import { bare, innerKey, makeKeys } from './keys'
import { sdks, snippet } from './sdks'

// Making a key takes a while where the machine is busy.
test('the three forms are of one key pair', { timeout: 300_000 }, async () => {
  const { publicPem, pkcs8, pkcs1 } = await makeKeys()
  const signed = createSign('sha256').update('茶').sign(createPrivateKey(pkcs1))
  expect(createVerify('sha256').update('茶').verify(createPublicKey(publicPem), signed)).toBe(true)
  expect(createPrivateKey(pkcs8).export({ type: 'pkcs1', format: 'pem' }).toString().trim()).toBe(pkcs1)
  expect(pkcs1.split('\n')[0]).toBe('-----BEGIN RSA PRIVATE KEY-----')
  expect(bare(pkcs8)).toMatch(/^[A-Za-z0-9+/=]+$/)
  expect(() => innerKey(new Uint8Array([0x30, 0x82]))).toThrow()
})

test('two strings are compared by what they have in common at both ends', () => {
  expect(compare('a=1&b=2&c=3', 'a=1&c=3')).toEqual({ before: 'a=1&', ours: 'b=2&', theirs: '', after: 'c=3' })
  expect(compare('same', 'same')).toEqual({ before: 'same', ours: '', theirs: '', after: '' })
  expect(compare('aa', 'a')).toEqual({ before: 'a', ours: 'a', theirs: '', after: '' })
  expect(compare('x茶', 'x?')).toEqual({ before: 'x', ours: '茶', theirs: '?', after: '' })
})

test('each language has its lines, with the values of the application in them', () => {
  const values = { gateway: 'https://pay.example.com/gateway.do', appId: '2021000012345678', platformKey: '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----' }
  for (const { id } of sdks) {
    for (const mode of ['key', 'certificate'] as const) {
      const text = snippet(id, mode, values)
      expect(text, id).toContain(values.appId)
      expect(text, id).toContain('pay.example.com')
      expect(text, id).not.toContain('undefined')
    }
  }
})

test('a code is found with and without its prefix', () => {
  expect(helpFor('ACQ.TRADE_NOT_EXIST')?.code).toBe('TRADE_NOT_EXIST')
  expect(helpFor('ORDER_NOT_EXIST')?.code).toBe('ORDER_NOT_EXIST')
  expect(helpFor('isv.invalid-signature')?.code).toBe('isv.invalid-signature')
  expect(helpFor('none')).toBeUndefined()
})

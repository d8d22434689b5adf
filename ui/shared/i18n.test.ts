import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { fill } from './i18n'
import { problemWords } from './problems'
import { sharedWords } from './words'

test('parameters are filled, plurals chosen, unknown ones left to be seen', () => {
  expect(fill('{n} {n|order|orders} to ship', { n: 1 })).toBe('1 order to ship')
  expect(fill('{n} {n|order|orders} to ship', { n: 12 })).toBe('12 orders to ship')
  expect(fill('Pay {name}', {})).toBe('Pay {name}')
})

test('no word is empty, and both languages take the same parameters', () => {
  const names = (text: string) => new Set([...text.matchAll(/\{(\w+)/g)].map((m) => m[1]))
  for (const [key, word] of Object.entries({ ...sharedWords, ...problemWords })) {
    expect(word.zh, key).not.toBe('')
    expect(word.en, key).not.toBe('')
    expect(names(word.zh), key).toEqual(names(word.en))
  }
})

test.each([
  ['请在 {left}内付款', { left: '29 分钟' }, '请在 29 分钟内付款'],
  ['将于{until}解锁。', { until: '今天 22:56' }, '将于今天 22:56 解锁。'],
  ['退 {amount} 给 {name}，', { amount: '¥28.00', name: '小雅' }, '退 ¥28.00 给小雅，'],
  ['付款给{name}。', { name: 'Lake Tea' }, '付款给 Lake Tea。'],
  ['{done} / {of} 行', { done: 3, of: 9 }, '3 / 9 行'],
  ['Pay {name} now', { name: '小雅' }, 'Pay 小雅 now'],
])('%s keeps the spacing of Chinese at its seams', (text, params, said) => expect(fill(text, params)).toBe(said))

test('between a Chinese character and a digit or Latin letter stands one space, between characters none', () => {
  for (const file of ['words', 'problems', 'desks/words', '../wallet/i18n', '../merchant/i18n', '../console/i18n']) {
    for (const [, zh] of readFileSync(new URL(`./${file}.ts`, import.meta.url), 'utf8').matchAll(/zh: '((?:[^'\\]|\\.)*)'/g)) {
      expect(zh, file).not.toMatch(/\p{Script=Han}[\dA-Za-z]|[\dA-Za-z]\p{Script=Han}|\p{Script=Han} +[\p{Script=Han}，。]/u)
    }
  }
})

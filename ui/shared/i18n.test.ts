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

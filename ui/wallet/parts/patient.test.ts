import { expect, test } from 'vitest'
import { Problem } from '@shared'
import { patient } from './patient'

const lost = () => new Problem({ code: 'network' }, { unsafe: true })
const refused = () => new Problem({ code: 'insufficient_balance', status: 402 }, { unsafe: true })

test('a lost answer is asked for again under the same key', async () => {
  const keys: string[] = []
  const act = patient(
    async (_: string, key: string) => {
      keys.push(key)
      if (keys.length < 3) throw lost()
      return 'paid'
    },
    [0, 0],
  )
  await expect(act('x', 'k1')).resolves.toBe('paid')
  expect(keys).toEqual(['k1', 'k1', 'k1'])
})

test('a refusal is not asked for again', async () => {
  let calls = 0
  const act = patient(async () => (calls++, Promise.reject(refused())), [0, 0])
  await expect(act('x', 'k1')).rejects.toMatchObject({ code: 'insufficient_balance' })
  expect(calls).toBe(1)
})

test('at last it says that nobody knows', async () => {
  const act = patient(() => Promise.reject(lost()), [0, 0])
  await expect(act('x', 'k1')).rejects.toMatchObject({ moved: 'unknown' })
})

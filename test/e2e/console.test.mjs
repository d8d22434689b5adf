// The console: one box finds things, every balance unrolls to entry, command and
// request, the books balance, and an auditor changes nothing.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { shot } from './lib.mjs'
import { ask, Sandbox, settled, skip } from './sandbox.mjs'

describe('the console', { skip }, () => {
  let s, desk, id
  before(async () => {
    s = await Sandbox.start()
    const wallet = await s.wallet()
    id = await s.paid(wallet, '老白茶饼', 26800)
    desk = await s.console('agent')
  })
  after(() => s?.stop())

  test('finds a payment by its number', async () => {
    const box = desk.getByRole('combobox', { name: '查找人、交易、分录、命令或手机号' })
    await box.fill(id)
    await desk.getByRole('option', { name: /老白茶饼|交易/ }).first().waitFor()
    await shot(desk, 'console/search')
    await box.press('Enter')
    await desk.getByRole('heading', { name: '老白茶饼' }).waitFor()
    await settled(desk)
    await shot(desk, 'console/payment')
  })

  test("unrolls a shopper's balance to the request that caused it", async () => {
    const box = desk.getByRole('combobox', { name: '查找人、交易、分录、命令或手机号' })
    await box.fill('13800000001')
    await desk.getByRole('option', { name: /小雅/ }).first().click()
    await desk.getByRole('heading', { name: '小雅' }).waitFor()
    await desk.locator('a[href*="/console/accounts/"]').first().click()
    await desk.getByText('¥4,732.00').first().waitFor()
    const line = desk.getByRole('row').filter({ hasText: '268.00' }).first()
    await line.getByRole('button', { name: '展开' }).click()
    await desk.getByText(`POST /v1/payments/${id}/pay → 200`).waitFor()
    const legs = desk.getByRole('region', { name: '借贷分录' })
    await legs.getByRole('row', { name: /合计.*268\.00.*268\.00/ }).waitFor()
    await settled(desk)
    await shot(desk, 'console/unrolled')
    await desk.getByRole('link', { name: /^付款 #/ }).first().click()
    await desk.getByRole('heading', { name: /付款/ }).first().waitFor()
    await desk.getByText('写入的记录').waitFor()
    await shot(desk, 'console/command')
  })

  test('the books balance', async () => {
    await desk.goto('/console/books')
    await desk.getByText('借贷相等').first().waitFor()
    await desk.getByText('账是平的').first().waitFor()
    await settled(desk)
    await shot(desk, 'console/books')
    const books = await ask(desk, 'console', 'GET', '/v1/console/books')
    assert.equal(books.status, 200)
    const sum = (side) => books.rows.reduce((total, row) => total + row[side], 0)
    assert.equal(sum('debit'), sum('credit'))
    assert.equal(books.rows.find((row) => row.kind === 'escrow').balance, 26800)
  })

  test('an auditor sees all of it and changes nothing', async () => {
    const auditor = await s.console('auditor', {}, '/jobs')
    await auditor.getByText('您以审计身份查看').waitFor()
    assert.equal(await auditor.getByRole('button', { name: '立即执行' }).count(), 0)
    const jobs = await ask(auditor, 'console', 'GET', '/v1/console/jobs')
    assert.equal(jobs.status, 200)
    const refused = await ask(auditor, 'console', 'POST', `/v1/console/jobs/${encodeURIComponent(jobs.data[0]?.id ?? 'x')}/run`)
    assert.equal(refused.status, 403, JSON.stringify(refused))
  })
})

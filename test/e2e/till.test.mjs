// The payment code at the till: up to ¥1,000 at once, above it with the
// payment password; a code works once.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { pressPin, shot } from './lib.mjs'
import { exactly, Sandbox, settled, skip } from './sandbox.mjs'

describe('the till', { skip }, () => {
  let s, wallet, till, used
  before(async () => {
    s = await Sandbox.start()
    wallet = await s.wallet()
    till = await s.merchant({}, '/till')
  })
  after(() => s?.stop())

  async function digits() {
    await wallet.goto('/wallet/pay-code')
    await wallet.getByRole('img', { name: '付款码的二维码' }).waitFor()
    await wallet.getByRole('button', { name: /显示数字/ }).click()
    await shot(wallet, 'till/code')
    const text = (await wallet.locator('.w-digits').innerText()).replace(/\D/g, '')
    assert.match(text, /^\d{18}$/)
    return text
  }
  async function take(amount, code) {
    await till.getByLabel('金额', { exact: true }).fill(amount)
    await till.getByLabel('付款码', { exact: true }).fill(code)
    await till.getByLabel('付款码', { exact: true }).press('Enter')
  }
  const next = () => till.getByRole('button', { name: '下一位' }).click()

  test('a small amount is paid at once, on both screens', async () => {
    used = await digits()
    await take('23.50', used)
    await till.getByText('收款成功').waitFor()
    await wallet.getByRole('heading', { name: '付款成功' }).waitFor()
    await wallet.getByText('¥23.50').first().waitFor()
    await shot(till, 'till/paid')
    await shot(wallet, 'till/wallet-paid')
    await next()
    await till.getByText('1 笔，已减去退款').waitFor()
  })

  test('a code works once', async () => {
    await take('1', used)
    await till.getByText('没有收款').waitFor()
    await next()
  })

  test('above ¥1,000 the payment password is asked on the phone', async () => {
    await take('1000.01', await digits())
    await till.getByText('等待顾客输入支付密码').waitFor()
    await wallet.getByRole('button', { name: '确认付款' }).click()
    await shot(till, 'till/waiting')
    await pressPin(wallet, s.pin)
    await wallet.getByRole('heading', { name: '付款成功' }).waitFor()
    await till.getByText('收款成功').waitFor()
    await settled(till)
    await till.getByText('¥1,023.51').first().waitFor()
  })

  test('the order book has both, settled at once', async () => {
    const { data } = await s.api('GET', '/v1/payments?limit=10')
    assert.deepEqual(data.filter((p) => p.paid_at).map((p) => [p.amount, p.settled, p.in_escrow]).sort((a, b) => a[0] - b[0]), [[2350, 2350, 0], [100001, 100001, 0]])
    assert.equal(await till.getByRole('button', { name: exactly('下一位') }).count(), 1)
  })
})

// Time passes: ten days of silence confirm receipt; a bank that stays silent is
// asked until it answers, over a kill and a restart; five wrong payment
// passwords lock for a while.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { pressPin, shot } from './lib.mjs'
import { ask, Sandbox, settled, skip, until } from './sandbox.mjs'

describe('time', { skip }, () => {
  let s, wallet
  before(async () => {
    s = await Sandbox.start()
    wallet = await s.wallet()
  })
  after(() => s?.stop())
  const balance = () => wallet.evaluate(async () => (await (await fetch('/v1/me', { headers: { 'Tongbao-Face': 'wallet' } })).json()).balance.available)

  test('wrong payment password five times: locked, for the right one too, until it opens', async () => {
    const before = await balance()
    const { id } = await s.order('白茶', 6000)
    await wallet.goto(`/wallet/cashier/${id}`)
    await wallet.getByRole('button', { name: '确认付款' }).click()
    for (let n = 1; n <= 5; n++) {
      const answered = wallet.waitForResponse((r) => r.url().endsWith('/pay'))
      await pressPin(wallet, '111222')
      const problem = await (await answered).json()
      assert.equal(problem.code, 'payment_password_wrong')
      assert.equal(Boolean(problem.locked_until), n === 5, `try ${n}: ${JSON.stringify(problem)}`)
      await wallet.locator('.tb-pin[aria-busy=false]').waitFor()
    }
    // The fifth try says that it is locked, and until when: once, with one way out, and no key answers.
    const locked = wallet.getByText(/^支付密码错误 5 次，已暂时锁定。将于.+\d:\d\d 解锁。$/)
    await locked.waitFor()
    assert.equal(await locked.count(), 1)
    assert.equal(await wallet.getByRole('link', { name: '忘记支付密码' }).count(), 1)
    assert.equal(await wallet.locator('.tb-pin-keys button[aria-disabled=true]').count(), 11)
    await shot(wallet, 'time/locked')
    const problem = await ask(wallet, 'wallet', 'POST', `/v1/payments/${id}/pay`, { payment_password: s.pin, expected_amount: 6000 })
    assert.equal(problem.code, 'payment_password_locked', 'the right one changes nothing')
    assert.ok(Date.parse(problem.locked_until) > Date.now(), 'it tells until when')
    await wallet.goto('/wallet/me/payment-password')
    await locked.waitFor()
    assert.equal(await balance(), before)
    assert.equal((await s.payment(id)).status, 'WAIT_BUYER_PAY')
  })

  test('it opens again by itself', async () => {
    await s.advance('25h')
    await s.paid(wallet, '红茶', 6100)
  })

  test('a top-up that times out is kept over a kill, and later proves paid', async () => {
    const before = await balance()
    await s.api('POST', '/v1/sandbox/bank', { behaviour: 'timeout_paid', next: 1 }, { key: '' })
    await wallet.goto('/wallet/top-up')
    await wallet.getByLabel('充值金额').fill('500')
    await wallet.getByRole('button', { name: /^充值 ¥/ }).click()
    await pressPin(wallet, s.pin)
    await wallet.getByRole('heading', { name: '银行还没有答复，您的资金是安全的' }).waitFor()
    await settled(wallet)
    await shot(wallet, 'time/unknown')
    assert.equal(await balance(), before)

    await s.kill()
    await s.up()
    await wallet.reload()
    await wallet.getByRole('heading', { name: /银行还没有答复|充值成功/ }).waitFor()
    await s.advance('1h')
    await wallet.getByRole('heading', { name: '充值成功' }).waitFor()
    assert.equal(await until('the money is there', async () => (await balance()) !== before && (await balance())), before + 50000)
    await wallet.goto('/wallet/messages')
    await wallet.getByText('充值成功').first().waitFor()
    await shot(wallet, 'time/messages')
  })

  test('ten days after shipping, silence confirms receipt', async () => {
    const id = await s.paid(wallet, '桂花乌龙', 8800)
    await s.ship(id)
    await wallet.goto(`/wallet/orders/${id}`)
    await wallet.getByRole('heading', { name: '待收货' }).waitFor()
    await s.advance('239h')
    assert.equal((await s.payment(id)).status, 'WAIT_BUYER_CONFIRM_GOODS')
    await s.advance('2h')
    await wallet.getByRole('heading', { name: '已完成' }).waitFor()
    const p = await s.payment(id)
    assert.deepEqual([p.in_escrow, p.settled, p.fee], [0, 8800, 53])
  })
})

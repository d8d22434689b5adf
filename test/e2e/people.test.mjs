// People: a newcomer signs up with a code on the pretend phone; a transfer with
// the name checked; history and messages on both sides.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { pressPin, shot } from './lib.mjs'
import { Sandbox, settled, skip } from './sandbox.mjs'

describe('people', { skip }, () => {
  let s, newcomer, wallet
  const number = '13912345678'
  before(async () => {
    s = await Sandbox.start()
  })
  after(() => s?.stop())

  test('a newcomer signs up with the code from the pretend phone', async () => {
    newcomer = await s.phone()
    await newcomer.goto('/wallet/sign-up')
    await newcomer.getByLabel('手机号').fill(number)
    await newcomer.getByRole('button', { name: '获取验证码' }).click()
    await newcomer.getByText('已发送至').waitFor()
    const phones = await newcomer.context().newPage()
    await phones.goto('/sandbox/phone')
    await phones.getByText(number.slice(-4)).first().waitFor()
    await phones.close()
    const { data } = await s.api('GET', `/v1/sandbox/phones/${number}/messages`, undefined, { key: '' })
    await newcomer.getByLabel('验证码', { exact: true }).fill(data[0].code)
    await newcomer.getByRole('button', { name: '下一步' }).click()
    await newcomer.getByLabel('登录密码').fill('river-stone-88')
    await newcomer.getByLabel('昵称').fill('小满')
    await newcomer.getByRole('button', { name: '注册', exact: true }).click()
    await pressPin(newcomer, '123456')
    await newcomer.getByText('太容易被猜到').first().waitFor()
    await pressPin(newcomer, '258147')
    await newcomer.getByText('再输入一次').waitFor()
    await pressPin(newcomer, '258147')
    await newcomer.getByRole('heading', { name: '实名认证' }).waitFor()
    await newcomer.getByRole('button', { name: '填入演示身份' }).click()
    await shot(newcomer, 'people/identity')
    await newcomer.getByRole('button', { name: '开始认证' }).click()
    await newcomer.getByRole('button', { name: '进入钱包' }).click()
    await newcomer.getByRole('heading', { name: '你好，小满' }).waitFor()
    await newcomer.getByText('¥0.00').first().waitFor()
  })

  test('a transfer shows the masked name and checks it', async () => {
    wallet = await s.wallet(0, {}, '/transfer')
    await wallet.getByLabel('对方手机号').fill('13800000002')
    await wallet.getByRole('button', { name: '下一步' }).click()
    await wallet.getByText('*明').first().waitFor()
    await wallet.getByLabel('金额').fill('88.80')
    await wallet.getByLabel('核对姓名').fill('张')
    await wallet.getByLabel('备注').fill('晚饭')
    await shot(wallet, 'people/transfer')
    await wallet.getByRole('button', { name: /^转账 ¥/ }).click()
    await pressPin(wallet, s.pin)
    await wallet.getByText('姓名与收款人不符').waitFor()
    await wallet.getByLabel('核对姓名').fill('陈')
    await wallet.getByRole('button', { name: /^转账 ¥/ }).click()
    await pressPin(wallet, s.pin)
    await wallet.getByRole('heading', { name: '转账成功' }).waitFor()
  })

  test('history finds it, and the month adds up', async () => {
    await wallet.goto('/wallet/history')
    await wallet.getByRole('heading', { name: /年.*月/ }).first().waitFor()
    await wallet.getByText('转给阿明').first().waitFor()
    await wallet.getByText('支出 ¥88.80').first().waitFor()
    await settled(wallet)
    await shot(wallet, 'people/history')
    await wallet.getByLabel('搜索商品').fill('没有这个')
    await wallet.getByText('没有符合条件的账单').waitFor()
  })

  test('the payee has the money and a message', async () => {
    const other = await s.wallet(1, {}, '/messages')
    await other.getByText('收到 ¥88.80。').first().waitFor()
    await other.getByText('晚饭').first().waitFor()
    await other.goto('/wallet/')
    await other.getByText('¥3,088.80').first().waitFor()
    assert.ok(true)
  })
})

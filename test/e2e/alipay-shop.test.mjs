// The shop written with Alipay's official SDK, bought from in a browser: the
// wallet's cashier, the verified way back, the notice, a refund in two parts, and
// the day's bill.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { checkA11y, pressPin, shot } from './lib.mjs'
import { Sandbox, skip, until } from './sandbox.mjs'

const folder = new URL('../../examples/alipay-shop/', import.meta.url).pathname
const missing = !existsSync(path.join(folder, 'node_modules/alipay-sdk')) && 'the packages of examples/alipay-shop are not there; scripts/need.sh fetches them'

describe('the shop by the official SDK', { skip: skip || missing }, () => {
  let s, server, shop, data, order
  const output = []
  before(async () => {
    s = await Sandbox.start()
    data = mkdtempSync(path.join(tmpdir(), 'tongbao-alipay-shop-'))
    server = spawn(process.execPath, ['server.mjs', '--sandbox', path.join(s.data, 'sandbox.json')], { cwd: folder, env: { ...process.env, PORT: '0', DATA: data, KEEPER_PASSWORD: 'ink' } })
    for (const stream of [server.stdout, server.stderr]) stream.on('data', (text) => output.push(String(text)))
    shop = await until('the shop listens', () => /^shop (\S+)\/$/m.exec(output.join(''))?.[1])
  })
  after(async () => {
    const ended = new Promise((go) => server?.once('exit', go))
    server?.kill('SIGTERM')
    if (server) await ended
    await s?.stop()
    if (data) rmSync(data, { recursive: true, force: true })
  })

  const keeper = (options = {}) => s.desk({ baseURL: shop, httpCredentials: { username: 'keeper', password: 'ink' }, ...options })
  const orderPage = async (page) => {
    await page.waitForURL((url) => url.href.startsWith(`${shop}/orders/`))
    return new URL(page.url()).pathname
  }

  test('choose, pay at the cashier, come back, and be told by a notice', async () => {
    const page = await s.phone({ baseURL: shop })
    await page.goto('/')
    await page.getByRole('link', { name: /琥珀香薰烛/ }).click()
    await page.getByLabel('数量').fill('2')
    await page.getByLabel('收货人').fill('陈小雅 <b>')
    await page.getByLabel('收货地址').fill('杭州市西湖区 "龙井路" 1 号 & 后院')
    await page.getByRole('button', { name: '去付款' }).click()
    await page.waitForURL(/\/wallet\//)
    await page.getByRole('button', { name: /^用.*登录$/ }).first().click()
    await page.getByText('琥珀香薰烛 × 2').first().waitFor()
    await shot(page, 'alipay-shop/cashier')
    await page.getByRole('button', { name: '确认付款' }).click()
    await pressPin(page, s.pin)
    await page.getByRole('heading', { name: '付款成功' }).waitFor()
    const [back] = await Promise.all([page.waitForRequest((r) => r.url().startsWith(`${shop}/return?`)), page.getByRole('link', { name: /^返回/ }).click()])
    order = await orderPage(page)
    await page.getByRole('heading', { name: '已付款' }).waitFor()
    await page.getByText('陈小雅 <b>').waitFor()
    await shot(page, 'alipay-shop/paid')

    // The way back with another amount is not believed.
    await page.goto(back.url().replace(/total_amount=[\d.]+/, 'total_amount=1.00'))
    await page.getByText('签名不对').waitFor()

    const desk = await keeper()
    await until('the notice', async () => {
      await desk.goto(`/keeper${order}`)
      return !(await desk.getByText('还没有', { exact: true }).isVisible())
    })
    await desk.getByText('TRADE_SUCCESS').waitFor()
    await shot(desk, 'alipay-shop/keeper-order')
    const forged = await fetch(`${shop}/notify`, { method: 'POST', body: new URLSearchParams({ out_trade_no: 'x', trade_status: 'TRADE_SUCCESS', sign: 'AAAA', sign_type: 'RSA2' }) })
    assert.equal(await forged.text(), 'fail')
    for (const p of [page, desk]) await p.context().close()
  })

  test('refund a part, then too much, then the rest', async () => {
    const desk = await keeper()
    await desk.goto(`/keeper${order}`)
    const refund = async (amount) => {
      await desk.getByLabel('退款金额').fill(amount)
      await desk.getByRole('button', { name: '退款' }).click()
    }
    await refund('76.00')
    await desk.getByText('已退').waitFor()
    await refund('100.01')
    await desk.getByRole('alert').waitFor()
    await refund('100.00')
    await desk.getByRole('heading', { name: '已全额退款' }).waitFor()
    await desk.getByText('TRADE_CLOSED').waitFor()
    await shot(desk, 'alipay-shop/refunded')
    const no = await desk.locator('h1 code').innerText()
    const { data } = await s.api('GET', `/v1/payments?order_no=${no}`)
    assert.deepEqual([data[0].status, data[0].refunded], ['TRADE_CLOSED', 17600])
    await desk.context().close()
  })

  test('the bill of the day comes when the day is over', async () => {
    const desk = await keeper()
    await desk.goto('/keeper')
    const day = new Date(Date.parse((await s.api('GET', '/v1/sandbox', undefined, { key: '' })).now ?? new Date()) + 8 * 3600_000).toISOString().slice(0, 10)
    await desk.getByLabel('日期').fill(day)
    await desk.getByRole('button', { name: '下载账单' }).click()
    await desk.getByText('这一天没有账单').waitFor()
    await s.advance('26h')
    await desk.getByLabel('日期').fill(day)
    const [file] = await Promise.all([desk.waitForEvent('download'), desk.getByRole('button', { name: '下载账单' }).click()])
    const text = new TextDecoder('gbk').decode(execFileSync('unzip', ['-p', await file.path()], { maxBuffer: 1 << 26 }))
    assert.match(text, /琥珀香薰烛 × 2/)
    assert.match(text, /76\.00/)
    await desk.context().close()
  })

  for (const [lang, device, dark] of [['zh', 'phone', false], ['en', 'phone', true], ['zh', 'desk', true], ['en', 'desk', false]]) {
    test(`each page looks right, ${lang} on a ${device}${dark ? ', dark' : ''}`, async () => {
      const failures = []
      const page = await s[device]({ baseURL: shop, lang, dark, httpCredentials: { username: 'keeper', password: 'ink' } })
      for (const [name, at] of [['goods', '/'], ['good', '/goods/linen-notebook'], ['order', order], ['none', '/nothing'], ['keeper', '/keeper'], ['keeper-order', `/keeper${order}`]]) {
        await page.goto(at)
        await page.locator('h1').waitFor()
        assert.ok((await page.locator('html').getAttribute('lang')).startsWith(lang))
        await shot(page, `alipay-shop/${lang}-${device}/${name}`)
        await checkA11y(page).catch((error) => failures.push(`${name}: ${error.message}`))
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
        if (wide > 1) failures.push(`${name} is ${wide} px too wide`)
      }
      await page.goto('/goods/linen-notebook')
      await page.locator('form').evaluate((form) => (form.noValidate = true))
      await page.getByRole('button').click()
      await page.getByRole('alert').waitFor()
      assert.equal(failures.length, 0, failures.join('\n\n'))
      page.assertQuiet()
      await page.context().close()
    })
  }
})

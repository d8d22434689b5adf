// Every main screen of the four faces, in both languages: it says something, keeps
// its security policy, passes axe and, where TONGBAO_SHOTS is set, is pictured.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { checkA11y, pressPin, shot } from './lib.mjs'
import { ask, png, Sandbox, settled, skip } from './sandbox.mjs'

describe('faces', { skip }, () => {
  let s, finished, shipped, toShip, unpaid, dispute
  before(async () => {
    s = await Sandbox.start()
    // Something to see: an order in each state, a dispute, a transfer, a till's payment.
    const wallet = await s.wallet()
    finished = await s.paid(wallet, '明前龙井 100 克', 12800)
    shipped = await s.paid(wallet, '桂花乌龙 120 克', 8800)
    unpaid = (await s.order('茉莉银毫', 9800, { buyer_id: s.who.buyers[0].id, return_url: s.shop })).id
    await s.ship(finished)
    assert.equal((await ask(wallet, 'wallet', 'POST', `/v1/payments/${finished}/confirm`, { payment_password: s.pin })).status, 200)
    await s.ship(shipped)
    toShip = await s.paid(wallet, '老白茶饼 350 克', 26800)
    await wallet.goto(`/wallet/orders/${shipped}/refund`)
    await wallet.getByLabel('损坏').check()
    await wallet.getByLabel('说明').fill('茶罐瘪了一角，茶叶洒出来一些。')
    await wallet.getByLabel('添加图片').setInputFiles([{ ...png('tin.png'), buffer: await drawing() }])
    await wallet.getByRole('button', { name: '提交维权' }).click()
    await wallet.getByRole('heading', { name: '等待卖家答复' }).waitFor()
    dispute = wallet.url().split('/disputes/')[1]
    await s.api('POST', `/v1/disputes/${dispute}/refuse`, { text: '出库时包装完好，装箱有录像。' })
    await ask(wallet, 'wallet', 'POST', `/v1/disputes/${dispute}/escalate`, { text: '请看图。' })
    await s.api('POST', `/v1/refunds`, { payment_id: finished, amount: 800, reason: '少了一小包' })
    await wallet.context().close()
    s.pages.length = 0
  })
  after(() => s?.stop())

  // drawing is a picture for evidence: what the shop shows of the goods.
  async function drawing() {
    const page = await s.phone({ baseURL: s.shop })
    await page.goto('/goods/osmanthus-oolong')
    const picture = await page.locator('.goodpic img').screenshot()
    await page.context().close()
    return picture
  }

  const known = { wallet: '/wallet', merchant: '/merchant', console: '/console' }
  const signedOut = [['wallet-login', 'phone', '/wallet/login'], ['wallet-sign-up', 'phone', '/wallet/sign-up'], ['cashier-sign-in', 'phone', () => `/wallet/cashier/${unpaid}`], ['merchant-login', 'desk', '/merchant/login'], ['console-login', 'desk', '/console/login']] // prettier-ignore
  const screens = {
    wallet: [
      ['home', '/'], ['cashier', () => `/cashier/${unpaid}`], ['pay-code', '/pay-code'], ['my-code', '/my-code'], ['transfer', '/transfer'], ['top-up', '/top-up'], ['withdraw', '/withdraw'], ['orders', '/orders'],
      ['order', () => `/orders/${toShip}`], ['receipt', () => `/orders/${finished}/receipt`], ['dispute', () => `/disputes/${dispute}`], ['history', '/history'], ['messages', '/messages'], ['me', '/me'], ['identity', '/me/identity'], ['cards', '/me/cards'],
    ],
    merchant: [
      ['today', '/'], ['orders', '/orders'], ['order', () => `/orders/${toShip}`], ['disputes', '/disputes'], ['dispute', () => `/disputes/${dispute}`], ['till', '/till'], ['collection-code', '/collection-code'], ['money', '/money'],
      ['keys', '/developers'], ['webhooks', '/developers/webhooks'], ['events', '/developers/events'], ['team', '/team'],
    ],
    console: [
      ['overview', '/'], ['disputes', '/disputes'], ['dispute', () => `/disputes/${dispute}`], ['payment', () => `/payments/${finished}`], ['person', () => `/people/${s.who.buyers[0].id}`], ['account', () => `/accounts/user:${s.who.buyers[0].id}:CNY`],
      ['books', '/books'], ['unknowns', '/unknowns'], ['jobs', '/jobs'], ['audit', '/audit'], ['system', '/system'],
    ],
  } // prettier-ignore

  async function look(page, name, failures) {
    await settled(page)
    await shot(page, `faces/${name}`)
    await checkA11y(page).catch((error) => failures.push(`${name}: ${error.message}`))
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    if (wide > 1) failures.push(`${name} is ${wide} px too wide`)
  }
  const failed = (failures) => assert.equal(failures.length, 0, failures.join('\n\n'))

  for (const lang of ['zh', 'en']) {
    const html = lang === 'zh' ? 'zh-CN' : 'en'
    test(`before signing in, ${lang}`, async () => {
      const failures = []
      for (const [name, device, path] of signedOut) {
        const page = await s[device]({ lang, dark: lang === 'en' })
        await page.goto(typeof path === 'function' ? path() : path)
        await look(page, `${lang}/${name}`, failures)
        assert.ok((await page.locator('html').getAttribute('lang')).startsWith(html))
        await page.context().close()
      }
      failed(failures)
    })
    for (const face of ['wallet', 'merchant', 'console']) {
      test(`${face}, ${lang}`, async () => {
        const page = face === 'wallet' ? await s.wallet(0, { lang }) : face === 'merchant' ? await s.merchant({ lang }) : await s.console('admin', { lang })
        const failures = []
        for (const [name, path] of screens[face]) {
          await page.goto(known[face] + (typeof path === 'function' ? path() : path))
          await look(page, `${lang}/${face}-${name}`, failures)
        }
        if (face === 'merchant') {
          await page.goto(`/merchant/orders/${finished}`)
          await page.getByRole('dialog').getByRole('button', { name: lang === 'zh' ? /^退\s?款$/ : 'Refund' }).click()
          await page.getByRole('button', { name: lang === 'zh' ? '退一半' : 'Half' }).click()
          await look(page, `${lang}/merchant-refund`, failures)
        }
        if (face === 'console') {
          await page.goto(`/console/accounts/user:${s.who.buyers[0].id}:CNY`)
          await page.getByRole('row').filter({ hasText: '268.00' }).first().getByRole('button', { name: lang === 'zh' ? '展开' : 'Unroll' }).click()
          await page.getByText(/POST \/v1\/payments\/\d+\/pay → 200/).waitFor()
          await look(page, `${lang}/console-unrolled`, failures)
        }
        failed(failures)
        page.assertQuiet()
        await page.context().close()
      })
    }
    test(`shop, ${lang}`, async () => {
      const page = await s.phone({ lang, baseURL: s.shop })
      const failures = []
      for (const [name, path] of [['home', '/'], ['good', '/goods/longjing'], ['seller', '/sellers/lake-tea'], ['cart', '/cart'], ['orders', '/orders']]) {
        await page.goto(path)
        await look(page, `${lang}/shop-${name}`, failures)
      }
      await page.goto('/goods/longjing')
      await page.getByRole('button', { name: lang === 'zh' ? '立即购买' : 'Buy now' }).click()
      await page.getByRole('heading', { name: lang === 'zh' ? '确认订单' : 'Confirm your order' }).waitFor()
      await look(page, `${lang}/shop-checkout`, failures)
      await page.getByRole('button', { name: /¥128\.00/ }).click()
      await page.getByRole('button', { name: lang === 'zh' ? '用阿明登录' : 'Be 阿明' }).click()
      await page.getByRole('button', { name: lang === 'zh' ? '确认付款' : 'Confirm payment' }).click()
      await look(page, `${lang}/cashier-password`, failures)
      await pressPin(page, s.pin)
      await page.getByRole('heading', { name: lang === 'zh' ? '付款成功' : 'Paid' }).waitFor()
      await look(page, `${lang}/cashier-paid`, failures)
      await page.getByRole('link', { name: lang === 'zh' ? '返回商城' : 'Return to the shop' }).click()
      await page.getByRole('heading', { name: lang === 'zh' ? '已付款，通宝保管中' : 'Paid. Held by Tongbao' }).waitFor()
      await look(page, `${lang}/shop-order`, failures)
      failed(failures)
      page.assertQuiet()
      await page.context().close()
    })
  }

  test('dark, the first screens', async () => {
    const failures = []
    for (const [face, page] of [['wallet', await s.wallet(0, { dark: true })], ['merchant', await s.merchant({ dark: true })], ['console', await s.console('agent', { dark: true })]]) {
      await look(page, `dark/${face}`, failures)
      assert.equal(await page.locator('html').getAttribute('data-theme'), 'dark')
      await page.context().close()
    }
    failed(failures)
  })
})

// A service provider acts for another merchant: its page sends the merchant's
// owner to the portal, who signs in, reads what is asked and says yes; the
// provider's program then sells for that merchant, until the grant is revoked.
import assert from 'node:assert/strict'
import { createSign } from 'node:crypto'
import { createServer } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { checkA11y, shot } from './lib.mjs'
import { ask, exactly, Sandbox, settled, skip } from './sandbox.mjs'

describe('a service provider', { skip }, () => {
  let s, provider, owner, hook, back, token
  const came = []
  const client = () => s.who.sellers[1]
  before(async () => {
    s = await Sandbox.start()
    hook = createServer((request, response) => {
      came.push(new URL(request.url, 'http://x').searchParams)
      response.end('granted')
    })
    await new Promise((go) => hook.listen(0, '127.0.0.1', go))
    back = `http://127.0.0.1:${hook.address().port}/granted`
    provider = await s.merchant()
    const set = await ask(provider, 'merchant', 'PATCH', `/v1/apps/${s.who.merchant.app_id}`, { callback_url: back })
    assert.equal(set.status, 200, JSON.stringify(set))
  })
  after(async () => {
    hook?.close()
    await s?.stop()
  })

  const stamp = () => new Date(Date.now() + 8 * 3600_000).toISOString().slice(0, 19).replace('T', ' ')
  async function call(method, content, more = {}) {
    const p = { app_id: s.who.merchant.app_id, method, charset: 'utf-8', sign_type: 'RSA2', timestamp: stamp(), version: '1.0', biz_content: JSON.stringify(content), ...more }
    const text = Object.keys(p).sort().map((name) => `${name}=${p[name]}`).join('&') // prettier-ignore
    const sign = createSign('sha256').update(text).sign(s.who.merchant.app_private_key, 'base64')
    const answer = await (await fetch(s.who.gateway_url, { method: 'POST', body: new URLSearchParams({ ...p, sign }) })).json()
    return answer[`${method.replaceAll('.', '_')}_response`]
  }
  const door = (to = back) => `${s.url.replace(/\/$/, '')}/oauth2/appToAppAuth.htm?${new URLSearchParams({ app_id: s.who.merchant.app_id, redirect_uri: to, state: 'shop 7' })}`

  test('an address that is not the provider’s own leads to no consent', async () => {
    const answer = await fetch(door('https://evil.example/x'), { redirect: 'manual' })
    assert.equal(answer.status, 200)
    assert.match(await answer.text(), /isv\.invalid-redirect-uri/)
  })

  test('the owner signs in, chooses and allows it', async () => {
    owner = await s.desk()
    await owner.goto(door())
    await owner.locator('input[name=username]').fill(client().login)
    await owner.locator('input[name=password]').fill(client().password)
    await owner.locator('input[name=password]').press('Enter')
    await owner.getByRole('heading', { name: new RegExp(s.who.merchant.name) }).waitFor()
    await settled(owner)
    assert.equal(await owner.getByRole('checkbox', { name: /转账/ }).isChecked(), false, 'money out is asked for by hand')
    for (const [lang, width, height] of [['zh', 1440, 900], ['zh', 390, 844]]) {
      await owner.setViewportSize({ width, height })
      await shot(owner, `provider/consent-${lang}-${width}`, { fullPage: true })
      await checkA11y(owner)
      assert.ok((await owner.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 1, 'too wide')
    }
    await owner.setViewportSize({ width: 1440, height: 900 })
    for (const box of await owner.getByRole('checkbox').all()) await box.uncheck()
    await owner.getByRole('button', { name: exactly('同意授权') }).click()
    await owner.getByText('请至少选一项').waitFor()
    await owner.getByRole('checkbox', { name: /^收款/ }).check()
    await owner.getByRole('button', { name: exactly('同意授权') }).click()
    await owner.getByText('granted').waitFor()
    assert.equal(came[0].get('state'), 'shop 7')
    const got = await call('alipay.open.auth.token.app', { grant_type: 'authorization_code', code: came[0].get('app_auth_code') })
    assert.equal(got.user_id, client().id, JSON.stringify(got))
    token = got.tokens[0].app_auth_token
  })

  test('what the provider sells is the merchant’s, in its portal', async () => {
    const { payment_code } = await s.api('POST', '/v1/sandbox/payment-codes', { buyer_id: s.who.buyers[0].id })
    const paid = await call('alipay.trade.pay', { out_trade_no: 'provider-1', total_amount: '66.00', subject: '服务商代卖', scene: 'bar_code', auth_code: payment_code }, { app_auth_token: token })
    assert.equal(paid.code, '10000', JSON.stringify(paid))
    assert.equal((await call('alipay.data.bill.balance.query', {}, { app_auth_token: token })).sub_code, 'aop.invalid-app-auth-token-no-api')
    await owner.goto(`/merchant/orders/${paid.trade_no}`)
    await owner.getByText('服务商代卖').first().waitFor()
  })

  test('the owner sees whom it lets act, and revokes it', async () => {
    const failures = []
    for (const [lang, options] of [['zh', {}], ['en', { lang: 'en' }], ['dark', { lang: 'en', dark: true }]]) {
      const page = await s.desk(options)
      await page.goto(`/merchant/login?next=${encodeURIComponent('/developers/providers')}`)
      await page.locator('input[name=username]').fill(client().login)
      await page.locator('input[name=password]').fill(client().password)
      await page.locator('input[name=password]').press('Enter')
      await page.getByText(s.who.merchant.app_id.slice(0, 4)).first().waitFor()
      for (const [name, at] of Object.entries({ list: '/merchant/developers/providers', again: `/merchant/authorize?${new URLSearchParams({ app_id: s.who.merchant.app_id, redirect_uri: back })}`, gone: '/merchant/authorize?app_id=1&redirect_uri=x' })) {
        await page.goto(at)
        for (const width of [1440, 390]) {
          await page.setViewportSize({ width, height: 900 })
          await settled(page)
          await shot(page, `provider/${name}-${lang}-${width}`, { fullPage: true })
          await checkA11y(page).catch((error) => failures.push(`${name}: ${error.message}`))
          const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
          if (wide > 1) failures.push(`${name} ${lang} is ${wide} px too wide at ${width}`)
        }
      }
      await page.context().close()
    }
    assert.equal(failures.length, 0, failures.join('\n\n'))

    await owner.goto('/merchant/developers/providers')
    await settled(owner)
    await owner.getByRole('button', { name: /^取消授权：/ }).click()
    await owner.getByRole('dialog').getByRole('button', { name: exactly('取消授权') }).click()
    await owner.getByText('还没有授权过服务商').waitFor()
    assert.equal((await call('alipay.trade.query', { out_trade_no: 'provider-1' }, { app_auth_token: token })).sub_code, 'aop.invalid-app-auth-token')
    assert.equal((await call('alipay.open.auth.token.app.query', { app_auth_token: token })).status, 'invalid')
  })
})

// An application of the merchants' protocol from its making to its notices: keys
// made in the browser and never sent, a program that signs by the file that was
// downloaded, its calls with the string that was signed, a signature that does
// not fit and why, and a notice that is sent again.
import assert from 'node:assert/strict'
import { createPublicKey, createSign, createVerify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { checkA11y, pressPin, shot } from './lib.mjs'
import { exactly, Sandbox, settled, skip, until } from './sandbox.mjs'

describe('applications', { skip }, () => {
  let s, desk, app, key, hook, answer
  const heard = []
  const named = (name) => desk.getByRole('button', { name: exactly(name) })
  const dialog = () => desk.getByRole('dialog').last()
  before(async () => {
    s = await Sandbox.start()
    desk = await s.merchant()
    answer = { status: 500, body: 'database is down' }
    hook = createServer(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      heard.push(Object.fromEntries(new URLSearchParams(body)))
      response.writeHead(answer.status).end(answer.body)
    })
    await new Promise((go) => hook.listen(0, '127.0.0.1', go))
  })
  after(async () => {
    hook?.close()
    await s?.stop()
  })

  // signed is a request's form, as a program writes it that has no SDK.
  const stamp = () => new Date(Date.now() + 8 * 3600_000).toISOString().slice(0, 19).replace('T', ' ')
  function signed(method, content, { more = {}, sign = (text) => text } = {}) {
    const p = { app_id: app, method, charset: 'utf-8', sign_type: 'RSA2', timestamp: stamp(), version: '1.0', biz_content: JSON.stringify(content), ...more }
    const text = Object.keys(p).sort().map((name) => `${name}=${p[name]}`).join('&') // prettier-ignore
    return new URLSearchParams({ ...p, sign: createSign('sha256').update(sign(text)).sign(key, 'base64') })
  }
  const call = async (...how) => {
    const form = signed(...how)
    const answer = await (await fetch(s.who.gateway_url, { method: 'POST', body: form })).json()
    return { ...answer[`${form.get('method').replaceAll('.', '_')}_response`], form }
  }

  test('a key pair is made in the browser, and its private key goes nowhere', async () => {
    await desk.addInitScript(() => {
      const ask = window.fetch
      window.sent = []
      window.fetch = async (...how) => {
        const request = new Request(...how)
        window.sent.push(`${request.url} ${await request.clone().text()}`)
        return ask(request)
      }
    })
    await desk.goto('/merchant/developers/apps')
    await settled(desk)
    await named('创建应用').click()
    await dialog().getByLabel('应用名称').fill('西湖边上的一家名字很长很长的茶叶与茶具专卖店的商城后端服务（生产环境）')
    await dialog().getByRole('button', { name: exactly('创建应用') }).click()
    await dialog().getByText('请现在复制保存').waitFor()
    assert.match(await desk.locator('.secret code').getAttribute('title'), /^[A-Za-z0-9+/]{22}==$/)
    await dialog().getByRole('button', { name: '我已保存' }).click()
    app = new URL(desk.url()).pathname.split('/')[3]
    assert.match(app, /^2021\d{12}$/)

    await named('生成密钥').click()
    await dialog().getByText('PKCS #1').waitFor()
    await dialog().getByRole('button', { name: exactly('登记公钥') }).click()
    await dialog().getByText('请先下载或复制私钥').waitFor()
    await shot(desk, 'apps/make-keys')
    const [file] = await Promise.all([desk.waitForEvent('download'), dialog().getByRole('button', { name: exactly('下载') }).first().click()])
    key = readFileSync(await file.path(), 'utf8')
    assert.match(key, /^-----BEGIN RSA PRIVATE KEY-----/)
    await dialog().getByLabel('我已保存私钥').check()
    await dialog().getByRole('button', { name: exactly('登记公钥') }).click()
    await desk.getByText('已登记公钥。').waitFor()
    const sent = await desk.evaluate(() => window.sent)
    assert.equal(sent.filter((text) => /PRIVATE|MII[BCE][a-zA-Z0-9]{4}IBAAKCAQ/.test(text)).length, 0, 'the private key was sent')
    const registered = createPublicKey(key).export({ type: 'spki', format: 'pem' }).trim()
    assert.ok(sent.some((text) => text.includes(JSON.stringify(registered).slice(1, -1))), 'the public key was registered')
  })

  test('its program is answered, and its calls are listed with what was signed', async () => {
    const good = await call('alipay.trade.query', { out_trade_no: 'none' })
    assert.equal(good.sub_code, 'ACQ.TRADE_NOT_EXIST')
    const bad = await call('alipay.trade.create', { out_trade_no: '1', total_amount: '1.00', subject: '龙井 & 茶' }, { more: { notify_url: 'https://shop.example.com/n' }, sign: (text) => text.replace('&sign_type=RSA2', '') })
    assert.equal(bad.sub_code, 'isv.invalid-signature')
    await desk.goto(`/merchant/applications/${app}/calls`)
    await desk.getByRole('button', { name: 'alipay.trade.query' }).waitFor()
    await desk.getByText('签名时漏了 sign_type').waitFor()
    await shot(desk, 'apps/calls')
    await desk.getByRole('button', { name: 'alipay.trade.create' }).click()
    const drawer = desk.getByRole('dialog')
    await drawer.getByText('签名不成立').waitFor()
    assert.match(await drawer.locator('.apps-diff ins').innerText(), /sign_type=RSA2/)
    assert.match(await drawer.locator('pre').first().innerText(), /notify_url=https:\/\/shop\.example\.com\/n&sign_type=RSA2&timestamp=/)
    await shot(desk, 'apps/call')
    await drawer.getByRole('link', { name: '错误码' }).click()
    await desk.getByText('验签失败。打开该调用的详情').waitFor()
    assert.equal(await desk.locator('.apps-list dt').first().innerText(), 'isv.invalid-signature')

    await desk.goto(`/merchant/applications/${app}/debugger`)
    const form = signed('alipay.trade.query', { out_trade_no: '1' }, { sign: (text) => encodeURI(text) })
    await desk.getByLabel('请求', { exact: true }).fill(`${s.who.gateway_url}?${form}`)
    await desk.getByRole('button', { name: '检查签名' }).click()
    await desk.getByText('签名不成立').waitFor()
    await desk.getByLabel('请求', { exact: true }).fill(`${s.who.gateway_url}?${signed('alipay.trade.query', { out_trade_no: '1' })}`)
    await desk.getByRole('button', { name: '检查签名' }).click()
    await desk.getByText('签名成立').waitFor()
    await shot(desk, 'apps/debugger')
  })

  test('a notice is shown with each try and its answer, and sent again', async () => {
    const notify = `http://127.0.0.1:${hook.address().port}/notify`
    const made = await call('alipay.trade.precreate', { out_trade_no: 'notice-1', total_amount: '88.00', subject: '龙井' }, { more: { notify_url: notify } })
    assert.equal(made.code, '10000', JSON.stringify(made))
    const { data } = await s.api('GET', '/v1/payments?order_no=notice-1')
    const wallet = await s.wallet()
    await wallet.goto(`/wallet/cashier/${data[0].id}`)
    await wallet.getByRole('button', { name: '确认付款' }).click()
    await pressPin(wallet, s.pin)
    await wallet.getByRole('heading', { name: '付款成功' }).waitFor()
    await until('the first try', () => heard.length)
    const { sign, sign_type, ...rest } = heard[0]
    const text = Object.keys(rest).sort().map((name) => `${name}=${rest[name]}`).join('&') // prettier-ignore
    const platform = (await s.api('GET', `/v1/apps/${app}`)).platform_public_key
    assert.equal(sign_type, 'RSA2')
    assert.ok(createVerify('sha256').update(text).verify(platform, sign, 'base64'))

    await desk.goto(`/merchant/applications/${app}/notices`)
    const row = desk.getByRole('row').filter({ hasText: 'notice-1' })
    await row.getByText('失败，将重试').waitFor()
    await row.getByRole('button', { name: 'trade_status_sync' }).click()
    const drawer = desk.getByRole('dialog')
    await drawer.getByText('database is down').waitFor()
    await shot(desk, 'apps/notice')
    answer = { status: 200, body: 'success' }
    await drawer.getByRole('button', { name: /重发通知/ }).click()
    await drawer.getByText('已送达').first().waitFor()
    assert.equal(heard.length, 2)
    assert.equal(heard[1].notify_id, heard[0].notify_id)
  })

  for (const [lang, options] of [['zh', {}], ['en', {}], ['dark', { lang: 'en', dark: true }]]) {
    test(`each page looks right, ${lang}`, async () => {
      const failures = []
      const page = await s.merchant({ lang, ...options })
      const look = async (name) => {
        await settled(page)
        await shot(page, `apps/${lang}/${name}`)
        await checkA11y(page).catch((error) => failures.push(`${name}: ${error.message}`))
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
        if (wide > 1) failures.push(`${name} is ${wide} px too wide`)
      }
      const pages = { list: '/merchant/developers/apps' }
      for (const tab of ['setup', 'sdks', 'calls', 'debugger', 'notices', 'codes']) pages[tab] = `/merchant/applications/${app}/${tab}`
      for (const [name, path] of Object.entries(pages)) {
        await page.goto(path)
        await look(name)
      }
      await page.goto(`${pages.calls}?outcome=signature`)
      await page.getByRole('button', { name: 'alipay.trade.create' }).click()
      await page.locator('.apps-diff').waitFor()
      await look('call')
      await page.setViewportSize({ width: 390, height: 844 })
      for (const [name, path] of Object.entries(pages)) {
        await page.goto(path)
        await look(`phone-${name}`)
      }
      assert.equal(failures.length, 0, failures.join('\n\n'))
      page.assertQuiet()
      await page.context().close()
    })
  }
})

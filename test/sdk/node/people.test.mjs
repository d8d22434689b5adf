// The official SDK, unchanged, through what people agree to: being charged
// without a password, and being known. And the bills of a day.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { pressPin } from '../../e2e/lib.mjs'
import { skip } from '../../e2e/sandbox.mjs'
import { code, modes, open, orderNo, Sandbox, Shop } from './sdk.mjs'

const checked = { validateSign: true }

describe('the official Node SDK and people', { skip }, () => {
  let s, shop
  before(async () => {
    s = await Sandbox.start()
    shop = await Shop.start()
  })
  after(async () => {
    shop?.stop()
    await s?.stop()
  })

  test('a deposit: asked for by app and by code, given in the browser, paid from and released', async () => {
    const sdk = open(s, 'key')
    const page = await s.wallet(0)
    for (const [way, amount] of [['app', '500.00'], ['code', '20.00']]) {
      const no = orderNo()
      const bizContent = { out_order_no: no, out_request_no: `f${no}`, order_title: '湖景房押金', amount, product_code: 'PRE_AUTH_ONLINE' }
      const more = { notify_url: `${shop.url}/notify`, bizContent }
      if (way === 'app') {
        await page.goto(`${s.who.gateway_url}?${sdk.sdkExecute('alipay.fund.auth.order.app.freeze', more)}`)
      } else {
        const made = await sdk.exec('alipay.fund.auth.order.voucher.create', more, checked)
        assert.deepEqual([made.code, made.codeType], ['10000', 'qr_code'])
        assert.equal((await fetch(made.codeUrl)).headers.get('content-type'), 'image/png')
        await page.goto(made.codeValue)
      }
      await page.getByRole('heading', { name: /申请冻结押金/ }).waitFor()
      if (process.env.TONGBAO_SHOTS) await page.screenshot({ path: path.join(process.env.TONGBAO_SHOTS, `deposit-${way}.png`) })
      await page.getByRole('button', { name: '同意冻结' }).click()
      await pressPin(page, s.pin)
      await page.getByRole('heading', { name: '押金已冻结' }).waitFor()
      if (process.env.TONGBAO_SHOTS) await page.screenshot({ path: path.join(process.env.TONGBAO_SHOTS, `deposit-${way}-given.png`) })
      const told = await shop.notice(undefined, (n) => n.notify_type === 'fund_auth_freeze' && n.out_order_no === no)
      assert.ok(sdk.checkNotifySignV2({ ...told }))
      const paid = await sdk.exec('alipay.trade.pay', { bizContent: { out_trade_no: `p${no}`, total_amount: '5.00', subject: '房费', product_code: 'PREAUTH_PAY', auth_no: told.auth_no, auth_confirm_mode: 'COMPLETE' } }, checked)
      assert.deepEqual([paid.code, paid.buyerUserId], ['10000', s.who.buyers[0].id])
    }
    await page.context().close()
  })

  test('an agreement: signed in the browser, charged, moved, ended, with its notices', async () => {
    const sdk = open(s, 'key')
    const external = orderNo()
    const bizContent = {
      personal_product_code: 'CYCLE_PAY_AUTH_P', sign_scene: 'INDUSTRY|MEMBER', external_agreement_no: external, external_logon_id: 'lin', access_params: { channel: 'ALIPAYAPP' },
      period_rule_params: { period_type: 'MONTH', period: 1, execute_time: await firstDay(), single_amount: '30.00', total_payments: 12 },
    }
    const link = sdk.pageExecute('alipay.user.agreement.page.sign', 'GET', { notify_url: `${shop.url}/notify`, return_url: `${shop.url}/return`, bizContent })
    const page = await s.wallet(0)
    await page.goto(link)
    await page.waitForURL('**/wallet/agreements/*')
    await page.getByRole('heading', { name: /申请免密代扣/ }).waitFor()
    if (process.env.TONGBAO_SHOTS) await page.screenshot({ path: path.join(process.env.TONGBAO_SHOTS, 'agreement.png'), fullPage: true })
    await page.getByRole('button', { name: '同意并签约' }).click()
    await pressPin(page, s.pin)
    await page.getByRole('heading', { name: '签约成功' }).waitFor()
    await page.getByRole('link', { name: '返回商城' }).click()
    await page.getByRole('heading', { name: '回到商店' }).waitFor()
    const back = shop.returns.find((r) => r.external_agreement_no === external)
    assert.ok(sdk.checkNotifySignV2({ ...back }), 'the return is signed')
    const told = (type) => shop.notice(undefined, (n) => n.notify_type === type && n.external_agreement_no === external)
    const signed = await told('dut_user_sign')
    assert.ok(sdk.checkNotifySignV2({ ...signed }))
    const agreement_no = signed.agreement_no
    assert.equal(agreement_no, back.agreement_no)

    const known = await sdk.exec('alipay.user.agreement.query', { bizContent: { agreement_no } }, checked)
    assert.deepEqual([known.status, known.singleQuota, known.executionPlans.length, known.principalId], ['NORMAL', '30.00', 12, s.who.buyers[0].id])
    const no = orderNo()
    const charge = { out_trade_no: no, total_amount: '30.00', subject: '会员', product_code: 'CYCLE_PAY_AUTH', agreement_params: { agreement_no } }
    const paid = await sdk.exec('alipay.trade.pay', { notify_url: `${shop.url}/notify`, bizContent: charge }, checked)
    assert.deepEqual([paid.code, paid.buyerUserId], ['10000', s.who.buyers[0].id])
    assert.equal((await shop.notice(no)).agreement_no, agreement_no)
    const early = await sdk.exec('alipay.trade.pay', { bizContent: { ...charge, out_trade_no: orderNo() } }, checked)
    assert.equal(early.subCode, 'ACQ.CYCLE_PAY_DATE_NOT_MATCH')
    const moved = await sdk.exec('alipay.user.agreement.executionplan.modify', { bizContent: { agreement_no, deduct_time: await today(2) } }, checked)
    assert.equal(moved.deductTime, await today(2))
    assert.equal((await sdk.exec('alipay.trade.pay', { bizContent: { ...charge, out_trade_no: orderNo() } }, checked)).code, '10000')

    await page.goto(`${s.url}/wallet/me/agreements`)
    await page.getByRole('button', { name: new RegExp(s.who.merchant.name) }).first().click()
    if (process.env.TONGBAO_SHOTS) await page.screenshot({ path: path.join(process.env.TONGBAO_SHOTS, 'agreements.png') })
    await page.getByRole('button', { name: '解约' }).click()
    await page.getByRole('button', { name: '解约' }).click()
    const ended = await told('dut_user_unsign')
    assert.deepEqual([sdk.checkNotifySignV2({ ...ended }), ended.status], [true, 'UNSIGN'])
    const refused = await sdk.exec('alipay.trade.pay', { bizContent: { ...charge, out_trade_no: orderNo() } }, checked)
    assert.equal(refused.subCode, 'ACQ.AGREEMENT_STATUS_NOT_NORMAL')
    assert.equal((await sdk.exec('alipay.user.agreement.unsign', { bizContent: { agreement_no } }, checked)).code, '10000', 'ending it again says so again')
  })

  test('who somebody is: consent in the browser, tokens, and what they tell', async () => {
    const sdk = open(s, 'key')
    const desk = await s.merchant()
    const changed = await desk.evaluate(
      async ({ id, callback_url }) => {
        const me = await (await fetch('/v1/session', { headers: { 'Tongbao-Face': 'merchant' } })).json()
        const r = await fetch(`/v1/apps/${id}`, { method: 'PATCH', headers: { 'Tongbao-Face': 'merchant', 'Tongbao-CSRF': me.csrf_token ?? me.csrf, 'Content-Type': 'application/json' }, body: JSON.stringify({ callback_url }) })
        return r.status
      },
      { id: s.who.merchant.app_id, callback_url: `${shop.url}/return` },
    )
    assert.equal(changed, 200)
    const page = await s.wallet(0)
    const ask = (scope) => `${s.url}/oauth2/publicAppAuthorize.htm?${new URLSearchParams({ app_id: s.who.merchant.app_id, scope, redirect_uri: `${shop.url}/return`, state: scope })}`
    await page.goto(ask('auth_user'))
    await page.getByRole('heading', { name: /想知道您是谁/ }).waitFor()
    if (process.env.TONGBAO_SHOTS) await page.screenshot({ path: path.join(process.env.TONGBAO_SHOTS, 'authorize.png') })
    await page.getByRole('button', { name: '同意' }).click()
    await page.getByRole('heading', { name: '回到商店' }).waitFor()
    const back = shop.returns.find((r) => r.state === 'auth_user')
    const tokens = await sdk.exec('alipay.system.oauth.token', { grantType: 'authorization_code', code: back.auth_code }, checked)
    assert.deepEqual([tokens.userId, tokens.expiresIn], [s.who.buyers[0].id, 1296000])
    const who = await sdk.exec('alipay.user.info.share', { auth_token: tokens.accessToken }, checked)
    assert.deepEqual([who.code, who.nickName, who.userId], ['10000', s.who.buyers[0].nickname, s.who.buyers[0].id])
    const fresh = await sdk.exec('alipay.system.oauth.token', { grantType: 'refresh_token', refresh_token: tokens.refreshToken }, checked)
    assert.ok(fresh.accessToken)
    await page.goto(ask('auth_base')) // goes back without a question
    await page.getByRole('heading', { name: '回到商店' }).waitFor()
  })

  for (const mode of modes)
    test(`in ${mode} mode: the bill of a day is downloaded and parsed`, async () => {
      const sdk = open(s, mode)
      const no = orderNo()
      const bill_date = await today()
      await sdk.exec('alipay.trade.pay', { bizContent: { out_trade_no: no, total_amount: '20.00', subject: '春茶, 一斤', scene: 'bar_code', auth_code: await code(s) } }, checked)
      await s.advance('24h')
      const balance = await sdk.exec('alipay.data.bill.balance.query', {}, checked)
      assert.match(balance.availableAmount, /^\d+\.\d\d$/)
      const log = await sdk.exec('alipay.data.bill.accountlog.query', { bizContent: { start_time: `${bill_date} 00:00:00`, end_time: `${await today()} 00:00:00`, merchant_order_no: no } }, checked)
      assert.deepEqual([log.detailList.length, log.detailList[0].type, log.detailList[0].direction], [1, '在线支付', '收入'])
      for (const bill_type of ['trade', 'signcustomer']) {
        const made = await sdk.exec('alipay.data.dataservice.bill.downloadurl.query', { bizContent: { bill_type, bill_date } }, checked)
        assert.equal(made.code, '10000')
        const file = Buffer.from(await (await fetch(made.billDownloadUrl)).arrayBuffer())
        const folder = mkdtempSync(path.join(tmpdir(), 'bill-'))
        writeFileSync(path.join(folder, 'bill.zip'), file)
        const text = new TextDecoder('gbk').decode(execFileSync('unzip', ['-p', path.join(folder, 'bill.zip')], { maxBuffer: 1 << 26 }))
        rmSync(folder, { recursive: true })
        const row = text.split('\r\n').find((line) => !line.startsWith('#') && line.includes(no))
        assert.ok(row?.includes('"春茶, 一斤"') && row.includes(bill_type === 'trade' ? '20.00' : log.detailList[0].transAmount), `the order's row of ${bill_type}: ${row}`)
      }
    })

  /** today is the business day, or one some days on. */
  // A monthly plan begins on the 28th at the latest, and is charged five days before at the earliest.
  async function firstDay() {
    for (let ahead = 0; ; ahead++) {
      const day = await today(ahead)
      if (+day.slice(8) <= 28) return day
    }
  }
  async function today(days = 0) {
    const { now } = await s.api('POST', '/v1/sandbox/clock', { advance: '1s' }, { key: '' })
    return new Date(Date.parse(now) + 8 * 3600_000 + days * 86400_000).toISOString().slice(0, 10)
  }
})

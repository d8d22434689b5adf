// The official SDK, unchanged, through the trade methods of the second door.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { pressPin } from '../../e2e/lib.mjs'
import { skip } from '../../e2e/sandbox.mjs'
import { code, modes, open, orderNo, Sandbox, Shop } from './sdk.mjs'

const subject = '春茶 250 g & "杯" +1' // no percent sign: the SDK's older verifier decodes it twice, and throws
const checked = { validateSign: true }

describe('the official Node SDK', { skip }, () => {
  let s, shop
  before(async () => {
    s = await Sandbox.start()
    shop = await Shop.start()
  })
  after(async () => {
    shop?.stop()
    await s?.stop()
  })

  for (const mode of modes)
    test(`in ${mode} mode: pay, query, refund, cancel, each answer verified`, async () => {
      const sdk = open(s, mode)
      const no = orderNo()
      const bizContent = { out_trade_no: no, total_amount: '20.00', subject, scene: 'bar_code', auth_code: await code(s), passback_params: 'a%3D1' }
      const paid = await sdk.exec('alipay.trade.pay', { notify_url: `${shop.url}/notify`, bizContent }, checked)
      assert.deepEqual([paid.code, paid.totalAmount, paid.buyerUserId], ['10000', '20.00', s.who.buyers[0].id])
      const seen = await sdk.exec('alipay.trade.query', { bizContent: { outTradeNo: no } }, checked)
      assert.deepEqual([seen.tradeStatus, seen.tradeNo, seen.subject], ['TRADE_SUCCESS', paid.tradeNo, subject])
      const part = await sdk.exec('alipay.trade.refund', { bizContent: { out_trade_no: no, refund_amount: '5.00', out_request_no: 'r1', query_options: ['refund_detail_item_list'] } }, checked)
      assert.deepEqual([part.fundChange, part.refundFee, part.sendBackFee], ['Y', '5.00', '5.00'])
      const known = await sdk.exec('alipay.trade.fastpay.refund.query', { bizContent: { out_trade_no: no, out_request_no: 'r1' } }, checked)
      assert.deepEqual([known.refundStatus, known.refundAmount], ['REFUND_SUCCESS', '5.00'])
      const rest = await sdk.exec('alipay.trade.cancel', { bizContent: { out_trade_no: no } }, checked)
      assert.deepEqual([rest.action, rest.retryFlag], ['refund', 'N'])
      const none = await sdk.exec('alipay.trade.query', { bizContent: { out_trade_no: 'none' } }, checked)
      assert.deepEqual([none.code, none.subCode], ['40004', 'ACQ.TRADE_NOT_EXIST'])
      assert.equal((await s.payment(paid.tradeNo)).status, 'TRADE_CLOSED', 'the native API knows the same trade')

      for (const status of ['TRADE_SUCCESS', 'TRADE_CLOSED']) {
        const notice = await shop.notice(no, (n) => n.trade_status === status)
        assert.ok(sdk.checkNotifySignV2({ ...notice }), 'checkNotifySignV2')
        assert.equal(notice.passback_params, 'a%3D1')
      }
    })

  test('encrypted contents and answers, key and certificate mode', async () => {
    for (const mode of modes) {
      const sdk = open(s, mode)
      const no = orderNo()
      const made = await sdk.exec('alipay.trade.create', { needEncrypt: true, bizContent: { out_trade_no: no, total_amount: '3.00', subject } })
      assert.equal(made.code, '10000')
      const closed = await sdk.exec('alipay.trade.close', { needEncrypt: true, bizContent: { out_trade_no: no } })
      assert.deepEqual([closed.code, closed.tradeNo], ['10000', made.tradeNo])
      const wrong = open(s, mode, { encryptKey: 'AAAAAAAAAAAAAAAAAAAAAA==' })
      const refused = await wrong.exec('alipay.trade.close', { needEncrypt: true, bizContent: { out_trade_no: no } })
      assert.deepEqual([refused.code, refused.subCode], ['40002', 'isv.decryption-error-unknown'])
    }
  })

  test('the old signature over SHA-1, where the application may', async () => {
    const sdk = open(s, 'key', { signType: 'RSA' })
    const no = orderNo()
    const paid = await sdk.exec('alipay.trade.pay', { notify_url: `${shop.url}/notify`, bizContent: { out_trade_no: no, total_amount: '1.00', subject, scene: 'bar_code', auth_code: await code(s) } }, checked)
    assert.equal(paid.code, '10000')
    const notice = await shop.notice(no)
    assert.equal(notice.sign_type, 'RSA')
    assert.ok(sdk.checkNotifySign({ ...notice }), 'checkNotifySign')
  })

  test('above ¥1,000 the buyer confirms in the wallet: 10003, then paid', async () => {
    const sdk = open(s, 'key')
    const wallet = await s.wallet(0, {}, '/pay-code')
    await wallet.getByRole('img', { name: '付款码的二维码' }).waitFor()
    await wallet.getByRole('button', { name: /显示数字/ }).click()
    const auth_code = (await wallet.locator('.w-digits').innerText()).replace(/\D/g, '')
    const no = orderNo()
    const bizContent = { out_trade_no: no, total_amount: '1000.01', subject, scene: 'bar_code', auth_code }
    const waits = await sdk.exec('alipay.trade.pay', { bizContent }, checked)
    assert.deepEqual([waits.code, waits.outTradeNo, waits.gmtPayment], ['10003', no, undefined])
    assert.equal((await sdk.exec('alipay.trade.query', { bizContent: { out_trade_no: no } }, checked)).tradeStatus, 'WAIT_BUYER_PAY')
    await wallet.getByRole('button', { name: '确认付款' }).click()
    await pressPin(wallet, s.pin)
    await wallet.getByRole('heading', { name: '付款成功' }).waitFor()
    assert.equal((await sdk.exec('alipay.trade.query', { bizContent: { out_trade_no: no } }, checked)).tradeStatus, 'TRADE_SUCCESS')
    assert.equal((await sdk.exec('alipay.trade.pay', { bizContent }, checked)).code, '10000', 'the same code again tells what it did')
  })

  for (const [how, method] of [
    ['GET', 'alipay.trade.page.pay'],
    ['POST', 'alipay.trade.wap.pay'],
  ])
    test(`${method} by ${how} in the browser, to the signed return and the notice`, async () => {
      const sdk = open(s, 'key')
      const no = orderNo()
      const order = { out_trade_no: no, total_amount: '6.60', subject, product_code: 'FAST_INSTANT_TRADE_PAY' }
      const made = sdk.pageExecute(method, how, { notify_url: `${shop.url}/notify`, return_url: `${shop.url}/return`, bizContent: order })
      const page = await s.wallet(0)
      if (how === 'GET') await page.goto(made)
      else {
        await page.goto(`${shop.url}/`)
        await page.setContent(made)
      }
      await page.waitForURL('**/wallet/cashier/*')
      await page.getByRole('button', { name: '确认付款' }).click()
      await pressPin(page, s.pin)
      await page.getByRole('heading', { name: '付款成功' }).waitFor()
      const notice = await shop.notice(no)
      assert.ok(sdk.checkNotifySignV2({ ...notice }))
      await page.getByRole('link', { name: '返回商城' }).click()
      await page.getByRole('heading', { name: '回到商店' }).waitFor()
      const back = shop.returns.find((r) => r.out_trade_no === no)
      assert.ok(sdk.checkNotifySignV2({ ...back }), 'the return is signed')
      assert.deepEqual([back.trade_no, back.total_amount, back.method], [notice.trade_no, '6.60', `${method}.return`])
    })

  test('an app hands the wallet one text, and gets the signed result', async () => {
    const sdk = open(s, 'key')
    const no = orderNo()
    const text = sdk.sdkExecute('alipay.trade.app.pay', { bizContent: { out_trade_no: no, total_amount: '7.70', subject, product_code: 'QUICK_MSECURITY_PAY' } })
    const page = await s.wallet(0)
    await page.goto(`${s.who.gateway_url}?${text}`)
    await page.getByRole('button', { name: '确认付款' }).click()
    await pressPin(page, s.pin)
    await page.getByRole('link', { name: '返回商城' }).click()
    await page.waitForURL('**/gateway/return*')
    const result = JSON.parse(await page.locator('body').innerText())
    assert.equal(result.resultStatus, '9000')
    const said = JSON.parse(result.result)
    assert.equal(said.alipay_trade_app_pay_response.out_trade_no, no)
    sdk.checkResponseSign(result.result, 'alipay_trade_app_pay_response', said.sign, '')
  })

  test('a notice is sent again until the answer is exactly success', async () => {
    const sdk = open(s, 'key')
    const no = orderNo()
    shop.answers = ['fail', 'SUCCESS', 'success']
    await sdk.exec('alipay.trade.pay', { notify_url: `${shop.url}/notify`, bizContent: { out_trade_no: no, total_amount: '1.00', subject, scene: 'bar_code', auth_code: await code(s) } }, checked)
    const all = () => shop.notices.filter((n) => n.out_trade_no === no)
    await shop.notice(no)
    for (const [wait, count] of [['4m', 2], ['10m', 3]]) {
      await s.advance(wait)
      await shop.notice(no, () => all().length === count)
    }
    assert.equal(new Set(all().map((n) => n.notify_id)).size, 1)
    await s.advance('24h')
    await new Promise((go) => setTimeout(go, 300))
    assert.equal(all().length, 3, 'and not any more')
  })
})

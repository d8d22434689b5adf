// A shop of the classic protocol, as such shops were written: parameters sorted
// and summed with a shared key, a form for the browser, a page that hears notices.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { checkA11y, pressPin, shot } from './lib.mjs'
import { Sandbox, skip, until } from './sandbox.mjs'

describe('a classic shop sells in escrow', { skip }, () => {
  let s, shop, phone, tradeNo
  const heard = []
  const no = `classic-${Date.now()}`

  const text = (params) =>
    Object.keys(params)
      .filter((name) => params[name] !== '' && name !== 'sign' && name !== 'sign_type')
      .sort()
      .map((name) => `${name}=${params[name]}`)
      .join('&')
  const sum = (params) => createHash('md5').update(text(params) + s.who.merchant.md5_key).digest('hex')
  const request = (service, more) => {
    const params = { service, partner: s.who.merchant.id, _input_charset: 'utf-8', ...more }
    return new URLSearchParams({ ...params, sign: sum(params), sign_type: 'MD5' })
  }
  const ask = async (service, more) => (await fetch(`${s.who.gateway_url}?${request(service, more)}`)).text()
  /** ours says whether what came is signed, and known to the platform. */
  const ours = async (params) => {
    const known = await fetch(`${s.who.gateway_url}?service=notify_verify&partner=${s.who.merchant.id}&notify_id=${encodeURIComponent(params.notify_id)}`)
    return params.sign === sum(params) && (await known.text()) === 'true'
  }
  const told = (state) => until(`a notice of ${state}`, () => heard.find((n) => n.out_trade_no === no && n.trade_status === state))

  before(async () => {
    s = await Sandbox.start()
    shop = createServer((request, response) => {
      let body = ''
      request.on('data', (part) => (body += part))
      request.on('end', () => {
        if (request.method === 'POST') heard.push(Object.fromEntries(new URLSearchParams(body)))
        response.setHeader('Content-Type', 'text/html; charset=utf-8')
        response.end(request.method === 'POST' ? 'success' : '<h1>回到商店</h1>')
      })
    })
    await new Promise((go) => shop.listen(0, '127.0.0.1', go))
    shop.url = `http://127.0.0.1:${shop.address().port}`
  })
  after(async () => {
    shop?.close()
    await s?.stop()
  })

  test('the buyer chooses that the money is held, pays, and comes back with a signed word', async () => {
    const order = {
      out_trade_no: no, subject: '明前龙井 100 克', payment_type: '1', seller_email: s.who.merchant.login, price: '64.00', quantity: '2', discount: '-8.00',
      logistics_type: 'EXPRESS', logistics_fee: '8.00', logistics_payment: 'BUYER_PAY', logistics_type_1: 'EMS', logistics_fee_1: '20.00', logistics_payment_1: 'BUYER_PAY',
      receive_name: '王小雅', receive_address: '杭州市西湖区龙井路 1 号', notify_url: `${shop.url}/notify`, return_url: `${shop.url}/return?lang=zh`, t_b_rec_post: '7d',
    } // prettier-ignore
    phone = await s.wallet()
    await phone.goto(`${s.who.gateway_url}?${request('trade_create_by_buyer', order)}`)
    await phone.getByRole('heading', { name: '明前龙井 100 克' }).waitFor()
    await shot(phone, 'classic/1-choose')
    await checkA11y(phone)
    await phone.getByLabel(/担保交易/).check()
    await phone.getByLabel(/快递/).check()
    await phone.getByRole('button', { name: /去付款/ }).click()
    await phone.getByRole('button', { name: '确认付款' }).waitFor()
    await shot(phone, 'classic/2-cashier')
    tradeNo = phone.url().split('/cashier/')[1]
    await phone.getByRole('button', { name: '确认付款' }).click()
    await pressPin(phone, s.pin)
    await phone.getByRole('heading', { name: '付款成功' }).waitFor()
    const p = await s.payment(tradeNo)
    assert.deepEqual([p.status, p.kind, p.amount, p.in_escrow, p.metadata.receive_name], ['WAIT_SELLER_SEND_GOODS', 'escrow', 12800, 12800, '王小雅'])
    await phone.getByRole('link', { name: /返回商/ }).click()
    await phone.getByRole('heading', { name: '回到商店' }).waitFor()
    const { lang, ...back } = Object.fromEntries(new URL(phone.url()).searchParams)
    assert.deepEqual([lang, back.is_success, back.trade_status, back.trade_no, back.total_fee], ['zh', 'T', 'WAIT_SELLER_SEND_GOODS', tradeNo, '128.00'])
    assert.ok(await ours(back))
  })

  test('the shop hears each state, ships, and the buyer confirms in the wallet', async () => {
    await told('WAIT_BUYER_PAY')
    assert.equal((await told('WAIT_SELLER_SEND_GOODS')).seller_actions, 'SEND_GOODS')
    const answer = await ask('send_goods_confirm_by_platform', { trade_no: tradeNo, logistics_name: '顺丰速运', invoice_no: 'SF1024819200001', transport_type: 'EXPRESS' })
    assert.match(answer, /<is_success>T<\/is_success>/)
    assert.match(answer, /<trade_status>WAIT_BUYER_CONFIRM_GOODS<\/trade_status>/)
    await told('WAIT_BUYER_CONFIRM_GOODS')
    await phone.goto(`/wallet/orders/${tradeNo}`)
    await phone.getByText('SF1024819200001').first().waitFor()
    await phone.getByRole('button', { name: '确认收货' }).click()
    await pressPin(phone, s.pin)
    await phone.getByRole('heading', { name: '已完成' }).waitFor()
    await told('TRADE_FINISHED')
    assert.match(await ask('single_trade_query', { out_trade_no: no }), /<trade_status>TRADE_FINISHED<\/trade_status>/)
    for (const notice of heard) assert.ok(await ours(notice), `a notice that is not ours: ${JSON.stringify(notice)}`)
  })
})

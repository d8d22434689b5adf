// The official SDK's third version, unchanged: curl() checks every answer's signature.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { skip } from '../../e2e/sandbox.mjs'
import { code, modes, open, orderNo, Sandbox } from './sdk.mjs'

describe('the official Node SDK, third version', { skip }, () => {
  let s
  before(async () => {
    s = await Sandbox.start()
  })
  after(async () => {
    await s?.stop()
  })
  const client = (mode) => open(s, mode, { endpoint: new URL(s.who.gateway_url).origin })

  for (const mode of modes)
    for (const needEncrypt of [false, true])
      test(`in ${mode} mode${needEncrypt ? ', encrypted' : ''}: pay, query, refund, and a refusal`, async () => {
        const sdk = client(mode)
        const no = orderNo()
        const post = (path, body) => sdk.curl('POST', `/v3/alipay/${path}`, { body, needEncrypt })
        const paid = await post('trade/pay', { out_trade_no: no, total_amount: '20.00', subject: '春茶 & 杯', scene: 'bar_code', auth_code: await code(s) })
        assert.deepEqual([paid.responseHttpStatus, paid.data.total_amount], [200, '20.00'])
        const seen = await post('trade/query', { out_trade_no: no })
        assert.equal(seen.data.trade_status, 'TRADE_SUCCESS')
        const part = await post('trade/refund', { out_trade_no: no, refund_amount: '5.00', out_request_no: 'r1' })
        assert.equal(part.data.refund_fee, '5.00')
        await assert.rejects(post('trade/query', { out_trade_no: 'none' }), (e) => e.code === 'ACQ.TRADE_NOT_EXIST' && e.responseHttpStatus === 400)
      })

  test('by GET with a query: the balance, and a transfer that never was', async () => {
    const sdk = client('key')
    const has = await sdk.curl('GET', '/v3/alipay/fund/account/query', { query: { account_type: 'ACCTRANS_ACCOUNT' } })
    assert.match(has.data.available_amount, /^\d+\.\d\d$/)
    await assert.rejects(sdk.curl('GET', '/v3/alipay/fund/trans/common/query', { query: { out_biz_no: '没有 &' } }), (e) => e.code === 'ORDER_NOT_EXIST')
  })

  test('receivers are bound, a payment is split, and the split is told', async () => {
    const sdk = client('key')
    const paid = await sdk.exec('alipay.trade.pay', { bizContent: { out_trade_no: orderNo(), total_amount: '20.00', subject: 'tea', scene: 'bar_code', auth_code: await code(s) } }, { validateSign: true })
    const account = s.who.buyers[1].id
    const bound = await sdk.exec('alipay.trade.royalty.relation.bind', { bizContent: { out_request_no: 'b1', receiver_list: [{ type: 'userId', account }] } }, { validateSign: true })
    assert.equal(bound.resultCode, 'SUCCESS')
    const list = await sdk.exec('alipay.trade.royalty.relation.batchquery', { bizContent: { out_request_no: 'q1' } }, { validateSign: true })
    assert.equal(list.receiverList[0].account, account)
    const bizContent = { out_request_no: 's1', trade_no: paid.tradeNo, royalty_parameters: [{ trans_in: account, amount: 2.5 }] }
    const split = await sdk.exec('alipay.trade.order.settle', { bizContent }, { validateSign: true })
    assert.deepEqual([split.code, split.tradeNo], ['10000', paid.tradeNo])
    const told = await sdk.curl('GET', '/v3/alipay/trade/order/settle/query', { query: { settle_no: split.settleNo } })
    assert.match(JSON.stringify(told.data), /"2.50"/)
  })
})

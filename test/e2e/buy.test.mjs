// A stranger buys from a stranger: shop, cashier, shipping, receipt, part refund.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { pressPin, shot } from './lib.mjs'
import { exactly, Sandbox, settled, skip } from './sandbox.mjs'

describe('buy, ship, confirm, part refund', { skip }, () => {
  let s, shop, wallet, merchant, id
  before(async () => {
    s = await Sandbox.start()
  })
  after(() => s?.stop())

  test('at most six taps and the payment password', async () => {
    shop = await s.phone()
    let taps = 0
    const tap = async (locator) => {
      await locator.click()
      taps++
    }
    await shop.goto(s.shop)
    const good = shop.getByRole('link', { name: '明前龙井' })
    await good.waitFor()
    await shot(shop, 'tour/1-shop')
    await tap(good)
    await shop.getByRole('heading', { name: '明前龙井' }).waitFor()
    await shot(shop, 'tour/2-good')
    await tap(shop.getByRole('button', { name: '立即购买' }))
    await shop.getByRole('heading', { name: '确认订单' }).waitFor()
    await shot(shop, 'tour/3-checkout')
    await tap(shop.getByRole('button', { name: '用通宝支付 ¥128.00' }))
    await tap(shop.getByRole('button', { name: '用小雅登录' }))
    await shop.getByRole('button', { name: '确认付款' }).waitFor()
    await shot(shop, 'tour/4-cashier')
    id = shop.url().split('/cashier/')[1]
    await tap(shop.getByRole('button', { name: '确认付款' }))
    await shot(shop, 'tour/5-password')
    await pressPin(shop, s.pin)
    await shop.getByRole('heading', { name: '付款成功' }).waitFor()
    await shop.getByText('¥128.00').first().waitFor()
    await shot(shop, 'tour/6-paid')
    assert.ok(taps <= 6, `it took ${taps} taps`)
    const p = await s.payment(id)
    assert.deepEqual([p.status, p.in_escrow, p.amount], ['WAIT_SELLER_SEND_GOODS', 12800, 12800])
  })

  test('the shop knows that it is paid', async () => {
    await shop.getByRole('link', { name: '返回商城' }).click()
    await shop.getByRole('heading', { name: '已付款，通宝保管中' }).waitFor()
    await shot(shop, 'tour/7-shop-paid')
  })

  test('the merchant ships, and the shop follows the webhook live', async () => {
    merchant = await s.merchant({}, '/orders?view=to_ship')
    await merchant.getByRole('link', { name: /明前龙井/ }).click()
    const drawer = merchant.getByRole('dialog')
    await drawer.getByRole('button', { name: exactly('发货') }).click()
    const dialog = merchant.getByRole('dialog', { name: exactly('发货') })
    await dialog.getByLabel('快递公司').fill('顺丰速运')
    await dialog.getByLabel('运单号').fill('SF1024819200001')
    await shot(merchant, 'tour/8-ship')
    await dialog.getByRole('button', { name: exactly('发货') }).click()
    await merchant.getByText('已发货，买家会收到通知。').first().waitFor()
    await shop.getByRole('heading', { name: '正在送来的路上' }).waitFor()
    await shop.getByText('SF1024819200001').first().waitFor()
    await shot(shop, 'tour/9-shop-shipped')
  })

  test('the shopper confirms receipt with the payment password', async () => {
    wallet = await shop.context().newPage()
    await wallet.goto(`/wallet/orders/${id}`)
    await wallet.getByRole('heading', { name: '待收货' }).waitFor()
    await settled(wallet)
    await shot(wallet, 'tour/10-order')
    await wallet.getByRole('button', { name: '确认收货' }).click()
    await pressPin(wallet, s.pin)
    await wallet.getByRole('heading', { name: '已完成' }).waitFor()
    await shop.getByRole('heading', { name: /^(已收货|交易完成)/ }).waitFor()
    const p = await s.payment(id)
    assert.deepEqual([p.in_escrow, p.settled, p.fee], [0, 12800, 77]) // 0.6 %, rounded once
  })

  test('the merchant gives part of it back', async () => {
    await merchant.goto(`/merchant/orders/${id}`)
    await merchant.getByRole('dialog').getByRole('button', { name: exactly('退款') }).click()
    const dialog = merchant.getByRole('dialog', { name: exactly('退款') })
    await dialog.getByLabel('退款金额').fill('28')
    await dialog.getByLabel('退款原因').fill('有一小包受潮')
    await dialog.getByText('之后还可退').waitFor()
    await shot(merchant, 'tour/11-refund')
    await dialog.getByRole('button', { name: exactly('退款') }).click()
    await merchant.getByText('已退 ¥28.00 给买家。').first().waitFor()
    await shop.getByText('其中 ¥28.00 已退款。').waitFor()
    const p = await s.payment(id)
    assert.deepEqual([p.refunded, p.fee], [2800, 60]) // the fee is counted anew of what is left
  })

  test("the order tells the money's way, and the receipt the same", async () => {
    await wallet.goto(`/wallet/orders/${id}`)
    await wallet.getByText('资金流向').click()
    await wallet.getByText('您的余额 → 通宝保管').waitFor()
    await wallet.getByText(/→ 您的余额/).waitFor()
    await settled(wallet)
    await shot(wallet, 'tour/12-way', { fullPage: true })
    await wallet.getByRole('link', { name: '电子回单' }).click()
    await wallet.getByText('实付').waitFor()
    await wallet.getByText('¥100.00').first().waitFor()
    await shot(wallet, 'tour/13-receipt')
  })
})

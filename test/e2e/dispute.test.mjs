// Disputes: all of it won, a part won, lost; evidence of both sides with pictures.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { checkA11y, shot } from './lib.mjs'
import { ask, exactly, png, Sandbox, settled, skip } from './sandbox.mjs'

describe('disputes', { skip }, () => {
  let s, wallet, merchant, agent
  before(async () => {
    s = await Sandbox.start()
    wallet = await s.wallet()
    merchant = await s.merchant()
    agent = await s.console('agent')
  })
  after(() => s?.stop())

  // claimed is a shipped payment whose buyer wants all of it back.
  async function claimed(subject, amount, words, pictures = []) {
    const payment = await s.paid(wallet, subject, amount)
    await s.ship(payment)
    await wallet.goto(`/wallet/orders/${payment}`)
    await wallet.getByRole('link', { name: /维权/ }).click()
    await wallet.getByLabel('损坏').check()
    await wallet.getByLabel('说明').fill(words)
    if (pictures.length) await wallet.getByLabel('添加图片').setInputFiles(pictures)
    await wallet.getByRole('button', { name: '提交维权' }).click()
    await wallet.getByRole('heading', { name: '等待卖家答复' }).waitFor()
    return { payment, dispute: wallet.url().split('/disputes/')[1] }
  }
  async function escalated(dispute) {
    await wallet.goto(`/wallet/disputes/${dispute}`)
    await wallet.getByRole('heading', { name: '卖家已拒绝' }).waitFor()
    await wallet.getByRole('button', { name: /请平台裁决/ }).click()
    await wallet.getByRole('dialog').getByRole('button', { name: '请平台裁决' }).click()
    await wallet.getByRole('heading', { name: '平台裁决中' }).waitFor()
  }
  async function decided(dispute, choose, reason) {
    await agent.goto(`/console/disputes/${dispute}`)
    await agent.getByRole('button', { name: exactly('裁决') }).click()
    const dialog = agent.getByRole('dialog')
    await choose(dialog)
    await dialog.getByLabel('裁决理由').fill(reason)
    await shot(agent, `dispute/decide-${dispute.slice(-4)}`)
    await dialog.getByRole('button', { name: '裁决，不可撤回' }).click()
    await agent.getByText('已裁决，双方会收到通知。').first().waitFor()
  }

  test('won: both sides show pictures, the console gives all of it back', async () => {
    const { payment, dispute } = await claimed('青瓷茶壶', 26800, '壶嘴断了，见图。', [png('spout.png')])
    await merchant.goto(`/merchant/disputes/${dispute}`)
    await merchant.getByRole('button', { name: exactly('拒绝') }).click()
    await merchant.getByRole('dialog').getByLabel('拒绝理由').fill('发出时完好，有出库照片。')
    await merchant.getByRole('dialog').getByRole('button', { name: exactly('拒绝') }).click()
    await merchant.getByText('已处理，买家会收到通知。').first().waitFor()
    await merchant.getByRole('button', { name: '补充举证' }).click()
    await merchant.getByRole('dialog').getByLabel('说明').fill('出库照片。')
    await merchant.getByRole('dialog').getByLabel('图片或 PDF').setInputFiles([png('store.png')])
    await merchant.getByRole('dialog').getByRole('button', { name: '提交举证' }).click()
    await merchant.getByText('举证已提交。').first().waitFor()
    await shot(merchant, 'dispute/merchant')
    await escalated(dispute)
    await settled(wallet)
    await shot(wallet, 'dispute/wallet', { fullPage: true })

    // The auditor sees it, and can do nothing about it.
    const auditor = await s.console('auditor', {}, `/disputes/${dispute}`)
    await auditor.getByText('您以审计身份查看').waitFor()
    assert.equal(await auditor.getByRole('button', { name: exactly('裁决') }).count(), 0)
    assert.equal(await auditor.getByRole('button', { name: '我来处理' }).count(), 0)
    const refused = await ask(auditor, 'console', 'POST', `/v1/disputes/${dispute}/arbitrate`, { to_buyer: 0, reason: 'x' })
    assert.deepEqual([refused.status, refused.code], [403, 'forbidden'])
    await auditor.context().close()

    await agent.goto('/console/disputes')
    await agent.getByRole('link', { name: '青瓷茶壶' }).click()
    await agent.getByRole('button', { name: '我来处理' }).click()
    await agent.getByRole('button', { name: '我来处理' }).waitFor({ state: 'detached' })
    for (const side of [/^买家/, /^商家/]) await agent.getByRole('region', { name: side }).locator('img').first().waitFor()
    await settled(agent)
    await checkA11y(agent)
    await shot(agent, 'dispute/console')
    await decided(dispute, (dialog) => dialog.getByLabel('全部（¥268.00）').check(), '照片可见运输中损坏。')
    await wallet.getByRole('heading', { name: '已退款' }).waitFor()
    const p = await s.payment(payment)
    assert.deepEqual([p.status, p.refunded, p.in_escrow, p.settled, p.fee], ['TRADE_CLOSED', 26800, 0, 0, 0])
  })

  test('won in part: the rest is settled', async () => {
    const { payment, dispute } = await claimed('粗陶茶杯', 10000, '有一道细纹。')
    await s.api('POST', `/v1/disputes/${dispute}/refuse`, { text: '不影响使用。' })
    await escalated(dispute)
    await decided(
      dispute,
      async (dialog) => {
        await dialog.getByLabel('部分').check()
        await dialog.getByLabel('退给买家的金额').fill('30')
        await dialog.getByRole('table', { name: '资金将这样变动' }).waitFor()
      },
      '退三成。',
    )
    await wallet.getByRole('heading', { name: '已退款' }).waitFor()
    const p = await s.payment(payment)
    assert.deepEqual([p.refunded, p.in_escrow, p.settled, p.fee], [3000, 0, 7000, 42])
  })

  test('lost: the seller is paid', async () => {
    const { payment, dispute } = await claimed('竹茶匙', 5000, '颜色不对。')
    await s.api('POST', `/v1/disputes/${dispute}/refuse`, { text: '与照片一致。' })
    await escalated(dispute)
    await decided(dispute, (dialog) => dialog.getByLabel('不退').check(), '与商品页一致。')
    await wallet.getByRole('heading', { name: '已关闭，未退款' }).waitFor()
    await wallet.getByText('与商品页一致。').first().waitFor()
    const p = await s.payment(payment)
    assert.deepEqual([p.refunded, p.in_escrow, p.settled, p.fee], [0, 0, 5000, 30])
  })
})

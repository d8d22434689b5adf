// The merchant's desk beside its orders: a bank card, a file of shipments, a
// webhook's life, and colleagues who see and may do what their role says.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { shot } from './lib.mjs'
import { ask, exactly, Sandbox, settled, skip, until } from './sandbox.mjs'

describe("the merchant's desk", { skip }, () => {
  let s, desk, hook, answers
  const heard = []
  const named = (name) => desk.getByRole('button', { name: exactly(name) })
  const dialog = () => desk.getByRole('dialog').last()
  before(async () => {
    s = await Sandbox.start()
    desk = await s.merchant()
    hook = createServer((request, response) => {
      heard.push(request.headers)
      request.resume().on('end', () => response.writeHead(answers).end())
    })
    await new Promise((go) => hook.listen(0, '127.0.0.1', go))
  })
  after(async () => {
    hook?.close()
    await s?.stop()
  })

  test('a card is bound where it is first needed, and chosen at once', async () => {
    await desk.goto('/merchant/money')
    await named('提现').click()
    await dialog().getByRole('button', { name: exactly('绑定银行卡') }).click()
    const bank = async (name) => {
      await dialog().getByLabel('银行', { exact: true }).fill(name.slice(0, 2))
      await desk.getByTitle(name, { exact: true }).last().click() // found out that lists stood off the screen without motion
    }
    await bank('招商银行')
    await dialog().getByLabel('卡号').fill('6222 0200 0001 2345')
    await dialog().getByLabel('持卡人').fill(s.who.merchant.name)
    await dialog().getByRole('button', { name: exactly('保存') }).click()
    await dialog().getByText('卡号不正确，请核对。').waitFor()
    await named('用沙箱卡号').click()
    await bank('招商银行')
    await dialog().getByRole('button', { name: exactly('保存') }).click()
    await dialog().getByText('这张卡不是所选银行的。').waitFor()
    await named('用沙箱卡号').click()
    await dialog().getByRole('button', { name: exactly('保存') }).click()
    await dialog().getByText(/中国工商银行 \*{4}1024/).waitFor()
    await shot(desk, 'merchant/card')
    await desk.keyboard.press('Escape')
    const row = desk.getByRole('row').filter({ hasText: /中国工商银行 \*{4}1024/ })
    await row.getByRole('button', { name: /^解绑/ }).click()
    await dialog().getByText('正在处理的提现会继续').waitFor()
    await dialog().getByRole('button', { name: exactly('解绑') }).click()
    await row.waitFor({ state: 'detached' })
  })

  test('many orders are shipped by one file; what is wrong in it is left out, and said', async () => {
    const wallet = await s.wallet()
    const ids = []
    for (const amount of [3000, 3100]) {
      const { id } = await s.order('龙井', amount)
      const paid = await ask(wallet, 'wallet', 'POST', `/v1/payments/${id}/pay`, { payment_password: s.pin, expected_amount: amount })
      assert.equal(paid.status, 200, JSON.stringify(paid))
      ids.push(id)
    }
    await desk.goto('/merchant/orders?view=to_ship')
    await named('批量发货').click()
    const [file] = await Promise.all([desk.waitForEvent('download'), desk.getByRole('button', { name: '下载 CSV' }).click()])
    const [head, ...lines] = readFileSync(await file.path(), 'utf8').trim().split('\r\n')
    assert.equal(lines.length, 2)
    const filled = [head, ...lines.map((line, n) => line.replace(/,,$/, `,顺丰速运,SF10000000${n}`)), `${ids[0]},,,顺丰速运,SF2`].join('\r\n')
    await desk.getByLabel('发货 CSV 文件').setInputFiles({ name: 'ship.csv', mimeType: 'text/csv', buffer: Buffer.from(filled) })
    await desk.getByText('与前面的行重复').waitFor()
    await named('发货 2 单').click()
    await desk.getByText('已发货 2 单，被拒绝 0 单，未发送 1 行。').waitFor()
    await shot(desk, 'merchant/bulk')
    for (const id of ids) assert.equal((await s.payment(id)).status, 'WAIT_BUYER_CONFIRM_GOODS')
  })

  test('a webhook is added, tried, given a new secret beside the old one, and sent again', async () => {
    const url = `http://127.0.0.1:${hook.address().port}/hook`
    await desk.goto('/merchant/developers')
    await desk.getByRole('link', { name: 'Webhook', exact: true }).click()
    await named('添加地址').click()
    await dialog().getByLabel('地址').fill(url)
    await dialog().getByRole('button', { name: exactly('添加地址') }).click()
    const secret = () => desk.locator('.secret').innerText()
    await desk.getByText(/^whsec_/).waitFor()
    const first = await secret()
    await desk.locator('.ant-modal-footer .ant-btn-primary').click()
    const row = desk.getByRole('row').filter({ hasText: url })
    await row.getByRole('button', { name: exactly('编辑') }).click()
    await dialog().getByLabel('备注').fill('仓库')
    await dialog().getByRole('button', { name: exactly('保存') }).click()
    await row.getByText('仓库').waitFor()

    answers = 500
    await row.getByRole('button', { name: exactly('测试') }).click()
    await dialog().getByRole('button', { name: exactly('发送测试事件') }).click()
    const sent = desk.getByRole('row').filter({ hasText: 'webhook.test' })
    await sent.getByText('失败，将重试').waitFor()
    answers = 200
    await row.getByRole('button', { name: exactly('更换密钥') }).click()
    await dialog().getByRole('button', { name: exactly('更换密钥') }).click()
    await until('another secret', async () => (await desk.locator('.secret').isVisible()) && (await secret()) !== first)
    await desk.locator('.ant-modal-footer .ant-btn-primary').click()
    const before = heard.length
    await sent.getByRole('button', { name: exactly('重发') }).click()
    await until('it comes again', () => heard.length > before)
    assert.equal(heard.at(-1)['webhook-signature'].split(' ').length, 2, 'signed with both')
    await sent.getByText('已送达').waitFor()
  })

  test('a colleague who may only take payments sees that, and is refused the rest', async () => {
    await desk.goto('/merchant/team')
    await named('添加成员').click()
    await dialog().getByLabel('名称').fill('小柜')
    await dialog().getByLabel('登录名').fill('till@lake-tea.example')
    await dialog().getByLabel('初始登录密码').fill('jade-lantern-2026')
    await dialog().getByLabel('角色').click()
    await desk.getByTitle('收银员', { exact: true }).last().click()
    await dialog().getByRole('button', { name: exactly('添加成员') }).click()
    await desk.getByText('小柜已加入。').waitFor()

    const till = await s.desk()
    await till.goto('/merchant/login?next=/orders')
    await till.locator('input[name=username]').fill('till@lake-tea.example')
    await till.locator('input[name=password]').fill('jade-lantern-2026')
    await till.locator('input[name=password]').press('Enter')
    await till.waitForURL((url) => !url.pathname.endsWith('/login'))
    await settled(till)
    for (const hidden of ['批量发货', '团队']) assert.equal(await till.getByText(hidden, { exact: true }).count(), 0, hidden)
    const { data } = await s.api('GET', '/v1/payments?limit=1')
    await till.goto(`/merchant/orders/${data[0].id}`)
    await till.getByRole('dialog').getByText('交易进程').waitFor()
    for (const act of ['发货', '退款']) assert.equal(await till.getByRole('button', { name: exactly(act) }).count(), 0, act)
    const refused = await ask(till, 'merchant', 'POST', '/v1/refunds', { payment_id: data[0].id, amount: 100, reason: '试试' })
    assert.equal(refused.code, 'forbidden')
  })

  test('a viewer looks, and is offered neither the till nor any act', async () => {
    await s.api('GET', '/v1/payments?limit=1')
    const made = await ask(desk, 'merchant', 'POST', '/v1/team', { name: '小看', login: 'eyes@lake-tea.example', role: 'viewer', password: 'jade-lantern-2026' })
    assert.equal(made.status, 201, JSON.stringify(made))
    const eyes = await s.desk()
    await eyes.goto('/merchant/login')
    await eyes.locator('input[name=username]').fill('eyes@lake-tea.example')
    await eyes.locator('input[name=password]').fill('jade-lantern-2026')
    await eyes.locator('input[name=password]').press('Enter')
    await eyes.waitForURL((url) => !url.pathname.endsWith('/login'))
    await settled(eyes)
    await eyes.getByRole('link', { name: '资金' }).waitFor()
    for (const hidden of ['收银', '团队']) assert.equal(await eyes.getByRole('link', { name: hidden, exact: true }).count(), 0, hidden)
    await eyes.goto('/merchant/money')
    await eyes.getByRole('heading', { name: '银行卡' }).waitFor()
    assert.equal(await eyes.getByRole('button', { name: exactly('绑定银行卡') }).count(), 0)
  })
})

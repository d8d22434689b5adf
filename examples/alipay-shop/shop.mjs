// shop answers browsers and notices. What is told of a payment is believed where
// it is signed by the platform and says what was ordered: the notice, and the
// query; that a browser came back proves nothing.
import { timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { good, goods } from './goods.mjs'
import { fen, yuan } from './orders.mjs'
import { catalogue, customerOrder, keeperOrder, keeperOrders, leftOf, notice, oneGood } from './pages.mjs'
import { langs, wordsIn } from './words.mjs'

const look = readFileSync(new URL('look.css', import.meta.url))
const pictures = Object.fromEntries(goods.map((g) => [`${g.id}.svg`, readFileSync(new URL(`../shop/pictures/${g.id}.svg`, import.meta.url))]))
const mostBody = 16 << 10
const verified = { validateSign: true }

export function createShop({ sdk, appId, sellerId, url, orders, password }) {
  /** pay sends the browser to the cashier; again under the same number, which pays once. */
  function pay(c, order) {
    const method = /Mobile|Android|iPhone/.test(c.request.headers['user-agent'] ?? '') ? 'alipay.trade.wap.pay' : 'alipay.trade.page.pay'
    const to = sdk.pageExec(method, {
      method: 'GET',
      notifyUrl: `${url}/notify`,
      returnUrl: `${url}/return`,
      bizContent: {
        out_trade_no: order.no,
        total_amount: yuan(order.total),
        subject: `${order.name.zh} × ${order.count}`,
        product_code: method === 'alipay.trade.wap.pay' ? 'QUICK_WAP_WAY' : 'FAST_INSTANT_TRADE_PAY',
        quit_url: `${url}/orders/${order.id}`,
      },
    })
    c.redirect(to)
  }

  const query = (order) => sdk.exec('alipay.trade.query', { bizContent: { out_trade_no: order.no } }, verified)

  /** learn takes up what the platform has said of an order; saying it twice changes nothing. */
  function learn(order, { status, amount, notified }) {
    if (fen(amount) !== order.total) throw new Error(`order ${order.no} is ${yuan(order.total)}, and the platform says ${amount}`)
    const next = { ...(notified ? { notified } : {}) }
    if (order.state === 'unpaid' && (status === 'TRADE_SUCCESS' || status === 'TRADE_FINISHED')) next.state = 'paid'
    if (order.state === 'unpaid' && status === 'TRADE_CLOSED') next.state = 'closed'
    return Object.keys(next).length ? orders.change(order, next) : order
  }

  /** refund gives money back under a number that is written down first, so that a lost answer is asked for again and nothing is given twice. */
  async function refund(order, one) {
    let says, state
    try {
      const answer = await sdk.exec('alipay.trade.refund', { bizContent: { out_trade_no: order.no, refund_amount: yuan(one.amount), out_request_no: one.no, refund_reason: one.reason || undefined } }, verified)
      state = answer.code === '10000' ? 'done' : answer.code === '20000' ? 'open' : 'refused'
      says = answer.subMsg
    } catch {
      state = 'open'
    }
    const now = orders.get(order.id)
    const refunds = now.refunds.map((r) => (r.no === one.no ? { ...r, state, says } : r))
    const all = refunds.filter((r) => r.state === 'done').reduce((sum, r) => sum + r.amount, 0)
    return orders.change(now, { refunds, ...(all === order.total ? { state: 'refunded' } : {}) })
  }

  const routes = [
    ['GET', /^\/$/, (c) => c.show(catalogue(c))],
    ['GET', /^\/goods\/([a-z-]+)$/, (c, id) => (good(id) ? c.show(oneGood(c, good(id))) : c.nothing())],
    [
      'POST',
      /^\/orders$/,
      async (c) => {
        const form = await c.form()
        const g = good(form.good)
        const count = /^[1-9]$/.test(form.count ?? '') ? Number(form.count) : 0
        const [who, where] = [form.who?.trim().slice(0, 40), form.where?.trim().slice(0, 120)]
        if (!g) return c.nothing()
        if (!count || !who || !where) return c.show(oneGood(c, g, { wrong: c.t.missing, form }), 422)
        pay(c, orders.add({ good: g.id, name: g.name, count, total: g.price * count, who, where }))
      },
    ],
    ['POST', /^\/orders\/([\w-]+)\/pay$/, (c, id) => (orders.get(id)?.state === 'unpaid' ? pay(c, orders.get(id)) : c.nothing())],
    [
      'GET',
      /^\/orders\/([\w-]+)$/,
      async (c, id) => {
        let order = orders.get(id)
        if (!order) return c.nothing()
        if (order.state === 'unpaid') {
          const trade = await query(order).catch(() => ({}))
          if (trade.code === '10000') order = learn(order, { status: trade.tradeStatus, amount: trade.totalAmount })
        }
        c.show(customerOrder(c, order))
      },
    ],
    [
      'GET',
      /^\/return$/,
      (c) => {
        const said = Object.fromEntries(c.url.searchParams)
        const order = orders.numbered(said.out_trade_no)
        if (!order || !sdk.checkNotifySignV2(said)) return c.show(notice(c, c.t.forged), 400)
        c.redirect(`/orders/${order.id}`) // where the query says what is true
      },
    ],
    [
      'POST',
      /^\/notify$/,
      async (c) => {
        const said = await c.form()
        const order = orders.numbered(said.out_trade_no)
        if (!order || !sdk.checkNotifySignV2(said) || said.app_id !== appId || said.seller_id !== sellerId) return c.say('fail')
        learn(order, { status: said.trade_status, amount: said.total_amount, notified: new Date().toISOString() })
        c.say('success')
      },
    ],
    ['GET', /^\/keeper$/, (c) => c.show(keeperOrders(c, orders.newest(200)))],
    [
      'GET',
      /^\/keeper\/orders\/([\w-]+)$/,
      async (c, id) => {
        const order = orders.get(id)
        if (!order) return c.nothing()
        c.show(keeperOrder(c, order, await query(order)))
      },
    ],
    [
      'POST',
      /^\/keeper\/orders\/([\w-]+)\/refund$/,
      async (c, id) => {
        const form = await c.form()
        let order = orders.get(id) // only now: what comes next until the refund is written down is one piece
        if (!order) return c.nothing()
        if (!form.again && Number(form.turn) !== order.refunds.length) return c.redirect(`/keeper/orders/${id}`) // pressed twice, or in two windows
        let one = order.refunds.find((r) => r.no === form.again && r.state === 'open')
        if (!one) {
          const amount = fen(form.amount ?? '')
          if (!amount || amount > leftOf(order) || order.state !== 'paid') return c.show(keeperOrder(c, order, await query(order), { wrong: c.t.badAmount }), 422)
          one = { no: `${order.no}-r${order.refunds.length + 1}`, amount, reason: form.reason?.trim().slice(0, 60), state: 'open' }
          order = orders.change(order, { refunds: [...order.refunds, one] })
        }
        await refund(order, one)
        c.redirect(`/keeper/orders/${id}`)
      },
    ],
    [
      'GET',
      /^\/keeper\/bill$/,
      async (c) => {
        const day = c.url.searchParams.get('day') ?? ''
        const answer = /^\d{4}-\d{2}-\d{2}$/.test(day) ? await sdk.exec('alipay.data.dataservice.bill.downloadurl.query', { bizContent: { bill_type: 'trade', bill_date: day } }, verified) : {}
        if (answer.code !== '10000') return c.show(keeperOrders(c, orders.newest(200), { wrong: c.t.noBill }), 422)
        const bill = await fetch(answer.billDownloadUrl)
        if (!bill.ok) throw new Error(`the bill is not there: ${bill.status}`)
        c.send(200, 'application/zip', Buffer.from(await bill.arrayBuffer()), { 'Content-Disposition': `attachment; filename="bill-${day}.zip"` })
      },
    ],
    ['GET', /^\/lang$/, (c) => c.redirect(inside(c.url.searchParams.get('back')), { 'Set-Cookie': `lang=${c.url.searchParams.get('to') === 'en' ? 'en' : 'zh'}; Path=/; Max-Age=31536000; SameSite=Lax` })],
    ['GET', /^\/look\.css$/, (c) => c.send(200, 'text/css; charset=utf-8', look)],
    ['GET', /^\/pictures\/([a-z-]+\.svg)$/, (c, file) => (Object.hasOwn(pictures, file) ? c.send(200, 'image/svg+xml', pictures[file], { 'Cache-Control': 'max-age=3600' }) : c.nothing())],
  ]

  const isKeeper = (request) => {
    const [name, given = ''] = Buffer.from((request.headers.authorization ?? '').replace(/^Basic /, ''), 'base64').toString().split(/:(.*)/s)
    const [a, b] = [Buffer.from(given), Buffer.from(password)]
    return name === 'keeper' && a.length === b.length && timingSafeEqual(a, b)
  }

  return async (request, response) => {
    const c = conversation(request, response, url)
    try {
      const { pathname } = c.url
      if (pathname.startsWith('/keeper') && !isKeeper(request)) return c.show(notice(c, c.t.signIn), 401, { 'WWW-Authenticate': 'Basic realm="shop", charset="UTF-8"' })
      // A notice comes from no browser; every other form has to come from a page of ours.
      if (request.method === 'POST' && pathname !== '/notify' && !['same-origin', undefined].includes(request.headers['sec-fetch-site'])) return c.nothing()
      for (const [method, path, answer] of routes) {
        const found = request.method === method && path.exec(pathname)
        if (found) return await answer(c, ...found.slice(1))
      }
      c.nothing()
    } catch (error) {
      console.error(`${request.method} ${c.url.pathname}: ${error.message}`)
      if (c.url.pathname === '/notify') return c.say('fail')
      c.show(notice(c, c.t.down), 502)
    }
  }
}

/** inside is a path of the shop's own, whatever was asked for. */
const inside = (back) => (/^\/(?![/\\])/.test(back ?? '') ? back : '/')

// conversation is one request with what it takes to answer it.
function conversation(request, response, base) {
  const url = new URL(request.url, base)
  const chosen = /(?:^|; )lang=(zh|en)/.exec(request.headers.cookie ?? '')?.[1]
  const lang = chosen ?? (/^en/i.test(request.headers['accept-language'] ?? '') ? 'en' : langs[0])
  const send = (status, type, body, more = {}) =>
    response
      .writeHead(status, { 'Content-Type': type, 'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'no-referrer', 'Content-Security-Policy': "default-src 'self'; frame-ancestors 'none'", ...more })
      .end(body)
  const c = {
    request,
    url,
    lang,
    t: wordsIn(lang),
    here: url.pathname,
    send,
    show: (page, status = 200, more = {}) => send(status, 'text/html; charset=utf-8', String(page), { 'Cache-Control': 'no-store', ...more }),
    say: (text) => send(200, 'text/plain', text),
    redirect: (to, more = {}) => response.writeHead(303, { Location: to, ...more }).end(),
    nothing: () => c.show(notice(c, c.t.none), 404),
    async form() {
      let body = ''
      for await (const part of request.setEncoding('utf8')) {
        body += part
        if (body.length > mostBody) throw new Error('the form is too large')
      }
      return Object.fromEntries(new URLSearchParams(body))
    },
  }
  return c
}

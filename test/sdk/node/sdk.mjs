// sdk is the official SDK as a merchant's program sets it up: nothing differs
// but the address and the keys.
import { createServer } from 'node:http'
import { AlipaySdk } from 'alipay-sdk'
import { Sandbox, until } from '../../e2e/sandbox.mjs'

/** modes are the ways to use it. */
export const modes = ['key', 'certificate']

/** open makes an SDK for the sandbox's application. */
export function open(s, mode, more = {}) {
  const m = s.who.merchant
  const platform =
    mode === 'certificate'
      ? { appCertContent: m.app_cert, alipayPublicCertContent: m.platform_cert, alipayRootCertContent: m.platform_root_cert }
      : { alipayPublicKey: m.platform_public_key }
  return new AlipaySdk({ appId: m.app_id, privateKey: m.app_private_key, gateway: s.who.gateway_url, encryptKey: m.encrypt_key, ...platform, ...more })
}

/** code is a fresh payment code of the first buyer's, which pays without a password. */
export const code = async (s) => (await s.api('POST', '/v1/sandbox/payment-codes', { buyer_id: s.who.buyers[0].id })).payment_code

let orders = 0
export const orderNo = () => `n${Date.now()}_${++orders}`

/** Shop hears notices and sees browsers come back. */
export class Shop {
  notices = []
  returns = []
  answers = []
  static async start() {
    const shop = new Shop()
    shop.server = createServer((request, response) => {
      const url = new URL(request.url, 'http://shop')
      if (request.method === 'GET') {
        if (url.pathname === '/return') shop.returns.push(Object.fromEntries(url.searchParams))
        response.setHeader('Content-Type', 'text/html; charset=utf-8')
        response.end('<h1>回到商店</h1>')
        return
      }
      let body = ''
      request.on('data', (part) => (body += part))
      request.on('end', () => {
        shop.notices.push(Object.fromEntries(new URLSearchParams(body)))
        response.end(shop.answers.shift() ?? 'success')
      })
    })
    await new Promise((go) => shop.server.listen(0, '127.0.0.1', go))
    shop.url = `http://127.0.0.1:${shop.server.address().port}`
    return shop
  }
  /** notice waits for one of an order. */
  notice = (no, wanted = () => true) => until(`a notice of ${no ?? 'no order'}`, () => this.notices.find((n) => n.out_trade_no === no && wanted(n)))
  stop = () => this.server.close()
}

export { Sandbox }

// server starts the shop. What it needs to know stands in the environment, or in
// the sandbox.json of a Tongbao sandbox:
//
//	node server.mjs --sandbox ../../data/sandbox.json
//
//	GATEWAY APP_ID APP_PRIVATE_KEY ALIPAY_PUBLIC_KEY SELLER_ID
//	             where and as whom to ask; keys as PEM or bare base64
//	SHOP_URL     where browsers and notices reach the shop; default: where it listens
//	PORT         default 8890; 0 for any
//	DATA         where orders are kept; default ./data
//	KEEPER_PASSWORD  of the shopkeeper's pages; without it one is drawn and printed
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { parseArgs } from 'node:util'
import { AlipaySdk } from 'alipay-sdk'
import { Orders } from './orders.mjs'
import { createShop } from './shop.mjs'

const { values } = parseArgs({ options: { sandbox: { type: 'string' } } })
const env = { ...fromSandbox(values.sandbox), ...process.env }
for (const name of ['GATEWAY', 'APP_ID', 'APP_PRIVATE_KEY', 'ALIPAY_PUBLIC_KEY', 'SELLER_ID']) {
  if (env[name]) continue
  console.error(`${name} is missing; give --sandbox FILE, or see the top of server.mjs`)
  process.exit(2)
}

// The lines that differ from a shop against Alipay are these values alone.
const sdk = new AlipaySdk({ gateway: env.GATEWAY, appId: env.APP_ID, privateKey: env.APP_PRIVATE_KEY, alipayPublicKey: env.ALIPAY_PUBLIC_KEY, timeout: 20_000 })

const password = env.KEEPER_PASSWORD ?? randomBytes(6).toString('base64url')
const server = createServer()
server.listen(Number(env.PORT ?? 8890), env.HOST ?? '127.0.0.1', () => {
  const { address, port } = server.address()
  const url = (env.SHOP_URL ?? `http://${address}:${port}`).replace(/\/$/, '')
  server.on('request', createShop({ sdk, appId: env.APP_ID, sellerId: env.SELLER_ID, url, orders: new Orders(env.DATA ?? 'data'), password }))
  console.log(`shop ${url}/`)
  console.log(`shopkeeper ${url}/keeper  name: keeper  password: ${env.KEEPER_PASSWORD ? 'as given' : password}`)
})
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => (server.close(), server.closeAllConnections()))

function fromSandbox(file) {
  if (!file) return {}
  const { gateway_url, merchant } = JSON.parse(readFileSync(file, 'utf8'))
  return { GATEWAY: gateway_url, APP_ID: merchant.app_id, APP_PRIVATE_KEY: merchant.app_private_key, ALIPAY_PUBLIC_KEY: merchant.platform_public_key, SELLER_ID: merchant.id }
}

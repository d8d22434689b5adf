// sandbox starts a platform of its own for a test file, and at the end of the
// file has `tongbao verify` look at what was left behind.
//
//	TONGBAO_BIN  the binary; tests skip without it and without bin/tongbao
//	TONGBAO_KEEP keep the data folders
//	TONGBAO_DATABASES who hands out empty databases (test/servers/databases); the
//	             platforms then keep their books there
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { desk, launch, phone, pressPin } from './lib.mjs'

const run = promisify(execFile)
const bin = path.resolve(process.env.TONGBAO_BIN ?? new URL('../../bin/tongbao', import.meta.url).pathname)

/** skip is handed to suites: the reason, or false. */
export const skip = existsSync(bin) ? false : `there is no ${bin}; make build makes it`
/** patience is how long anything may take on a busy machine, in milliseconds. */
export const patience = Number(process.env.TONGBAO_PATIENCE ?? 60_000)

/** until asks again and again until the answer is true-ish. */
export async function until(what, ask, within = patience) {
  for (const end = Date.now() + within; ; ) {
    const got = await ask()
    if (got) return got
    if (Date.now() > end) throw new Error(`waited ${within} ms in vain: ${what}`)
    await new Promise((go) => setTimeout(go, 50))
  }
}

const listen = (port) =>
  new Promise((go, no) => {
    const server = createServer()
    server.once('error', no)
    server.listen(port, '127.0.0.1', () => go(server))
  })
const close = (server) => new Promise((go) => server.close(go))

// The shop listens on the port after the platform's, so both must be free.
async function freePair() {
  for (let tries = 0; ; tries++) {
    const first = await listen(0)
    const { port } = first.address()
    try {
      await close(await listen(port + 1))
      return port
    } catch (error) {
      if (tries > 20) throw error
    } finally {
      await close(first)
    }
  }
}

export class Sandbox {
  /** start gives the suite `t` (the test module's before/after) a running sandbox. */
  static async start() {
    const s = new Sandbox()
    s.data = mkdtempSync(path.join(tmpdir(), 'tongbao-sandbox-'))
    s.port = await freePair()
    s.output = ''
    s.pages = []
    const databases = process.env.TONGBAO_DATABASES
    s.store = databases ? ['--store', await (await fetch(`${databases}/new`)).text()] : []
    await s.up()
    s.browser = await launch()
    return s
  }

  /** up starts the server and waits until it serves. */
  async up() {
    const ready = path.join(this.data, 'ready')
    rmSync(ready, { force: true })
    const began = Date.now()
    const server = spawn(bin, ['sandbox', '--listen', `127.0.0.1:${this.port}`, '--data', this.data, ...this.store, '--ready-file', ready], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.server = server
    this.ended = new Promise((go) => server.once('exit', go))
    for (const stream of [server.stdout, server.stderr]) stream.on('data', (text) => (this.output += text))
    await until('the sandbox serves', () => {
      if (server.exitCode !== null) throw new Error(`the sandbox ended with ${server.exitCode}:\n${this.output}`)
      return existsSync(ready)
    })
    this.took = Date.now() - began
    const who = JSON.parse(readFileSync(path.join(this.data, 'sandbox.json'), 'utf8'))
    Object.assign(this, { who, url: who.api_url, shop: who.shop_url, pin: who.buyers[0].payment_password })
  }

  /** kill ends the server without a warning. */
  async kill() {
    this.server.kill('SIGKILL')
    await this.ended
  }

  /** stop ends everything and has the books checked. */
  async stop() {
    await this.browser?.close()
    this.server.kill('SIGTERM')
    const code = await this.ended
    try {
      assert.equal(code, 0, `the sandbox ended with ${code}:\n${this.output}`)
      const { stdout } = await run(bin, ['verify', '--data', this.data, ...this.store]).catch((error) => {
        throw new Error(`tongbao verify: ${error.stdout}${error.stderr}`)
      })
      assert.match(stdout, /\S/)
      for (const page of this.pages) page.assertQuiet()
    } finally {
      if (!process.env.TONGBAO_KEEP) rmSync(this.data, { recursive: true, force: true })
    }
  }

  async phone(options) {
    return this.#kept(await phone(this.browser, { baseURL: this.url, ...options }))
  }
  async desk(options) {
    return this.#kept(await desk(this.browser, { baseURL: this.url, ...options }))
  }
  #kept(page) {
    page.context().setDefaultTimeout(patience)
    page.context().setDefaultNavigationTimeout(patience)
    this.pages.push(page)
    return page
  }

  /** wallet is a shopper's phone, signed in by the sandbox's button. */
  async wallet(n = 0, options = {}, at = '/') {
    const page = await this.phone(options)
    await page.goto(`/wallet/login?next=${encodeURIComponent(at)}`)
    const { nickname } = this.who.buyers[n]
    await page.getByRole('button', { name: options.lang === 'en' ? `Be ${nickname}` : `用${nickname}登录` }).click()
    await page.waitForURL((url) => !url.pathname.endsWith('/login'))
    return page
  }
  /** merchant is the first seller's desk. */
  async merchant(options = {}, at = '/') {
    const page = await this.desk(options)
    await page.goto(`/merchant/login?next=${encodeURIComponent(at)}`)
    await page.getByRole('button', { name: new RegExp(this.who.merchant.name) }).first().click()
    await page.waitForURL((url) => !url.pathname.endsWith('/login'))
    return page
  }
  /** console is an operator's desk: agent, auditor or admin. */
  async console(role = 'agent', options = {}, at = '/') {
    const page = await this.desk(options)
    await page.goto(`/console/login?next=${encodeURIComponent(at)}`)
    const { login, password } = this.who.operators.find((o) => o.role === role)
    await page.locator('input[name=username]').fill(login)
    await page.locator('input[name=password]').fill(password)
    await page.locator('input[name=password]').press('Enter')
    await page.waitForURL((url) => !url.pathname.endsWith('/login'))
    return page
  }

  /** api is a call with the first seller's key, or without one. */
  async api(method, at, body, { key = this.who.merchant.api_key } = {}) {
    const response = await fetch(this.url + at, {
      method,
      headers: { ...(key && { Authorization: `Bearer ${key}` }), ...(body && { 'Content-Type': 'application/json' }), 'Idempotency-Key': randomUUID() },
      body: body && JSON.stringify(body),
    })
    const answer = await response.json()
    if (!response.ok) throw new Error(`${method} ${at}: ${response.status} ${JSON.stringify(answer)}`)
    return answer
  }
  /** order is an open payment of the first seller's. */
  order(subject, amount, more = {}) {
    return this.api('POST', '/v1/payments', { order_no: `e2e-${randomUUID().slice(0, 12)}`, amount, currency: 'CNY', subject, kind: 'escrow', goods: 'physical', ...more })
  }
  /** paid is a payment of the first seller's that the wallet's shopper has paid at the cashier. */
  async paid(wallet, subject, amount) {
    const { id } = await this.order(subject, amount)
    await wallet.goto(`/wallet/cashier/${id}`)
    await wallet.getByRole('button', { name: '确认付款' }).click()
    await pressPin(wallet, this.pin)
    await wallet.getByRole('heading', { name: '付款成功' }).waitFor()
    return id
  }
  payment(id) {
    return this.api('GET', `/v1/payments/${id}`)
  }
  ship(id) {
    return this.api('POST', '/v1/shipments', { payment_id: id, carrier: '顺丰速运', tracking_no: 'SF1234567890123' })
  }
  advance(by) {
    return this.api('POST', '/v1/sandbox/clock', { advance: by }, { key: '' })
  }
}

/** exactly is a name, with the space that antd puts between two Chinese characters. */
export const exactly = (name) => new RegExp(`^${[...name].join('\\s?')}$`)

/** ask calls the API as a page's own person: its cookie, its face, its CSRF token. */
export const ask = (page, face, method, at, body) =>
  page.evaluate(
    async ([face, method, at, body, key]) => {
      const headers = { 'Tongbao-Face': face }
      const session = await (await fetch('/v1/session', { headers })).json()
      Object.assign(headers, { 'Tongbao-CSRF': session.csrf_token ?? '', 'Content-Type': 'application/json', 'Idempotency-Key': key })
      const response = await fetch(at, { method, headers, ...(body && { body: JSON.stringify(body) }) })
      return { ...(await response.json()), status: response.status }
    },
    [face, method, at, body, randomUUID()],
  )

/** png is a small picture for evidence, of one colour. */
export const png = (name) => ({
  name,
  mimeType: 'image/png',
  buffer: Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64'),
})

/** settled waits until a page has its heading and no skeleton. */
export async function settled(page) {
  await page.locator('h1, h2').first().waitFor()
  await page.waitForFunction(() => !document.querySelector('[aria-busy=true], .tb-bone'))
}

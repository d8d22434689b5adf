// Looks at every screen, as a phone in both languages, light and dark, and as a
// desk; buys something on the way; runs axe on each. Needs a shop with -pretend:
//
//	go run ./examples/shop/cmd/shop -listen 127.0.0.1:18890 -pretend 127.0.0.1:18891 -data $(mktemp -d)
//	npm run look -- http://127.0.0.1:18890 /tmp/shop-look [zh-light …]
import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { chromium } from 'playwright-core'

const [base = 'http://127.0.0.1:18890', out = '/tmp/shop-look', ...only] = process.argv.slice(2)
mkdirSync(out, { recursive: true })
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] })
let faults = 0

async function walk(name, { lang, dark, width = 390, height = 844 }) {
  const context = await browser.newContext({
    viewport: { width, height }, deviceScaleFactor: 2, locale: lang === 'zh' ? 'zh-CN' : 'en-GB', timezoneId: 'Asia/Shanghai',
    colorScheme: dark ? 'dark' : 'light', reducedMotion: 'reduce', bypassCSP: false,
  })
  const page = await context.newPage()
  page.on('console', (m) => { if (m.type() === 'error' && !/Failed to load resource/.test(m.text())) { faults++; console.log(name, 'console:', m.text()) } })
  page.on('pageerror', (e) => { faults++; console.log(name, 'page error:', e.message) })
  const shot = async (what, whole = false) => {
    await page.waitForTimeout(250)
    await page.evaluate(() => Promise.all([...document.images].filter((i) => i.loading === 'eager').map((i) => i.decode().catch(() => {}))))
    if (whole) await page.setViewportSize({ width, height: await page.evaluate(() => document.documentElement.scrollHeight) })
    if (whole) await page.waitForTimeout(300)
    await page.screenshot({ path: `${out}/${name}-${what}.png` })
    if (whole) await page.setViewportSize({ width, height })
    // Through the debugger, which no CSP binds; a script tag would be refused, as it should.
    await page.evaluate(axe)
    const found = await page.evaluate(async () => (await window.axe.run(document, { resultTypes: ['violations'] })).violations)
    for (const v of found) { faults++; console.log(name, what, 'axe:', v.impact, v.id, v.nodes.map((n) => n.target.join(' ') + ' ' + (n.any[0]?.message ?? '')).slice(0, 3).join(' | ')) }
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    if (wide > 0) { faults++; console.log(name, what, 'is', wide, 'px too wide') }
  }
  const go = (path) => page.goto(base + path, { waitUntil: 'load' })

  await go('/cart'); await page.waitForSelector('.void'); await shot('cart-empty')
  await go('/orders'); await page.waitForSelector('.void'); await shot('orders-empty')
  await go('/'); await page.waitForSelector('.card'); await shot('home'); await shot('home-whole', true)
  await page.click('a[href="/sellers/celadon"]'); await page.waitForSelector('.sellerhead'); await shot('seller')
  await go('/goods/ginkgo-bookmark'); await page.waitForSelector('.good'); await shot('sold-out')
  await go('/goods/jasmine'); await page.waitForSelector('.good'); await shot('few')

  // Three taps: a good, buy now, pay.
  await go('/'); await page.waitForSelector('.card')
  await page.click('a[href="/goods/longjing"]'); await page.waitForSelector('.good'); await shot('good'); await shot('good-whole', true)
  await page.click('.bar .primary'); await page.waitForSelector('.sum'); await shot('checkout')
  await page.click('.address .plain'); await page.fill('input[name=street]', ''); await page.fill('input[name=phone]', '12')
  await page.click('.fields .button'); await shot('address')
  await page.fill('input[name=street]', lang === 'zh' ? '文三路 90 号' : '90 Wensan Road'); await page.fill('input[name=phone]', '138 0571 2046')
  await page.click('.fields .button')
  await page.click('.bar .primary'); await page.waitForURL(/cashier/)
  const cashier = page.url()
  const press = (what) => page.request.post(cashier, { form: { do: what }, maxRedirects: 0 })
  await page.goBack(); await page.waitForSelector('.sum'); await page.click('.bar .primary'); await page.waitForURL(/cashier/)
  if (page.url() !== cashier) { faults++; console.log(name, 'back and pay again made another payment') }
  await page.click('text=back to the shop'); await page.waitForSelector('section.hero.to_pay'); await shot('order-to-pay')
  for (const [what, state] of [['paid', 'to_ship'], ['shipped', 'to_receive'], ['disputed', 'disputed'], ['refunded', 'refunded']]) {
    await press(what); await page.waitForSelector(`section.hero.${state}`) // by itself: the page is live
    await shot(`order-${state}`, state === 'to_receive')
  }

  // A cart of several sellers, virtual goods among them.
  for (const sku of ['celadon-cup', 'focus-clock', 'wool-blanket']) {
    await go('/goods/' + sku); await page.waitForSelector('.good'); await page.click('.bar .button:not(.primary)')
    if (sku === 'wool-blanket') await shot('added')
  }
  await go('/cart'); await page.waitForSelector('.lines'); await shot('cart')
  await page.click('.bar .primary'); await page.waitForSelector('.sum'); await shot('checkout-many', true)
  await page.click('.bar .primary'); await page.waitForURL(/cashier/)
  await page.click('text=paid'); await page.waitForSelector('section.hero.to_ship'); await shot('order-next')
  await page.click('.bar .primary'); await page.waitForURL(/cashier/); await page.click('text=paid')
  await page.waitForSelector('section.hero.to_receive'); await shot('order-codes')
  await page.click('.bar .primary'); await page.waitForURL(/cashier/); await page.click('text=paid'); await page.waitForSelector('section.hero')
  const third = await page.evaluate(() => document.querySelector('.bar a').href)
  await page.request.post(third, { form: { do: 'shipped' }, maxRedirects: 0 }); await page.request.post(third, { form: { do: 'finished' }, maxRedirects: 0 })
  await page.waitForSelector('section.hero.received'); await shot('order-received')
  await go('/goods/four-seasons'); await page.waitForSelector('.good'); await page.click('.bar .primary'); await page.waitForSelector('.sum'); await page.click('.bar .primary'); await page.waitForURL(/cashier/)
  await page.click('text=back to the shop'); await page.waitForSelector('section.hero.to_pay'); await page.click('.bar .button:not(.primary)'); await page.waitForSelector('section.hero.closed'); await shot('order-closed')
  await go('/orders'); await page.waitForSelector('.orderrow'); await shot('orders')

  // What can go wrong, and waiting.
  await page.route('**/api/market', (r) => r.abort())
  await go('/'); await page.waitForSelector('.void'); await shot('error')
  await page.unroute('**/api/market'); await page.route('**/api/market', () => {})
  await go('/'); await page.waitForSelector('.bones'); await shot('loading')
  await page.unroute('**/api/market')
  const first = await context.request.get(base + '/api/orders').then((r) => r.json()).then((a) => a.data.at(-1))
  const stuck = { ...first, state: 'not_started', payment: null, trouble: 'no_answer', pay_url: '', fresh: true }
  await page.route('**/api/orders/*', (r) => r.fulfill({ json: stuck }))
  await go('/orders/' + first.no); await page.waitForSelector('section.hero.not_started'); await shot('order-not-started')
  await page.unroute('**/api/orders/*')
  await page.route('**/api/orders/*', (r) => r.fulfill({ json: { ...first, state: 'to_pay', pay_url: cashier, fresh: false } }))
  await go('/orders/' + first.no); await page.waitForSelector('.alert.soft'); await shot('order-stale')
  await page.unroute('**/api/orders/*')
  await go('/nowhere'); await page.waitForSelector('.void'); await shot('nowhere')
  await context.close()
}

const walks = {
  'zh-light': { lang: 'zh' },
  'en-light': { lang: 'en' },
  'zh-dark': { lang: 'zh', dark: true },
  'en-dark': { lang: 'en', dark: true },
  'en-desk': { lang: 'en', width: 1280, height: 900 },
  'zh-small': { lang: 'zh', width: 320, height: 640 },
}
for (const name of only.length > 0 ? only : Object.keys(walks)) await walk(name, walks[name])
await browser.close()
console.log(faults === 0 ? 'no fault found' : `${faults} faults`)
process.exit(faults === 0 ? 0 : 1)

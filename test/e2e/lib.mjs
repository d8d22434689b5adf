// lib is what every browser test needs: Chromium, a phone and a desk, pictures
// and the accessibility check. The packages are ui's own (npm ci there); the
// browser is the system's. Run with `node --test test/e2e/`.
//
//	TONGBAO_URL   where the server is; tests skip without it
//	TONGBAO_SHOTS folder for pictures; none are taken without it
//	CHROMIUM      the browser, /usr/bin/chromium by default
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'

const require = createRequire(new URL('../../ui/package.json', import.meta.url))
const { chromium } = require('playwright-core')
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8')

export const url = process.env.TONGBAO_URL?.replace(/\/$/, '')
/** skip is handed to test(name, { skip }, …): the reason, or false. */
export const skip = url ? false : 'TONGBAO_URL is not set'

const flags = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
] // prettier-ignore

/** launch starts Chromium in a profile of its own. Give it to t.after, or close it. */
export async function launch() {
  const profile = mkdtempSync(path.join(tmpdir(), 'tongbao-e2e-'))
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: flags,
    headless: true,
    env: { ...process.env, HOME: profile },
  })
  const close = browser.close.bind(browser)
  browser.close = async () => {
    await close()
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
  }
  return browser
}

/** phone and desk open a page; options: lang 'zh' | 'en', dark. Script errors on it fail the test that calls page.assertQuiet(). */
export const phone = (browser, options) => open(browser, { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true }, options)
export const desk = (browser, options) => open(browser, { viewport: { width: 1440, height: 900 } }, options)

async function open(browser, device, { lang = 'zh', dark = false, ...more } = {}) {
  const context = await browser.newContext({
    ...device,
    locale: lang === 'zh' ? 'zh-CN' : 'en-US',
    timezoneId: 'Europe/Berlin', // not the business's: a page that forgets the zone is found out
    colorScheme: dark ? 'dark' : 'light',
    reducedMotion: 'reduce',
    baseURL: url,
    ...more,
  })
  await context.addInitScript((lang) => localStorage.setItem('tongbao.lang', localStorage.getItem('tongbao.lang') ?? lang), lang)
  const page = await context.newPage()
  const noise = []
  page.on('pageerror', (error) => noise.push(`script error: ${error.message}`))
  page.on('console', (message) => {
    // A refused request is an ordinary answer; a policy violation or a React warning is not.
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) noise.push(`console: ${message.text()}`)
  })
  page.assertQuiet = () => assert.deepEqual(noise, [], 'the page complained')
  return page
}

/** shot saves a picture as <folder>/<name>.png where TONGBAO_SHOTS is set. */
export async function shot(page, name, options = {}) {
  const folder = process.env.TONGBAO_SHOTS
  if (!folder) return
  const file = path.join(folder, `${name}.png`)
  mkdirSync(path.dirname(file), { recursive: true })
  await page.screenshot({ path: file, animations: 'disabled', ...options })
}

/** checkA11y fails on serious and critical findings of axe, naming the elements. */
export async function checkA11y(page, { exclude = [] } = {}) {
  // evaluate, not addScriptTag: the page's content security policy stays in force.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe)
  const { violations } = await page.evaluate((exclude) => window.axe.run({ exclude }, { resultTypes: ['violations'] }), exclude.map((e) => [e]))
  const bad = violations.filter((v) => v.impact === 'serious' || v.impact === 'critical')
  const told = bad.flatMap((v) => v.nodes.map((n) => `${v.impact} ${v.id}: ${v.help}\n    ${n.html}\n    ${n.failureSummary?.replaceAll('\n', ' ')}`))
  assert.equal(told.length, 0, `axe on ${page.url()}:\n${told.join('\n')}`)
}

/** pressPin types the payment password on the keypad that is open. */
export async function pressPin(page, pin) {
  const pad = page.locator('.tb-pin')
  await pad.waitFor()
  for (const digit of pin) await pad.getByRole('button', { name: digit, exact: true }).click()
}

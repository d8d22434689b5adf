// Every face opens, says something, keeps its security policy and passes axe, in both languages, light and dark.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { checkA11y, desk, launch, phone, shot, skip } from './lib.mjs'

let browser
before(async () => {
  if (!skip) browser = await launch()
})
after(() => browser?.close())

for (const [face, open] of [['wallet', phone], ['merchant', desk], ['console', desk]]) {
  for (const lang of ['zh', 'en']) {
    for (const dark of [false, true]) {
      test(`${face} opens in ${lang}, ${dark ? 'dark' : 'light'}`, { skip }, async () => {
        const page = await open(browser, { lang, dark })
        await page.goto(`/${face}/`)
        await page.locator('main').first().waitFor()
        await page.locator('[aria-busy=true]').waitFor({ state: 'detached' })
        assert.equal(await page.locator('html').getAttribute('lang'), lang === 'zh' ? 'zh-CN' : 'en-US')
        assert.equal(await page.locator('html').getAttribute('data-theme'), dark ? 'dark' : 'light')
        await shot(page, `smoke/${face}-${lang}-${dark ? 'dark' : 'light'}`)
        await checkA11y(page)
        page.assertQuiet()
        await page.context().close()
      })
    }
  }
}

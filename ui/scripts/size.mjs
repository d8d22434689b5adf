// Weighs what a face loads before its first screen: the entry script, all it
// imports at once, and the first page that a signed-out visitor sees
// (pages/login where there is one, else pages/home). Fails above the limit.
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const limit = 200 * 1024
const ui = new URL('../', import.meta.url)
const kb = (n) => `${(n / 1024).toFixed(1)} KB`
let failed = false

for (const face of ['wallet', 'merchant', 'console']) {
  const dist = new URL(`${face}/dist/`, ui)
  if (!existsSync(new URL('index.html', dist))) {
    console.error(`${face}: not built; run npm run build first`)
    failed = true
    continue
  }
  const html = readFileSync(new URL('index.html', dist), 'utf8')
  const assets = readdirSync(new URL('assets/', dist)).filter((name) => name.endsWith('.js'))
  const entry = [...html.matchAll(/(?:src|href)="[^"]*\/assets\/([^"]+\.js)"/g)].map((m) => m[1])
  const firsts = ['login', 'home'].map((page) => assets.filter((name) => name.startsWith(`${page}-`))).filter((list) => list.length)

  const shell = weigh(dist, entry)
  const pages = firsts.map((list) => ({ page: list[0].split('-')[0], size: weigh(dist, [...entry, ...list]) }))
  const first = pages[0]?.size ?? shell
  const all = assets.reduce((sum, name) => sum + packed(dist, name), 0)
  const verdict = first > limit ? `ABOVE ${kb(limit)}` : 'ok'
  if (first > limit) failed = true
  const detail = pages.map(({ page, size }) => `with ${page} ${kb(size)}`).join(', ')
  console.log(`${face.padEnd(9)} shell ${kb(shell)}${detail && `, ${detail}`} gzip; every script ${kb(all)}  ${verdict}`)
}
process.exit(failed ? 1 : 0)

// weigh adds up the scripts and everything they import statically.
function weigh(dist, names) {
  const seen = new Set()
  const queue = [...names]
  while (queue.length) {
    const name = queue.pop()
    if (seen.has(name)) continue
    seen.add(name)
    const text = readFileSync(new URL(`assets/${name}`, dist), 'utf8')
    for (const m of text.matchAll(/(?:^|[;}\s])(?:import|export)\s*(?:[\w*${},\s]+?from)?\s*["']\.\/([^"']+\.js)["']/g)) queue.push(m[1])
  }
  return [...seen].reduce((sum, name) => sum + packed(dist, name), 0)
}

function packed(dist, name) {
  return gzipSync(readFileSync(new URL(`assets/${name}`, dist)), { level: 9 }).length
}

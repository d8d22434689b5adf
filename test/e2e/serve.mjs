// serve shows the built faces without a server behind them, under the content
// security policy that the real one sends; every /v1 request is answered 503.
// For looking at pages and their error states: node test/e2e/serve.mjs [port]
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const ui = fileURLToPath(new URL('../../ui/', import.meta.url))
const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' }

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost')
  if (pathname.startsWith('/v1/')) {
    response.writeHead(503, { 'Content-Type': 'application/problem+json' })
    return response.end(JSON.stringify({ title: 'Unavailable', status: 503, code: 'unavailable', detail: 'There is no server here.', request_id: 'req_01jd3m9k7x5v2n8q4t6w' }))
  }
  const [, face, ...rest] = pathname.split('/')
  if (!['wallet', 'merchant', 'console'].includes(face)) {
    response.writeHead(302, { Location: '/wallet/' })
    return response.end()
  }
  const file = path.join(ui, face, 'dist', path.normalize(`/${rest.join('/')}`))
  const asset = path.extname(file) !== '' && existsSync(file)
  const nonce = randomBytes(16).toString('base64')
  response.writeHead(200, {
    'Content-Type': types[asset ? path.extname(file) : '.html'] ?? 'application/octet-stream',
    'Content-Security-Policy':
      `default-src 'self'; script-src 'self'; style-src 'self' 'nonce-${nonce}'; img-src 'self' data: blob:; ` +
      `connect-src 'self'; media-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'`,
  })
  if (asset) return response.end(readFileSync(file))
  response.end(readFileSync(path.join(ui, face, 'dist', 'index.html'), 'utf8').replaceAll('__CSP_NONCE__', nonce))
})
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`))

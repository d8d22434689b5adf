// One configuration for the three faces: FACE=wallet|merchant|console chooses
// (npm run build does all three; `FACE=merchant npm run dev` serves one).
import { fileURLToPath } from 'node:url'
import { writeFileSync } from 'node:fs'
import react from '@vitejs/plugin-react'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const faces = ['wallet', 'merchant', 'console']
const face = process.env.FACE ?? 'wallet'
if (!faces.includes(face)) throw new Error(`FACE is ${face}; it must be one of ${faces.join(', ')}`)
const server = process.env.TONGBAO_URL ?? 'http://127.0.0.1:8888'

export default defineConfig({
  root: here(`./${face}`),
  base: `/${face}/`,
  publicDir: here('./public'),
  plugins: [react(), nonceForAll(), keepPlaceholder()],
  resolve: { alias: { '@shared': here('./shared') } },
  build: {
    outDir: here(`./${face}/dist`),
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0, // nothing inline: the content security policy stays strict
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2000, // scripts/size.mjs is the judge of the first screen
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // What every page needs, and what changes least. antd itself is left to
            // the bundler: a single antd chunk would load Table with the login form.
            { name: 'react', test: /node_modules[\\/](react|react-dom|scheduler|react-router|cookie|set-cookie-parser|@tanstack)[\\/]/ },
          ],
        },
      },
    },
  },
  server: { proxy: { '/v1': server, '/openapi.json': server } },
  test: { root: here('.'), include: ['{shared,wallet,merchant,console}/**/*.test.{ts,tsx}'] },
})

// keepPlaceholder puts back the file that lets `go build` embed a dist folder
// that was never built.
function keepPlaceholder(): Plugin {
  return {
    name: 'keep-placeholder',
    closeBundle() {
      writeFileSync(here(`./${face}/dist/.gitkeep`), '')
    },
  }
}

// nonceForAll: antd stamps its style tags with the nonce that ConfigProvider is
// given, but its scroll lock and its scrollbar measure (under every modal and
// table) inject theirs without. All go through one function; here it learns to
// look for the page's nonce itself. Should antd change, the build stops rather
// than the browser.
function nonceForAll(): Plugin {
  return {
    name: 'nonce-for-all',
    apply: 'build',
    transform: {
      filter: { id: /@rc-component[\\/]util[\\/]es[\\/]Dom[\\/]dynamicCSS\.js$/ },
      handler(code) {
        const given = 'if (csp?.nonce) {\n    styleNode.nonce = csp?.nonce;\n  }'
        if (!code.includes(given)) throw new Error('nonce-for-all: dynamicCSS.js reads differently now; see vite.config.ts')
        return { code: code.replace(given, `styleNode.nonce = csp?.nonce ?? document.querySelector('meta[name="csp-nonce"]')?.content ?? '';`), map: null }
      },
    },
  }
}

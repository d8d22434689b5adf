// One configuration for the three faces: FACE=wallet|merchant|console chooses
// (npm run build does all three; `FACE=merchant npm run dev` serves one).
import { fileURLToPath } from 'node:url'
import { writeFileSync } from 'node:fs'
import react from '@vitejs/plugin-react'
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
  plugins: [react(), keepPlaceholder()],
  resolve: { alias: { '@shared': here('./shared') } },
  build: {
    outDir: here(`./${face}/dist`),
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0, // nothing inline: the content security policy stays strict
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1500, // scripts/size.mjs is the judge of the first screen
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
function keepPlaceholder() {
  return {
    name: 'keep-placeholder',
    closeBundle() {
      writeFileSync(here(`./${face}/dist/.gitkeep`), '')
    },
  }
}

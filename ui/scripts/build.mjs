// Builds the faces named, or all three, one after the other (the machine may be small).
import { build } from 'vite'
import { fileURLToPath } from 'node:url'

const wanted = process.argv.slice(2)
for (const face of wanted.length ? wanted : ['wallet', 'merchant', 'console']) {
  process.env.FACE = face
  await build({
    configFile: fileURLToPath(new URL('../vite.config.ts', import.meta.url)),
    logLevel: 'warn',
  })
  console.log(`built ${face}`)
}

// palette writes a screenshot in 256 colours, a third of its size: the colours
// that fill most of it as they are, the others by median cut.
//
//	node scripts/palette.mjs FROM.png TO.png
import { readFileSync, writeFileSync } from 'node:fs'
import { crc32, deflateSync, inflateSync } from 'node:zlib'

const [from, to] = process.argv.slice(2)
const { width, height, pixels } = read(readFileSync(from))
const count = new Map()
for (const p of pixels) count.set(p, (count.get(p) ?? 0) + 1)
const byCount = [...count.keys()].sort((a, b) => count.get(b) - count.get(a))
const palette = byCount.length <= 256 ? byCount : [...byCount.slice(0, 96), ...medianCut(byCount.slice(96), 160)]
const place = new Map(byCount.map((c) => [c, nearest(c)]))

const rows = Buffer.alloc((width + 1) * height) // each row begins with its filter, none
for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) rows[y * (width + 1) + 1 + x] = place.get(pixels[y * width + x])
const head = Buffer.alloc(13)
head.writeUInt32BE(width, 0)
head.writeUInt32BE(height, 4)
head.set([8, 3, 0, 0, 0], 8)
writeFileSync(to, Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', head), chunk('PLTE', Buffer.from(palette.flatMap(rgb))), chunk('IDAT', deflateSync(rows, { level: 9 })), chunk('IEND', Buffer.alloc(0))]))

function rgb(c) {
  return [c >> 16, (c >> 8) & 255, c & 255]
}

function nearest(c) {
  const [r, g, b] = rgb(c)
  let best = 0
  let least = Infinity
  palette.forEach((p, i) => {
    const d = 3 * (r - (p >> 16)) ** 2 + 4 * (g - ((p >> 8) & 255)) ** 2 + 2 * (b - (p & 255)) ** 2
    if (d < least) [least, best] = [d, i]
  })
  return best
}

// medianCut splits the box that varies most until there are enough, and takes each box's mean.
function medianCut(colours, wanted) {
  const box = (list) => {
    const spread = [0, 1, 2].map((i) => list.reduce(([lo, hi], c) => [Math.min(lo, rgb(c)[i]), Math.max(hi, rgb(c)[i])], [255, 0])).map(([lo, hi]) => hi - lo)
    return { list, widest: Math.max(...spread), along: spread.indexOf(Math.max(...spread)) }
  }
  const boxes = [box(colours)]
  while (boxes.length < wanted) {
    const at = boxes.reduce((best, b, i) => (b.list.length > 1 && b.widest * Math.sqrt(b.list.length) > boxes[best].widest * Math.sqrt(boxes[best].list.length) ? i : best), 0)
    const { list, along } = boxes[at]
    if (list.length < 2) break
    list.sort((a, b) => rgb(a)[along] - rgb(b)[along])
    boxes.splice(at, 1, box(list.slice(0, list.length >> 1)), box(list.slice(list.length >> 1)))
  }
  return boxes.map(({ list }) => {
    const all = list.reduce((sum, c) => sum + count.get(c), 0)
    const [r, g, b] = [0, 1, 2].map((i) => Math.round(list.reduce((sum, c) => sum + rgb(c)[i] * count.get(c), 0) / all))
    return (r << 16) | (g << 8) | b
  })
}

function chunk(kind, data) {
  const body = Buffer.concat([Buffer.from(kind, 'latin1'), data])
  const out = Buffer.alloc(body.length + 8)
  out.writeUInt32BE(data.length, 0)
  body.copy(out, 4)
  out.writeUInt32BE(crc32(body), body.length + 4)
  return out
}

// read takes what Chromium writes: eight bits a sample, not interlaced.
function read(file) {
  let at = 8
  let width, height, channels
  const data = []
  while (at < file.length) {
    const length = file.readUInt32BE(at)
    const kind = file.toString('latin1', at + 4, at + 8)
    const body = file.subarray(at + 8, at + 8 + length)
    if (kind === 'IHDR') {
      ;[width, height, channels] = [body.readUInt32BE(0), body.readUInt32BE(4), { 2: 3, 6: 4 }[body[9]]]
      if (body[8] !== 8 || body[12] !== 0 || !channels) throw new Error('not a picture as Chromium writes it')
    }
    if (kind === 'IDAT') data.push(body)
    at += length + 12
  }
  const raw = inflateSync(Buffer.concat(data))
  const line = width * channels
  const pixels = new Array(width * height)
  let above = Buffer.alloc(line)
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (line + 1)]
    const row = raw.subarray(y * (line + 1) + 1, (y + 1) * (line + 1))
    for (let i = 0; i < line; i++) {
      const a = i >= channels ? row[i - channels] : 0
      const b = above[i]
      const c = i >= channels ? above[i - channels] : 0
      row[i] += [0, a, b, (a + b) >> 1, paeth(a, b, c)][filter]
    }
    for (let x = 0; x < width; x++) pixels[y * width + x] = (row[x * channels] << 16) | (row[x * channels + 1] << 8) | row[x * channels + 2]
    above = row
  }
  return { width, height, pixels }
}

function paeth(a, b, c) {
  const p = a + b - c
  const [x, y, z] = [Math.abs(p - a), Math.abs(p - b), Math.abs(p - c)]
  return x <= y && x <= z ? a : y <= z ? b : c
}

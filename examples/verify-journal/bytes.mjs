// What a journal is built of: CRC-32C, Snappy blocks, and numbers, texts and bytes.

/** Fault says what is wrong with a journal; the first one ends the verification. */
export class Fault extends Error {}

const table = new Uint32Array(256).map((_, i) => {
  let c = i;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0x82f63b78 : c >>> 1;
  return c;
});

/** crc32c of several pieces of bytes as if they were one. */
export function crc32c(...pieces) {
  let c = 0xffffffff;
  for (const bytes of pieces) for (let i = 0; i < bytes.length; i++) c = table[(c ^ bytes[i]) & 0xff] ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}

/** unsnap unpacks a block of Snappy's block format. */
export function unsnap(block) {
  const r = new Reader(block);
  const length = Number(r.uint());
  if (length > 1 << 30) throw new Fault('a block says that it unpacks to more than 2^30 bytes');
  const out = Buffer.alloc(length);
  let at = 0;
  while (r.left() > 0) {
    const tag = r.byte();
    let size, offset;
    switch (tag & 3) {
      case 0: { // literal
        size = tag >> 2;
        if (size >= 60) size = Number(r.little(size - 59));
        size++;
        const literal = r.take(size);
        if (at + size > length) throw new Fault('a block unpacks to more than it says');
        literal.copy(out, at);
        at += size;
        continue;
      }
      case 1:
        size = ((tag >> 2) & 7) + 4;
        offset = ((tag >> 5) << 8) | r.byte();
        break;
      case 2:
        size = (tag >> 2) + 1;
        offset = Number(r.little(2));
        break;
      default:
        size = (tag >> 2) + 1;
        offset = Number(r.little(4));
    }
    if (offset === 0 || offset > at || at + size > length) throw new Fault('a block copies from outside itself');
    for (let i = 0; i < size; i++, at++) out[at] = out[at - offset]; // it may overlap
  }
  if (at !== length) throw new Fault('a block unpacks to less than it says');
  return out;
}

/** Reader reads fields one after the other. Numbers are BigInts: they may use 64 bits. */
export class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }
  left() { return this.bytes.length - this.at; }
  take(n) {
    if (n > this.left()) throw new Fault('it is cut off');
    this.at += n;
    return this.bytes.subarray(this.at - n, this.at);
  }
  byte() { return this.take(1)[0]; }
  little(n) {
    let v = 0n;
    this.take(n).forEach((b, i) => { v |= BigInt(b) << BigInt(8 * i); });
    return v;
  }
  uint() {
    let v = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const b = this.byte();
      v |= BigInt(b & 0x7f) << shift;
      if (b < 0x80) {
        if (v >> 64n) break;
        return v;
      }
    }
    throw new Fault('a number has more than 64 bits');
  }
  int() {
    const v = this.uint();
    return BigInt.asIntN(64, (v >> 1n) ^ -(v & 1n));
  }
  count() {
    const n = this.uint();
    if (n > BigInt(this.left())) throw new Fault('a number of things is more than there is room for');
    return Number(n);
  }
  view() { return this.take(this.count()); }
  text() { return this.view().toString('latin1'); } // bytes that are no UTF-8 stay apart
}

// Segments and frames, from the first byte on, with the chain hash and the signed heads.
import { createHash, createPublicKey, verify } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32c, Fault, Reader, unsnap } from './bytes.mjs';
import { readEntry } from './entry.mjs';

const zeros = Buffer.alloc(32);
const fail = (why) => { throw new Fault(why); };

/** within tells where a fault is. */
function within(where, act) {
  try {
    return act();
  } catch (err) {
    if (err instanceof Fault) err.message = `${where}: ${err.message}`;
    throw err;
  }
}

/** readJournal hands every entry to each, in order, and returns the head. */
export function readJournal(folder, each) {
  const format = readFileSync(join(folder, 'FORMAT'), 'latin1');
  if (format !== 'tongbao 2\n') fail(`FORMAT says ${JSON.stringify(format)}; this program knows "tongbao 2"`);
  const dir = join(folder, 'journal');
  const heads = readHeads(join(dir, 'heads'));
  const head = { position: 0n, hash: zeros, salt: null, frames: 0, heads, unseen: [...heads] };
  const segments = readdirSync(dir).filter((name) => name.endsWith('.journal')).sort();
  if (segments.length === 0) fail('there is no segment');
  segments.forEach((name, i) => {
    const wanted = `${String(i + 1).padStart(8, '0')}.journal`;
    if (name !== wanted) fail(`journal/${wanted} is missing`);
    readSegment(`journal/${name}`, readFileSync(join(dir, name)), i + 1, head, each);
  });
  if (head.unseen.length > 0) fail(`the journal ends with entry ${head.position}; its head was signed at entry ${head.unseen[0].position}: its end is cut off`);
  return head;
}

function readSegment(name, bytes, number, head, each) {
  within(`${name}, header`, () => {
    if (bytes.length < 64) fail('it is cut off');
    if (bytes.toString('latin1', 0, 8) !== 'tongbaoJ') fail('it does not begin as a segment does');
    if (crc32c(bytes.subarray(0, 60)) !== bytes.readUInt32LE(60)) fail('its checksum is wrong');
    if (bytes.readUInt16LE(8) !== 1) fail('it is of another version');
    if (bytes.readUInt32LE(12) !== number) fail('its number is another');
    if (bytes.readBigUInt64LE(16) !== head.position + 1n) fail(`it begins with another entry than ${head.position + 1n}`);
    if (!bytes.subarray(24, 56).equals(head.hash)) fail('its hash is not that of everything before it');
    head.salt ??= Buffer.from(bytes.subarray(56, 60));
    if (!head.salt.equals(bytes.subarray(56, 60))) fail('its salt is not the first segment\'s');
  });
  for (let at = 64; at < bytes.length && !bytes.subarray(at).every((b) => b === 0);) {
    at += within(`${name}, offset ${at}`, () => readFrame(bytes.subarray(at), head, each));
  }
}

function readFrame(bytes, head, each) {
  if (bytes.length < 72) fail('the frame\'s header is cut off');
  const header = bytes.subarray(0, 72);
  if (header.toString('latin1', 0, 4) !== 'TBJF') fail('no frame begins here');
  if (crc32c(head.salt, header.subarray(0, 68)) !== header.readUInt32LE(68)) fail('the checksum of the frame\'s header is wrong');
  if (header[4] !== 2 || header[5] < 2 || header[5] > 3 || header.readUInt16LE(6) !== 0) fail('the frame is of another version');
  const length = header.readUInt32LE(8), count = header.readUInt32LE(12), first = header.readBigUInt64LE(16);
  if (bytes.length < 72 + length) fail('the frame is cut off');
  const payload = bytes.subarray(72, 72 + length);
  if (crc32c(payload) !== header.readUInt32LE(64)) fail('the checksum of the frame\'s payload is wrong');
  if (count === 0 || first !== head.position + 1n || header.readBigUInt64LE(24) >= first) fail(`the frame's positions do not go on from entry ${head.position}`);
  const hash = createHash('sha256').update(head.hash).update(header.subarray(0, 32)).update(payload).digest();
  if (!hash.equals(header.subarray(32, 64))) fail('the chain hash is not the one that the bytes lead to');

  readPayload(payload, count, first, each);
  head.position = first + BigInt(count) - 1n;
  head.hash = hash;
  head.frames++;
  while (head.unseen.length > 0 && head.unseen[0].position <= head.position) {
    const signed = head.unseen.shift();
    if (signed.position < head.position) fail(`a head was signed at entry ${signed.position}, within a frame`);
    if (!signed.hash.equals(hash)) fail(`the head at entry ${signed.position} was signed with another hash: this is another journal`);
  }
  return 72 + length;
}

function readPayload(payload, count, first, each) {
  if (payload.length < 24) fail('the payload is too short');
  const base = payload.readBigInt64LE(0), blocks = payload.readUInt32LE(8);
  let start = 12 + 12 * blocks, done = 0;
  if (blocks === 0 || blocks > count || start > payload.length) fail('the table makes no sense');
  for (let i = 0; i < blocks; i++) {
    const slot = 12 + 12 * i;
    const entries = payload.readUInt32LE(slot), end = payload.readUInt32LE(slot + 4);
    if (entries <= done || end <= start || end > payload.length) fail('the table makes no sense');
    const block = payload.subarray(start, end);
    if (crc32c(block) !== payload.readUInt32LE(slot + 8)) fail(`the checksum of block ${i} is wrong`);
    const r = new Reader(unsnap(block));
    for (; r.left() > 0; done++) {
      const position = first + BigInt(done);
      const entry = r.view();
      within(`entry ${position}`, () => each(readEntry(entry, position, base)));
    }
    if (done !== entries) fail(`block ${i} has another number of entries than the table says`);
    start = end;
  }
  if (done !== count || start !== payload.length) fail('the table makes no sense');
}

const spki = Buffer.from('302a300506032b6570032100', 'hex'); // what an Ed25519 public key has before its 32 bytes

/** readHeads reads the signed heads, and checks every signature. */
function readHeads(file) {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'latin1').split('\n');
  const heads = [];
  lines.forEach((line, i) => {
    const rest = lines.slice(i + 1).join('').replaceAll('\0', '');
    const m = /^([1-9][0-9]*) ([0-9a-f]{64}) ([0-9a-f]{64}) ([0-9a-f]{128})$/.exec(line);
    if (i === lines.length - 1) return; // no newline: torn, or nothing
    if (!m && rest === '') return; // torn
    within(`journal/heads, line ${i + 1}`, () => {
      if (!m) fail('it is no signed head');
      const [, position, hash, key, signature] = m;
      const publicKey = createPublicKey({ key: Buffer.concat([spki, Buffer.from(key, 'hex')]), format: 'der', type: 'spki' });
      const text = `tongbao journal head 1\n${position} ${hash}\n`;
      if (!verify(null, Buffer.from(text), publicKey, Buffer.from(signature, 'hex'))) fail('its signature is false');
      if (heads.length > 0 && BigInt(position) <= heads.at(-1).position) fail('its position does not come after the one before');
      heads.push({ position: BigInt(position), hash: Buffer.from(hash, 'hex'), key });
    });
  });
  return heads;
}

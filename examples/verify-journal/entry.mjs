// An entry, read as docs/journal-format.md has it.
import { Fault, Reader } from './bytes.mjs';

const whys = ['', 'payment', 'settlement', 'split', 'fee', 'fee_refund', 'refund', 'transfer', 'top_up', 'withdrawal', 'unexplained', 'correction', 'opening_balance'];
const kinds = ['', 'user', 'merchant', 'escrow', 'fee_income', 'client_funds', 'suspense', 'own_funds'];

const list = (r, read) => Array.from({ length: r.count() }, () => read());

/** readEntry decodes the entry at a position. */
export function readEntry(bytes, position, base) {
  const r = new Reader(bytes);
  const has = Number(r.uint());
  if (has > 255) throw new Fault(`it has parts (${has}) that this program does not know`);
  const e = { position, at: base + r.int(), command: r.text(), name: r.text(), body: r.view(), actor: r.text(), request: r.text(), refused: '', legs: [], records: [], states: [], mentions: [] };
  if (has & 128) e.own = readOwn(r);
  if (has & 1) [e.refused, e.message, e.field] = [r.text(), r.text(), r.text()];
  if (has & 2) e.answer = readBytes(r, e.own);
  if (has & 4) e.legs = list(r, () => readLeg(r, position));
  if (has & 8) e.records = list(r, () => readRecord(r, e.own));
  if (has & 16) e.states = list(r, () => readState(r, e.legs));
  if (has & 32) e.mentions = list(r, () => ({ account: readAccountOf(r, e.legs), previous: readLink(r, position) }));
  if (has & 64) e.events = readBytes(r, e.own);
  if (r.left() > 0) throw new Fault('bytes follow its last field');
  if (e.refused && has & ~3) throw new Fault('it was refused, and changes something');
  return e;
}

function readOwn(r) {
  const own = r.view();
  if (own.length === 0 || own.length > 127) throw new Fault('its own name is empty or too long');
  return own;
}

/** readBytes reads bytes from which the entry's own name, as a text, may have been cut out. */
function readBytes(r, own) {
  const at = own ? Number(r.uint()) - 1 : -1;
  const rest = r.view();
  if (at < 0) return rest;
  if (at > rest.length) throw new Fault('its own name was cut out of nowhere');
  return Buffer.concat([rest.subarray(0, at), Buffer.from([own.length]), own, rest.subarray(at)]);
}

function readAccount(r) {
  const kind = r.byte();
  const currency = r.uint();
  const owner = r.uint();
  if (!kinds[kind]) throw new Fault(`there is no account kind ${kind}`);
  return { kind, currency, name: `${kinds[kind]}:${owner}:${currency}` };
}

function readAccountOf(r, legs) {
  const n = Number(r.uint());
  if (n === 0) return readAccount(r);
  if (n > legs.length) throw new Fault(`it has no leg ${n}`);
  return legs[n - 1].account;
}

function readLink(r, position) {
  const n = r.uint();
  if (n > position) throw new Fault('a link goes back further than the journal');
  return n === 0n ? 0n : position - n + 1n;
}

function readLeg(r, position) {
  const leg = { account: readAccount(r), amount: r.int() };
  const why = r.byte();
  leg.why = why === 0 ? r.text() : whys[why];
  if (leg.why === undefined) throw new Fault(`there is no reason ${why}`);
  [leg.after, leg.held, leg.number, leg.previous] = [r.int(), r.int(), r.uint(), readLink(r, position)];
  return leg;
}

function readRecord(r, own) {
  const is = Number(r.uint());
  if (is & 32 && !own) throw new Fault('a record has a name that the entry has not');
  const record = { kind: r.text(), id: is & 32 ? own.toString('latin1') : r.text() };
  if (is & 4) record.origin = r.take(8);
  if (!(is & 8)) record.value = readBytes(r, own);
  if (is & 16) record.rows = list(r, () => [r.text(), r.text()]);
  return record;
}

function readState(r, legs) {
  const state = { account: readAccountOf(r, legs), held: r.int(), tier: r.byte() };
  state.meter = [r.int(), r.int(), r.int(), r.int(), r.int(), r.uint()];
  return state;
}

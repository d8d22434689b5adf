// Faults that no checksum tells: node --test
import assert from 'node:assert/strict';
import test from 'node:test';
import { Books } from './books.mjs';
import { crc32c, Fault, Reader, unsnap } from './bytes.mjs';

const user = { kind: 1, currency: 156n, name: 'user:1:156' };
const bank = { kind: 5, currency: 156n, name: 'client_funds:1:156' };

/** topUp is the n-th entry of a journal in which 100 come in with each. */
function topUp(n, change = () => {}) {
  const at = BigInt(n);
  const leg = (account, amount) => ({ account, amount, after: 100n * at, held: 0n, number: at, previous: at - 1n });
  const e = { position: at, at, command: `c${n}`, refused: '', legs: [leg(bank, -100n), leg(user, 100n)], records: [], states: [], mentions: [] };
  change(e);
  return e;
}

test('honest entries are followed', () => {
  const books = new Books();
  for (let n = 1; n <= 5; n++) books.follow(topUp(n));
  assert.equal(books.account(user).balance, 500n);
  assert.deepEqual([...books.trial().values()], [0n]);
});

for (const [name, change, wants] of [
  ['a posting that does not balance', (e) => { e.legs[1].amount = 101n; e.legs[1].after = 301n; }, /sum to 1/],
  ['a balance that does not follow', (e) => { e.legs[1].after++; }, /the balance after it is 301; it is 300/],
  ['a number left out', (e) => { e.legs[1].number++; }, /its number is 4; it is 3/],
  ['a link to another entry', (e) => { e.legs[1].previous = 1n; }, /the entry before is 1; it is 2/],
  ['a mention with a wrong link', (e) => { e.mentions = [{ account: { ...user, name: 'user:2:156' }, previous: 1n }]; }, /the entry before is 1; it is 0/],
  ['a hold that no state tells of', (e) => { e.legs[1].held = 5n; }, /what is held is 5; it is 0/],
  ['more held than there is', (e) => { e.legs[1].held = 400n; e.states = [{ account: user, held: 400n }]; }, /stands at 300 with 400 held/],
  ['a time before the last', (e) => { e.at = 1n; }, /earlier time/],
  ['a command twice', (e) => { e.command = 'c1'; }, /came before/],
  ['a wallet below nothing', (e) => {
    [e.legs[0].amount, e.legs[1].amount, e.legs[0].after, e.legs[1].after] = [500n, -500n, -300n, -300n];
  }, /stands at -300/],
]) {
  test(`${name} is found`, () => {
    const books = new Books();
    books.follow(topUp(1));
    books.follow(topUp(2));
    assert.throws(() => books.follow(topUp(3, change)), (err) => err instanceof Fault && wants.test(err.message));
  });
}

test('checksums, numbers and Snappy as their descriptions have them', () => {
  assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283);
  assert.equal(new Reader(Buffer.from([0xac, 0x02])).uint(), 300n);
  assert.deepEqual([0, 1, 2, 3].map((b) => new Reader(Buffer.from([b])).int()), [0n, -1n, 1n, -2n]);
  assert.equal(new Reader(Buffer.from('ffffffffffffffffff01', 'hex')).uint(), (1n << 64n) - 1n);
  assert.throws(() => new Reader(Buffer.from('ffffffffffffffffff02', 'hex')).uint(), Fault);
  assert.equal(unsnap(Buffer.from([11, 4, 0x61, 0x62, 0x15, 2])).toString(), 'abababababa'); // a literal, then a copy that overlaps
  assert.throws(() => unsnap(Buffer.from([4, 0, 0x61, 1, 9])), Fault);
  assert.throws(() => unsnap(Buffer.from([9, 0, 0x61])), Fault);
});

#!/usr/bin/env node
// Verifies a journal that `tongbao backup` has exported: node verify.mjs FOLDER [PUBLIC-KEY.pem ...]
// It shares nothing with Tongbao but docs/journal-format.md. Exit status 1 where something is wrong.
import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Fault } from './bytes.mjs';
import { Books } from './books.mjs';
import { readJournal } from './journal.mjs';

const [folder, ...keyFiles] = process.argv.slice(2);
if (!folder) {
  console.error('usage: node verify.mjs FOLDER [PUBLIC-KEY.pem ...]');
  process.exit(2);
}
try {
  const trusted = keyFiles.map((file) => createPublicKey(readFileSync(file)).export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex'));
  const books = new Books();
  const head = readJournal(folder, (entry) => books.follow(entry));
  for (const [currency, sum] of books.trial()) if (sum !== 0n) throw new Fault(`currency ${currency}: debits and credits differ by ${sum}`);
  const keys = [...new Set(head.heads.map((h) => h.key))];
  if (trusted.length > 0 && keys.length === 0) throw new Fault('no head is signed');
  for (const key of trusted.length > 0 ? keys : []) if (!trusted.includes(key)) throw new Fault(`a head is signed by ${key}, which is not among the keys to trust`);

  console.log(`entries          ${head.position} in ${head.frames} frames, ${books.refused} of them refusals`);
  console.log(`postings         ${books.legs} legs on ${books.accounts.size} accounts; all balance, and every running balance and link follows`);
  console.log(`head             ${head.hash.toString('hex')}`);
  console.log(`signed heads     ${head.heads.length}${head.heads.length > 0 ? `, the newest at entry ${head.heads.at(-1).position}` : ''}`);
  for (const key of keys) console.log(`signed by        ${key}`);
} catch (err) {
  console.error(err instanceof Fault ? `FAULT  ${err.message}` : `cannot be read: ${err.message}`);
  process.exit(1);
}

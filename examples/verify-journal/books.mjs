// Double entry: what entries do to accounts, and whether they say so truly.
import { Fault } from './bytes.mjs';

const clientFunds = 5, suspense = 6;

export class Books {
  constructor() {
    this.accounts = new Map();
    this.commands = new Set();
    this.legs = 0;
    this.refused = 0;
    this.at = null;
  }

  account({ name, kind, currency }) {
    let a = this.accounts.get(name);
    if (!a) this.accounts.set(name, a = { name, kind, currency, balance: 0n, held: 0n, number: 0n, last: 0n });
    return a;
  }

  /** follow takes in an entry, or throws a Fault. */
  follow(e) {
    if (this.at !== null && e.at < this.at) throw new Fault(`it is of an earlier time (${e.at}) than the entry before (${this.at})`);
    this.at = e.at;
    if (this.commands.has(e.command)) throw new Fault(`command ${JSON.stringify(e.command)} came before`);
    this.commands.add(e.command);
    if (e.refused) this.refused++;
    balanced(e.legs);

    for (const leg of e.legs) {
      this.legs++;
      const a = this.account(leg.account);
      const after = a.balance + (a.kind === clientFunds ? -leg.amount : leg.amount);
      same(a, 'the balance after it', leg.after, after);
      same(a, 'its number', leg.number, a.number + 1n);
      same(a, 'the entry before', leg.previous, a.last);
      [a.balance, a.number, a.last] = [leg.after, leg.number, e.position];
    }
    for (const m of e.mentions) {
      const a = this.account(m.account);
      same(a, 'the entry before', m.previous, a.last);
      a.last = e.position;
    }
    for (const s of e.states) this.account(s.account).held = s.held;
    for (const leg of e.legs) same(leg.account, 'what is held', leg.held, this.account(leg.account).held);
    for (const { account } of [...e.legs, ...e.states]) {
      const a = this.account(account);
      if (a.held < 0n || (a.kind !== suspense && (a.balance < 0n || a.held > a.balance))) throw new Fault(`account ${a.name} stands at ${a.balance} with ${a.held} held`);
    }
  }

  /** trial is the sum of all balances by currency: debits less credits, nothing in the end. */
  trial() {
    const sums = new Map();
    for (const a of this.accounts.values()) sums.set(a.currency, (sums.get(a.currency) ?? 0n) + (a.kind === clientFunds ? a.balance : -a.balance));
    return sums;
  }
}

function same(account, what, said, is) {
  if (said !== is) throw new Fault(`account ${account.name}: it says that ${what} is ${said}; it is ${is}`);
}

function balanced(legs) {
  const sums = new Map();
  for (const leg of legs) sums.set(leg.account.currency, (sums.get(leg.account.currency) ?? 0n) + leg.amount);
  for (const [currency, sum] of sums) if (sum !== 0n) throw new Fault(`its legs in currency ${currency} sum to ${sum}`);
}

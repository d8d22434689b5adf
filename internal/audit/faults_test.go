package audit

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"fmt"
	"strings"
	"testing"

	"tongbao/internal/bank"
	"tongbao/internal/engine"
	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/pay"
	"tongbao/internal/pebblestore"
	"tongbao/internal/store"
	"tongbao/internal/trade"
)

// The faults are committed through the store's contract, as a desk with a defect
// would: the store keeps what it is given, so long as it is whole in itself.

const (
	buyerNo, shopNo = 2088000000000012, 2088000000000021
	dollars         = money.Currency(840)
	noon            = 1_800_000_000_000 // Unix milliseconds
)

var (
	buyer  = ledger.Of(ledger.User, buyerNo, money.CNY)
	shop   = ledger.Of(ledger.Merchant, shopNo, money.CNY)
	escrow = ledger.Of(ledger.Escrow, shopNo, money.CNY)
	fees   = ledger.Of(ledger.FeeIncome, 0, money.CNY)
	funds  = ledger.Of(ledger.ClientFunds, 1, money.CNY)
)

// books are a store that entries are written into by hand.
type books struct {
	t     *testing.T
	store *pebblestore.Store
	n     int
}

func openBooks(t *testing.T) *books {
	t.Helper()
	s, err := pebblestore.Open(context.Background(), pebblestore.Options{Dir: t.TempDir(), MemTableBytes: 1 << 20, CacheBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return &books{t: t, store: s}
}

// line is an entry to be: the store's side of it is filled in.
type line struct {
	legs    []ledger.Leg
	records []store.Record
	states  []store.AccountChange // of all but the meter and what is held, nothing is asked
	refused string
}

// command is the id of the n-th entry.
func command(n int) string { return fmt.Sprintf("c%d", n) }

func (b *books) write(l line) {
	b.t.Helper()
	b.n++
	touched := &store.Touched{Commands: []store.Named{store.Name(command(b.n))}}
	for i := range l.legs {
		touched.Account(l.legs[i].Account)
	}
	for i := range l.states {
		touched.Account(l.states[i].Account)
	}
	for _, r := range l.records {
		touched.Record(r.Key)
	}
	ctx := context.Background()
	txn, err := b.store.Begin(ctx, touched)
	if err != nil {
		b.t.Fatal(err)
	}
	defer txn.Rollback()
	accounts := map[ledger.AccountID]ledger.Account{}
	of := func(id ledger.AccountID) ledger.Account {
		if a, ok := accounts[id]; ok {
			return a
		}
		return txn.Account(id)
	}
	for i := range l.legs {
		leg := &l.legs[i]
		a := of(leg.Account)
		a.Balance += leg.Change()
		a.Entries++
		leg.After, leg.Number = a.Balance, a.Entries
		accounts[a.ID] = a
	}
	for i := range l.states {
		a := of(l.states[i].Account)
		a.Held, a.Tier, a.Meter = l.states[i].Held, l.states[i].Tier, l.states[i].Meter
		accounts[a.ID] = a
	}
	for i := range l.legs {
		l.legs[i].Held = accounts[l.legs[i].Account].Held
	}
	batch := store.Batch{Entries: []store.Entry{{At: noon * 1000, Command: command(b.n), Stamp: store.Stamp(command(b.n)), Name: "test",
		Refused: l.refused, Legs: l.legs, Records: l.records, States: l.states}}}
	for _, a := range accounts {
		batch.Accounts = append(batch.Accounts, a)
	}
	pending, err := txn.Commit(batch)
	if err == nil {
		err = pending.Wait()
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

func record[T any](kind engine.Kind[T], id string, v T) store.Record {
	r := store.Record{Key: kind.Key(id), Value: engine.Encode(v), Bulk: kind.Bulk}
	if kind.Terms != nil {
		r.Terms = kind.Terms(id, v)
	}
	return r
}

// legs are pairs of an account and what is credited to it.
func legs(why ledger.Why, pairs ...any) (all []ledger.Leg) {
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, ledger.Leg{Account: pairs[i].(ledger.AccountID), Amount: money.Amount(pairs[i+1].(int)), Why: why})
	}
	return all
}

// spent is the buyer's state after spending, with so much held.
func spent(amount, times, held int) []store.AccountChange {
	m := ledger.Meter{Today: money.Amount(amount), ThisYear: money.Amount(amount), Ever: money.Amount(amount), TimesADay: uint32(times)}
	if times > 0 {
		m.Day = engine.DayOf(trade.Time(noon).Std(), engine.Shanghai)
	}
	return []store.AccountChange{{Account: buyer, Held: money.Amount(held), Meter: m}}
}

// deal is a trade of 1000 that the n-th entry opens.
func deal(n int) trade.Trade {
	return trade.Trade{Order: trade.Order{ID: fmt.Sprintf("20270115%020d", store.Stamp(command(n))), OrderNo: fmt.Sprintf("A%d", n), Merchant: shopNo, Buyer: buyerNo,
		Kind: trade.Escrow, Goods: trade.Physical, Subject: "tea", Amount: 1000, Currency: money.CNY, FeeRate: 6_000, PayBy: noon + 1},
		Status: trade.WaitSellerSendGoods, Created: noon, Paid: noon}
}

func numberOf(t trade.Trade) store.Record {
	return record(pay.OrderNos, pay.OrderNoID(t.Merchant, t.OrderNo), pay.OrderNo{Trade: t.ID})
}

func timerOf(t trade.Trade, due int64) store.Record {
	return record(pay.Timers, pay.TimerTrade+"/"+t.ID, pay.Timer{Kind: pay.TimerTrade, About: t.ID, Due: due})
}

// honest writes what every case begins with: the buyer tops up and pays 1000
// into escrow, and 300 of the rest are held.
func (b *books) honest() {
	b.write(line{legs: legs(ledger.TopUp, funds, -100_000, buyer, 100_000)})
	d := deal(2)
	b.write(line{legs: legs(ledger.Payment, buyer, -1000, escrow, 1000), states: spent(1000, 1, 0),
		records: []store.Record{record(pay.Trades, d.ID, d), numberOf(d)}})
	b.write(line{states: spent(1000, 1, 300), records: []store.Record{record(pay.Holds, "h1",
		ledger.Hold{ID: "h1", Account: buyer, Amount: 300, Status: ledger.HoldOpen, For: "test"})}})
}

func (b *books) audit(lie func(*liar)) Report {
	b.t.Helper()
	v, err := b.store.Snapshot(context.Background())
	if err != nil {
		b.t.Fatal(err)
	}
	defer v.Close()
	l := &liar{Snapshot: v}
	if lie != nil {
		lie(l)
	}
	r, err := run(context.Background(), l, engine.Shanghai, func(int) {})
	if err != nil {
		b.t.Fatal(err)
	}
	return r
}

// liar is a snapshot that tells something else than what is kept, for faults that
// the store would never let in.
type liar struct {
	store.Snapshot
	entry   func(*store.Entry)
	account func(*ledger.Account)
	heads   []store.SignedHead
	fault   string
}

func (l *liar) VerifyChain(ctx context.Context, each func([]store.Entry), fault func(string), progress func(int)) error {
	if l.fault != "" {
		fault(l.fault)
	}
	return l.Snapshot.VerifyChain(ctx, func(entries []store.Entry) {
		for i := range entries {
			if l.entry != nil {
				l.entry(&entries[i])
			}
		}
		each(entries)
	}, fault, progress)
}

func (l *liar) Accounts(ctx context.Context, after ledger.AccountID, limit int) ([]ledger.Account, error) {
	page, err := l.Snapshot.Accounts(ctx, after, limit)
	for i := range page {
		if l.account != nil {
			l.account(&page[i])
		}
	}
	return page, err
}

func (l *liar) Heads(ctx context.Context) ([]store.SignedHead, error) {
	if l.heads != nil {
		return l.heads, nil
	}
	return l.Snapshot.Heads(ctx)
}

func TestHonestBooksHaveNoFault(t *testing.T) {
	b := openBooks(t)
	b.honest()
	r := b.audit(nil)
	for _, c := range r.Checks {
		if !c.OK {
			t.Errorf("%s: %q", c.Name, c.Faults)
		}
	}
	if len(r.Checks) < 17 {
		t.Errorf("only %d checks", len(r.Checks))
	}
}

func TestEveryPlantedFaultIsFoundByItsCheck(t *testing.T) {
	next := deal(4) // of the fourth entry, where a case opens one
	paid := legs(ledger.Payment, buyer, -1000, escrow, 1000)
	twice := spent(2000, 2, 300)
	settled := func(fee money.Amount) trade.Trade {
		d := deal(2)
		d.Status, d.Settled, d.FeeCharged, d.Finished, d.RefundBy = trade.TradeSuccess, 1000, fee, noon, noon+1
		return d
	}
	order := func(direction bank.Direction, status pay.BankStatus) pay.BankOrder {
		return pay.BankOrder{ID: "o1", Direction: direction, Owner: buyerNo, Bank: 1, Amount: 300, Currency: money.CNY, Status: status, Created: noon}
	}
	bankTimer := record(pay.Timers, pay.TimerBank+"/o1", pay.Timer{Kind: pay.TimerBank, About: "o1", Due: noon})
	for _, c := range []struct {
		name  string
		plant []line
		lie   func(*liar)
		check string // part of the name of the check that must find it
		wants string // part of what it says
	}{
		{name: "a posting of one leg", plant: []line{{legs: legs(ledger.TopUp, buyer, 5)}},
			check: "every posting balances", wants: "entry 4 (test): its legs in CNY don't sum to nothing"},
		{name: "a posting that is off by one", plant: []line{{legs: legs(ledger.TopUp, funds, -100, buyer, 101)}},
			check: "every posting balances", wants: "entry 4"},
		{name: "a posting that is off, among others of another currency", plant: []line{{legs: append(legs(ledger.TopUp, funds, -100, buyer, 100),
			legs(ledger.TopUp, ledger.Of(ledger.ClientFunds, 1, dollars), -7, ledger.Of(ledger.User, buyerNo, dollars), 8)...)}},
			check: "every posting balances", wants: "its legs in USD"},
		{name: "money made, so that credits exceed debits", plant: []line{{legs: legs(ledger.TopUp, funds, -100, buyer, 101)}},
			check: "debits equal credits", wants: "CNY: credits exceed debits by 1"},
		{name: "a number left out", lie: func(l *liar) {
			l.entry = func(e *store.Entry) {
				if e.Position == 2 {
					e.Legs[0].Number++
				}
			}
		}, check: "numbered without a gap", wants: "entry 2: account user:2088000000000012:CNY goes on with number 3, not 2"},
		{name: "a balance after that does not follow", lie: func(l *liar) {
			l.entry = func(e *store.Entry) {
				if e.Position == 2 {
					e.Legs[1].After--
				}
			}
		}, check: "numbered without a gap", wants: "entry 2: account escrow:2088000000000021:CNY should stand at 1000, not 999"},
		{name: "an entry that is not there", lie: func(l *liar) {
			l.entry = func(e *store.Entry) {
				if e.Position == 3 {
					e.Position = 2
				}
			}
		}, check: "numbered without a gap", wants: "the journal ends at 2, before its head 3"},
		{name: "what the store finds", lie: func(l *liar) { l.fault = "the hash is another" }, check: "hash chain is whole", wants: "the hash is another"},
		{name: "a refused command that moves money", plant: []line{{refused: "insufficient_balance", legs: legs(ledger.TopUp, funds, -100, buyer, 100)}},
			check: "a refused command changed nothing", wants: "entry 4 (test) was refused with insufficient_balance and changed something"},
		{name: "spending that the meter does not count", plant: []line{{legs: legs(ledger.Transfer, buyer, -500, funds, 500)}},
			check: "limits count what was spent", wants: "account user:2088000000000012:CNY"},
		{name: "a meter that counts what was not spent", plant: []line{{states: spent(1500, 1, 300)}},
			check: "limits count what was spent", wants: "account user:2088000000000012:CNY"},
		{name: "a refund that does not lower the meter", plant: []line{{legs: legs(ledger.Refund, escrow, -400, buyer, 400), records: func() []store.Record {
			d := deal(2)
			d.Refunded = 400
			return []store.Record{record(pay.Trades, d.ID, d)}
		}()}}, check: "limits count what was spent", wants: "account user:2088000000000012:CNY"},
		{name: "a balance that is kept otherwise", lie: func(l *liar) {
			l.account = func(a *ledger.Account) {
				if a.ID == buyer {
					a.Balance++
				}
			}
		}, check: "every balance equals the sum", wants: "stands at 99001 after 2 entries; they sum to 99000"},
		{name: "a hold on an account that is kept otherwise", lie: func(l *liar) {
			l.account = func(a *ledger.Account) {
				if a.ID == buyer {
					a.Held = 0
				}
			}
		}, check: "every balance equals the sum", wants: "held, tier or meter differ"},
		{name: "a wallet below nothing", plant: []line{{legs: legs(ledger.Withdrawal, buyer, -99_500, funds, 99_500)}},
			check: "no account stands where its kind may not", wants: "stands at -500"},
		{name: "more held than there is", plant: []line{{states: spent(1000, 1, 99_500)}},
			check: "no account stands where its kind may not", wants: "with 99500 held"},
		{name: "less than nothing held", plant: []line{{states: spent(1000, 1, -1)}},
			check: "no account stands where its kind may not", wants: "with -1 held"},
		{name: "money held by no hold", plant: []line{{states: spent(1000, 1, 400)}},
			check: "what is held equals the open holds", wants: "has 400 held; its open holds sum to 300"},
		{name: "a hold that holds nothing", plant: []line{{records: []store.Record{record(pay.Holds, "h2",
			ledger.Hold{ID: "h2", Account: buyer, Amount: 50, Status: ledger.HoldOpen})}}},
			check: "what is held equals the open holds", wants: "has 300 held; its open holds sum to 350"},
		{name: "a hold that ends and has no timer", plant: []line{{states: spent(1000, 1, 350), records: []store.Record{record(pay.Holds, "h2",
			ledger.Hold{ID: "h2", Account: buyer, Amount: 50, Status: ledger.HoldOpen, Expires: noon})}}},
			check: "every open hold that ends by itself has its timer", wants: "hold h2 ends at 1800000000000 and has no timer"},
		{name: "a timer of a hold that never ends", plant: []line{{records: []store.Record{record(pay.Timers, pay.TimerHold+"/h1",
			pay.Timer{Kind: pay.TimerHold, About: "h1", Due: noon})}}},
			check: "every open hold that ends by itself has its timer", wants: "hold h1 has a timer at 1800000000000; it ends at 0"},
		{name: "a paid trade whose money is not in escrow", plant: []line{{records: []store.Record{record(pay.Trades, next.ID, next), numberOf(next)}}},
			check: "escrow equals the open trades", wants: "stands at 1000; its open trades hold 2000"},
		{name: "money in escrow for no trade", plant: []line{{legs: legs(ledger.Payment, buyer, -1000, escrow, 1000), states: twice}},
			check: "escrow equals the open trades", wants: "stands at 2000; its open trades hold 1000"},
		{name: "money of a merchant that no entry has touched", plant: []line{{records: func() []store.Record {
			d := next
			d.Merchant = shopNo + 9
			return []store.Record{record(pay.Trades, d.ID, d), numberOf(d)}
		}()}}, check: "escrow equals the open trades", wants: "trades hold 1000 in escrow:2088000000000030:CNY, which no entry has touched"},
		{name: "a fee that no trade was charged", plant: []line{{legs: legs(ledger.Fee, buyer, -6, fees, 6)}},
			check: "fee income equals the fees", wants: "stands at 6; the trades' fees sum to 0"},
		{name: "a fee that was not posted", plant: []line{{legs: legs(ledger.Settlement, escrow, -1000, shop, 999, fees, 1),
			records: []store.Record{record(pay.Trades, deal(2).ID, settled(6))}}},
			check: "fee income equals the fees", wants: "stands at 1; the trades' fees sum to 6"},
		{name: "a fee that is not the merchant's rate", plant: []line{{legs: legs(ledger.Settlement, escrow, -1000, shop, 993, fees, 7),
			records: []store.Record{record(pay.Trades, deal(2).ID, settled(7))}}},
			check: "charged its merchant's rate", wants: "settled 1000 at a rate of 6000: charged 7, not 6"},
		{name: "a trade with a deadline and no timer", plant: []line{{records: func() []store.Record {
			d := next
			d.Status, d.Paid = trade.WaitBuyerPay, 0
			return []store.Record{record(pay.Trades, d.ID, d), numberOf(d)}
		}()}}, check: "every trade with a deadline has its timer", wants: "has a deadline at 1800000000001 and no timer"},
		{name: "a timer at another time than the deadline", plant: []line{{records: func() []store.Record {
			d := next
			d.Status, d.Paid = trade.WaitBuyerPay, 0
			return []store.Record{record(pay.Trades, d.ID, d), numberOf(d), timerOf(d, noon)}
		}()}}, check: "every trade with a deadline has its timer", wants: "has a timer at 1800000000000; its deadline is 1800000000001"},
		{name: "a timer of a trade that waits for nothing", plant: []line{{records: []store.Record{timerOf(deal(2), noon)}}},
			check: "every trade with a deadline has its timer", wants: "has a timer at 1800000000000; its deadline is 0"},
		{name: "a trade without its order number", plant: []line{{legs: paid, states: twice, records: []store.Record{record(pay.Trades, next.ID, next)}}},
			check: "every order number leads to its one trade", wants: `its order number "A4" leads to ""`},
		{name: "an order number that leads to another trade", plant: []line{{legs: paid, states: twice, records: []store.Record{record(pay.Trades, next.ID, next),
			record(pay.OrderNos, pay.OrderNoID(shopNo, "A4"), pay.OrderNo{Trade: deal(2).ID})}}},
			check: "every order number leads to its one trade", wants: `its order number "A4" leads to "` + deal(2).ID},
		{name: "an order number used for two trades", plant: []line{{legs: paid, states: twice, records: func() []store.Record {
			d := next
			d.OrderNo = "A2"
			return []store.Record{record(pay.Trades, d.ID, d), numberOf(d)}
		}()}}, check: "every order number leads to its one trade", wants: "an order number was used for two payments"},
		{name: "more refunded than was paid", plant: []line{{records: func() []store.Record {
			d := deal(2)
			d.Refunded = 1001
			return []store.Record{record(pay.Trades, d.ID, d)}
		}()}}, check: "no trade has given back or settled more", wants: "of 1000: refunded 1001"},
		{name: "settled and never paid", plant: []line{{records: func() []store.Record {
			d := settled(6)
			d.Paid = 0
			return []store.Record{record(pay.Trades, d.ID, d)}
		}()}}, check: "no trade has given back or settled more", wants: "settled 1000"},
		{name: "a trade that does not decode", plant: []line{{records: []store.Record{{Key: pay.Trades.Key(next.ID), Value: []byte{1, 2, 3}, Bulk: true}}}},
			check: "no trade has given back or settled more", wants: "does not decode"},
		{name: "an open top-up without a timer", plant: []line{{records: []store.Record{record(pay.BankOrders, "o1", order(bank.In, pay.BankInstructed))}}},
			check: "every open bank order has its timer", wants: "order o1 is instructed; its timer there: false"},
		{name: "a finished top-up with a timer", plant: []line{{records: []store.Record{record(pay.BankOrders, "o1", order(bank.In, pay.BankSucceeded)), bankTimer}}},
			check: "every open bank order has its timer", wants: "order o1 is succeeded; its timer there: true"},
		{name: "a withdrawal without its holds", plant: []line{{records: []store.Record{record(pay.BankOrders, "o1", order(bank.Out, pay.BankUnknown)), bankTimer}}},
			check: "every open bank order has its timer", wants: "withdrawal o1 is unknown; its hold /owner is there: false"},
		{name: "a top-up with a hold", plant: []line{{records: []store.Record{record(pay.BankOrders, "o1", order(bank.In, pay.BankUnknown)), bankTimer,
			record(pay.Holds, "o1/bank", ledger.Hold{ID: "o1/bank", Account: funds, Amount: 1, Status: ledger.HoldVoided})}}},
			check: "every open bank order has its timer", wants: "top-up o1 has a hold"},
		{name: "a head that another has signed", lie: func(l *liar) {
			one, two := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32)), ed25519.NewKeyFromSeed(bytes.Repeat([]byte{2}, 32))
			forged := store.SignHead(store.Head{Position: 2}, one)
			forged.Key = two.Public().(ed25519.PublicKey)
			l.heads = []store.SignedHead{forged}
		}, check: "every signed head bears the signature", wants: "the signature of the head at entry 2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := openBooks(t)
			b.honest()
			for _, l := range c.plant {
				l.legs = append([]ledger.Leg(nil), l.legs...)
				b.write(l)
			}
			r := b.audit(c.lie)
			for _, check := range r.Checks {
				if strings.Contains(check.Name, c.check) {
					if check.OK || !strings.Contains(strings.Join(check.Faults, "\n"), c.wants) {
						t.Errorf("%s finds %q, planted was %q", check.Name, check.Faults, c.wants)
					}
					return
				}
			}
			t.Errorf("no check is named %q", c.check)
		})
	}
}

func TestHeadsOfOtherKeysAreNotTrusted(t *testing.T) {
	r := Report{Keys: []string{"aa", "bb"}}
	r.Trust(nil)
	if !r.OK() {
		t.Fatal("without keys to trust there is a fault")
	}
	r.Trust([]string{"bb"})
	if r.OK() || r.Checks[0].Faults[0] != "aa signed a head" {
		t.Fatalf("%+v", r.Checks)
	}
	r = Report{}
	if r.Trust([]string{"bb"}); r.OK() {
		t.Fatal("unsigned books are trusted")
	}
}

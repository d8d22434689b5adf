package sim

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"tongbao/internal/bank"
	"tongbao/internal/engine"
	"tongbao/internal/identity"
	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/pebblestore"
	"tongbao/internal/refusal"
	"tongbao/internal/risk"
	"tongbao/internal/store"
	"tongbao/internal/trade"
	"tongbao/internal/webhook"
)

// world is the platform on its disk, and the bank outside, which no power cut
// here concerns.
type world struct {
	disk   *disk
	now    atomic.Int64 // Unix milliseconds
	random stream
	risk   risk.Hook
	bank   *pretendBank
	sizes  pebblestore.Options // how large what of the store is; each world's are others

	store  store.Store
	engine *engine.Engine
	desk   *pay.Desk
	who    *identity.Service
	hooks  *webhook.Service

	ids        map[string]string       // payment numbers, by merchant/order number
	codes      map[string]string       // payment codes, by the key that issued them
	deposits   map[string]string       // numbers of authorisations, by merchant/number
	agreements map[string]string       // numbers of agreements, by the key that proposed them
	visits     map[string]party.Secret // tokens of sessions, by the key that opened them
	texts      map[string]party.Secret // the newest one-time code that came to a phone
	silent     bool                    // the telephone company brings nothing
	shop       int                     // what a merchant's program answers; 0 for nothing
}

const password = "182736"

// stream is what the platform draws from. It begins anew at each command of the
// run, so that what one draws doesn't hang on how often another was asked.
type stream struct {
	mu   sync.Mutex
	seed uint64
	r    io.Reader
}

func (s *stream) restart(about string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.r = rand.NewChaCha8(sha256.Sum256(fmt.Appendf(nil, "%d %s", s.seed, about)))
}

func (s *stream) Read(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.r.Read(b)
}

func newWorld(seed, number uint64, disk, chance *rand.Rand) *world {
	w := &world{disk: newDisk(disk), ids: map[string]string{}, codes: map[string]string{}, texts: map[string]party.Secret{},
		deposits: map[string]string{}, agreements: map[string]string{}, visits: map[string]party.Secret{},
		bank: &pretendBank{seed: chance.Uint64(), calls: map[string]uint64{}, orders: map[string]*instruction{}}}
	w.random.seed = seed<<16 ^ number
	w.random.restart("")
	w.sizes = pebblestore.Options{SegmentBytes: 100_000 << chance.IntN(4), CheckpointBytes: 50_000 << chance.IntN(5), MemTableBytes: 128 << 10 << chance.IntN(4),
		CacheBytes: 64 << 10 << chance.IntN(6), PlacesInMemory: 200 << chance.IntN(8), InFlight: 1 + chance.IntN(5)}
	return w
}

func (w *world) open(ctx context.Context) (err error) {
	options := w.sizes
	options.Dir, options.FS, options.Salt = dataDir, w.disk, 7
	opened, err := pebblestore.Open(ctx, options)
	if err != nil {
		return err
	}
	w.store = opened
	w.engine, err = engine.New(ctx, w.store, engine.Options{Now: func() time.Time { return time.UnixMilli(w.now.Load()) }})
	if err != nil {
		return errors.Join(err, w.close())
	}
	w.who = identity.New(w.engine, identity.Options{Random: &w.random, Argon: identity.Argon{MemoryKiB: 8, Passes: 1, Threads: 1},
		NewKey: appKey, SendCode: w.text})
	w.hooks = webhook.New(webhook.Options{Engine: w.engine, Random: &w.random, Render: render, Transport: w, Server: "sim", Wall: func() time.Time { return time.UnixMilli(w.now.Load()) }})
	w.desk = pay.New(w.engine, w.who, pay.Options{Risk: w.risk, Random: &w.random, Banks: []bank.Channel{w.bank}})
	return nil
}

// writable waits until the store has noticed that its disk has space again: what
// waits for space looks every few milliseconds.
func (w *world) writable(ctx context.Context) error {
	for patience := time.Now().Add(time.Minute); ; {
		txn, err := w.store.Begin(ctx, &store.Touched{})
		if err == nil {
			txn.Rollback()
			return nil
		}
		if !errors.Is(err, store.ErrUnavailable) || time.Now().After(patience) {
			return err
		}
		time.Sleep(time.Millisecond)
	}
}

// close ends this process of the platform. What it still does to its disk is
// nobody's concern after a power cut, and neither is what it says of it.
func (w *world) close() (err error) {
	if w.engine != nil {
		w.engine.Close()
	}
	if w.store != nil {
		err = w.store.Close()
	}
	w.engine, w.store = nil, nil
	return err
}

// enrol is the simulation's own command: somebody joins, with a limit and money.
type enrol struct {
	Key      string          `cbor:"1,keyasint"`
	Person   *party.Person   `cbor:"-"`
	Merchant *party.Merchant `cbor:"-"`
	Opening  money.Amount    `cbor:"2,keyasint"`
}

func (c enrol) ID() string   { return c.Key }
func (c enrol) Name() string { return "sim_enrol" }

func (c enrol) account() ledger.AccountID {
	if c.Person != nil {
		return pay.BalanceOf(c.Person.ID, money.CNY)
	}
	return pay.BalanceOf(c.Merchant.ID, money.CNY)
}

func (c enrol) Touches(t *store.Touched) {
	t.Account(c.account(), ledger.Of(ledger.ClientFunds, bankNumber, money.CNY))
	if c.Person != nil {
		t.Record(identity.People.Key(party.FormatID(c.Person.ID)))
		return
	}
	t.Record(identity.Merchants.Key(party.FormatID(c.Merchant.ID)))
}

func (c enrol) Apply(tx *engine.Tx) (any, error) {
	if c.Person != nil {
		identity.People.Put(tx, party.FormatID(c.Person.ID), *c.Person)
		tx.Account(c.account()).Tier = c.Person.Tier
	} else {
		identity.Merchants.Put(tx, party.FormatID(c.Merchant.ID), *c.Merchant)
	}
	if c.Opening == 0 {
		return nil, nil
	}
	return nil, tx.Post(ledger.Move(ledger.Of(ledger.ClientFunds, bankNumber, money.CNY), c.account(), c.Opening, ledger.OpeningBalance)...)
}

// gate is the simulation's own command: while it is being applied, others queue
// behind it, and so get into one batch in an order that is known.
type gate struct {
	Key    string `cbor:"1,keyasint"`
	inside chan struct{}
	open   chan struct{}
}

func (c gate) ID() string             { return c.Key }
func (c gate) Name() string           { return "sim_gate" }
func (c gate) Touches(*store.Touched) {}
func (c gate) Apply(*engine.Tx) (any, error) {
	if c.inside != nil {
		close(c.inside)
		<-c.open
	}
	return nil, nil
}

var by = engine.By{Actor: "sim"}

// reply is what came of submitting a command.
type reply struct {
	answer answer
	err    error  // there was no answer
	name   string // of what the command made, where only the platform can give one
}

// failed says that there was no answer, or only that the store takes no writes.
func (r reply) failed() bool { return r.err != nil || r.answer.code == "unavailable" }

func (r reply) String() string {
	if r.err != nil {
		return "no answer: " + r.err.Error()
	}
	return r.answer.String()
}

// do submits one command as an edge would, and tells the answer.
func (w *world) do(ctx context.Context, c command) (r reply) {
	says, err := w.submit(ctx, c, &r.name)
	if no := refusal.Of(err); no != nil {
		r.answer.code = string(no.Code)
		return r
	}
	r.answer.says, r.err = says, err
	return r
}

func (w *world) submit(ctx context.Context, c command, name *string) (string, error) {
	d, amount := w.desk, money.Amount(c.Amount)
	id := w.id(c.On)
	deal := func(t trade.Trade, err error) (string, error) { return saysDeal(t), err }
	claim := trade.Claim{Reason: trade.Reason(c.Reason), Amount: amount, Return: c.Back, Words: c.Text}
	switch c.Act {
	case actOpen:
		return w.openDeal(ctx, c, name)
	case actPay:
		seen, err := d.Trade(ctx, id)
		if err != nil {
			return "", err
		}
		return deal(d.PayProved(ctx, by, c.Key, &seen, c.Who, amount))
	case actClose:
		return deal(d.Close(ctx, by, c.Key, id))
	case actShip:
		return deal(d.Ship(ctx, by, c.Key, id, c.Text, ""))
	case actConfirm:
		return deal(d.ConfirmProved(ctx, by, c.Key, id))
	case actExtend:
		return deal(d.Extend(ctx, by, c.Key, id))
	case actRefund:
		return deal(d.Refund(ctx, by, c.Key, id, amount, c.Text))
	case actRequestRefund:
		return deal(d.RequestRefund(ctx, by, c.Key, id, amount, c.Text))
	case actDispute:
		return deal(d.OpenDispute(ctx, by, c.Key, id, claim, nil))
	case actRevise:
		return deal(d.Revise(ctx, by, c.Key, id, claim))
	case actEvidence:
		return deal(d.AddEvidence(ctx, by, c.Key, id, trade.Role(c.Role), c.Text, nil))
	case actAgree:
		return deal(d.Agree(ctx, by, c.Key, id, c.Text))
	case actRefuse:
		return deal(d.Refuse(ctx, by, c.Key, id, c.Text))
	case actReturnShip:
		return deal(d.ReturnShipped(ctx, by, c.Key, id, c.Text, ""))
	case actReturnGot:
		return deal(d.ReturnReceived(ctx, by, c.Key, id))
	case actEscalate:
		return deal(d.Escalate(ctx, by, c.Key, id, trade.Role(c.Role)))
	case actWithdrawClaim:
		return deal(d.WithdrawDispute(ctx, by, c.Key, id))
	case actArbitrate:
		return deal(d.Arbitrate(ctx, by, c.Key, id, amount, c.Text))
	case actDeadline:
		return deal(d.Deadline(ctx, id, c.Due))
	case actIssueCode:
		issued, err := d.IssueCode(ctx, by, c.Key, c.Who, c.Proved)
		*name = issued.Digits
		return fmt.Sprintf("until %d", issued.Expires), err
	case actTransfer:
		t, err := d.Transfer(ctx, by, c.Key, c.Who, c.Whom, amount, money.CNY, c.Text, password)
		return fmt.Sprintf("%d from %d to %d at %d", t.Amount, t.From, t.To, t.At), err
	case actTopUp:
		o, err := d.TopUp(ctx, by, c.Key, c.Who, party.BankCard{ID: "card", Token: "token"}, amount, money.CNY)
		return saysOrder(o), err
	case actWithdraw:
		o, err := d.Withdraw(ctx, by, c.Key, c.Who, party.BankCard{ID: "card", Token: "token"}, amount, money.CNY, password)
		return saysOrder(o), err
	case actAskBank:
		o, err := d.AskBank(ctx, orderOf(c))
		return saysOrder(o), err
	case actBankWord:
		o, _, err := pay.BankOrders.Read(ctx, w.store, orderOf(c))
		if err != nil {
			return "", err
		}
		o, err = d.BankAnswered(ctx, c.Key, &o, bank.Answer{Outcome: bank.Outcome(c.Outcome), BankRef: "word"})
		return saysOrder(o), err
	case actHold:
		h, err := d.Authorise(ctx, by, c.Key, pay.BalanceOf(c.Who, money.CNY), amount, c.Seconds, "sim")
		return saysHold(h), err
	case actCapture:
		h, err := d.CaptureHold(ctx, by, c.Key, pay.HoldID(c.On), amount, c.Final, c.Whom)
		return saysHold(h), err
	case actVoid:
		h, err := d.VoidHold(ctx, by, c.Key, pay.HoldID(c.On))
		return saysHold(h), err
	case actExpire:
		h, err := d.ExpireHold(ctx, pay.HoldID(c.On))
		return saysHold(h), err
	case actSweep:
		return "swept", w.sweep(ctx)
	case actPayByCode:
		t, opened, err := d.PayByCode(ctx, by, c.Key, id, w.codeOf(c.Code))
		return saysOpened(t, opened), err
	case actPayOut:
		return w.payOut(ctx, c)
	case actDeposit, actGive, actRelease, actCancel, actPayFrom:
		return w.deposit(ctx, c, name)
	case actPropose, actSign, actEnd, actMove, actCharge, actChargeNew:
		return w.agree(ctx, c, name)
	case actGuess, actJoin, actFound, actHeld, actDesk, actReturn:
		return w.house(ctx, c, name)
	}
	panic("sim: there is no act " + c.Act)
}

// sweep finishes the payments whose refund window has ended, as jobs does.
func (w *world) sweep(ctx context.Context) error {
	s := w.desk.Sweeper()
	for {
		if _, more, err := s.Sweep(ctx); err != nil || !more {
			return err
		}
	}
}

func (w *world) openDeal(ctx context.Context, c command, name *string) (string, error) {
	t, opened, err := w.desk.Open(ctx, by, c.Key, w.asked(c))
	if err != nil {
		return "", err
	}
	*name = t.ID
	return saysOpened(t, opened), nil
}

// openAll opens several payments in one call, which is one batch.
func (w *world) openAll(ctx context.Context, group []command) []reply {
	all := make([]pay.ToOpen, len(group))
	for i, c := range group {
		all[i] = pay.ToOpen{Key: c.Key, Asked: w.asked(c)}
	}
	replies := make([]reply, len(group))
	for i, o := range w.desk.OpenAll(ctx, by, all, nil) {
		if no := refusal.Of(o.Err); no != nil {
			replies[i].answer.code = string(no.Code)
		} else if replies[i].err = o.Err; o.Err == nil {
			replies[i].answer.says, replies[i].name = saysOpened(o.Trade, o.Opened), o.Trade.ID
		}
	}
	return replies
}

func (w *world) asked(c command) pay.Asked {
	order := trade.Order{OrderNo: c.On[17:], Merchant: c.Who, Buyer: c.Whom, Kind: trade.Escrow, Goods: trade.Physical, Subject: "Sim", Amount: money.Amount(c.Amount), Currency: money.CNY}
	if c.Instant {
		order.Kind = trade.Instant
	}
	if c.Virtual {
		order.Goods = trade.Virtual
	}
	for _, p := range c.Payees {
		order.Payees = append(order.Payees, trade.Payee{Party: p.Party, Amount: money.Amount(p.Amount), Share: money.Rate(p.Share)})
	}
	asked := pay.Asked{Order: order, Expires: trade.Seconds(c.Seconds), Payer: c.Payer}
	if c.Code != "" {
		asked.Code = w.codeOf(c.Code)
	}
	return asked
}

func saysOpened(t trade.Trade, opened pay.Opened) string {
	says := saysDeal(t)
	if opened.Existing {
		says += existing
	}
	if opened.StepUp {
		says += stepUp
	}
	return says
}

// learn keeps the name that an answer gave; it must be the one that an earlier
// answer gave. It is called for answers that count, and not for what a process
// said that was dead by then.
func (w *world) learn(c command, name string) error {
	names, of := w.ids, c.On
	switch c.Act {
	case actIssueCode:
		names, of = w.codes, c.Key
	case actJoin:
		of = c.Key
	case actDeposit:
		names = w.deposits
	case actPropose:
		names, of = w.agreements, c.Key
	}
	if known := names[of]; known != "" && known != name {
		return fmt.Errorf("%s was %s before and is %s now", of, known, name)
	}
	names[of] = name
	return nil
}

func (w *world) id(handle string) string {
	if id := w.ids[handle]; id != "" {
		return id
	}
	return "0000000000000000000000000000"
}

func (w *world) codeOf(key string) string {
	if digits := w.codes[key]; digits != "" {
		return digits
	}
	return "280000000000000000"
}

// orderOf is the number of the top-up or withdrawal that the key made.
func orderOf(c command) string {
	if c.In {
		return pay.BankOrderID(bank.In, c.On)
	}
	return pay.BankOrderID(bank.Out, c.On)
}

func saysDeal(t trade.Trade) string {
	if t.ID == "" {
		return ""
	}
	until, _, _ := t.NextDeadline()
	text := fmt.Sprintf("%s %s buyer %d refunded %d in %d settled %d fee %d until %d", t.ID, t.Status, t.Buyer, t.Refunded, len(t.Refunds), t.Settled, t.FeeCharged, until)
	if q := t.Dispute; q != nil {
		text += fmt.Sprintf(" dispute %d %s claim %d given %d evidence %d", q.No, q.Status, q.Claim, q.Refunded, len(q.Evidence))
	}
	return text
}

func saysOrder(o pay.BankOrder) string {
	return fmt.Sprintf("%s after %d, next %d, late %t", o.Status, o.Attempts, o.NextCheck, o.Code == "late_success")
}

func saysHold(h ledger.Hold) string {
	return fmt.Sprintf("%s %d of %d until %d", h.Status, h.Captured, h.Amount, h.Expires)
}

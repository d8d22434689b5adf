package pay

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"tongbao/internal/bank"
	"tongbao/internal/engine"
	"tongbao/internal/identity"
	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
	"tongbao/internal/risk"
	"tongbao/internal/store"
	"tongbao/internal/trade"
)

// Options say how a Desk decides. The zero value of each means its default.
type Options struct {
	Risk   risk.Hook // default risk.Decide
	Random io.Reader // default crypto/rand
	// Banks by number; the first one serves cards that name none of them.
	Banks []bank.Channel
	// Server is this server's name where others have the same store, so that one at a
	// time speaks to the bank about an order. Empty: there are no others.
	Server string
}

// Desk is where money is asked to move. Each act takes the idempotency key of
// the request, which must be the caller's own, and
// who is asking. All of them are safe to repeat with the same key, and what
// they return is durable.
type Desk struct {
	engine   *engine.Engine
	identity *identity.Service
	opt      Options

	merchants *engine.Memo[uint64, party.Merchant]
}

// New opens the desk.
func New(e *engine.Engine, who *identity.Service, opt Options) *Desk {
	if opt.Risk == nil {
		opt.Risk = risk.Decide
	}
	if opt.Random == nil {
		opt.Random = rand.Reader
	}
	return &Desk{engine: e, identity: who, opt: opt, merchants: who.MerchantMemo()}
}

// Trade reads a payment as it stands. Refusal: payment_not_found.
func (d *Desk) Trade(ctx context.Context, id string) (trade.Trade, error) {
	t, ok, err := Trades.Read(ctx, d.engine.Store(), id)
	if err != nil {
		return t, fmt.Errorf("read payment %s: %w", id, err)
	}
	if !ok {
		return t, refusal.New(refusal.TradeNotFound, "no payment %s", clip(id))
	}
	return t, nil
}

// Open opens a payment for a merchant, and pays it at once where a payment
// code was given. Refusals: those of trade.New, order_no_taken,
// payment_code_invalid, payment_code_used, and those of Pay.
func (d *Desk) Open(ctx context.Context, by engine.By, key string, asked Asked) (trade.Trade, Opened, error) {
	o := d.OpenAll(ctx, by, []ToOpen{{key, asked}}, nil)[0]
	return o.Trade, o.Opened, o.Err
}

// ToOpen is one of several payments to open.
type ToOpen struct {
	Key   string
	Asked Asked
}

// Outcome is what became of it, as Open returns it.
type Outcome struct {
	Trade  trade.Trade
	Opened Opened
	Err    error
}

// OpenAll is Open for several payments that wait for each other's answers. Each
// stands for itself. The outcomes are written over what is in the slice that is
// given, which may be nil.
func (d *Desk) OpenAll(ctx context.Context, by engine.By, all []ToOpen, outcomes []Outcome) []Outcome {
	outcomes = slices.Grow(outcomes[:0], len(all))[:len(all)]
	o := openings.Get().(*opening)
	o.commands = slices.Grow(o.commands[:0], len(all))[:len(all)] // they must not move
	for i := range all {
		o.numbers = append(o.numbers, all[i].Asked.Order.Merchant)
	}
	merchants, failed := d.merchants.ReadAll(ctx, d.engine.Store(), o.numbers, o.merchants)
	o.merchants = merchants
	// Asked of all beforehand, since each merchant lies far from the others: so they are
	// fetched together, and not waited for one by one.
	for _, m := range merchants {
		o.active = append(o.active, takesPayments(m))
	}
	today := calendarDay(d.engine.Now(), d.engine.Zone())
	for i := range all {
		err := failed
		switch {
		case err != nil:
		case !o.active[i]:
			err = errInactive()
		default:
			err = d.openingFor(ctx, merchants[i], today, &o.commands[i], all[i].Key, &all[i].Asked)
		}
		if outcomes[i].Err = err; err == nil {
			o.submitted, o.of = append(o.submitted, &o.commands[i]), append(o.of, i)
		}
	}
	d.engine.SubmitAll(ctx, o.submitted, by, func(i int, a engine.Answer) {
		d.opened(ctx, &outcomes[o.of[i]], &o.commands[o.of[i]], a.Receipt, a.Err)
	})
	if ctx.Err() == nil { // else they may be under way still
		o.forget()
	}
	return outcomes
}

// opening is the memory of one OpenAll, which is used again: a large request's is
// some hundred kilobytes, and would have to be cleared each time.
type opening struct {
	numbers   []uint64
	merchants []*party.Merchant
	active    []bool // of the merchants, which may take payments
	commands  []openTrade
	submitted []engine.Command
	of        []int // number of the outcome
}

var openings = sync.Pool{New: func() any { return new(opening) }}

func (o *opening) forget() {
	clear(o.commands)
	clear(o.submitted)
	o.numbers, o.active, o.submitted, o.of = o.numbers[:0], o.active[:0], o.submitted[:0], o.of[:0]
	openings.Put(o)
}

// opening makes the command.
func (d *Desk) opening(ctx context.Context, c *openTrade, key string, asked *Asked) error {
	merchant, err := d.merchants.Read(ctx, d.engine.Store(), asked.Order.Merchant)
	if err != nil {
		return fmt.Errorf("read merchant %d: %w", asked.Order.Merchant, err)
	}
	if !takesPayments(merchant) {
		return errInactive()
	}
	return d.openingFor(ctx, merchant, calendarDay(d.engine.Now(), d.engine.Zone()), c, key, asked)
}

// takesPayments says so of a merchant that was read; nil where there is none.
func takesPayments(m *party.Merchant) bool { return m != nil && m.Status == party.MerchantActive }

func errInactive() error {
	return refusal.New(refusal.Forbidden, "this merchant cannot take payments")
}

// openingFor is opening for a merchant that was read and is active.
func (d *Desk) openingFor(ctx context.Context, merchant *party.Merchant, today uint64, c *openTrade, key string, asked *Asked) (err error) {
	named := store.Name(key)
	*c = openTrade{Key: key, Asked: *asked, named: named, id: tradeNo(today, named.Stamp), feeRate: merchant.FeeRate,
		orderNo: OrderNoID(asked.Order.Merchant, asked.Order.OrderNo), payer: asked.Payer, risk: d.opt.Risk}
	c.encode()
	if asked.Code != "" {
		c.payer, err = d.personOfCode(ctx, asked.Code)
	}
	return err
}

// opened reads the answer to a command; nil for one that isn't an openTrade.
func (d *Desk) opened(ctx context.Context, o *Outcome, c *openTrade, receipt engine.Receipt, err error) {
	if o.Err = err; err != nil {
		o.Trade, o.Opened = trade.Trade{}, Opened{}
		return
	}
	if c != nil && !receipt.Repeated && !c.opened.Existing {
		o.Trade, o.Opened = c.made, c.opened
		return
	}
	if err := receipt.DecodeInPlace(&o.Opened); err != nil { // until the trade's own copy of its number is there
		o.Err = fmt.Errorf("read the receipt at %d: %w", receipt.Position, err)
		return
	}
	ok, err := Trades.AfterInto(receipt, o.Opened.Trade, &o.Trade)
	if err == nil && !ok { // the order number had its trade before
		o.Trade, err = d.Trade(ctx, o.Opened.Trade)
	}
	o.Opened.Trade, o.Err = o.Trade.ID, err
}

func (d *Desk) personOfCode(ctx context.Context, digits string) (uint64, error) {
	if !ValidPaymentCode(digits) {
		return 0, refusal.In("payment_code", refusal.PaymentCodeInvalid, "a payment code is 18 digits and begins with 28")
	}
	code, ok, err := PaymentCodes.Read(ctx, d.engine.Store(), digits)
	if err != nil {
		return 0, fmt.Errorf("read payment code: %w", err)
	}
	if !ok {
		return 0, refusal.In("payment_code", refusal.PaymentCodeInvalid, "the payment code is not valid; ask for a fresh one")
	}
	return code.Person, nil
}

// Collect is a shopper's payment to a merchant's collection code: the shopper
// names the amount. Refusals: as Pay's and trade.New's.
func (d *Desk) Collect(ctx context.Context, by engine.By, key string, order trade.Order, payer uint64, password party.Secret) (trade.Trade, error) {
	if err := d.identity.CheckPaymentPassword(ctx, by, payer, password); err != nil {
		return trade.Trade{}, err
	}
	order.Buyer, order.Kind, order.OrderNo = payer, trade.Instant, idFor("qr", key)
	t, _, err := d.Open(ctx, by, key, Asked{Order: order, Payer: payer})
	return t, err
}

// Pay pays an open payment from the buyer's balance. expected is the amount
// that the buyer was shown. Refusals: those of the payment password,
// payment_not_found, invalid_amount, those of trade.Trade.Pay, of the risk
// rules, tier_limit_exceeded, insufficient_balance.
func (d *Desk) Pay(ctx context.Context, by engine.By, key, id string, buyer uint64, password party.Secret, expected money.Amount) (trade.Trade, error) {
	seen, err := d.Trade(ctx, id)
	if err != nil {
		return seen, err
	}
	if err := d.identity.CheckPaymentPassword(ctx, by, buyer, password); err != nil {
		return seen, err
	}
	return d.PayProved(ctx, by, key, &seen, buyer, expected)
}

// PayProved is Pay for a caller that has the buyer's proof already.
func (d *Desk) PayProved(ctx context.Context, by engine.By, key string, seen *trade.Trade, buyer uint64, expected money.Amount) (trade.Trade, error) {
	receipt, err := d.engine.Submit(ctx, payTrade{Key: key, Trade: seen.ID, Buyer: buyer, Amount: int64(expected), seen: seen, risk: d.opt.Risk}, by)
	return Trades.Written(seen.ID, receipt, err)
}

func do[A act](ctx context.Context, d *Desk, by engine.By, key, id string, a A) (trade.Trade, error) {
	seen, err := d.Trade(ctx, id)
	if err != nil {
		return seen, err
	}
	return doSeen(ctx, d, by, key, &seen, a)
}

// doSeen is do for who has read the trade.
func doSeen[A act](ctx context.Context, d *Desk, by engine.By, key string, seen *trade.Trade, a A) (trade.Trade, error) {
	receipt, err := d.engine.Submit(ctx, onTrade[A]{Key: key, Trade: seen.ID, Act: a, seen: seen}, by)
	return Trades.Written(seen.ID, receipt, err)
}

// The acts below are package trade's, one by one; their refusals are listed
// there. That the caller is the buyer, the seller or an operator is checked by
// the edge, which knows who is asking.

// Close ends an unpaid payment.
func (d *Desk) Close(ctx context.Context, by engine.By, key, id string) (trade.Trade, error) {
	return do(ctx, d, by, key, id, closeTrade{})
}

// Ship tells that the goods are on their way.
func (d *Desk) Ship(ctx context.Context, by engine.By, key, id, carrier, trackingNo string) (trade.Trade, error) {
	return do(ctx, d, by, key, id, ship{Carrier: carrier, TrackingNo: trackingNo})
}

// Confirm is the buyer's confirmation of receipt, by payment password.
func (d *Desk) Confirm(ctx context.Context, by engine.By, key, id string, buyer uint64, password party.Secret) (trade.Trade, error) {
	if err := d.identity.CheckPaymentPassword(ctx, by, buyer, password); err != nil {
		return trade.Trade{}, err
	}
	return d.ConfirmProved(ctx, by, key, id)
}

// ConfirmProved is Confirm for a caller that has the buyer's proof already.
func (d *Desk) ConfirmProved(ctx context.Context, by engine.By, key, id string) (trade.Trade, error) {
	return do(ctx, d, by, key, id, confirm{})
}

// Extend gives the buyer more time, once.
func (d *Desk) Extend(ctx context.Context, by engine.By, key, id string) (trade.Trade, error) {
	return do(ctx, d, by, key, id, extend{})
}

// RefundID is the id of the refund that a request makes.
func RefundID(key string) string { return idFor("rf_", key) }

// Refund gives money back to the buyer; the refund's id is RefundID(key).
func (d *Desk) Refund(ctx context.Context, by engine.By, key, id string, amount money.Amount, reason string) (trade.Trade, error) {
	return do(ctx, d, by, key, id, refund{ID: RefundID(key), Amount: amount, Reason: reason})
}

// RequestRefund asks the seller for money back before shipping.
func (d *Desk) RequestRefund(ctx context.Context, by engine.By, key, id string, amount money.Amount, words string) (trade.Trade, error) {
	return do(ctx, d, by, key, id, requestRefund{Amount: amount, Words: words})
}

// OpenDispute opens a dispute after shipping.
func (d *Desk) OpenDispute(ctx context.Context, by engine.By, key, id string, claim trade.Claim, files []trade.File) (trade.Trade, error) {
	return do(ctx, d, by, key, id, openDispute{Claim: claim, Files: files})
}

// Revise changes a claim that the seller refused.
func (d *Desk) Revise(ctx context.Context, by engine.By, key, id string, claim trade.Claim) (trade.Trade, error) {
	return do(ctx, d, by, key, id, reviseDispute{Claim: claim})
}

// AddEvidence adds to an open dispute's file.
func (d *Desk) AddEvidence(ctx context.Context, by engine.By, key, id string, role trade.Role, text string, files []trade.File) (trade.Trade, error) {
	return do(ctx, d, by, key, id, addEvidence{By: role, Text: text, Files: files})
}

// Agree grants the claim.
func (d *Desk) Agree(ctx context.Context, by engine.By, key, id, note string) (trade.Trade, error) {
	return do(ctx, d, by, key, id, agree{Note: note})
}

// Refuse denies the claim, with the reason.
func (d *Desk) Refuse(ctx context.Context, by engine.By, key, id, why string) (trade.Trade, error) {
	return do(ctx, d, by, key, id, refuse{Why: why})
}

// ReturnShipped tells that the goods are on their way back.
func (d *Desk) ReturnShipped(ctx context.Context, by engine.By, key, id, carrier, trackingNo string) (trade.Trade, error) {
	return do(ctx, d, by, key, id, returnShipped{Carrier: carrier, TrackingNo: trackingNo})
}

// ReturnReceived tells that the goods have come back.
func (d *Desk) ReturnReceived(ctx context.Context, by engine.By, key, id string) (trade.Trade, error) {
	return do(ctx, d, by, key, id, returnReceived{})
}

// Escalate hands the dispute to the platform.
func (d *Desk) Escalate(ctx context.Context, by engine.By, key, id string, role trade.Role) (trade.Trade, error) {
	return do(ctx, d, by, key, id, escalate{By: role})
}

// WithdrawDispute gives the claim up.
func (d *Desk) WithdrawDispute(ctx context.Context, by engine.By, key, id string) (trade.Trade, error) {
	return do(ctx, d, by, key, id, withdrawDispute{})
}

// Arbitrate decides: toBuyer of what is in escrow goes back, the rest goes on.
func (d *Desk) Arbitrate(ctx context.Context, by engine.By, key, id string, toBuyer money.Amount, why string) (trade.Trade, error) {
	return do(ctx, d, by, key, id, arbitrate{ToBuyer: toBuyer, Why: why})
}

// Deadline does what is due on a payment; jobs calls it when the timer rings.
// It is repeated under a key that names the deadline, so it is done once. For a payment that
// was never paid the key names the buyer too, if there is one: the buyer may have come after
// the trade was read, and for whoever didn't see that the refusal is kept.
func (d *Desk) Deadline(ctx context.Context, id string, due int64) (trade.Trade, error) {
	seen, err := d.Trade(ctx, id)
	if err != nil {
		return seen, err
	}
	key := fmt.Sprintf("timer/%s/%s/%d", TimerTrade, id, due)
	if seen.Paid == 0 && seen.Buyer != 0 {
		key += "/" + party.FormatID(seen.Buyer)
	}
	return doSeen(ctx, d, engine.By{Actor: "job:" + TimerTrade, Request: key}, key, &seen, deadline{})
}

// IssueCode makes a payment code for a person's wallet.
func (d *Desk) IssueCode(ctx context.Context, by engine.By, key string, person uint64, proved bool) (IssuedCode, error) {
	random := make([]byte, 16)
	if _, err := io.ReadFull(d.opt.Random, random); err != nil {
		return IssuedCode{}, fmt.Errorf("draw a payment code: %w", err)
	}
	return engine.Result[IssuedCode](d.engine.Submit(ctx, issueCode{Key: key, Person: person, Proved: proved, digits: NewPaymentCode(random)}, by))
}

// Transfer sends money from a party's balance to a person's. A person gives
// the payment password; a merchant's right was checked by the edge.
// Refusals: those of the password, payee_not_found, invalid_amount,
// same_payer_and_payee, velocity_exceeded, tier_limit_exceeded, insufficient_balance.
func (d *Desk) Transfer(ctx context.Context, by engine.By, key string, from, to uint64, amount money.Amount, currency money.Currency, note string, password party.Secret) (Transfer, error) {
	if party.IsMerchant(to) {
		return Transfer{}, refusal.In("to", refusal.PayeeNotFound, "a transfer goes to a person")
	}
	if _, ok, err := identity.People.Read(ctx, d.engine.Store(), party.FormatID(to)); err != nil || !ok {
		if err != nil {
			return Transfer{}, fmt.Errorf("read payee %d: %w", to, err)
		}
		return Transfer{}, refusal.In("to", refusal.PayeeNotFound, "no such payee")
	}
	if !party.IsMerchant(from) {
		if err := d.identity.CheckPaymentPassword(ctx, by, from, password); err != nil {
			return Transfer{}, err
		}
	}
	receipt, err := d.engine.Submit(ctx, transfer{Key: key, From: from, To: to, Amount: amount, Currency: currency, Note: note, risk: d.opt.Risk}, by)
	return Transfers.Written(TransferID(key), receipt, err)
}

// TopUp asks the card's bank for money into the owner's balance.
func (d *Desk) TopUp(ctx context.Context, by engine.By, key string, owner uint64, card party.BankCard, amount money.Amount, currency money.Currency) (BankOrder, error) {
	return d.startBankOrder(ctx, by, key, bank.In, owner, card, amount, currency)
}

// Withdraw sends money from the owner's balance to the card. A person gives
// the payment password. It is held from the moment this returns.
// Refusals: those of the password, invalid_amount, insufficient_balance, bank_refused.
func (d *Desk) Withdraw(ctx context.Context, by engine.By, key string, owner uint64, card party.BankCard, amount money.Amount, currency money.Currency, password party.Secret) (BankOrder, error) {
	if !party.IsMerchant(owner) {
		if err := d.identity.CheckPaymentPassword(ctx, by, owner, password); err != nil {
			return BankOrder{}, err
		}
	}
	return d.startBankOrder(ctx, by, key, bank.Out, owner, card, amount, currency)
}

func (d *Desk) startBankOrder(ctx context.Context, by engine.By, key string, direction bank.Direction, owner uint64, card party.BankCard, amount money.Amount, currency money.Currency) (BankOrder, error) {
	if len(d.opt.Banks) == 0 {
		return BankOrder{}, refusal.New(refusal.BankRefused, "no bank is connected")
	}
	o := BankOrder{ID: BankOrderID(direction, key), Direction: direction, Owner: owner, Card: card.Token, CardID: card.ID,
		CardLabel: card.Masked(), Holder: card.Holder, Bank: d.opt.Banks[0].Number(), Amount: amount, Currency: currency}
	receipt, err := d.engine.Submit(ctx, startBankOrder{Key: key, Order: o, risk: d.opt.Risk}, by)
	return BankOrders.Written(o.ID, receipt, err)
}

// AskBank tells the bank of an order, or asks what became of it, and keeps the
// word; jobs calls it when the order's timer rings.
func (d *Desk) AskBank(ctx context.Context, id string) (BankOrder, error) {
	o, ok, err := BankOrders.Read(ctx, d.engine.Store(), id)
	if err != nil || !ok {
		return o, fmt.Errorf("read order %s (there: %t): %w", id, ok, err)
	}
	if o.Status.Final() {
		return o, nil
	}
	key := fmt.Sprintf("bank/%s/%d", o.ID, o.Attempts+1)
	claim := 0
	if d.opt.Server != "" {
		began := time.Now()
		if claim, err = d.claim(ctx, &o); err != nil || claim == 0 {
			return o, err
		}
		if time.Since(began) > bankLease/4 {
			return o, nil // we were held up, perhaps until the claim was over; the timer rings again
		}
		key = fmt.Sprintf("bank/%s/claim/%d/answer", o.ID, claim)
	}
	asking, cancel := context.WithTimeout(ctx, bankLease/2)
	defer cancel()
	answer := d.ask(asking, &o)
	if ctx.Err() != nil {
		return o, ctx.Err() // we are being stopped, and it says nothing about the bank
	}
	return d.bankAnswered(ctx, bankAnswered{Key: key, Order: o.ID, Answer: answer, Claim: claim, seen: &o})
}

// claim takes the next question to the bank on; 0 where another server has.
func (d *Desk) claim(ctx context.Context, o *BankOrder) (int, error) {
	c := claimBankOrder{Order: o.ID, Claim: o.Claims + 1, Server: d.opt.Server}
	_, err := d.engine.Submit(ctx, c, engine.By{Actor: "job:" + TimerBank, Request: c.ID()})
	if no := refusal.Of(err); no != nil && no.Code == refusal.IdempotencyConflict {
		return 0, nil
	}
	return c.Claim, err
}

// ask returns the bank's word. An order that the bank may have heard of is
// asked about first; only one that it never heard of is told (again).
func (d *Desk) ask(ctx context.Context, o *BankOrder) bank.Answer {
	channel := d.channel(o.Bank)
	if channel == nil {
		return bank.Answer{Outcome: bank.Unknown, Detail: "the bank is not connected"}
	}
	if o.Attempts > 0 {
		answer, err := channel.Query(ctx, o.ID)
		if err != nil {
			return bank.Answer{Outcome: bank.Unknown, Detail: "the bank did not answer; what was held stays held"}
		}
		if answer.Outcome != bank.NotFound {
			return answer
		}
	}
	answer, err := channel.Instruct(ctx, bank.Instruction{Ref: o.ID, Direction: o.Direction, Card: o.Card, Holder: o.Holder, Amount: o.Amount, Currency: o.Currency})
	if err != nil {
		return bank.Answer{Outcome: bank.Unknown, Detail: "the bank did not answer; what was held stays held"}
	}
	return answer
}

// BankAnswered keeps a bank's word about an order, asked for or not. A yes after a no may
// find less on the accounts than the bank has moved. That refusal is kept under the key; so the
// same word is tried again under the hour in which it comes, until there is enough.
func (d *Desk) BankAnswered(ctx context.Context, key string, o *BankOrder, answer bank.Answer) (BankOrder, error) {
	c := bankAnswered{Key: key, Order: o.ID, Answer: answer, seen: o}
	kept, err := d.bankAnswered(ctx, c)
	if no := refusal.Of(err); no == nil || no.Code != refusal.InsufficientBalance {
		return kept, err
	}
	c.Key = fmt.Sprintf("%s/%d", key, d.engine.Now().Truncate(time.Hour).Unix())
	return d.bankAnswered(ctx, c)
}

func (d *Desk) bankAnswered(ctx context.Context, c bankAnswered) (BankOrder, error) {
	by := engine.By{Actor: "bank:" + party.FormatID(c.seen.Bank), Request: c.Key}
	if _, err := d.engine.Submit(ctx, c, by); err != nil {
		return *c.seen, err
	}
	now, _, err := BankOrders.Read(ctx, d.engine.Store(), c.Order)
	return now, err
}

func (d *Desk) channel(number uint64) bank.Channel {
	for _, c := range d.opt.Banks {
		if c.Number() == number {
			return c
		}
	}
	return nil
}

// Authorise sets money of an account aside. Seconds is when it expires; 0 is never.
func (d *Desk) Authorise(ctx context.Context, by engine.By, key string, account ledger.AccountID, amount money.Amount, seconds int64, forWhat string) (ledger.Hold, error) {
	receipt, err := d.engine.Submit(ctx, authorise{Key: key, Account: account, Amount: amount, Seconds: seconds, For: forWhat}, by)
	return Holds.Written(HoldID(key), receipt, err)
}

// CaptureHold pays amount of a hold to a party; with final the rest is released.
func (d *Desk) CaptureHold(ctx context.Context, by engine.By, key, id string, amount money.Amount, final bool, to uint64) (ledger.Hold, error) {
	return d.endHold(ctx, by, endHold{Key: key, Hold: id, How: "capture", Amount: amount, Final: final, To: to})
}

// VoidHold releases a hold.
func (d *Desk) VoidHold(ctx context.Context, by engine.By, key, id string) (ledger.Hold, error) {
	return d.endHold(ctx, by, endHold{Key: key, Hold: id, How: "void"})
}

// ExpireHold releases a hold whose time is over; jobs calls it.
func (d *Desk) ExpireHold(ctx context.Context, id string) (ledger.Hold, error) {
	key := "timer/" + TimerHold + "/" + id
	return d.endHold(ctx, engine.By{Actor: "job:" + TimerHold, Request: key}, endHold{Key: key, Hold: id, How: "expire"})
}

func (d *Desk) endHold(ctx context.Context, by engine.By, c endHold) (ledger.Hold, error) {
	seen, ok, err := Holds.Read(ctx, d.engine.Store(), c.Hold)
	if err != nil {
		return seen, fmt.Errorf("read hold %s: %w", c.Hold, err)
	}
	if !ok || strings.Contains(c.Hold, "/") { // a withdrawal's holds end with the withdrawal
		return seen, refusal.New(refusal.HoldNotFound, "no hold %s", clip(c.Hold))
	}
	c.seen = seen
	receipt, err := d.engine.Submit(ctx, c, by)
	return Holds.Written(c.Hold, receipt, err)
}

func clip(text string) string {
	if len(text) > 40 {
		return text[:40] + "…"
	}
	return text
}

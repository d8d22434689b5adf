package trade

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"tongbao/internal/money"
	"tongbao/internal/refusal"
)

// The people of the tests.
const (
	shop      = 1001
	shopper   = 2001
	affiliate = 3001
)

var noon = At(time.Date(2018, 6, 18, 12, 0, 0, 0, time.UTC))

// sale is 100.00 yuan at a fee of 0.6 %, a tenth for the affiliate.
func sale() Order {
	return Order{
		ID: "2018061821001004680500000001", OrderNo: "T-1", Merchant: shop, Kind: Escrow, Goods: Physical,
		Subject: "a kettle", Amount: 100_00, Currency: money.CNY, FeeRate: 6000,
		Payees: []Payee{{Party: affiliate, Share: 100_000}},
	}
}

func begin(order Order) *Trade { return must(New(noon, order, DefaultTerms)) }

// must is for the road to where a test begins.
func must(t Trade, err error) *Trade {
	if err != nil {
		panic(err)
	}
	return &t
}

// step is one act on the road.
type step func(*Trade) ([]Move, error)

func after(t *Trade, steps ...step) *Trade {
	for _, do := range steps {
		if _, err := do(t); err != nil {
			panic(err)
		}
	}
	return t
}

// The usual steps, all at noon.
func paid(t *Trade) ([]Move, error)      { return t.Pay(noon, shopper) }
func shipped(t *Trade) ([]Move, error)   { return t.Ship(noon, "SF Express", "SF100") }
func confirmed(t *Trade) ([]Move, error) { return t.Confirm(noon) }
func requested(t *Trade) ([]Move, error) { return t.RequestRefund(noon, t.Refundable(), "") }
func agreed(t *Trade) ([]Move, error)    { return t.Agree(noon, "") }
func refused(t *Trade) ([]Move, error)   { return t.Refuse(noon, "the picture shows another kettle") }
func withdrawn(t *Trade) ([]Move, error) { return t.WithdrawDispute(noon) }
func escalated(t *Trade) ([]Move, error) { return t.Escalate(noon, Buyer) }
func sentBack(t *Trade) ([]Move, error)  { return t.ReturnShipped(noon, "SF Express", "SF200") }
func refunded(amount money.Amount) step {
	return func(t *Trade) ([]Move, error) { return t.Refund(noon, "R-1", amount, "") }
}
func disputed(claim Claim) step {
	return func(t *Trade) ([]Move, error) { return t.OpenDispute(noon, claim) }
}

var (
	damaged       = Claim{Reason: Damaged, Amount: 40_00}
	damagedReturn = Claim{Reason: Damaged, Amount: 40_00, Return: true}
)

// picture is everything a trade is, to compare before and after.
func picture(t *Trade) string {
	text, err := json.Marshal(t)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func wantRefusal(tb testing.TB, err error, code refusal.Code) {
	tb.Helper()
	if !errors.Is(err, code) {
		tb.Errorf("got %v, want %s", err, code)
	}
}

func instant() Order {
	order := sale()
	order.Kind = Instant
	return order
}

func virtual() Order {
	order := sale()
	order.Goods = Virtual
	return order
}

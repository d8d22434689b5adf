package openapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"tongbao/internal/engine"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
	"tongbao/internal/trade"
)

func (s *Server) registerRemind(api huma.API) {
	add(api, op{ID: "remind-payment", Method: http.MethodPost, Path: "/v1/payments/{id}/remind", Tag: "Payments", Who: user, Summary: "Ask the seller to ship",
		Doc: "The seller is told by an event, once a day.", Codes: []refusal.Code{refusal.TradeNotFound, refusal.TradeStateRefused, refusal.VelocityExceeded}}, s.remindPayment)
}

// Reminder says when a seller was last asked to ship.
type Reminder struct {
	Day int32 `cbor:"1,keyasint"` // business day
}

// reminders are found by the payment's id.
var reminders = engine.Kind[Reminder]{Name: "reminder"}

// remind moves nothing: it tells the seller.
type remind struct {
	Key      string `cbor:"1,keyasint"`
	Payment  string `cbor:"2,keyasint"`
	Merchant uint64 `cbor:"3,keyasint"`
}

func (c remind) ID() string   { return c.Key }
func (c remind) Name() string { return "remind_seller" }
func (c remind) Touches(touched *store.Touched) {
	touched.Record(reminders.Key(c.Payment), pay.Trades.Key(c.Payment))
}

func (c remind) Apply(tx *engine.Tx) (any, error) {
	t, ok := pay.Trades.Get(tx, c.Payment)
	if !ok || t.Status != trade.WaitSellerSendGoods {
		return nil, refusal.New(refusal.TradeStateRefused, "there is nothing to remind of; the payment is %s", t.Status)
	}
	if last, ok := reminders.Get(tx, c.Payment); ok && last.Day == tx.Day().Number {
		return nil, refusal.New(refusal.VelocityExceeded, "the seller was reminded today already")
	}

	reminders.Put(tx, c.Payment, Reminder{Day: tx.Day().Number})
	sum := sha256.Sum256([]byte("reminder\x00" + c.Key))
	e := pay.Event{ID: "evt_" + hex.EncodeToString(sum[:12]), Type: pay.PaymentReminded, At: tx.NowMilli(), Parties: []uint64{c.Merchant},
		Kind: pay.Trades.Name, Object: c.Payment, Command: c.Key}
	pay.Events.Append(tx, e.ID, e)
	return nil, nil
}

func (s *Server) remindPayment(ctx context.Context, in *ActOn) (*answer[Payment], error) {
	seen, err := s.act(ctx, "id", in.ID, party.Pay, trade.Buyer)
	if err != nil {
		return nil, err
	}
	_, err = s.opt.Engine.Submit(ctx, remind{Key: s.command(ctx), Payment: seen.ID, Merchant: seen.Merchant}, s.by(ctx))
	return s.payment(ctx, seen, seen.Trade, err)
}

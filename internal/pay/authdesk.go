package pay

import (
	"context"
	"fmt"

	"tongbao/internal/engine"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
	"tongbao/internal/trade"
)

// OpenAuth asks for an authorisation; with a payment code it is given at once,
// unless its payer must confirm. The merchant's number again, on the same terms,
// is the same authorisation. Refusals: order_no_taken, payment_code_invalid,
// payment_code_used, invalid_amount, insufficient_balance, those of the risk rules.
func (d *Desk) OpenAuth(ctx context.Context, by engine.By, key string, asked Auth, request, code string, seconds int64) (Auth, error) {
	if known, ok, err := d.AuthBy(ctx, asked.Merchant, asked.OrderNo); ok || err != nil {
		return sameAuth(known, &asked, request, err)
	}
	c := openAuth{Key: key, Auth: asked, Request: request, Code: code, Seconds: seconds, id: TradeNo(d.engine.Now(), d.engine.Zone(), key), risk: d.opt.Risk}
	if code != "" {
		payer, err := d.personOfCode(ctx, code)
		if err != nil {
			return Auth{}, err
		}
		c.payer = payer
	}
	id, err := engine.Result[string](d.engine.Submit(ctx, c, by))
	if err != nil {
		return Auth{}, err
	}
	a, err := d.Auth(ctx, id)
	return sameAuth(a, &asked, request, err)
}

func sameAuth(known Auth, asked *Auth, request string, err error) (Auth, error) {
	if err == nil && (known.Amount != asked.Amount || known.Currency != asked.Currency || known.Title != asked.Title || known.Ops[0].Request != request) {
		err = refusal.In("order_no", refusal.OrderNoTaken, "the number was used before on other terms")
	}
	return known, err
}

// Auth is an authorisation as it stands. Refusal: hold_not_found.
func (d *Desk) Auth(ctx context.Context, id string) (Auth, error) {
	if !authNo(id) {
		return Auth{}, refusal.New(refusal.HoldNotFound, "no authorisation %s", clip(id))
	}
	a, ok, err := Auths.Read(ctx, d.engine.Store(), id)
	if err != nil {
		return a, fmt.Errorf("read authorisation %s: %w", id, err)
	}
	if !ok {
		return a, refusal.New(refusal.HoldNotFound, "no authorisation %s", id)
	}
	return a.At(d.engine.Now().UnixMilli()), nil
}

// AuthBy is the authorisation of a merchant's number.
func (d *Desk) AuthBy(ctx context.Context, merchant uint64, orderNo string) (Auth, bool, error) {
	id, ok, err := AuthNos.Read(ctx, d.engine.Store(), AuthNoID(merchant, orderNo))
	if err != nil || !ok {
		return Auth{}, false, err
	}
	a, err := d.Auth(ctx, id)
	return a, err == nil, err
}

// GiveAuth is the payer's yes, by payment password, to the amount that was
// shown. Refusals: those of the password, hold_not_found, payment_expired,
// payment_state_refused, invalid_amount, buyer_mismatch, insufficient_balance.
func (d *Desk) GiveAuth(ctx context.Context, by engine.By, key, id string, payer uint64, password party.Secret, expected money.Amount) (Auth, error) {
	if err := d.identity.CheckPaymentPassword(ctx, by, payer, password); err != nil {
		return Auth{}, err
	}
	return d.GiveAuthProved(ctx, by, key, id, payer, expected)
}

// GiveAuthProved is GiveAuth for a caller that has the payer's proof already.
func (d *Desk) GiveAuthProved(ctx context.Context, by engine.By, key, id string, payer uint64, expected money.Amount) (Auth, error) {
	return d.actOnAuth(ctx, by, onAuth{Key: key, Auth: id, How: "give", Payer: payer, Amount: expected})
}

// ReleaseAuth gives a part of what is held free, under the merchant's number.
// Refusals: hold_not_found, hold_ended, idempotency_conflict, invalid_amount, hold_exceeded.
func (d *Desk) ReleaseAuth(ctx context.Context, by engine.By, key, id, request string, amount money.Amount, remark string) (Auth, error) {
	return d.actOnAuth(ctx, by, onAuth{Key: key, Auth: id, How: "release", Request: request, Amount: amount, Remark: remark})
}

// CancelAuth closes what was not given, and releases all of what was, unless
// some of it has been paid. Refusals: hold_not_found, hold_ended.
func (d *Desk) CancelAuth(ctx context.Context, by engine.By, key, id, request, remark string) (Auth, error) {
	return d.actOnAuth(ctx, by, onAuth{Key: key, Auth: id, How: "cancel", Request: request, Remark: remark})
}

func (d *Desk) actOnAuth(ctx context.Context, by engine.By, c onAuth) (Auth, error) {
	seen, err := d.Auth(ctx, c.Auth)
	if err != nil {
		return seen, err
	}
	c.seen = &seen
	receipt, err := d.engine.Submit(ctx, c, by)
	return Auths.Written(c.Auth, receipt, err)
}

// PayFromAuth opens a payment and pays it from what is held; with last the rest
// is released. Refusals: those of Open and Pay, hold_not_found, hold_ended,
// hold_exceeded.
func (d *Desk) PayFromAuth(ctx context.Context, by engine.By, key, id string, asked Asked, last bool) (trade.Trade, error) {
	seen, err := d.Auth(ctx, id)
	if err != nil {
		return trade.Trade{}, err
	}
	complete := asked // what was asked is what makes two commands the same; who gave the authorisation may be known only the second time
	complete.Order.Buyer = seen.Payer
	open := new(openTrade)
	if err := d.opening(ctx, open, key, &complete); err != nil {
		return trade.Trade{}, err
	}
	receipt, err := d.engine.Submit(ctx, payFromAuth{Key: key, Asked: asked, Auth: id, Last: last, open: open, seen: &seen, risk: d.opt.Risk}, by)
	var o Outcome
	d.opened(ctx, &o, nil, receipt, err)
	return o.Trade, o.Err
}

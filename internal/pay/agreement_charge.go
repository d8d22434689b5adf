package pay

import (
	"context"
	"maps"
	"strconv"

	"tongbao/internal/agreement"
	"tongbao/internal/engine"
	"tongbao/internal/identity"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
	"tongbao/internal/risk"
	"tongbao/internal/store"
	"tongbao/internal/trade"
)

// What a trade that was paid by an agreement remembers of it, in its metadata.
const (
	MetaAgreement   = "agreement_no"
	MetaAgreementNo = "external_agreement_no"
)

// OpenByAgreement opens a payment and pays it by an agreement, in one breath.
// Refusals: agreement_not_found, those of Open, of agreement.Charge, of the risk
// rules, tier_limit_exceeded, insufficient_balance.
func (d *Desk) OpenByAgreement(ctx context.Context, by engine.By, key string, asked Asked, id string) (trade.Trade, error) {
	a, err := d.Agreement(ctx, id)
	if err != nil {
		return trade.Trade{}, err
	}
	complete := asked // as PayFromAuth
	if complete.Order.Buyer == 0 {
		complete.Order.Buyer = a.Person
	}
	open := new(openTrade)
	if err := d.opening(ctx, open, key, &complete); err != nil {
		return trade.Trade{}, err
	}
	fresh := trade.Trade{Order: open.order()}
	return d.charge(ctx, by, chargeAgreement{Key: key, Asked: asked, Agreement: id, open: open, seen: &fresh, agreed: &a})
}

// PayByAgreement pays an open payment by an agreement. Refusals: as OpenByAgreement's.
func (d *Desk) PayByAgreement(ctx context.Context, by engine.By, key string, seen *trade.Trade, id string) (trade.Trade, error) {
	a, err := d.Agreement(ctx, id)
	if err != nil {
		return trade.Trade{}, err
	}
	return d.charge(ctx, by, chargeAgreement{Key: key, Trade: seen.ID, Agreement: id, seen: seen, agreed: &a})
}

func (d *Desk) charge(ctx context.Context, by engine.By, c chargeAgreement) (trade.Trade, error) {
	c.risk = d.opt.Risk
	receipt, err := d.engine.Submit(ctx, c, by)
	id := c.seen.ID
	if err == nil && receipt.Decode(&id) != nil { // asked again on another day, the desk draws another number; journals of the first version don't tell theirs
		id = c.seen.ID
	}
	return Trades.Written(id, receipt, err)
}

// chargeAgreement pays a payment, opened here or before, by an agreement. That
// the agreement allows it is checked here, where nobody can end it in between.
type chargeAgreement struct {
	Key       string `cbor:"1,keyasint"`
	Asked     Asked  `cbor:"2,keyasint"` // what to open; nothing where Trade is named
	Trade     string `cbor:"3,keyasint,omitempty"`
	Agreement string `cbor:"4,keyasint"`

	open   *openTrade
	seen   *trade.Trade
	agreed *agreement.Agreement // for its person, who never changes once it is signed
	risk   risk.Hook
}

func (c chargeAgreement) ID() string   { return c.Key }
func (c chargeAgreement) Name() string { return "charge_agreement" }
func (c chargeAgreement) Touches(touched *store.Touched) {
	touched.Record(Agreements.Key(c.Agreement))
	if c.open != nil {
		touched.Record(OrderNos.Key(c.open.orderNo))
	}
	touchTrade(touched, c.seen, c.agreed.Person)
}

func (c chargeAgreement) Apply(tx *engine.Tx) (any, error) {
	a, ok := Agreements.Get(tx, c.Agreement)
	if !ok || a.Merchant != c.seen.Merchant {
		return nil, noAgreement()
	}
	if a.Person == 0 {
		return nil, refusal.New(refusal.AgreementStateRefused, "the agreement is %s", a.Status)
	}
	if a.Person != c.agreed.Person {
		return nil, refusal.New(refusal.AgreementStateRefused, "the agreement was signed a moment ago; ask again")
	}
	if c.open != nil {
		said, err := c.open.Apply(tx)
		if err != nil {
			return nil, err
		}
		if opened := said.(*Opened); opened.Existing {
			return nil, refusal.In("order_no", refusal.OrderNoTaken, "the order is payment %s already", opened.Trade)
		}
	}
	before, ok := Trades.Get(tx, c.seen.ID)
	if !ok {
		return nil, refusal.New(refusal.TradeNotFound, "no payment %s", c.seen.ID)
	}
	after := before
	moves, err := after.Pay(trade.At(tx.Now()), a.Person)
	if err != nil {
		return nil, err
	}
	if err := a.Charge(after.Amount, tx.Now(), tx.Zone()); err != nil {
		return nil, err
	}
	if err := spend(tx, c.risk, risk.PayByAgreement, &after, false); err != nil {
		return nil, err
	}

	after.Metadata = maps.Clone(after.Metadata)
	if after.Metadata == nil {
		after.Metadata = map[string]string{}
	}
	after.Metadata[MetaAgreement] = a.ID
	if a.ExternalNo != "" {
		after.Metadata[MetaAgreementNo] = a.ExternalNo
	}
	Agreements.Put(tx, a.ID, a)
	identity.PutMessage(tx, party.Message{Person: a.Person, Kind: "agreement_charged", Payment: after.ID, Params: map[string]string{"agreement": a.ID, "subject": after.Subject,
		"merchant": party.FormatID(a.Merchant), "amount": strconv.FormatInt(int64(after.Amount), 10), "currency": after.Currency.String()}})
	return after.ID, keepTrade(tx, &before, &after, moves)
}

package pay

import (
	"context"

	"tongbao/internal/engine"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
)

// Receiver is somebody to whom a seller may give parts of its payments.
type Receiver struct {
	Merchant uint64 `cbor:"1,keyasint"`
	Party    uint64 `cbor:"2,keyasint"`
	How      string `cbor:"3,keyasint"` // userId or loginName: how the seller names it
	Account  string `cbor:"4,keyasint"` // as the seller wrote it
	Called   string `cbor:"5,keyasint,omitempty"`
	Memo     string `cbor:"6,keyasint,omitempty"`
	Bound    int64  `cbor:"7,keyasint"` // Unix milliseconds
}

// ReceiversOf lists a merchant's receivers; Sort is merchant/time.
const ReceiversOf = "royalty_receiver"

// Receivers are found by "merchant/party".
var Receivers = engine.Kind[Receiver]{Name: "royalty_receiver", Terms: func(_ string, r Receiver) []store.Term {
	return []store.Term{{Index: ReceiversOf, Sort: party.FormatID(r.Merchant) + "/" + sortable(r.Bound)}}
}}

// ReceiverID names the record.
func ReceiverID(merchant, receiver uint64) string {
	return party.FormatID(merchant) + "/" + party.FormatID(receiver)
}

// MaxReceivers is how many are bound or unbound at once.
const MaxReceivers = 20

type bindReceivers struct {
	Key  string     `cbor:"1,keyasint"`
	List []Receiver `cbor:"2,keyasint"`
}

func (c bindReceivers) ID() string   { return c.Key }
func (c bindReceivers) Name() string { return "bind_receivers" }
func (c bindReceivers) Touches(touched *store.Touched) {
	for _, r := range c.List {
		touched.Record(Receivers.Key(ReceiverID(r.Merchant, r.Party)))
	}
}

func (c bindReceivers) Apply(tx *engine.Tx) (any, error) {
	for _, r := range c.List {
		id := ReceiverID(r.Merchant, r.Party)
		if r.Bound = tx.NowMilli(); r.Party == r.Merchant {
			return nil, refusal.In("receivers", refusal.SamePayerAndPayee, "the seller gets the rest anyway")
		}
		if known, ok := Receivers.Get(tx, id); ok {
			r.Bound = known.Bound
		}
		Receivers.Put(tx, id, r)
	}
	return nil, nil
}

type unbindReceivers struct {
	Key      string   `cbor:"1,keyasint"`
	Merchant uint64   `cbor:"2,keyasint"`
	Parties  []uint64 `cbor:"3,keyasint"`
}

func (c unbindReceivers) ID() string   { return c.Key }
func (c unbindReceivers) Name() string { return "unbind_receivers" }
func (c unbindReceivers) Touches(touched *store.Touched) {
	for _, p := range c.Parties {
		touched.Record(Receivers.Key(ReceiverID(c.Merchant, p)))
	}
}

func (c unbindReceivers) Apply(tx *engine.Tx) (any, error) {
	for _, p := range c.Parties {
		Receivers.Delete(tx, ReceiverID(c.Merchant, p))
	}
	return nil, nil
}

// BindReceivers lets a merchant give parts of its payments to them; who is bound
// already stays so. Refusal: same_payer_and_payee.
func (d *Desk) BindReceivers(ctx context.Context, by engine.By, key string, list []Receiver) error {
	_, err := d.engine.Submit(ctx, bindReceivers{Key: key, List: list}, by)
	return err
}

// UnbindReceivers takes that back; who is not bound stays so.
func (d *Desk) UnbindReceivers(ctx context.Context, by engine.By, key string, merchant uint64, parties []uint64) error {
	_, err := d.engine.Submit(ctx, unbindReceivers{Key: key, Merchant: merchant, Parties: parties}, by)
	return err
}

package pay

import (
	"context"

	"tongbao/internal/engine"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
)

// OrderSync is what a seller told of how an order goes on, for the platform to
// keep beside it. It moves no money.
type OrderSync struct {
	Trade   string `cbor:"1,keyasint"`
	Request string `cbor:"2,keyasint"`
	Type    string `cbor:"3,keyasint"`
	Said    string `cbor:"4,keyasint,omitempty"`
	Orig    string `cbor:"5,keyasint,omitempty"`
	At      int64  `cbor:"6,keyasint"`
}

// OrderSyncs are found by "trade/request".
var OrderSyncs = engine.Kind[OrderSync]{Name: "order_sync"}

type syncOrder struct {
	Key  string    `cbor:"1,keyasint"`
	Sync OrderSync `cbor:"2,keyasint"` // At empty
}

func (c syncOrder) ID() string   { return c.Key }
func (c syncOrder) Name() string { return "sync_order" }
func (c syncOrder) Touches(touched *store.Touched) {
	touched.Record(OrderSyncs.Key(c.Sync.Trade + "/" + c.Sync.Request))
}

func (c syncOrder) Apply(tx *engine.Tx) (any, error) {
	id, told := c.Sync.Trade+"/"+c.Sync.Request, c.Sync
	told.At = tx.NowMilli()
	if known, ok := OrderSyncs.Get(tx, id); ok {
		if told.At = known.At; known != told {
			return nil, refusal.In("request_no", refusal.IdempotencyConflict, "something else was told under that number")
		}
		return nil, nil
	}
	OrderSyncs.Put(tx, id, told)
	return nil, nil
}

// SyncOrder keeps what a seller tells of an order. Refusal: idempotency_conflict.
func (d *Desk) SyncOrder(ctx context.Context, by engine.By, key string, told OrderSync) error {
	_, err := d.engine.Submit(ctx, syncOrder{Key: key, Sync: told}, by)
	return err
}

package pay

import (
	"context"

	"tongbao/internal/engine"
	"tongbao/internal/store"
)

// Assignment says which operator has taken a dispute on, so that two don't
// read the same file. It decides nothing.
type Assignment struct {
	Operator string `cbor:"1,keyasint"`
	At       int64  `cbor:"2,keyasint"` // Unix milliseconds
}

// Assignments are found by the dispute's id.
var Assignments = engine.Kind[Assignment]{Name: "dispute_assignment"}

type assign struct {
	Key      string `cbor:"1,keyasint"`
	Dispute  string `cbor:"2,keyasint"`
	Operator string `cbor:"3,keyasint"`
}

func (c assign) ID() string                     { return c.Key }
func (c assign) Name() string                   { return "assign_dispute" }
func (c assign) Touches(touched *store.Touched) { touched.Record(Assignments.Key(c.Dispute)) }
func (c assign) Apply(tx *engine.Tx) (any, error) {
	Assignments.Put(tx, c.Dispute, Assignment{Operator: c.Operator, At: tx.NowMilli()})
	return nil, nil
}

// Assign gives a dispute to an operator, in place of whoever had it.
func (d *Desk) Assign(ctx context.Context, by engine.By, key, dispute, operator string) error {
	_, err := d.engine.Submit(ctx, assign{Key: key, Dispute: dispute, Operator: operator}, by)
	return err
}

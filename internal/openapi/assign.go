package openapi

import (
	"tongbao/internal/engine"
	"tongbao/internal/store"
)

// Assignment says which operator has taken a dispute on, so that two don't
// read the same file. It decides nothing.
type Assignment struct {
	Operator string `cbor:"1,keyasint"`
	At       int64  `cbor:"2,keyasint"`
}

// assignments are found by the dispute's id.
var assignments = engine.Kind[Assignment]{Name: "dispute_assignment"}

type assign struct {
	Key      string `cbor:"1,keyasint"`
	Dispute  string `cbor:"2,keyasint"`
	Operator string `cbor:"3,keyasint"`
}

func (c assign) ID() string                     { return c.Key }
func (c assign) Name() string                   { return "assign_dispute" }
func (c assign) Touches(touched *store.Touched) { touched.Record(assignments.Key(c.Dispute)) }
func (c assign) Apply(tx *engine.Tx) (any, error) {
	assignments.Put(tx, c.Dispute, Assignment{Operator: c.Operator, At: tx.NowMilli()})
	return nil, nil
}

func (l *look) assignedTo(dispute string) *string {
	if l.err != nil {
		return nil
	}
	a, _, err := assignments.Read(l.ctx, l.s.opt.Engine.Store(), dispute)
	l.err = err
	return maybe(a.Operator)
}

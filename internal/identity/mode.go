package identity

import (
	"context"
	"fmt"

	"tongbao/internal/engine"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
)

// purpose is what books say that they are for.
type purpose struct {
	Mode party.Mode `cbor:"1,keyasint"`
}

const purposeID = "1"

var purposes = engine.Kind[purpose]{Name: "purpose"}

// ModeOf is what books say that they are for, or that they don't say it: those that
// an earlier build began, and new ones.
func ModeOf(ctx context.Context, from store.Reader) (mode party.Mode, says bool, err error) {
	kept, says, err := purposes.Read(ctx, from, purposeID)
	if err != nil {
		return "", false, fmt.Errorf("read what the books are for: %w", err)
	}
	return kept.Mode, says, nil
}

// KeepMode has books that don't say yet what they are for say that it is mode, for
// good, and returns what they say then: of several servers that start at once the
// first decides. Books that say it already are only read.
func KeepMode(ctx context.Context, e *engine.Engine, mode party.Mode, by engine.By) (party.Mode, error) {
	if kept, says, err := ModeOf(ctx, e.Store()); says || err != nil {
		return kept, err
	}
	_, err := e.Submit(ctx, keepMode{Mode: mode}, by)
	if no := refusal.Of(err); no != nil && no.Code == refusal.IdempotencyConflict { // somebody was faster, with the other mode
		if kept, says, err := ModeOf(ctx, e.Store()); says || err != nil {
			return kept, err
		}
	}
	if err != nil {
		return "", fmt.Errorf("write down what the books are for: %w", err)
	}
	return mode, nil
}

// keepMode has one id, so that it is done once in the life of the books.
type keepMode struct {
	Mode party.Mode `cbor:"1,keyasint"`
}

func (c keepMode) ID() string               { return "platform/mode" }
func (c keepMode) Name() string             { return "keep_mode" }
func (c keepMode) Touches(t *store.Touched) { t.Record(purposes.Key(purposeID)) }

func (c keepMode) Apply(tx *engine.Tx) (any, error) {
	purposes.Put(tx, purposeID, purpose(c))
	return nil, nil
}

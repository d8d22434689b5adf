package store

import "context"

// Movable is a store whose books can be taken to another store, and which takes
// over another's: batch by batch, as they were committed, so that positions, hashes
// and all that was signed stay what they were. What follows from the journal each
// store works out for itself.
type Movable interface {
	Store

	// Frames lists batches in order, from the one after position on, which must be
	// the end of a batch: at least one where there is one, and no more than bytes of
	// payload unless the first has more. It shows what is durable.
	Frames(ctx context.Context, after uint64, bytes int) ([]Frame, error)

	// SetAside lets no batch begin any more, in any process, until it is called
	// again with the empty reason; Begin then says ErrUnavailable with the reason.
	// When it returns, what was under way is in the journal or never will be, and
	// nothing else is added but by Adopt. Durable on return; safe to repeat.
	SetAside(ctx context.Context, reason string) error
	// Aside is the reason; empty where the store is open for batches.
	Aside(ctx context.Context) (string, error)

	// Adopt appends another journal's frames, which must go on from the head. It
	// checks the chain, and that balances, numbers and links are the ones that this
	// store's accounts lead to; a frame that doesn't fit is refused, with those
	// after it. Durable on return. The store must be set aside.
	Adopt(ctx context.Context, frames []Frame) error
	// AdoptHeads keeps signed heads of the journal that were not signed here. One
	// that is not genuine, or for an entry that isn't there, is refused.
	AdoptHeads(ctx context.Context, heads []SignedHead) error
}

// Frame is a batch as the journal's chain covers it: docs/journal-format.md tells
// what the payload holds, and how the hash comes about.
type Frame struct {
	Head           // the last entry, and the hash with this batch
	First   uint64 // the first entry
	Synced  uint64 // newest entry that was durable when the batch was written
	Payload []byte
}

package engine

import (
	"bytes"
	"context"
	"sync/atomic"
	"unsafe"

	"github.com/cespare/xxhash/v2"

	"tongbao/internal/store"
)

// Memo reads records of a kind of which a few are read over and over, such as the
// merchants, and spares decoding one that has not changed. It asks the store each
// time, so it knows nothing that the store does not.
type Memo[T any] struct {
	kind  Kind[T]
	known [memoMost]atomic.Pointer[decoded[T]] // by a hash of the id: each has one place, which it may lose to another
}

type decoded[T any] struct {
	id   string
	from []byte
	v    T
}

// memoMost is how many are remembered.
const memoMost = 1 << 16

// NewMemo makes one.
func NewMemo[T any](kind Kind[T]) *Memo[T] { return &Memo[T]{kind: kind} }

// Read is Kind.Read. Nobody may change what v points to.
func (m *Memo[T]) Read(ctx context.Context, from store.Reader, id string) (v T, ok bool, err error) {
	record, ok, err := from.Record(ctx, m.kind.Key(id))
	if err != nil || !ok {
		return v, false, err
	}
	place := &m.known[xxhash.Sum64String(id)%memoMost]
	if d := place.Load(); d != nil && d.id == id && same(d.from, record.Value) {
		return d.v, true, nil
	}
	if v, err = m.kind.Decode(record); err != nil {
		return v, false, err
	}
	place.Store(&decoded[T]{id, record.Value, v})
	return v, true, nil
}

// same says that two records have the same bytes; a store that keeps what was read
// lately hands out the very same.
func same(a, b []byte) bool {
	return len(a) == len(b) && (unsafe.SliceData(a) == unsafe.SliceData(b) || bytes.Equal(a, b))
}

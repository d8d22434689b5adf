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
	v, err = m.decode(id, record)
	return v, err == nil, err
}

// ReadAll is Read for several ids, each of which it reads once, all at once where
// the store can: a nil stands for a record that isn't there.
func (m *Memo[T]) ReadAll(ctx context.Context, from store.Reader, ids []string) (map[string]*T, error) {
	found := make(map[string]*T, len(ids))
	var keys []store.Key
	for _, id := range ids {
		if _, again := found[id]; !again {
			found[id] = nil
			keys = append(keys, m.kind.Key(id))
		}
	}
	records, err := store.ReadRecords(ctx, from, keys)
	if err != nil {
		return nil, err
	}
	for key, record := range records {
		v, err := m.decode(key.ID, record)
		if err != nil {
			return nil, err
		}
		found[key.ID] = &v
	}
	return found, nil
}

func (m *Memo[T]) decode(id string, record store.Record) (v T, err error) {
	place := &m.known[xxhash.Sum64String(id)%memoMost]
	if d := place.Load(); d != nil && d.id == id && same(d.from, record.Value) {
		return d.v, nil
	}
	if v, err = m.kind.Decode(record); err == nil {
		place.Store(&decoded[T]{id, record.Value, v})
	}
	return v, err
}

// same says that two records have the same bytes; a store that keeps what was read
// lately hands out the very same.
func same(a, b []byte) bool {
	return len(a) == len(b) && (unsafe.SliceData(a) == unsafe.SliceData(b) || bytes.Equal(a, b))
}

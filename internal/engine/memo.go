package engine

import (
	"bytes"
	"context"
	"hash/maphash"
	"sync/atomic"
	"unsafe"

	"tongbao/internal/store"
)

// Memo reads records of a kind of which a few are read over and over, such as the
// merchants, and spares decoding one that has not changed. It asks the store each
// time whether it has, so it knows nothing that the store does not.
type Memo[K comparable, T any] struct {
	kind  Kind[T]
	id    func(K) string
	hash  func(K) uint64
	known [memoMost]atomic.Pointer[decoded[K, T]] // each has two places, side by side, which it may lose to others
}

// decoded is a record's value, as it was when the store had counted so many
// changes, and has been since.
type decoded[K comparable, T any] struct {
	key     K
	changes atomic.Uint64
	from    []byte
	v       T
}

// changing is a store that counts the changes of durable records that aren't bulk:
// while the count stays, so do they.
type changing interface{ Changes() uint64 }

// memoMost is how many are remembered.
const memoMost = 1 << 16

// NewMemo makes one for records whose ids are made of numbers.
func NewMemo[T any](kind Kind[T], id func(number uint64) string) *Memo[uint64, T] {
	return &Memo[uint64, T]{kind: kind, id: id, hash: func(number uint64) uint64 { return number * 0x9E3779B97F4A7C15 }}
}

// NewTextMemo makes one for records of any ids.
func NewTextMemo[T any](kind Kind[T]) *Memo[string, T] {
	seed := maphash.MakeSeed()
	return &Memo[string, T]{kind: kind, id: func(id string) string { return id }, hash: func(id string) uint64 { return maphash.String(seed, id) }}
}

// Read is Kind.Read; nil where there is no such record. Nobody may change what it
// returns.
func (m *Memo[K, T]) Read(ctx context.Context, from store.Reader, key K) (*T, error) {
	changes, counts := changesOf(from) // before the record is read
	if d := m.remembered(key); counts && d != nil && d.changes.Load() == changes {
		return &d.v, nil
	}
	record, there, err := from.Record(ctx, m.kind.Key(m.id(key)))
	if err != nil || !there {
		return nil, err
	}
	return m.decode(key, record, changes)
}

func changesOf(from store.Reader) (changes uint64, counts bool) {
	counting, counts := from.(changing)
	if counts {
		changes = counting.Changes()
	}
	return changes, counts
}

// ReadAll is Read for several, all at once where the store can. The answers, in
// order, are written over what is in found, which may be nil.
func (m *Memo[K, T]) ReadAll(ctx context.Context, from store.Reader, keys []K, found []*T) ([]*T, error) {
	found = found[:0]
	if len(keys) == 1 { // without the tables that several take
		v, err := m.Read(ctx, from, keys[0])
		return append(found, v), err
	}
	changes, counts := changesOf(from) // before a record is read
	var asked []store.Key
	var of []K
	for _, key := range keys {
		d := m.remembered(key)
		if counts && d != nil && d.changes.Load() == changes {
			found = append(found, &d.v)
			continue
		}
		found = append(found, nil)
		asked, of = append(asked, m.kind.Key(m.id(key))), append(of, key)
	}
	if len(asked) == 0 {
		return found, nil
	}
	records, err := store.ReadRecords(ctx, from, asked)
	if err != nil {
		return nil, err
	}
	read := make(map[K]*T, len(asked))
	for i, name := range asked {
		record, there := records[name]
		if _, again := read[of[i]]; again || !there {
			continue
		}
		if read[of[i]], err = m.decode(of[i], record, changes); err != nil {
			return nil, err
		}
	}
	for i, key := range keys {
		if found[i] == nil {
			found[i] = read[key]
		}
	}
	return found, nil
}

func (m *Memo[K, T]) places(key K) (first, second *atomic.Pointer[decoded[K, T]]) {
	n := m.hash(key) % memoMost &^ 1
	return &m.known[n], &m.known[n+1]
}

func (m *Memo[K, T]) remembered(key K) *decoded[K, T] {
	first, second := m.places(key)
	if d := first.Load(); d != nil && d.key == key {
		return d
	}
	if d := second.Load(); d != nil && d.key == key {
		return d
	}
	return nil
}

func (m *Memo[K, T]) decode(key K, record store.Record, changes uint64) (*T, error) {
	if d := m.remembered(key); d != nil && same(d.from, record.Value) {
		d.changes.Store(changes)
		return &d.v, nil
	}
	v, err := m.kind.Decode(record)
	if err != nil {
		return nil, err
	}
	d := &decoded[K, T]{key: key, from: record.Value, v: v}
	d.changes.Store(changes)
	first, second := m.places(key)
	if known := first.Load(); known != nil && known.key != key {
		second.Store(known)
	}
	first.Store(d)
	return &d.v, nil
}

// same says that two records have the same bytes; a store that keeps what was read
// lately hands out the very same.
func same(a, b []byte) bool {
	return len(a) == len(b) && (unsafe.SliceData(a) == unsafe.SliceData(b) || bytes.Equal(a, b))
}

package engine

import (
	"bytes"
	"context"
	"sync/atomic"
	"unsafe"

	"tongbao/internal/store"
)

// Memo reads records of a kind of which a few are read over and over, such as the
// merchants, and spares decoding one that has not changed. It asks the store each
// time whether it has, so it knows nothing that the store does not.
type Memo[T any] struct {
	kind  Kind[T]
	id    func(number uint64) string
	known [memoMost]atomic.Pointer[decoded[T]] // each number has two places, side by side, which it may lose to others
}

// decoded is a record's value, as it was when the store had counted so many
// changes, and has been since.
type decoded[T any] struct {
	number  uint64
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
func NewMemo[T any](kind Kind[T], id func(number uint64) string) *Memo[T] {
	return &Memo[T]{kind: kind, id: id}
}

// Read is Kind.Read; nil where there is no such record. Nobody may change what it
// returns.
func (m *Memo[T]) Read(ctx context.Context, from store.Reader, number uint64) (*T, error) {
	found, err := m.ReadAll(ctx, from, []uint64{number}, nil)
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

// ReadAll is Read for several, all at once where the store can. The answers, in
// order, are written over what is in found, which may be nil.
func (m *Memo[T]) ReadAll(ctx context.Context, from store.Reader, numbers []uint64, found []*T) ([]*T, error) {
	found = found[:0]
	counting, counts := from.(changing)
	changes := uint64(0)
	if counts {
		changes = counting.Changes() // before a record is read
	}
	var asked []store.Key
	var of []uint64
	for _, number := range numbers {
		d := m.remembered(number)
		if counts && d != nil && d.changes.Load() == changes {
			found = append(found, &d.v)
			continue
		}
		found = append(found, nil)
		asked, of = append(asked, m.kind.Key(m.id(number))), append(of, number)
	}
	if len(asked) == 0 {
		return found, nil
	}
	records, err := store.ReadRecords(ctx, from, asked)
	if err != nil {
		return nil, err
	}
	read := make(map[uint64]*T, len(asked))
	for i, key := range asked {
		record, there := records[key]
		if _, again := read[of[i]]; again || !there {
			continue
		}
		if read[of[i]], err = m.decode(of[i], record, changes); err != nil {
			return nil, err
		}
	}
	for i, number := range numbers {
		if found[i] == nil {
			found[i] = read[number]
		}
	}
	return found, nil
}

func (m *Memo[T]) places(number uint64) (first, second *atomic.Pointer[decoded[T]]) {
	n := number * 0x9E3779B97F4A7C15 % memoMost &^ 1
	return &m.known[n], &m.known[n+1]
}

func (m *Memo[T]) remembered(number uint64) *decoded[T] {
	first, second := m.places(number)
	if d := first.Load(); d != nil && d.number == number {
		return d
	}
	if d := second.Load(); d != nil && d.number == number {
		return d
	}
	return nil
}

func (m *Memo[T]) decode(number uint64, record store.Record, changes uint64) (*T, error) {
	if d := m.remembered(number); d != nil && same(d.from, record.Value) {
		d.changes.Store(changes)
		return &d.v, nil
	}
	v, err := m.kind.Decode(record)
	if err != nil {
		return nil, err
	}
	d := &decoded[T]{number: number, from: record.Value, v: v}
	d.changes.Store(changes)
	first, second := m.places(number)
	if known := first.Load(); known != nil && known.number != number {
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

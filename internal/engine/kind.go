package engine

import (
	"context"
	"fmt"

	"tongbao/internal/store"
)

// Kind is a typed view of the records of one kind: how they are named, encoded
// and found. Declare one per business object, next to its commands.
type Kind[T any] struct {
	Name string
	// Terms gives the index rows of a record; nil for a kind found by id alone.
	Terms func(id string, v T) []store.Term
	// Bulk is store.Record's: very many, each seldom read, none ever deleted.
	Bulk bool
	// Origin reads, from an id, the stamp of the command that made it; nil for a
	// kind whose ids don't tell. It must tell for every id or for none.
	Origin func(id string) uint64
}

// Key names a record of this kind.
func (k Kind[T]) Key(id string) store.Key {
	key := store.Key{Kind: k.Name, ID: id}
	if k.Origin != nil {
		key.Origin = k.Origin(id)
	}
	return key
}

// Get is the record as the commands before this one left it.
func (k Kind[T]) Get(tx *Tx, id string) (v T, ok bool) {
	if record, ok := tx.record(k.Name, id); ok {
		return k.decoded(record, id), true
	}
	return v, false // most look for what is not there, and should cost nothing
}

func (k Kind[T]) decoded(record *store.Record, id string) (v T) {
	if err := Decode(record.Value, &v); err != nil {
		panic(fmt.Sprintf("engine: %s %s does not decode: %v", k.Name, id, err))
	}
	return v
}

// Has says that there is such a record, as the commands before this one left it.
func (k Kind[T]) Has(tx *Tx, id string) bool {
	_, ok := tx.record(k.Name, id)
	return ok
}

// Of decodes the records of this kind that an entry wrote, in order.
func (k Kind[T]) Of(entry *store.Entry, each func(id string, v T) error) error {
	for i := range entry.Records {
		if r := &entry.Records[i]; r.Key.Kind == k.Name && r.Value != nil {
			v, err := k.Decode(*r)
			if err == nil {
				err = each(r.Key.ID, v)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// Put keeps the record, new or changed, with its index rows.
func (k Kind[T]) Put(tx *Tx, id string, v T) {
	k.put(tx, id, tx.encode(&v), &v)
}

// Append keeps a new record whose id is made from the command's own, so that
// no other command can have written it: an event, a transfer. It need not be
// touched, and nothing is loaded for it.
func (k Kind[T]) Append(tx *Tx, id string, v T) {
	tx.append(store.Record{Key: k.Key(id), Value: tx.encode(&v), Terms: k.terms(id, &v), Bulk: k.Bulk})
}

func (k *Kind[T]) put(tx *Tx, id string, value []byte, v *T) {
	tx.put(k.Name, id, value, k.terms(id, v), k.Bulk)
}

func (k *Kind[T]) terms(id string, v *T) []store.Term {
	if k.Terms == nil {
		return nil
	}
	return k.Terms(id, *v)
}

// PutCompact is Put for a Compact that is large and written by every payment:
// appendTo is v.AppendTo, called where it is known to keep v nowhere.
func (k Kind[T]) PutCompact(tx *Tx, id string, v *T, appendTo func([]byte) ([]byte, bool)) {
	value, ok := tx.compact(appendTo)
	if !ok {
		k.Put(tx, id, *v)
		return
	}
	k.put(tx, id, value, v)
}

// After is the record as the command of the receipt left it, the first time
// and on every repeat; ok is false where that command did not write it.
func (k Kind[T]) After(r Receipt, id string) (v T, ok bool, err error) { return k.in(r.records, id) }

// AfterInto is After for who has room for the record. Nothing is left of what was
// there before.
func (k Kind[T]) AfterInto(r Receipt, id string, v *T) (ok bool, err error) {
	record := k.among(r.records, id)
	if record == nil {
		return false, nil
	}
	var none T
	*v = none
	if err := Decode(record.Value, v); err != nil {
		return false, fmt.Errorf("%s %s does not decode: %w", k.Name, id, err)
	}
	return true, nil
}

// Written is After for a record that the command always writes. It takes what
// Submit returns: the error goes through, and a missing record is one.
func (k Kind[T]) Written(id string, r Receipt, err error) (T, error) {
	var v T
	if err != nil {
		return v, err
	}
	v, ok, err := k.After(r, id)
	if err == nil && !ok {
		err = fmt.Errorf("the journal entry at %d lacks %s %s", r.Position, k.Name, id)
	}
	return v, err
}

// In is the record as a journal entry left it.
func (k Kind[T]) In(entry store.Entry, id string) (v T, ok bool, err error) {
	return k.in(entry.Records, id)
}

func (k Kind[T]) in(records []store.Record, id string) (v T, ok bool, err error) {
	record := k.among(records, id)
	if record == nil {
		return v, false, nil
	}
	v, err = k.Decode(*record)
	return v, err == nil, err
}

// among finds the record that was written; nil where it is not there.
func (k Kind[T]) among(records []store.Record, id string) *store.Record {
	for i := range records {
		if r := &records[i]; r.Key.ID == id && r.Key.Kind == k.Name && r.Value != nil {
			return r
		}
	}
	return nil
}

// Delete removes the record and its index rows.
func (k Kind[T]) Delete(tx *Tx, id string) {
	tx.put(k.Name, id, nil, nil, false)
}

// Decode reads a record that came from elsewhere, such as the journal.
func (k Kind[T]) Decode(record store.Record) (v T, err error) {
	if err := Decode(record.Value, &v); err != nil {
		return v, fmt.Errorf("%s %s does not decode: %w", k.Name, record.Key.ID, err)
	}
	return v, nil
}

// DecodeInPlace is Decode of a record that is not changed as long as the value is
// used. Nothing is left of what was in v before: a member that isn't written is none.
func (k Kind[T]) DecodeInPlace(record *store.Record, v *T) error {
	var none T
	*v = none
	if err := DecodeInPlace(record.Value, v); err != nil {
		return fmt.Errorf("%s %s does not decode: %w", k.Name, record.Key.ID, err)
	}
	return nil
}

// Read is the durable record.
func (k Kind[T]) Read(ctx context.Context, from store.Reader, id string) (v T, ok bool, err error) {
	record, ok, err := from.Record(ctx, k.Key(id))
	if err != nil || !ok {
		return v, false, err
	}
	v, err = k.Decode(record)
	return v, err == nil, err
}

// Item is a record found in an index.
type Item[T any] struct {
	At    string // the row's place, for store.Range.After
	Sort  string
	ID    string
	Value T
}

// Scan lists durable records by an index that holds only this kind.
func (k Kind[T]) Scan(ctx context.Context, from store.Reader, r store.Range) ([]Item[T], error) {
	rows, err := from.Scan(ctx, r)
	if err != nil {
		return nil, err
	}
	items := make([]Item[T], 0, len(rows))
	for _, row := range rows {
		v, err := k.Decode(row.Record)
		if err != nil {
			return nil, err
		}
		items = append(items, Item[T]{At: row.At, Sort: row.Sort, ID: row.Record.Key.ID, Value: v})
	}
	return items, nil
}

// mostLooked is how often Choose reads on, a hundred records or more at a time.
const mostLooked = 50

// Choose lists durable records of an index that holds only this kind, those that are
// chosen, from r.After on; r's limit is not used. next is where to go on, empty at the end.
// It looks at some thousands of records at most: a list may be short and still have a next.
func (k Kind[T]) Choose(ctx context.Context, from store.Reader, r store.Range, limit int, chooses func(*T) bool) (list []T, next string, err error) {
	r.Limit = max(limit, 100)
	for range mostLooked {
		items, err := k.Scan(ctx, from, r)
		if err != nil {
			return nil, "", err
		}
		for i := range items {
			r.After = items[i].At
			if chooses(&items[i].Value) {
				list = append(list, items[i].Value)
			}
			if len(list) == limit {
				return list, r.After, nil
			}
		}
		if len(items) < r.Limit {
			return list, "", nil
		}
	}
	return list, r.After, nil
}

package pebblestore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cockroachdb/pebble/v2"

	"tongbao/internal/diary"
	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/store"
	"tongbao/internal/wire"
)

// The index is one Pebble database. What a key is begins with its first byte:
//
//	g position                        guide: the frame that begins there → its place
//	i index 0 sort 0 id 0 kind        a row of an ordered index → the record's origin, if it has one
//	m account number                  milestone → position and time of that entry
//	p                                 how far the index has followed the journal
//	r kind 0 id                       a record that is not bulk
//
// Numbers in keys are big-endian, so that they sort; in values little-endian.
const (
	keyGuide     = 'g'
	keyRow       = 'i'
	keyMilestone = 'm'
	keyApplied   = 'p'
	keyRecord    = 'r'
)

func recordKey(key store.Key) []byte {
	b := make([]byte, 0, 2+len(key.Kind)+len(key.ID))
	b = append(append(b, keyRecord), key.Kind...)
	return append(append(b, 0), key.ID...)
}

func rowPrefix(index string) []byte {
	return append(append([]byte{keyRow}, index...), 0)
}

func rowKey(term store.Term, key store.Key) []byte {
	b := make([]byte, 0, 5+len(term.Index)+len(term.Sort)+len(key.ID)+len(key.Kind))
	b = append(append(append(b, keyRow), term.Index...), 0)
	b = append(append(b, term.Sort...), 0)
	b = append(append(b, key.ID...), 0)
	return append(b, key.Kind...)
}

// parseRow takes apart what follows the index's name in a row's key.
func parseRow(at []byte) (sort string, key store.Key, err error) {
	parts := strings.Split(string(at), "\x00")
	if len(parts) != 3 {
		return "", store.Key{}, fmt.Errorf("index row %q has %d parts, not 3", at, len(parts))
	}
	return parts[0], store.Key{Kind: parts[2], ID: parts[1]}, nil
}

const accountKeySize = 11

func appendAccount(b []byte, id ledger.AccountID) []byte {
	b = append(b, byte(id.Kind))
	b = binary.BigEndian.AppendUint64(b, id.Owner)
	return binary.BigEndian.AppendUint16(b, uint16(id.Currency))
}

func parseAccount(b []byte) ledger.AccountID {
	return ledger.AccountID{Kind: ledger.Kind(b[0]), Owner: binary.BigEndian.Uint64(b[1:]), Currency: money.Currency(binary.BigEndian.Uint16(b[9:]))}
}

func milestoneKey(id ledger.AccountID, number uint64) []byte {
	return binary.BigEndian.AppendUint64(appendAccount([]byte{keyMilestone}, id), number)
}

// milestone notes every 64th entry of an account, so that deep history and past
// moments are found without walking through all that came later.
type milestone struct {
	account  ledger.AccountID
	number   uint64
	position uint64
	at       int64
}

func (c *change) milestones() []milestone {
	var found []milestone
	for i := range c.entries {
		entry := &c.entries[i]
		for l := range entry.Legs {
			if leg := &entry.Legs[l]; leg.Number%diary.MilestoneEvery == 0 {
				found = append(found, milestone{leg.Account, leg.Number, entry.Position, entry.At})
			}
		}
	}
	return found
}

func (m milestone) value() []byte {
	b := binary.LittleEndian.AppendUint64(nil, m.position)
	return binary.LittleEndian.AppendUint64(b, uint64(m.at))
}

func guideKey(position uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{keyGuide}, position)
}

func (p place) value() []byte {
	b := binary.LittleEndian.AppendUint32(nil, p.segment)
	return binary.LittleEndian.AppendUint64(b, uint64(p.offset))
}

func parsePlace(b []byte) (place, error) {
	if len(b) != 12 {
		return place{}, fmt.Errorf("place of %d bytes", len(b))
	}
	return place{binary.LittleEndian.Uint32(b), int64(binary.LittleEndian.Uint64(b[4:]))}, nil
}

// standing says how far something derived has followed the journal: to which
// head, and where in the journal that is.
type standing struct {
	head store.Head
	end  place
}

func (s standing) value() []byte {
	b := binary.LittleEndian.AppendUint64(nil, s.head.Position)
	return append(append(b, s.head.Hash[:]...), s.end.value()...)
}

func parseStanding(b []byte) (standing, error) {
	if len(b) != 52 {
		return standing{}, fmt.Errorf("standing of %d bytes", len(b))
	}
	end, err := parsePlace(b[40:])
	return standing{store.Head{Position: binary.LittleEndian.Uint64(b), Hash: [32]byte(b[8:40])}, end}, err
}

// A record's value in the index is a version, the value, and the rows.
const recordVersion = 2

func encodeRecord(r store.Record) []byte {
	b := append(make([]byte, 0, 16+len(r.Value)), recordVersion)
	return store.AppendTerms(wire.Bytes(b, r.Value), r.Terms)
}

func decodeRecord(key store.Key, b []byte) (store.Record, error) {
	if len(b) == 0 || b[0] != recordVersion {
		return store.Record{}, fmt.Errorf("record %s %s is of an unknown version", key.Kind, key.ID)
	}
	r := wire.Read(b[1:])
	record := store.Record{Key: key, Value: r.Bytes()}
	if record.Value == nil {
		record.Value = []byte{}
	}
	record.Terms = store.ReadTerms(r)
	if err := r.End(); err != nil {
		return store.Record{}, fmt.Errorf("record %s %s cannot be decoded: %w", key.Kind, key.ID, err)
	}
	return record, nil
}

// rowValue is what a row of a record has beside its key.
func rowValue(key store.Key) []byte {
	if key.Origin == 0 {
		return nil
	}
	return binary.LittleEndian.AppendUint64(nil, key.Origin)
}

// rowOrigin reads it.
func rowOrigin(value []byte) (uint64, error) {
	switch len(value) {
	case 0:
		return 0, nil
	case 8:
		return binary.LittleEndian.Uint64(value), nil
	}
	return 0, fmt.Errorf("an index row has %d bytes beside its key", len(value))
}

// write puts a change into a batch of the index, together with how far the index
// then is.
func (c *change) write(batch *pebble.Batch, reached standing, m *mark) error {
	for key, changed := range c.records {
		for _, term := range changed.before {
			if !slices.Contains(changed.after.Terms, term) {
				if err := batch.Delete(rowKey(term, key), nil); err != nil {
					return err
				}
			}
		}
		if changed.after.Value == nil {
			if err := batch.Delete(recordKey(key), nil); err != nil {
				return err
			}
			continue
		}
		if !changed.after.Bulk {
			if err := batch.Set(recordKey(key), encodeRecord(changed.after), nil); err != nil {
				return err
			}
		}
		for _, term := range changed.after.Terms {
			if !slices.Contains(changed.before, term) {
				if err := batch.Set(rowKey(term, key), rowValue(key), nil); err != nil {
					return err
				}
			}
		}
	}
	for _, m := range c.milestones() {
		if err := batch.Set(milestoneKey(m.account, m.number), m.value(), nil); err != nil {
			return err
		}
	}
	if m != nil {
		if err := batch.Set(guideKey(m.first), m.at.value(), nil); err != nil {
			return err
		}
	}
	return batch.Set([]byte{keyApplied}, reached.value(), nil)
}

// get reads one value; it returns nil where there is none.
func get(index pebble.Reader, key []byte) ([]byte, error) {
	value, closer, err := index.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read index: %w", err)
	}
	// Never nil, even where the value is empty.
	copied := append(make([]byte, 0, len(value)), value...)
	return copied, closer.Close()
}

// standingOf is how far an index says that it is.
func standingOf(index pebble.Reader) (standing, error) {
	b, err := get(index, []byte{keyApplied})
	if err != nil || b == nil {
		return standing{}, err
	}
	s, err := parseStanding(b)
	if err != nil {
		return s, fmt.Errorf("index: %w", err)
	}
	return s, nil
}

func getRecord(index pebble.Reader, key store.Key) (store.Record, bool, error) {
	b, err := get(index, recordKey(key))
	if err != nil || b == nil {
		return store.Record{}, false, err
	}
	r, err := decodeRecord(key, b)
	return r, err == nil, err
}

// each calls fn for every key with the prefix, in order.
func each(index pebble.Reader, prefix []byte, fn func(key, value []byte) error) error {
	iter, err := index.NewIter(&pebble.IterOptions{LowerBound: prefix, UpperBound: after(prefix)})
	if err != nil {
		return fmt.Errorf("read index: %w", err)
	}
	for ok := iter.First(); ok; ok = iter.Next() {
		value, err := iter.ValueAndErr()
		if err == nil {
			err = fn(iter.Key(), value)
		}
		if err != nil {
			return errors.Join(err, iter.Close())
		}
	}
	return errors.Join(iter.Error(), iter.Close())
}

// after is the first key that sorts after all with the prefix, whose last byte
// must not be 255.
func after(prefix []byte) []byte {
	end := slices.Clone(prefix)
	end[len(end)-1]++
	return end
}

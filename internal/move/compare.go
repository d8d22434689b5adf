package move

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"tongbao/internal/ledger"
	"tongbao/internal/store"
)

const page = 1000

// seen is what the journal says there is to compare.
type seen struct {
	indexes map[string]bool
	loose   map[store.Key]bool // records that stand in no row, but for those of bulk kinds
}

func newSeen() *seen { return &seen{map[string]bool{}, map[store.Key]bool{}} }

// entries notes entries, and keeps nothing of them.
func (s *seen) entries(some []store.Entry) {
	for i := range some {
		s.entry(&some[i])
	}
}

func (s *seen) entry(e *store.Entry) {
	for i := range e.Records {
		r := &e.Records[i]
		for _, term := range r.Terms {
			if !s.indexes[term.Index] {
				s.indexes[strings.Clone(term.Index)] = true
			}
		}
		switch {
		case r.Bulk: // what was derived of them has been verified against the journal
		case r.Value == nil || len(r.Terms) > 0:
			delete(s.loose, r.Key)
		case !s.loose[r.Key]:
			s.loose[store.Key{Kind: strings.Clone(r.Key.Kind), ID: strings.Clone(r.Key.ID), Origin: r.Key.Origin}] = true
		}
	}
}

// compare wants the same accounts, rows and records on both sides.
func (m *mover) compare(ctx context.Context, from, to store.Reader, s *seen) error {
	if err := m.compareAccounts(ctx, from, to); err != nil {
		return err
	}
	indexes := make([]string, 0, len(s.indexes))
	for index := range s.indexes {
		indexes = append(indexes, index)
	}
	slices.Sort(indexes)
	for i, index := range indexes {
		m.progress(verified+i*(compared-verified)/len(indexes), "comparing "+index)
		if err := m.compareRows(ctx, from, to, index); err != nil {
			return err
		}
	}
	for key := range s.loose {
		if err := m.compareRecord(ctx, from, to, key); err != nil {
			return err
		}
	}
	return nil
}

func (m *mover) compareAccounts(ctx context.Context, from, to store.Reader) error {
	var after ledger.AccountID
	for {
		want, err := from.Accounts(ctx, after, page)
		if err != nil {
			return err
		}
		got, err := to.Accounts(ctx, after, page)
		if err != nil {
			return err
		}
		for i := range min(len(want), len(got)) {
			if want[i] != got[i] {
				return fmt.Errorf("account %s is %+v in %s and %+v in %s", want[i].ID, want[i], m.from.Name, got[i], m.to.Name)
			}
		}
		if len(want) != len(got) {
			return fmt.Errorf("after account %s there are %d in %s and %d in %s", after, len(want), m.from.Name, len(got), m.to.Name)
		}
		if len(want) < page {
			return nil
		}
		after = want[len(want)-1].ID
	}
}

func (m *mover) compareRows(ctx context.Context, from, to store.Reader, index string) error {
	a, b := store.Range{Index: index, Limit: page}, store.Range{Index: index, Limit: page}
	for {
		want, err := from.Scan(ctx, a)
		if err != nil {
			return err
		}
		got, err := to.Scan(ctx, b)
		if err != nil {
			return err
		}
		for i := range min(len(want), len(got)) {
			if want[i].Sort != got[i].Sort || !sameRecord(want[i].Record, got[i].Record) {
				return fmt.Errorf("index %s: %s has %s %s at %q where %s has %s %s at %q, or they differ", index, m.from.Name, want[i].Record.Key.Kind, want[i].Record.Key.ID,
					want[i].Sort, m.to.Name, got[i].Record.Key.Kind, got[i].Record.Key.ID, got[i].Sort)
			}
			m.report.Rows++
		}
		if len(want) != len(got) {
			return fmt.Errorf("index %s has %d rows after %q in %s and %d in %s", index, len(want), a.After, m.from.Name, len(got), m.to.Name)
		}
		if len(want) < page {
			return nil
		}
		a.After, b.After = want[len(want)-1].At, got[len(got)-1].At
	}
}

func (m *mover) compareRecord(ctx context.Context, from, to store.Reader, key store.Key) error {
	want, there, err := from.Record(ctx, key)
	if err != nil {
		return err
	}
	got, here, err := to.Record(ctx, key)
	if err != nil {
		return err
	}
	if there != here || !sameRecord(want, got) {
		return fmt.Errorf("record %s %s differs between %s and %s", key.Kind, key.ID, m.from.Name, m.to.Name)
	}
	m.report.Records++
	return nil
}

func sameRecord(a, b store.Record) bool {
	return a.Key == b.Key && bytes.Equal(a.Value, b.Value) && a.Bulk == b.Bulk && slices.Equal(a.Terms, b.Terms)
}

// compareTail compares what was written after an entry.
func (m *mover) compareTail(ctx context.Context, after uint64) error {
	for {
		entries, err := m.to.Journal(ctx, after, page)
		if err != nil {
			return err
		}
		if len(entries) == 0 {
			return nil
		}
		for i := range entries {
			for _, r := range entries[i].Records {
				if err := m.compareRecord(ctx, m.from, m.to, r.Key); err != nil {
					return err
				}
			}
		}
		after = entries[len(entries)-1].Position
	}
}

// standing asks a store where it is, all of it.
func standing(ctx context.Context, s store.Reader) (Standing, error) {
	head, err := s.Head(ctx)
	if err != nil {
		return Standing{}, err
	}
	st := Standing{Entries: head.Position, Hash: fmt.Sprintf("%x", head.Hash)}
	sum := sha256.New()
	for after := (ledger.AccountID{}); ; {
		accounts, err := s.Accounts(ctx, after, page)
		if err != nil {
			return st, err
		}
		for _, a := range accounts {
			if err := binary.Write(sum, binary.BigEndian, a); err != nil {
				return st, err
			}
			st.Accounts++
		}
		if len(accounts) < page {
			break
		}
		after = accounts[len(accounts)-1].ID
	}
	st.Balances = fmt.Sprintf("%x", sum.Sum(nil))
	return st, nil
}

package diary

import (
	"fmt"

	"tongbao/internal/ledger"
	"tongbao/internal/store"
)

// Linking says what becomes of a link to the entry before in an account's diary:
// it is set in Commit, and compared ever after.
type Linking func(id ledger.AccountID, link *uint64, previous uint64) error

// SetLink sets the link.
func SetLink(_ ledger.AccountID, link *uint64, previous uint64) error {
	*link = previous
	return nil
}

// CompareLink refuses a link that leads elsewhere.
func CompareLink(id ledger.AccountID, link *uint64, previous uint64) error {
	if *link != previous {
		return fmt.Errorf("the entry says that the one before in the diary of %s is %d; it is %d", id, *link, previous)
	}
	return nil
}

// Follow brings accounts to where an entry leads, and sees to its links. An error
// says that entry and accounts do not fit together; some may have moved then.
func Follow(entry *store.Entry, link Linking, account func(ledger.AccountID) (*ledger.Account, error)) error {
	for i := range entry.Legs {
		leg := &entry.Legs[i]
		a, err := account(leg.Account)
		if err != nil {
			return err
		}
		after, err := a.Balance.Add(leg.Change())
		if err != nil || after != leg.After {
			return fmt.Errorf("the leg on %s says that the balance is %d after it; it is %d", leg.Account, leg.After, after)
		}
		if leg.Number != a.Entries+1 {
			return fmt.Errorf("the leg on %s says that it is the account's entry %d; it is %d", leg.Account, leg.Number, a.Entries+1)
		}
		if err := link(leg.Account, &leg.Previous, a.Last); err != nil {
			return err
		}
		a.Balance, a.Entries, a.Last = after, leg.Number, entry.Position
	}
	for i := range entry.Mentions {
		m := &entry.Mentions[i]
		a, err := account(m.Account)
		if err != nil {
			return err
		}
		if a.Last == entry.Position {
			return fmt.Errorf("%s is mentioned where the entry stands in its diary already", m.Account)
		}
		if err := link(m.Account, &m.Previous, a.Last); err != nil {
			return err
		}
		a.Last = entry.Position
	}
	for i := range entry.States {
		s := &entry.States[i]
		a, err := account(s.Account)
		if err != nil {
			return err
		}
		a.Held, a.Tier, a.Meter = s.Held, s.Tier, s.Meter
	}
	return nil
}

package mysqlstore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/store"
	"tongbao/internal/wire"
)

// The longest keys that the schema has room for.
const (
	mostName  = 900  // kind, a zero byte, id
	mostPlace = 2000 // index, sort, id and kind, parted by zero bytes
)

const accountSize = 11

func accountKey(id ledger.AccountID) (b [accountSize]byte) {
	b[0] = byte(id.Kind)
	binary.BigEndian.PutUint64(b[1:], id.Owner)
	binary.BigEndian.PutUint16(b[9:], uint16(id.Currency))
	return b
}

func parseAccount(b []byte) ledger.AccountID {
	return ledger.AccountID{Kind: ledger.Kind(b[0]), Owner: binary.BigEndian.Uint64(b[1:]), Currency: money.Currency(binary.BigEndian.Uint16(b[9:]))}
}

func recordName(key store.Key) string { return key.Kind + "\x00" + key.ID }

func parseName(name string) store.Key {
	kind, id, _ := strings.Cut(name, "\x00")
	return store.Key{Kind: kind, ID: id}
}

func termPlace(term store.Term, key store.Key) string {
	return term.Index + "\x00" + term.Sort + "\x00" + key.ID + "\x00" + key.Kind
}

// parsePlace takes apart a row's place.
func parsePlace(place string) (index, sort string, key store.Key, err error) {
	parts := strings.Split(place, "\x00")
	if len(parts) != 4 {
		return "", "", store.Key{}, fmt.Errorf("index row %q has %d parts, not 4", place, len(parts))
	}
	return parts[0], parts[1], store.Key{Kind: parts[3], ID: parts[2]}, nil
}

// appendSpot is a place as its name's row has it.
func appendSpot(b []byte, p placed) []byte {
	return binary.BigEndian.AppendUint64(b, p.position<<6|uint64(p.back))
}

func readSpots(b []byte) (places []placed, err error) {
	for ; len(b) >= 8; b = b[8:] {
		spot := binary.BigEndian.Uint64(b)
		places = append(places, placed{spot >> 6, uint8(spot & 63)})
	}
	if len(places) == 0 || len(b) > 0 {
		err = errors.New("a name's places are not whole; run verify")
	}
	return places, err
}

// appendLimits are an account's tier and meter as its row has them.
func appendLimits(b []byte, a *ledger.Account) []byte {
	m := &a.Meter
	b = wire.Int(wire.Int(append(b, byte(a.Tier)), int64(m.Day.Number)), int64(m.Day.Year))
	b = wire.Int(wire.Int(wire.Int(b, int64(m.Today)), int64(m.ThisYear)), int64(m.Ever))
	return wire.Uint(b, uint64(m.TimesADay))
}

func readLimits(b []byte, a *ledger.Account) error {
	r := wire.Over(b)
	m := &a.Meter
	a.Tier = ledger.Tier(r.Byte())
	m.Day.Number, m.Day.Year = int32(r.Int()), int32(r.Int())
	m.Today, m.ThisYear, m.Ever = money.Amount(r.Int()), money.Amount(r.Int()), money.Amount(r.Int())
	m.TimesADay = uint32(r.Uint())
	if err := r.End(); err != nil {
		return fmt.Errorf("the limits of account %s: %w", a.ID, err)
	}
	return nil
}

package mysqlstore

import (
	"encoding/binary"
	"fmt"
	"strings"

	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/store"
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

// placeName is a name as its row has it. It is bytes and not a number, since numbers
// of 64 bits without a sign make some servers compare a list one by one.
func placeName(name uint64) []byte { return binary.BigEndian.AppendUint64(nil, name) }

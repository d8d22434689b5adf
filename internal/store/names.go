package store

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/cespare/xxhash/v2"
)

// A store that finds commands and bulk records by names of 64 bits has 63 for the
// name, and one that tells commands from records.

// CommandName is the name of a command with that stamp.
func CommandName(stamp uint64) uint64 { return stamp &^ 1 }

// Naming makes the names of records. It begins with the journal's salt, which
// nobody outside knows, so that nobody can choose order numbers that have one name.
type Naming uint32

// Of is the name of the record with a key.
func (n Naming) Of(key Key) uint64 {
	var b [128]byte
	text := binary.LittleEndian.AppendUint32(b[:0], uint32(n))
	return xxhash.Sum64(append(append(append(text, key.Kind...), 0), key.ID...)) | 1
}

// Check refuses a record that could not be found again, or not be as it says.
func (r *Record) Check() error {
	if r.Value == nil && (len(r.Terms) > 0 || r.Bulk) {
		return fmt.Errorf("record %s %s is deleted, and yet has index rows or is of a kind that can't be", r.Key.Kind, r.Key.ID)
	}
	zero := strings.IndexByte(r.Key.Kind, 0) >= 0 || strings.IndexByte(r.Key.ID, 0) >= 0
	for i := range r.Terms {
		zero = zero || strings.IndexByte(r.Terms[i].Index, 0) >= 0 || strings.IndexByte(r.Terms[i].Sort, 0) >= 0
	}
	if zero {
		return fmt.Errorf("record %s %q has a zero byte in its key or rows", r.Key.Kind, r.Key.ID)
	}
	return nil
}

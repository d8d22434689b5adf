package engine

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strconv"

	"tongbao/internal/store"
)

// The ids of what a command makes are made of the command's own id: its stamp,
// then 32 bits that tell apart what else it makes. So a repeat names the same
// thing, two servers need no counter between them, and a store finds the thing by
// the command without an index of its own.

// MakeID makes the id of a command's nth thing: a prefix, the stamp and the rest,
// 24 hexadecimal digits.
func MakeID(prefix string, command store.Named, nth int) string {
	var tail [8]byte
	h := sha256.New()
	h.Write(strconv.AppendInt(append(append(make([]byte, 0, 64), prefix...), 0), int64(nth), 10))
	h.Write([]byte{0})
	h.Write([]byte(command.ID))
	var sum [32]byte
	binary.BigEndian.PutUint64(tail[:], command.Stamp)
	b := make([]byte, 0, len(prefix)+24)
	b = append(b, prefix...)
	b = hex.AppendEncode(b, tail[:])
	return string(hex.AppendEncode(b, h.Sum(sum[:0])[:4]))
}

// OriginOfID reads the stamp out of an id that MakeID made: it is Kind.Origin for
// such ids. It answers 0 for anything else.
func OriginOfID(id string) uint64 {
	if len(id) < 24 {
		return 0
	}
	stamp, err := strconv.ParseUint(id[len(id)-24:len(id)-8], 16, 64)
	if err != nil {
		return 0
	}
	return stamp
}

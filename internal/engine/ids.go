package engine

import (
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
	var b [64]byte
	id := append(b[:0], prefix...)
	id = appendHex(id, command.Stamp, 16)
	// What differs in the rest are the command's own bits, the kind of thing and its
	// number. Multiplying by an odd number keeps different numbers different.
	rest := command.More ^ uint32(nth)*0x9E3779B1
	for _, c := range []byte(prefix) {
		rest = (rest ^ uint32(c)) * 0x01000193
	}
	return string(appendHex(id, uint64(rest), 8))
}

func appendHex(b []byte, v uint64, digits int) []byte {
	const hex = "0123456789abcdef"
	for shift := 4 * (digits - 1); shift >= 0; shift -= 4 {
		b = append(b, hex[v>>shift&15])
	}
	return b
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

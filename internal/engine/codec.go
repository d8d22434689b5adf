package engine

import (
	"fmt"

	"github.com/fxamacker/cbor/v2"
)

// Records, command contents and receipts are CBOR (RFC 8949) in its
// deterministic form: small, self-describing, and readable by any language.
// Fields are numbered by their tags, so a field can be renamed, and one that an
// older program doesn't know is passed over.
var (
	encoding = must(cbor.EncOptions{Sort: cbor.SortCoreDeterministic, Time: cbor.TimeUnixMicro}.EncMode())
	decoding = must(cbor.DecOptions{MaxNestedLevels: 32, MaxArrayElements: 1 << 20, MaxMapPairs: 1 << 16}.DecMode())
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(fmt.Sprintf("engine: %v", err))
	}
	return v
}

// Encode writes v. A type that can't be encoded is a bug and panics.
func Encode(v any) []byte { return must(encoding.Marshal(v)) }

// Decode reads what Encode wrote.
func Decode(data []byte, v any) error { return decoding.Unmarshal(data, v) }

package engine

import (
	"fmt"

	"github.com/fxamacker/cbor/v2"

	"tongbao/internal/wire"
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

// Compact is what the pointer to a type has that has an encoding of its own in
// package wire, for what every payment writes. AppendTo appends the fields, or says
// false where this value is better left to CBOR; ReadFrom reads them.
type Compact interface {
	AppendTo(b []byte) ([]byte, bool)
}

type compactReader interface{ ReadFrom(*wire.Reader) }

// compactVersion is the first byte of what a Compact is encoded as. CBOR for a
// struct can't begin with it, so the two are told apart.
const compactVersion = 1

// Encode writes v. A type that can't be encoded is a bug and panics.
func Encode(v any) []byte {
	if c, ok := v.(Compact); ok {
		if b, ok := c.AppendTo(append(make([]byte, 0, 192), compactVersion)); ok {
			return b
		}
	}
	return must(encoding.Marshal(v))
}

// Decode reads what Encode wrote.
func Decode(data []byte, v any) error {
	if c, ok := v.(compactReader); ok && len(data) > 0 && data[0] == compactVersion {
		r := wire.Read(data[1:])
		c.ReadFrom(r)
		return r.End()
	}
	return decoding.Unmarshal(data, v)
}

// DecodeInPlace is Decode of bytes that nobody changes as long as the value is
// used: its texts may lie in them.
func DecodeInPlace(data []byte, v any) error {
	if c, ok := v.(compactReader); ok && len(data) > 0 && data[0] == compactVersion {
		r := wire.Lasting(data[1:])
		c.ReadFrom(&r)
		return r.End()
	}
	return decoding.Unmarshal(data, v)
}

// Package wire writes and reads what every payment leaves behind: numbers, texts
// and bytes, one after the other, without names. Numbers are varints (LEB128, as
// encoding/binary has them), signed ones zigzag; texts and bytes have their length
// before them. It refuses to know what the fields are: who writes a type has a
// version in front, and reads the fields in the order in which it wrote them.
//
// Everything else in Tongbao is CBOR. This is for the few types that are written
// hundreds of thousands of times a second, where naming and reflection would cost
// more than the payment; docs/journal-format.md lists them byte by byte.
package wire

import (
	"encoding/binary"
	"errors"
	"unsafe"
)

// Uint appends an unsigned number.
func Uint(b []byte, v uint64) []byte { return binary.AppendUvarint(b, v) }

// Int appends a signed number.
func Int(b []byte, v int64) []byte { return binary.AppendVarint(b, v) }

// Fixed appends eight bytes, little-endian: for numbers that use them all, such as hashes.
func Fixed(b []byte, v uint64) []byte { return binary.LittleEndian.AppendUint64(b, v) }

// Text appends a text.
func Text(b []byte, s string) []byte { return append(binary.AppendUvarint(b, uint64(len(s))), s...) }

// Bytes appends bytes. Nil and empty are the same.
func Bytes(b, v []byte) []byte { return append(binary.AppendUvarint(b, uint64(len(v))), v...) }

// ErrMalformed says that bytes are not what a Writer made.
var ErrMalformed = errors.New("wire: malformed")

// Reader reads fields in order. After the first that is not there every other
// reads as zero, and Err says so: who reads asks once, at the end.
type Reader struct {
	b       []byte
	bad     bool
	lasting bool
	// all is everything as one string, once a text has been asked for: the texts
	// are parts of it, so a value with six of them costs one allocation.
	all   string
	whole []byte
}

// Read begins at the first byte.
func Read(b []byte) *Reader { return &Reader{b: b, whole: b} }

// Over makes a Reader of a value, for who reads many.
func Over(b []byte) Reader { return Reader{b: b, whole: b} }

// Lasting makes a Reader of bytes that nobody changes as long as anything that
// was read is kept: texts and bytes are read in place, and keep all of b.
func Lasting(b []byte) Reader { return Reader{b: b, lasting: true} }

// InPlace says that texts and bytes are read in place.
func (r *Reader) InPlace() bool { return r.lasting }

// Uint reads an unsigned number.
func (r *Reader) Uint() uint64 {
	if len(r.b) > 0 && r.b[0] < 0x80 { // most are small
		v := r.b[0]
		r.b = r.b[1:]
		return uint64(v)
	}
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.Fail()
		return 0
	}
	r.b = r.b[n:]
	return v
}

// Int reads a signed number.
func (r *Reader) Int() int64 {
	v := r.Uint()
	return int64(v>>1) ^ -int64(v&1)
}

// Fixed reads eight bytes.
func (r *Reader) Fixed() uint64 {
	b := r.take(8)
	if b == nil {
		return 0
	}
	return binary.LittleEndian.Uint64(b)
}

// Byte reads one byte.
func (r *Reader) Byte() byte {
	b := r.take(1)
	if b == nil {
		return 0
	}
	return b[0]
}

// Text reads a text.
func (r *Reader) Text() string {
	v := r.View()
	if len(v) == 0 {
		return ""
	}
	if r.lasting {
		return unsafe.String(unsafe.SliceData(v), len(v))
	}
	if r.all == "" {
		r.all = string(r.whole)
	}
	end := len(r.whole) - len(r.b)
	return r.all[end-len(v) : end]
}

// Bytes reads bytes, as a copy but for a Lasting; nil where there are none.
func (r *Reader) Bytes() []byte {
	v := r.View()
	if len(v) == 0 {
		return nil
	}
	if r.lasting {
		return v
	}
	return append([]byte(nil), v...)
}

// View reads bytes in place: they are good as long as what is read from.
func (r *Reader) View() []byte {
	n := r.Uint()
	if n > uint64(len(r.b)) {
		r.Fail()
		return nil
	}
	return r.take(int(n))
}

// Count reads how many things follow, each of at least one byte, so that a
// number that is a lie makes no room.
func (r *Reader) Count() int {
	n := r.Uint()
	if n > uint64(len(r.b)) {
		r.Fail()
		return 0
	}
	return int(n)
}

func (r *Reader) take(n int) []byte {
	if n > len(r.b) {
		r.Fail()
		return nil
	}
	v := r.b[:n:n]
	r.b = r.b[n:]
	return v
}

// Fail has it end here: what was read makes no sense.
func (r *Reader) Fail() { r.b, r.bad = nil, true }

// Left is what has not been read.
func (r *Reader) Left() []byte { return r.b }

// Err says that something was missing.
func (r *Reader) Err() error {
	if r.bad {
		return ErrMalformed
	}
	return nil
}

// End says that something was missing, or that something is left.
func (r *Reader) End() error {
	if r.bad || len(r.b) > 0 {
		return ErrMalformed
	}
	return nil
}

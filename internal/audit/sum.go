package audit

import (
	"math/big"
	"math/bits"
)

// sum adds up amounts in 128 bits: a sum that an int64 can't hold is a fault to
// tell, not a panic.
type sum struct {
	high int64
	low  uint64
}

func (s *sum) add(amount int64) {
	var carry uint64
	s.low, carry = bits.Add64(s.low, uint64(amount), 0)
	s.high += amount>>63 + int64(carry)
}

func (s *sum) sub(amount int64) {
	var borrow uint64
	s.low, borrow = bits.Sub64(s.low, uint64(amount), 0)
	s.high -= amount>>63 + int64(borrow)
}

func (s sum) is(amount int64) bool { return s.low == uint64(amount) && s.high == amount>>63 }

func (s sum) String() string {
	whole := new(big.Int).Lsh(big.NewInt(s.high), 64)
	return whole.Add(whole, new(big.Int).SetUint64(s.low)).String()
}

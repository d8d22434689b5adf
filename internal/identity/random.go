package identity

import (
	"encoding/binary"
	"fmt"
	"io"
)

// alphabet has 32 signs, so that a byte's five low bits choose evenly; l and o,
// which people take for digits, are not among them, nor are 0 and 1's doubles.
const alphabet = "abcdefghijkmnpqrstuvwxyz23456789"

func (s *Service) bytes(n int) []byte {
	s.random.Lock()
	defer s.random.Unlock()
	data := make([]byte, n)
	if _, err := io.ReadFull(s.opt.Random, data); err != nil {
		panic(fmt.Sprintf("identity: the source of randomness failed: %v", err))
	}
	return data
}

// text is n random signs, five bits each.
func (s *Service) text(n int) string {
	data := s.bytes(n)
	for i, b := range data {
		data[i] = alphabet[b&31]
	}
	return string(data)
}

func (s *Service) number() uint64 { return binary.LittleEndian.Uint64(s.bytes(8)) }

// digits is six random digits. That 2^64 isn't a multiple of a million makes
// some likelier than others by less than one in ten million million.
func (s *Service) digits() string { return fmt.Sprintf("%06d", s.number()%1_000_000) }

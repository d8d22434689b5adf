package huge

import "unsafe"

// Soon is a slice that is being made on a goroutine of its own, and touched there:
// memory that nobody has used yet is given out page by page as it is first looked at,
// and where the host of a virtual machine must find each, 64 MB take a sixth of a
// second. Who is going to need a table soon begins it, and does not wait then.
type Soon[T any] struct{ made chan []T }

// Begin makes a slice of n.
func Begin[T any](n int) *Soon[T] {
	s := &Soon[T]{make(chan []T, 1)}
	go func() {
		t := Slice[T](n)
		var of T
		each := max(1, smallest/int(max(1, unsafe.Sizeof(of))))
		for i := 0; i < n; i += each {
			t[i] = of
		}
		s.made <- t
	}()
	return s
}

// smallest is no more than a page.
const smallest = 4 << 10

// Take returns the slice of n that was begun, once, when it is made. Where none was,
// and s is nil, it is made now.
func (s *Soon[T]) Take(n int) []T {
	if s == nil {
		return Slice[T](n)
	}
	return <-s.made
}

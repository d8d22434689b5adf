// Package huge makes the tables that are looked into at random places, with a million
// accounts in them: accounts, filters, places, tallies.
package huge

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Slice is make of a slice of n. The kernel is asked for pages of 2 MiB under them, since with
// small ones each look costs a second one, into the page tables, which in a virtual
// machine costs more than the first. Where the kernel won't, nothing is lost.
func Slice[T any](n int) []T {
	s := make([]T, n)
	var of T
	if size := uintptr(n) * unsafe.Sizeof(of); size >= 4<<20 {
		_ = unix.Madvise(unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), size), unix.MADV_HUGEPAGE)
	}
	return s
}

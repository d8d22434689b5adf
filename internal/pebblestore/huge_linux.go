package pebblestore

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// made is make for the tables that are looked into at random places: accounts,
// filter, places. The kernel is asked for pages of 2 MiB under them, since with
// small ones each look costs a second one, into the page tables, which in a virtual
// machine costs more than the first. Where the kernel won't, nothing is lost.
func made[T any](n int) []T {
	s := make([]T, n)
	var of T
	if size := uintptr(n) * unsafe.Sizeof(of); size >= 4<<20 {
		_ = unix.Madvise(unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), size), unix.MADV_HUGEPAGE)
	}
	return s
}

//go:build !linux

package pebblestore

// made is make; see huge_linux.go.
func made[T any](n int) []T { return make([]T, n) }

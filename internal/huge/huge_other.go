//go:build !linux

package huge

// Slice is make; see huge_linux.go.
func Slice[T any](n int) []T { return make([]T, n) }

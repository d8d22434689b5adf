//go:build !linux

package cores

// LongTurns is for Linux.
func LongTurns() {}

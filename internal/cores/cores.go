// Package cores has a server's threads share few processor cores well. The Go runtime
// and the kernel each have a habit that is right for many programs on many cores, and
// costs a server that has two to itself a tenth of them.
package cores

import (
	"os"
	"runtime"
)

// Count is how many there are for this process, before anything asks for more at once.
var Count = runtime.GOMAXPROCS(0)

const few = 4

// OneMore lets one goroutine more be at work than there are cores, where those are few
// and nobody has said otherwise. One that comes back from a sync or from a socket must
// find a place among those at work, or it stands behind all that are ready: with two
// cores and 64 connections a sync of a fifth of a millisecond took a whole one.
func OneMore() {
	if Count <= few && os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(Count + 1)
	}
}

package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// bar draws how far a long piece of work is: one line that is drawn over on a
// terminal, a line now and then elsewhere.
type bar struct {
	to       io.Writer
	terminal bool
	started  time.Time
	drawn    time.Time
}

func newBar(to io.Writer) *bar {
	b := &bar{to: to, started: time.Now()}
	if f, ok := to.(*os.File); ok {
		info, err := f.Stat()
		b.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return b
}

// show draws the share done, in thousandths, and what is being done.
func (b *bar) show(share int, what string) {
	every := 5 * time.Second
	if b.terminal {
		every = 100 * time.Millisecond
	}
	if share < 1000 && time.Since(b.drawn) < every {
		return
	}
	b.drawn = time.Now()
	const width = 40
	full := share * width / 1000
	line := fmt.Sprintf("[%s%s] %3d %%  %s", strings.Repeat("█", full), strings.Repeat("·", width-full), share/10, what)
	if b.terminal {
		fmt.Fprintf(b.to, "\r\x1b[K%s", line)
		return
	}
	fmt.Fprintln(b.to, line)
}

// done ends the line.
func (b *bar) done() {
	if b.terminal {
		fmt.Fprint(b.to, "\r\x1b[K")
	}
}

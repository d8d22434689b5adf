// Package move takes the books from one store to another: the journal frame by
// frame, so that positions, hashes and signatures stay what they were, while the
// source goes on being written to; then, with the source set aside, the rest. It
// compares what both then hold, record by record, before the target is opened. At
// no moment do both take batches. It refuses to know how a store keeps things.
//
// A move that was broken off goes on where the target's head says, and nothing
// else is remembered.
package move

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"tongbao/internal/store"
)

// Side is one of the two stores.
type Side struct {
	store.Movable
	Name string // its address, without a password
}

// Report says what was moved. The two sides were asked one by one.
type Report struct {
	From    Standing      `json:"from"`
	To      Standing      `json:"to"`
	Records uint64        `json:"records"` // compared
	Rows    uint64        `json:"rows"`    // of indexes, compared
	Heads   int           `json:"heads"`   // signed heads taken along
	Took    time.Duration `json:"took_ns"`
	Paused  time.Duration `json:"paused_ns"` // so long neither side took batches
}

// Standing is where a store is.
type Standing struct {
	Entries  uint64 `json:"entries"`
	Hash     string `json:"hash"` // the chain's head, as verify prints it
	Accounts uint64 `json:"accounts"`
	Balances string `json:"balances"` // SHA-256 of all accounts' states
}

// Progress is told now and then the share done, in thousandths, and what is
// being done.
type Progress func(share int, what string)

const (
	copied   = 550 // thousandths when the bulk is there
	verified = 850 // and when the target has been verified
	compared = 990 // and compared

	chunk = 8 << 20 // bytes of journal asked for at once
	near  = 2000    // entries behind, at which the rest is short
)

// goingTo and comingFrom are the reasons for which the two are set aside. They
// say which move it is, so that no other goes on with it.
func goingTo(to string) string      { return "the books have moved to " + to }
func comingFrom(from string) string { return "books are on their way here from " + from }

// Run moves the books. On an error the source goes on as before, unless the error
// says otherwise; the same move may be run again.
func Run(ctx context.Context, from, to Side, progress Progress) (Report, error) {
	m := &mover{from: from, to: to, progress: progress}
	if m.progress == nil {
		m.progress = func(int, string) {}
	}
	started := time.Now()
	err := m.run(ctx)
	m.report.Took = time.Since(started)
	return m.report, err
}

type mover struct {
	from, to Side
	progress Progress
	report   Report
}

func (m *mover) run(ctx context.Context) error {
	if err := m.mayBegin(ctx); err != nil {
		return err
	}
	if err := m.to.SetAside(ctx, comingFrom(m.from.Name)); err != nil {
		return err
	}
	if err := m.bulk(ctx, m.progress); err != nil {
		return err
	}
	if err := m.compareNow(ctx); err != nil {
		return err
	}
	if err := m.bulk(ctx, func(int, string) {}); err != nil { // what came meanwhile
		return err
	}
	return m.switchOver(ctx)
}

// mayBegin refuses what would end with two books, or none.
func (m *mover) mayBegin(ctx context.Context) error {
	why, err := m.from.Aside(ctx)
	if err != nil {
		return err
	}
	if why != "" && why != goingTo(m.to.Name) {
		return fmt.Errorf("%s takes no batches (%s), so it can't be moved", m.from.Name, why)
	}
	head, err := m.to.Head(ctx)
	if err != nil {
		return err
	}
	target, err := m.to.Aside(ctx)
	if err != nil {
		return err
	}
	switch {
	case target == comingFrom(m.from.Name): // this move, broken off
	case head.Position == 0 && target == "":
	case target == goingTo(m.from.Name): // the books went there from here, and come back
	case target == "" && why != "":
		return fmt.Errorf("the books are in %s already, and in use there", m.to.Name)
	case target == "":
		return fmt.Errorf("%s holds books that are in use; name an empty store", m.to.Name)
	default:
		return fmt.Errorf("%s is set aside for something else (%s); name an empty store", m.to.Name, target)
	}
	own, err := m.from.Head(ctx)
	if err != nil {
		return err
	}
	if head.Position > own.Position || head.Position == own.Position && head.Hash != own.Hash {
		return fmt.Errorf("%s holds other books, of %d entries; name an empty store", m.to.Name, head.Position)
	}
	return nil
}

// bulk follows the source until little is missing, or until what is missing no
// longer becomes much less: a source that is written to more quickly than the
// target takes frames is never caught up with, and then the pause is longer.
func (m *mover) bulk(ctx context.Context, progress Progress) error {
	for missing := uint64(math.MaxUint64); ; {
		end, err := m.from.Head(ctx)
		if err != nil {
			return err
		}
		at, err := m.pour(ctx, end.Position, func(at uint64) {
			progress(int(copied*at/max(end.Position, 1)), fmt.Sprintf("entry %d of %d", at, end.Position))
		})
		if err != nil {
			return err
		}
		if end, err = m.from.Head(ctx); err != nil {
			return err
		}
		if lag := end.Position - at; lag <= near || lag > missing/2 {
			return nil
		}
		missing = end.Position - at
	}
}

// pour takes over frames up to a position at most, and returns how far it came.
func (m *mover) pour(ctx context.Context, until uint64, each func(at uint64)) (uint64, error) {
	head, err := m.to.Head(ctx)
	if err != nil {
		return 0, err
	}
	for at := head.Position; ; {
		each(at)
		if at >= until {
			return at, nil
		}
		frames, err := m.from.Frames(ctx, at, chunk)
		if err != nil {
			return at, fmt.Errorf("read %s: %w", m.from.Name, err)
		}
		for len(frames) > 0 && frames[len(frames)-1].Position > until {
			frames = frames[:len(frames)-1]
		}
		if len(frames) == 0 {
			return at, nil
		}
		if err := m.to.Adopt(ctx, frames); err != nil {
			return at, fmt.Errorf("%s: %w", m.to.Name, err)
		}
		at = frames[len(frames)-1].Position
	}
}

// compareNow compares the two at one moment of the source, while that goes on.
func (m *mover) compareNow(ctx context.Context) error {
	moment, err := m.from.Snapshot(ctx)
	if err != nil {
		return err
	}
	defer moment.Close()
	head, err := moment.Head(ctx)
	if err != nil {
		return err
	}
	at, err := m.pour(ctx, head.Position, func(uint64) {})
	if err != nil {
		return err
	}
	if at != head.Position {
		return fmt.Errorf("%s stands at entry %d, and no batch of %s ends with entry %d", m.to.Name, at, m.from.Name, head.Position)
	}
	there, err := m.to.Snapshot(ctx)
	if err != nil {
		return err
	}
	defer there.Close()

	seen := newSeen()
	var faults []string
	err = there.VerifyChain(ctx, seen.entries, func(fault string) {
		if len(faults) < 10 {
			faults = append(faults, fault)
		}
	}, func(share int) { m.progress(copied+share*(verified-copied)/1000, "verifying the copy") })
	if err != nil {
		return fmt.Errorf("verify %s: %w", m.to.Name, err)
	}
	if len(faults) > 0 {
		return fmt.Errorf("the copy is wrong, and %s goes on as before: %s", m.from.Name, strings.Join(faults, "; "))
	}
	return m.compare(ctx, moment, there, seen)
}

// switchOver sets the source aside, copies the rest, and opens the target.
func (m *mover) switchOver(ctx context.Context) (err error) {
	m.progress(compared, "changing over")
	paused := time.Now()
	defer func() { m.report.Paused = time.Since(paused) }()
	before, err := m.to.Head(ctx)
	if err != nil {
		return err
	}
	if err := m.from.SetAside(ctx, goingTo(m.to.Name)); err != nil {
		return err
	}
	if err := m.finish(ctx, before.Position); err != nil {
		// The target was not opened, so the source may go on.
		if back := m.from.SetAside(context.WithoutCancel(ctx), ""); back != nil {
			return errors.Join(err, fmt.Errorf("and %s stays set aside: %w", m.from.Name, back))
		}
		return err
	}
	// Here the books change their place.
	if err := m.to.SetAside(context.WithoutCancel(ctx), ""); err != nil {
		return fmt.Errorf("neither side takes batches now, and nothing is lost: run the move again: %w", err)
	}
	m.progress(1000, "moved")
	return nil
}

// finish makes the two the same, and sure of it.
func (m *mover) finish(ctx context.Context, compared uint64) error {
	head, err := m.from.Head(ctx)
	if err != nil {
		return err
	}
	if _, err := m.pour(ctx, head.Position, func(uint64) {}); err != nil {
		return err
	}
	moment, err := m.from.Snapshot(ctx)
	if err != nil {
		return err
	}
	defer moment.Close()
	heads, err := moment.Heads(ctx)
	if err != nil {
		return err
	}
	if err := m.to.AdoptHeads(ctx, heads); err != nil {
		return err
	}
	m.report.Heads = len(heads)
	if err := m.compareTail(ctx, compared); err != nil {
		return err
	}
	if m.report.From, err = standing(ctx, m.from); err != nil {
		return err
	}
	if m.report.To, err = standing(ctx, m.to); err != nil {
		return err
	}
	if m.report.From != m.report.To {
		return fmt.Errorf("the two differ: %s has %+v, %s has %+v", m.from.Name, m.report.From, m.to.Name, m.report.To)
	}
	return nil
}

// GiveUp ends a move that was broken off: the source takes batches again. It is
// refused once the target does.
func GiveUp(ctx context.Context, from, to Side) error {
	why, err := from.Aside(ctx)
	if err != nil {
		return err
	}
	if why != "" && why != goingTo(to.Name) {
		return fmt.Errorf("%s is not on its way to %s (%s)", from.Name, to.Name, why)
	}
	target, err := to.Aside(ctx)
	if err != nil {
		return err
	}
	if target != comingFrom(from.Name) {
		return fmt.Errorf("%s is not waiting for books from %s; nothing was changed", to.Name, from.Name)
	}
	return from.SetAside(ctx, "")
}

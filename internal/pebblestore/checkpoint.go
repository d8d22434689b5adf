package pebblestore

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tongbao/internal/ledger"
	"tongbao/internal/money"
)

// A checkpoint is a file with every account's state at one position, and what of the
// filter has no file of its own. Two are kept, so that one that turns out unreadable costs
// time and nothing else.
const (
	checkpointMagic   = 0x43 // last byte of "tongbaoC"
	checkpointVersion = 2
	checkpointSuffix  = ".checkpoint"
	checkpointsKept   = 2
	accountSize       = 96 // bytes of a state, see appendState
)

var checkpointHeader = []byte{'t', 'o', 'n', 'g', 'b', 'a', 'o', checkpointMagic, checkpointVersion, 0, 0, 0}

// checkpointer says when the next one is due, and lets one be written at a time.
type checkpointer struct {
	mu      sync.Mutex // held while one is written
	running sync.WaitGroup
	since   int64  // bytes of journal applied since the last; the applying goroutine's
	newest  uint64 // position of the newest that is whole
}

func (c *checkpointer) wait() { c.running.Wait() }

// checkpointIfDue starts one in the background when enough has been written.
func (s *Store) checkpointIfDue(bytes int64) {
	c := &s.checkpoints
	if c.since += bytes; c.since < s.options.CheckpointBytes || !c.mu.TryLock() {
		return
	}
	c.since = 0
	c.running.Go(func() {
		defer c.mu.Unlock()
		if err := s.checkpoint(); err != nil {
			s.log.Error("checkpoint not written; the next start takes longer", "dir", s.dir, "error", err)
		}
	})
}

// checkpoint writes one, while everything goes on.
func (s *Store) checkpoint() error {
	s.applying.Lock()
	f := s.freeze()
	s.applying.Unlock()
	defer s.thaw(f)

	dir, name := s.fs.PathJoin(s.dir, accountsDir), checkpointName(f)
	if err := s.filter.save(s.fs, dir, s.pace.burst()); err != nil {
		return fmt.Errorf("save the filter: %w", err)
	}
	err := s.writeCheckpoint(dir, name, f, false, func() error {
		s.thaw(f)
		// Index and places should not be further behind than the accounts, or they decide
		// how much of the journal is read at the next start.
		if err := s.flushIndex(); err != nil {
			return fmt.Errorf("flush index: %w", err)
		}
		if err := s.places.flush(); err != nil {
			return fmt.Errorf("flush places: %w", err)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("write checkpoint %s: %w", name, err)
	}
	s.checkpoints.newest = f.reached.head.Position
	s.writePlaces() // merging them has not kept the checkpoint waiting
	if err := s.heads.sign(f.reached.head); err != nil {
		return fmt.Errorf("sign the journal's head: %w", err)
	}
	names, err := listCheckpoints(s.fs, dir)
	if err != nil {
		return err
	}
	for _, old := range names[min(len(names), checkpointsKept):] {
		if err := s.fs.Remove(s.fs.PathJoin(dir, old)); err != nil {
			return fmt.Errorf("remove checkpoint %s: %w", old, err)
		}
	}
	return nil
}

func checkpointName(f *frozen) string {
	return fmt.Sprintf("%020d%s", f.reached.head.Position, checkpointSuffix)
}

// listCheckpoints names them, newest first.
func listCheckpoints(fs vfs.FS, dir string) ([]string, error) {
	names, err := fs.List(dir)
	if err != nil {
		return nil, fmt.Errorf("list checkpoints: %w", err)
	}
	names = slices.DeleteFunc(names, func(name string) bool { return !strings.HasSuffix(name, checkpointSuffix) })
	slices.Sort(names)
	slices.Reverse(names)
	return names, nil
}

// writeCheckpoint writes one that leans on the filter's files beside it, or stands
// alone. The accounts are in it when then is called.
func (s *Store) writeCheckpoint(dir, name string, f *frozen, alone bool, then func() error) error {
	_, err := writeSummed(s.fs, dir, name, func(w *bufio.Writer) error {
		b := s.pace.burst()
		w.Write(checkpointHeader)
		w.Write(f.reached.value())
		w.Write(binary.LittleEndian.AppendUint64(nil, uint64(f.count)))
		block := make([]byte, 0, 1024*accountSize)
		for number := 0; number < f.count; {
			// The lock is held for a block at a time, so that batches go on.
			block = block[:0]
			s.mu.RLock()
			for end := min(number+1024, f.count); number < end; number++ {
				block = appendState(block, s.frozenAt(f, number))
			}
			f.written = number
			s.mu.RUnlock()
			w.Write(block)
			b.rest()
		}
		if err := then(); err != nil {
			return err
		}
		s.filter.write(w, alone, b)
		return nil
	})
	return err
}

// loadCheckpoint reads the newest one that is whole. Without any it leaves
// everything empty, from where the whole journal is followed.
func (s *Store) loadCheckpoint() error {
	dir := s.fs.PathJoin(s.dir, accountsDir)
	names, err := listCheckpoints(s.fs, dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		b, err := readFile(s.fs, s.fs.PathJoin(dir, name))
		if err == nil {
			err = s.readCheckpoint(dir, b)
		}
		if err == nil {
			s.checkpoints.newest = s.reached.head.Position
			return nil
		}
		s.log.Warn("checkpoint is no use; trying an older one", "dir", s.dir, "checkpoint", name, "error", err)
	}
	s.accounts, s.filter, s.reached = newAccounts(), newFilter(), standing{}
	return nil
}

func (s *Store) readCheckpoint(dir string, b []byte) error {
	b, _, ok := unsummed(b)
	if !ok || len(b) < len(checkpointHeader)+60 {
		return errors.New("its checksum is wrong")
	}
	version := b[8]
	if !slices.Equal(b[:8], checkpointHeader[:8]) || version == 0 || version > checkpointVersion {
		return errors.New("it is of another version")
	}
	b = b[len(checkpointHeader):]
	reached, err := parseStanding(b[:52])
	if err != nil {
		return err
	}
	count := binary.LittleEndian.Uint64(b[52:])
	b = b[60:]
	if count > uint64(len(b)/accountSize) {
		return errors.New("it is cut off")
	}
	states, rest := b[:count*accountSize], b[count*accountSize:]
	var working sync.WaitGroup
	working.Go(func() { s.accounts = loadAccounts(states) })
	s.filter, err = readFilter(s.fs, dir, version, rest)
	working.Wait()
	s.reached = reached
	return err
}

func appendState(b []byte, a *ledger.Account) []byte {
	le := binary.LittleEndian
	b = append(b, byte(a.ID.Kind))
	b = le.AppendUint16(b, uint16(a.ID.Currency))
	b = le.AppendUint64(b, a.ID.Owner)
	b = le.AppendUint64(b, uint64(a.Balance))
	b = le.AppendUint64(b, uint64(a.Held))
	b = le.AppendUint64(b, a.Entries)
	b = le.AppendUint64(b, a.Last)
	b = append(b, byte(a.Tier))
	b = le.AppendUint32(b, uint32(a.Meter.Day.Number))
	b = le.AppendUint32(b, uint32(a.Meter.Day.Year))
	b = le.AppendUint64(b, uint64(a.Meter.Today))
	b = le.AppendUint64(b, uint64(a.Meter.ThisYear))
	b = le.AppendUint64(b, uint64(a.Meter.Ever))
	b = le.AppendUint32(b, a.Meter.TimesADay)
	return append(b, make([]byte, 16)...) // room for what comes
}

func parseState(b []byte) ledger.Account {
	le := binary.LittleEndian
	amount := func(at int) money.Amount { return money.Amount(le.Uint64(b[at:])) }
	return ledger.Account{
		ID:      ledger.AccountID{Kind: ledger.Kind(b[0]), Currency: money.Currency(le.Uint16(b[1:])), Owner: le.Uint64(b[3:])},
		Balance: amount(11), Held: amount(19), Entries: le.Uint64(b[27:]), Last: le.Uint64(b[35:]), Tier: ledger.Tier(b[43]),
		Meter: ledger.Meter{Day: ledger.Day{Number: int32(le.Uint32(b[44:])), Year: int32(le.Uint32(b[48:]))},
			Today: amount(52), ThisYear: amount(60), Ever: amount(68), TimesADay: le.Uint32(b[76:])},
	}
}

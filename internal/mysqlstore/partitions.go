package mysqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"
)

// partEntries is how many entries a partition of the journal is for, about a
// gigabyte of payments, and partsAhead how many empty ones are made beforehand.
var partEntries = uint64(4_000_000)

const partsAhead = 4

// extend makes the journal's next partitions, where fewer than half of those ahead are
// left. Making one takes no time as long as the newest is empty; it waits a second for
// who reads the journal, and is tried again another time.
func (s *Store) extend(ctx context.Context, position uint64) error {
	until, err := s.partitioned(ctx)
	if err != nil || position+partsAhead/2*partEntries < until {
		return err
	}
	return s.part(ctx, max(until, (position/partEntries+1)*partEntries))
}

// part makes partitions from a position on, after which there are none. Where another
// server has just made them it notes those.
func (s *Store) part(ctx context.Context, from uint64) error {
	var parts []string
	for n := range uint64(partsAhead) {
		bound := from + (n+1)*partEntries
		parts = append(parts, fmt.Sprintf("PARTITION until_%d VALUES LESS THAN (%d)", bound, bound))
	}
	conn, done, err := s.hasty(ctx)
	if err == nil {
		defer done()
		_, err = conn.ExecContext(ctx, "ALTER TABLE journal REORGANIZE PARTITION newest INTO ("+strings.Join(parts, ", ")+", PARTITION newest VALUES LESS THAN (MAXVALUE))")
	}
	if numberOf(err) == errSamePart {
		_, err = s.partitioned(ctx)
		return err
	}
	if err != nil {
		return fmt.Errorf("make the journal's next partitions: %w", err)
	}
	s.parted.Store(from + partsAhead*partEntries)
	return nil
}

// hasty is a connection that waits a second for who uses a table, for statements that
// change one: whoever comes after them would wait too. done gives it back.
func (s *Store) hasty(ctx context.Context) (conn *sql.Conn, done func(), err error) {
	if conn, err = s.long.Conn(ctx); err != nil {
		return nil, nil, err
	}
	done = func() {
		conn.ExecContext(context.WithoutCancel(ctx), "SET SESSION lock_wait_timeout = DEFAULT")
		conn.Close()
	}
	if _, err = conn.ExecContext(ctx, "SET SESSION lock_wait_timeout = 1"); err != nil {
		done()
		return nil, nil, err
	}
	return conn, done, nil
}

// partitioned is the position from which on no partition was made.
func (s *Store) partitioned(ctx context.Context) (until uint64, err error) {
	parts, err := s.partitions(ctx)
	for _, bound := range parts {
		until = max(until, bound)
	}
	if err == nil {
		s.parted.Store(until)
	}
	return until, err
}

// partitions are the journal's but for the newest: the names and the positions before
// which they end.
func (s *Store) partitions(ctx context.Context) (map[string]uint64, error) {
	parts := map[string]uint64{}
	err := pool{s.long}.each(ctx, "SELECT partition_name, partition_description FROM information_schema.partitions WHERE table_schema = DATABASE() AND table_name = 'journal'", func(scan scanner) error {
		var name, bound string
		if err := scan(&name, &bound); err != nil || bound == "MAXVALUE" {
			return err
		}
		var at uint64
		_, err := fmt.Sscan(bound, &at)
		parts[name] = at
		return err
	})
	return parts, failed("list the journal's partitions", err)
}

// keepAhead sees to it that the newest partition stays empty, beside the batches.
func (s *Store) keepAhead(position uint64) {
	if position+partsAhead/2*partEntries < s.parted.Load() || !s.extending.CompareAndSwap(false, true) {
		return
	}
	s.polls.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := s.extend(ctx, position); err != nil {
			s.log.Warn("the journal gets no new partition yet", "error", err)
			s.parted.Store(position + partsAhead/2*partEntries + 100_000) // not at once again
		}
		s.extending.Store(false)
	})
}

package mysqlstore

import (
	"context"
	"fmt"

	"tongbao/internal/store"
)

// The journal's head is signed now and then, and the line kept in the table heads,
// by whichever server commits next; so the journal can't lose its end, nor be
// replaced by whoever lacks the key, without its being seen.

// signEvery is how many entries at most go by unsigned.
const signEvery = 250_000

// signature is the line for a head, or none where it is not due or there is no key.
func (s *Store) signature(head store.Head, due uint64) (string, error) {
	if s.key == nil || head.Position == 0 || head.Position < s.signed.Load()+due {
		return "", nil
	}
	key, err := s.key()
	if err != nil {
		return "", err
	}
	return store.SignHead(head, key).String(), nil
}

// sign signs the head as it is now. The caller has the turn in this
// process, and no batch is under way.
func (s *Store) sign(ctx context.Context) error {
	if s.key == nil {
		return nil
	}
	head, err := s.Head(ctx)
	if err != nil {
		return err
	}
	line, err := s.signature(head, 1)
	if err != nil || line == "" {
		return err
	}
	_, err = s.write.ExecContext(ctx, "INSERT IGNORE INTO heads (position, line) VALUES (?, ?)", head.Position, []byte(line))
	if err == nil {
		s.signed.Store(head.Position)
	}
	return failed("sign the journal's head", err)
}

// readHeads lists the heads up to a position, and what is wrong with others.
func (l *look) readHeads(ctx context.Context, upTo uint64) (lines []store.SignedHead, bad []string, err error) {
	err = l.ask.each(ctx, "SELECT position, line FROM heads WHERE position <= ? ORDER BY position", func(scan scanner) error {
		var position uint64
		var line []byte
		if err := scan(&position, &line); err != nil {
			return err
		}
		signed, err := store.ParseSignedHead(string(line))
		switch {
		case err != nil:
			bad = append(bad, fmt.Sprintf("the signed head for entry %d is none: %v", position, err))
		case signed.Position != position:
			bad = append(bad, fmt.Sprintf("the signed head kept for entry %d is for entry %d", position, signed.Position))
		case !signed.Genuine():
			bad = append(bad, fmt.Sprintf("the signed head for entry %d: its signature is false", position))
		default:
			lines = append(lines, signed)
		}
		return nil
	}, upTo)
	return lines, bad, failed("list the signed heads", err)
}

package pebblestore

import (
	"context"
	"errors"

	"tongbao/internal/store"
)

func (s *Store) Snapshot(ctx context.Context) (store.Snapshot, error) {
	return nil, errors.New("not yet")
}
func (s *Store) Backup(ctx context.Context, dir string) error { return errors.New("not yet") }

package tongbao

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"tongbao/internal/move"
	"tongbao/internal/pebblestore"
	"tongbao/internal/store"
)

// MoveCall asks a running platform to move its books to another store.
type MoveCall struct {
	To     string `json:"to"`
	GiveUp bool   `json:"give_up,omitempty"` // end a move that was broken off
}

// Move moves the books from one store to another; package move says how. The
// source is a store's address, or a data folder; where a platform runs on it, that
// does the work, and takes nothing more when it is done.
func Move(ctx context.Context, from string, call MoveCall, log *slog.Logger, progress move.Progress) (move.Report, error) {
	data, from := dataOf(from)
	_, call.To = dataOf(call.To)
	if data != "" {
		if !isRemote(call.To) { // the platform has a working folder of its own
			to, err := filepath.Abs(folderOf(call.To))
			if err != nil {
				return move.Report{}, err
			}
			call.To = to
		}
		report, err := ControlLong[move.Report](ctx, data, "/move", call, progress)
		if !errors.Is(err, ErrNotRunning) {
			return report, err
		}
		if !pebblestore.In(from) {
			return move.Report{}, fmt.Errorf("there is no store in %s", from)
		}
	}
	s, err := OpenStore(ctx, from, log)
	if err != nil {
		return move.Report{}, err
	}
	report, err := moveFrom(ctx, s, from, call, log, progress)
	return report, errors.Join(err, s.Close())
}

// moveFrom moves the books of an open store.
func moveFrom(ctx context.Context, from store.Store, address string, call MoveCall, log *slog.Logger, progress move.Progress) (report move.Report, err error) {
	a, err := side(from, address)
	if err != nil {
		return report, err
	}
	if StoreName(call.To) == a.Name {
		return report, fmt.Errorf("the books are in %s", a.Name)
	}
	to, err := OpenStore(ctx, call.To, log)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	b, err := side(to, call.To)
	if err != nil {
		return report, err
	}
	if call.GiveUp {
		return report, move.GiveUp(ctx, a, b)
	}
	return move.Run(ctx, a, b, progress)
}

func side(s store.Store, address string) (move.Side, error) {
	m, ok := s.(store.Movable)
	if !ok {
		return move.Side{}, fmt.Errorf("the books of %s can't be moved", StoreName(address))
	}
	return move.Side{Movable: m, Name: StoreName(address)}, nil
}

// isRemote says that an address isn't a folder's.
func isRemote(address string) bool {
	scheme, _, ok := strings.Cut(address, "://")
	return ok && scheme != "pebble"
}

// folderOf is the folder that an address names.
func folderOf(address string) string {
	rest, ok := strings.CutPrefix(address, "pebble:")
	if !ok {
		return address
	}
	return strings.TrimPrefix(rest, "//")
}

// StoreName is an address as it may be shown: without who may open it, and the same
// however it was written.
func StoreName(address string) string {
	if !isRemote(address) {
		folder := folderOf(address)
		if absolute, err := filepath.Abs(folder); err == nil {
			folder = absolute
		}
		return "pebble://" + folder
	}
	scheme, rest, _ := strings.Cut(address, "://")
	rest, _, _ = strings.Cut(rest[strings.LastIndex(rest, "@")+1:], "?")
	return scheme + "://" + rest
}

// StoreOf names the store that an address stands for, which may be a data folder's.
func StoreOf(address string) string {
	_, in := dataOf(address)
	return StoreName(in)
}

// dataOf is the data folder, and the store in it, that an address stands for: either
// may be named. The data folder is empty for a store that isn't in one.
func dataOf(address string) (data, in string) {
	if isRemote(address) {
		return "", address
	}
	folder := folderOf(address)
	if info, err := os.Stat(StoreIn(folder)); err == nil && info.IsDir() {
		return folder, StoreIn(folder)
	}
	if filepath.Base(folder) == filepath.Base(StoreIn("")) {
		return filepath.Dir(filepath.Clean(folder)), folder
	}
	return folder, folder
}

// controlMove breaks the move off where who asked went away.
func (p *Platform) controlMove(ctx context.Context, call MoveCall, progress func(int, string)) (move.Report, error) {
	report, err := moveFrom(ctx, p.store, p.address, call, p.log, progress)
	if err == nil && !call.GiveUp {
		p.log.Warn("the books have moved; this platform takes nothing more", "to", StoreName(call.To))
	}
	return report, err
}

// notAside refuses to start on books that are elsewhere, or not all there.
func notAside(ctx context.Context, s store.Store) error {
	m, ok := s.(store.Movable)
	if !ok {
		return nil
	}
	why, err := m.Aside(ctx)
	if err != nil || why == "" {
		return err
	}
	return fmt.Errorf("the store takes nothing: %s. Name the other store, or see `tongbao help move`", why)
}

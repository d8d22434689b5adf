package pebblestore

import (
	"bytes"
	"cmp"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"

	"tongbao/internal/frame"
	"tongbao/internal/store"
)

// heads is the file journal/heads, in which the journal's head is signed at each
// checkpoint: one line each, store.SignedHead's. The journal can't lose its end
// after that without its being seen, nor be replaced by whoever lacks the key.
//
// A last line that makes no sense was under way when the power went, and the next
// is written over it. Any other that does is damage; it is told by verification,
// and keeps nothing from going on.
type heads struct {
	fs   vfs.FS
	path string
	key  func() (ed25519.PrivateKey, error) // nil: nothing is signed

	mu    sync.Mutex
	lines []store.SignedHead
	end   int64    // where the next line goes
	bad   []string // what is wrong with the file
}

const headsFile = "heads"

func openHeads(disk vfs.FS, dir string, key func() (ed25519.PrivateKey, error)) (*heads, error) {
	h := &heads{fs: disk, path: disk.PathJoin(dir, headsFile), key: key}
	b, err := readFile(disk, h.path)
	if errors.Is(err, fs.ErrNotExist) {
		return h, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read signed heads: %w", err)
	}
	h.read(b)
	return h, nil
}

func (h *heads) read(b []byte) {
	for n := 1; len(b) > 0; n++ {
		line, rest, ended := bytes.Cut(b, []byte{'\n'})
		signed, err := store.ParseSignedHead(string(line))
		if (err != nil || !ended) && len(bytes.Trim(rest, "\x00")) == 0 {
			return // torn
		}
		switch {
		case err != nil:
			h.bad = append(h.bad, fmt.Sprintf("line %d of %s/%s is no signed head: %v", n, journalDir, headsFile, err))
		case !signed.Genuine():
			h.bad = append(h.bad, fmt.Sprintf("line %d of %s/%s, for entry %d: its signature is false", n, journalDir, headsFile, signed.Position))
		case signed.Position <= h.last():
			h.bad = append(h.bad, fmt.Sprintf("line %d of %s/%s, for entry %d, comes after one for entry %d", n, journalDir, headsFile, signed.Position, h.last()))
		default:
			h.lines = append(h.lines, signed)
		}
		h.end += int64(len(line)) + 1
		b = rest
	}
}

// last is the newest position that was signed.
func (h *heads) last() uint64 {
	if len(h.lines) == 0 {
		return 0
	}
	return h.lines[len(h.lines)-1].Position
}

// sign appends a line for a head, which must be durable.
func (h *heads) sign(head store.Head) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.key == nil || head.Position <= h.last() {
		return nil
	}
	key, err := h.key()
	if err != nil {
		return err
	}
	return h.write(store.SignHead(head, key))
}

// adopt keeps heads that were signed elsewhere, beside those that are there; of
// two for one entry the first stays.
func (h *heads) adopt(signed []store.SignedHead) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	known := map[uint64]bool{}
	for _, line := range h.lines {
		known[line.Position] = true
	}
	all := slices.Clone(h.lines)
	for _, line := range signed {
		if !known[line.Position] {
			known[line.Position] = true
			all = append(all, line)
		}
	}
	slices.SortStableFunc(all, func(a, b store.SignedHead) int { return cmp.Compare(a.Position, b.Position) })
	if len(all) == len(h.lines) {
		return nil
	}
	if len(h.bad) > 0 {
		return errors.New(h.bad[0]) // which a new file would no longer show
	}
	var text strings.Builder
	for _, line := range all {
		fmt.Fprintln(&text, line)
	}
	err := replaceFile(h.fs, h.fs.PathDir(h.path), headsFile, func(w io.Writer) error {
		_, err := io.WriteString(w, text.String())
		return err
	})
	if err == nil {
		h.lines, h.end = all, int64(text.Len())
	}
	return err
}

// write appends a line.
func (h *heads) write(signed store.SignedHead) error {
	line := []byte(signed.String() + "\n")
	f, err := h.fs.OpenReadWrite(h.path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(line, h.end)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if h.end == 0 {
		if err := syncDir(h.fs, h.fs.PathDir(h.path)); err != nil {
			return err
		}
	}
	h.end += int64(len(line))
	h.lines = append(h.lines, signed)
	return nil
}

// upTo lists the heads up to a position, and what is wrong with the file.
func (h *heads) upTo(position uint64) (lines []store.SignedHead, bad []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := sort.Search(len(h.lines), func(i int) bool { return h.lines[i].Position > position })
	return slices.Clone(h.lines[:n]), slices.Clone(h.bad)
}

// copyTo writes the lines up to a position into another journal folder.
func (h *heads) copyTo(dir string, position uint64) error {
	lines, _ := h.upTo(position)
	if len(lines) == 0 {
		return nil
	}
	var text strings.Builder
	for _, line := range lines {
		fmt.Fprintln(&text, line)
	}
	return replaceFile(h.fs, dir, headsFile, func(w io.Writer) error {
		_, err := io.WriteString(w, text.String())
		return err
	})
}

// compareHeads compares heads, in order, with frames as they go by.
type compareHeads []store.SignedHead

// frame says what is wrong with the heads that lie within a frame, "" for nothing.
func (c *compareHeads) frame(h frame.Header) string {
	for len(*c) > 0 && (*c)[0].Position <= h.Last() {
		signed := (*c)[0]
		*c = (*c)[1:]
		switch {
		case signed.Position < h.First: // before what is read
		case signed.Position != h.Last():
			return fmt.Sprintf("entry %d was signed as the last of its batch, and is not", signed.Position)
		case signed.Hash != h.Hash:
			return fmt.Sprintf("entry %d was signed with hash %x; the journal's is %x there", signed.Position, signed.Hash, h.Hash)
		}
	}
	return ""
}

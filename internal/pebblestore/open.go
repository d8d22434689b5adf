package pebblestore

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"strconv"
	"strings"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"

	"tongbao/internal/diary"
	"tongbao/internal/frame"
	"tongbao/internal/ledger"
	"tongbao/internal/store"
)

// Options say where and how. Only Dir must be set.
type Options struct {
	Dir      string
	FS       vfs.FS // where the folder is; nil for the disk. Every byte goes through it
	ReadOnly bool   // changes nothing; refused where the last process left something to be brought forward
	Logger   *slog.Logger

	CheckpointBytes int64  // bytes of journal between checkpoints of the accounts
	SegmentBytes    int64  // size at which a segment of the journal ends
	InFlight        int    // batches that may be committed and not yet durable
	MemTableBytes   uint64 // of the index
	CacheBytes      int64  // of the index, beside its memtables
	PlacesInMemory  int    // rows of places that gather before they go into a file
	Salt            uint32 // of a new journal; 0 for a random one. For runs that repeat byte for byte

	// Key gives the key by which the journal's head is signed at each checkpoint,
	// once it is needed; nil: nothing is signed.
	Key func() (ed25519.PrivateKey, error)
}

const (
	journalDir  = "journal"
	indexDir    = "index"
	accountsDir = "accounts"
	placesDir   = "places"
	lockFile    = "LOCK"
	formatFile  = "FORMAT"
	asideFile   = "ASIDE" // why no batch may begin; see store.Movable
	format      = 2
	memTables   = 4
)

// In says that a folder on the disk holds a store.
func In(dir string) bool {
	_, err := vfs.Default.Stat(vfs.Default.PathJoin(dir, formatFile))
	return err == nil
}

func (o Options) withDefaults() Options {
	if o.FS == nil {
		o.FS = osFiles()
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	setDefault(&o.CheckpointBytes, 104<<20) // of payments, a little fewer than PlacesInMemory has room for
	setDefault(&o.SegmentBytes, 64<<20)
	setDefault(&o.InFlight, 13)
	setDefault(&o.MemTableBytes, 32<<20)
	setDefault(&o.CacheBytes, 64<<20)
	setDefault(&o.PlacesInMemory, 21<<16)
	return o
}

func setDefault[T comparable](value *T, normal T) {
	var zero T
	if *value == zero {
		*value = normal
	}
}

// Open opens a folder, or makes a new one where there is none. After a crash it
// first brings everything forward to the journal's end.
func Open(ctx context.Context, options Options) (*Store, error) {
	options = options.withDefaults()
	s := &Store{
		dir: options.Dir, fs: options.FS, log: options.Logger, options: options, readOnly: options.ReadOnly,
		young: newYoung(), turn: make(chan struct{}, 1), slots: make(chan struct{}, options.InFlight),
		toEncode: make(chan *flight, options.InFlight), toWrite: make(chan *flight, options.InFlight), toApply: make(chan *flight, options.InFlight),
		applied: make(chan struct{}), unknown: map[string]struct{}{}, moved: make(chan struct{}), indexEnded: make(chan struct{}), frozen: map[*frozen]struct{}{},
	}
	s.pace.hurry.Store(s.readOnly) // nobody works beside
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(err, s.letGo())
	}
	if !s.readOnly {
		go s.encodeFlights()
		go s.writeFlights()
		go s.applyFlights()
	}
	return s, nil
}

func (s *Store) open(ctx context.Context) error {
	if err := s.enter(); err != nil {
		return err
	}
	if err := s.openParts(ctx); err != nil {
		return fmt.Errorf("open %s: %w", s.dir, err)
	}
	return nil
}

func (s *Store) openParts(ctx context.Context) error {
	if err := s.makeFolders(); err != nil {
		return err
	}
	if err := s.readAside(); err != nil {
		return err
	}
	loaded := make(chan error, 1)
	go func() { loaded <- s.loadCheckpoint() }() // the largest of the three
	err := s.openIndex()
	if err == nil {
		err = s.openPlaces()
	}
	if err = errors.Join(err, <-loaded); err != nil {
		return err
	}
	if err := s.openSegments(); err != nil {
		return err
	}
	if s.heads, err = openHeads(s.fs, s.journal.dir, s.options.Key); err != nil {
		return err
	}
	end, head, err := s.catchUp(ctx)
	if err != nil {
		return err
	}
	if !s.readOnly {
		if err := s.goOn(end, head); err != nil {
			return err
		}
	}
	if !s.readOnly {
		s.latest = newBook(s.accounts.clone())
	}
	s.tail, s.durable, s.chained = head.Position, head.Position, head.Hash
	if s.readOnly || head.Position == 0 {
		return nil
	}
	last, err := s.Journal(ctx, head.Position-1, 1)
	if err == nil && len(last) == 1 {
		s.newestAt = last[0].At
	}
	return err
}

// enter makes or finds the folder, locks it, and checks its format.
func (s *Store) enter() error {
	if s.dir == "" {
		return errors.New("no data folder named")
	}
	if !s.readOnly {
		if err := s.fs.MkdirAll(s.dir, 0o755); err != nil {
			return fmt.Errorf("data folder %s cannot be made (%w); name a folder that this user may write to", s.dir, err)
		}
	}
	lock, err := s.fs.Lock(s.fs.PathJoin(s.dir, lockFile))
	if err != nil {
		if errors.As(err, new(*fs.PathError)) {
			return fmt.Errorf("data folder %s cannot be used (%w); see that it exists and that this user may read and write it and all that is in it", s.dir, err)
		}
		return fmt.Errorf("data folder %s is in use by another process (%w); stop that one first, or name another folder", s.dir, err)
	}
	s.lock = lock

	b, err := readFile(s.fs, s.fs.PathJoin(s.dir, formatFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return s.begin()
	case err != nil:
		return fmt.Errorf("data folder %s cannot be read (%w); see that this user may read and write it and all that is in it", s.dir, err)
	}
	number, found := strings.CutPrefix(strings.TrimSpace(string(b)), "tongbao ")
	version, err := strconv.Atoi(number)
	if !found || err != nil {
		return fmt.Errorf("data folder %s: file %s does not say what the folder holds; restore it from a backup", s.dir, formatFile)
	}
	if version < format {
		return fmt.Errorf("data folder %s was written by a Tongbao before its first release (format %d; this one knows %d) and can't be read any more; begin with a new folder", s.dir, version, format)
	}
	if version > format {
		return fmt.Errorf("data folder %s was written by a newer Tongbao (format %d; this one knows %d); use that version. Nothing was changed", s.dir, version, format)
	}
	return nil
}

// begin makes a new folder's mark.
func (s *Store) begin() error {
	names, err := s.fs.List(s.dir)
	if err != nil {
		return fmt.Errorf("data folder %s cannot be read: %w", s.dir, err)
	}
	if s.readOnly {
		return fmt.Errorf("data folder %s holds no data", s.dir)
	}
	for _, name := range names {
		if name == journalDir || name == indexDir || name == accountsDir || name == placesDir {
			return fmt.Errorf("data folder %s has a folder %s but no file %s, so it is not whole; restore it from a backup", s.dir, name, formatFile)
		}
	}
	err = replaceFile(s.fs, s.dir, formatFile, writeFormat)
	if err == nil {
		err = syncDir(s.fs, s.fs.PathDir(s.dir))
	}
	if err != nil {
		return fmt.Errorf("data folder %s cannot be written (%w); see that this user may write there and that there is space", s.dir, err)
	}
	return nil
}

func writeFormat(w io.Writer) error {
	_, err := fmt.Fprintf(w, "tongbao %d\n", format)
	return err
}

func (s *Store) makeFolders() error {
	if s.readOnly {
		return nil
	}
	for _, name := range []string{journalDir, indexDir, accountsDir, placesDir} {
		if err := s.fs.MkdirAll(s.fs.PathJoin(s.dir, name), 0o755); err != nil {
			return fmt.Errorf("make folder: %w", err)
		}
	}
	return syncDir(s.fs, s.dir)
}

// openIndex opens the Pebble database and reads how far it is.
func (s *Store) openIndex() error {
	s.patient = newPatient(s.fs, s.endIndex)
	path := s.fs.PathJoin(s.dir, indexDir)
	db, err := pebble.Open(path, s.indexOptions())
	if err != nil && !s.readOnly && (errors.Is(err, pebble.ErrCorruption) || errors.Is(err, fs.ErrNotExist)) {
		// A power cut can leave Pebble without a file that it had just made. What the
		// index held is in the journal, all of it.
		s.log.Error("index is damaged; it is set aside and made again from the journal, which takes a while", "dir", s.dir, "error", err)
		if err := s.setIndexAside(path); err != nil {
			return fmt.Errorf("set the damaged index aside: %w", err)
		}
		db, err = pebble.Open(path, s.indexOptions())
	}
	if err != nil {
		return fmt.Errorf("open index: %w; should it be damaged, move the folder %s away: it is made again from the journal", err, indexDir)
	}
	s.db = db
	s.patient.open.Store(true)
	s.journal = openJournal(s.fs, s.fs.PathJoin(s.dir, journalDir), s.options.SegmentBytes)
	s.look = look{
		journal: s.journal, index: s.db, recent: newRecent(), head: s.headNow, stateOf: s.accountNow, statesOf: s.accountsNow, unknown: s.isUnknown,
		pin: func() (pebble.Reader, io.Closer) {
			snapshot := s.db.NewSnapshot()
			return snapshot, later{snapshot, s}
		},
	}
	if s.indexed, err = standingOf(db); err != nil {
		return err
	}
	return each(db, []byte{keyGuide}, func(key, value []byte) error {
		at, err := parsePlace(value)
		if err != nil || len(key) != 9 {
			return fmt.Errorf("index: guide row %x makes no sense", key)
		}
		s.journal.publish(mark{binary.BigEndian.Uint64(key[1:]), at})
		return nil
	})
}

// openPlaces reads which files of places there are. One that is damaged is set
// aside: what it held is in the journal.
func (s *Store) openPlaces() (err error) {
	s.places, err = openPlaces(s.fs, s.fs.PathJoin(s.dir, placesDir), &s.pace, s.options.PlacesInMemory, s.readOnly, func(name string, err error) {
		s.log.Error("file of places is damaged; it is made again from the journal, which takes a while", "file", name, "error", err)
	})
	if err != nil {
		return fmt.Errorf("open places: %w", err)
	}
	s.look.places, s.recent = s.places, s.look.recent
	return nil
}

func (s *Store) setIndexAside(path string) error {
	aside := path + ".damaged"
	if err := s.fs.RemoveAll(aside); err != nil {
		return err
	}
	if err := s.fs.Rename(path, aside); err != nil {
		return err
	}
	return s.makeFolders()
}

func (s *Store) indexOptions() *pebble.Options {
	options := &pebble.Options{
		FS:                          s.patient,
		ReadOnly:                    s.readOnly,
		DisableWAL:                  true, // the journal is the log
		FormatMajorVersion:          pebble.FormatNewest,
		MemTableSize:                s.options.MemTableBytes,
		MemTableStopWritesThreshold: memTables,
		// Pebble counts memtables as part of the cache: without their share it would
		// have none, and read filters again and again.
		CacheSize:             memTables*int64(s.options.MemTableBytes) + s.options.CacheBytes,
		L0CompactionThreshold: 4,
		L0StopWritesThreshold: 64,
		Logger:                indexLogger{s},
	}
	for i := range options.Levels {
		options.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	return options
}

// openSegments finds the journal's files, or begins the first.
func (s *Store) openSegments() error {
	j := s.journal
	segments, err := listSegments(s.fs, j.dir)
	if err != nil {
		return err
	}
	started := max(s.reached.head.Position, s.indexed.head.Position, s.places.reached().head.Position) > 0
	if len(segments) > 0 {
		f, err := j.reading(segments[0])
		if err != nil {
			return err
		}
		var b [frame.SegmentHeaderSize]byte
		n, err := readFull(f, b[:], 0)
		if err != nil {
			return fmt.Errorf("read %s: %w", frame.SegmentName(segments[0]), err)
		}
		header, err := frame.ParseSegment(b[:n])
		if err == nil {
			j.salt = header.Salt
			return s.settle(segments[len(segments)-1])
		}
		if started || len(segments) > 1 || written(f, frame.SegmentHeaderSize) {
			return damaged{place{segments[0], 0}, err.Error()}
		}
		// The first segment was under way into being when the power went.
	}
	if started {
		return fmt.Errorf("the journal is gone from %s; restore the folder from a backup", j.dir)
	}
	if s.readOnly {
		return fmt.Errorf("%s holds no journal", j.dir)
	}
	if j.salt = s.options.Salt; j.salt == 0 {
		var b [4]byte
		rand.Read(b[:])
		j.salt = binary.LittleEndian.Uint32(b[:])
	}
	return j.startSegment(1, store.Head{})
}

// settle syncs the newest segment before anything is made of it: after a kill its
// end may be known to the kernel only.
func (s *Store) settle(segment uint32) error {
	if s.readOnly {
		return nil
	}
	f, err := s.fs.OpenReadWrite(s.journal.path(segment), vfs.WriteCategoryUnspecified)
	if err != nil {
		return fmt.Errorf("open %s: %w", frame.SegmentName(segment), err)
	}
	s.journal.file = f
	if err := f.Sync(); err != nil {
		return fmt.Errorf("sync %s: %w", frame.SegmentName(segment), err)
	}
	return syncDir(s.fs, s.journal.dir)
}

// catchUp follows the journal from where the accounts, the index or the places
// stand, whichever is furthest behind, to its end.
func (s *Store) catchUp(ctx context.Context) (place, store.Head, error) {
	from := s.reached
	for _, other := range []standing{s.indexed, s.places.reached()} {
		if other.head.Position < from.head.Position {
			from = other
		}
	}
	if from.head.Position == 0 {
		from.end = place{1, 0}
	}
	following := newBook(s.accounts)
	indexed := s.indexed
	known := []standing{s.reached, indexed, s.places.reached()}
	signed := compareHeads(s.heads.lines)
	end, head, err := s.journal.unpackFrames(from.end, from.head, 0, func(h frame.Header, at place) error {
		for _, k := range known {
			if k.head.Position == h.Last() && k.head.Hash != h.Hash {
				return damaged{at, "the journal is not the one that accounts, index and places were made from"}
			}
		}
		if wrong := signed.frame(h); wrong != "" {
			return damaged{at, wrong}
		}
		if s.readOnly && h.First > indexed.head.Position {
			return errors.New("the folder was not closed in order, and entries are still to be brought into the index; open it for writing once")
		}
		return ctx.Err()
	}, func(u *unpacked) error {
		err := u.each(func(h frame.Header, at place, entries []store.Entry) error {
			c, err := s.replay(h, entries, following)
			if err != nil {
				return damaged{at, err.Error()}
			}
			return s.apply(c, h, at)
		})
		u.free()
		return err
	})
	if err != nil {
		return end, head, err
	}
	if most := max(s.reached.head.Position, s.indexed.head.Position, s.places.reached().head.Position); head.Position < most {
		return end, head, damaged{end, fmt.Sprintf("the journal ends here with entry %d, and had %d", head.Position, most)}
	}
	if last := s.heads.last(); head.Position < last {
		return end, head, damaged{end, fmt.Sprintf("the journal ends here with entry %d, and its head was signed at entry %d", head.Position, last)}
	}
	return end, head, nil
}

// replay works out what a frame changes, of what has not seen it yet. The accounts
// are brought forward in place.
func (s *Store) replay(h frame.Header, entries []store.Entry, following *book) (*change, error) {
	c := newChange(h.First, entries, s.journal.names(), changeRoom{})
	if h.First > s.reached.head.Position {
		if err := c.followAccounts(diary.CompareLink, following); err != nil {
			return nil, err
		}
	}
	err := c.followRecords(func(key store.Key, _ uint64) ([]store.Term, error) {
		if h.First <= s.indexed.head.Position {
			return nil, nil // its rows are where they belong
		}
		if s.isNew(key) {
			return nil, nil
		}
		// The state before this frame: the places may be further.
		r, _, err := s.record(s.db, key, h.First-1)
		return r.Terms, err
	})
	if err == nil {
		s.filter.add(c)
	}
	return c, err
}

// isNew says that a record was surely never kept in what has been followed: the
// filter spares looking for it in every file of places, which is what a start after
// a crash would spend most of its time on.
func (s *Store) isNew(key store.Key) bool {
	if key.Origin != 0 {
		return !s.filter.mayHold(store.CommandName(key.Origin))
	}
	return !s.filter.mayHold(s.journal.names().Of(key))
}

// goOn makes the journal ready for the next frame.
func (s *Store) goOn(end place, head store.Head) error {
	j := s.journal
	if end.offset < frame.SegmentHeaderSize { // a segment that was under way into being
		return j.startSegment(end.segment, head)
	}
	j.end, j.head = end, head
	info, err := j.file.Stat()
	if err != nil {
		return err
	}
	j.paved = info.Size()
	if f, err := j.reading(end.segment); err != nil || !written(f, end.offset) {
		return err
	}
	s.log.Warn("journal had an unfinished end; it was never acknowledged, and is cut off", "dir", s.dir, "at", end.String(), "entries", head.Position)
	j.dirty = info.Size()
	return j.blank()
}

// letGo closes what a failed Open had opened.
func (s *Store) letGo() error {
	var errs []error
	if s.db != nil {
		errs = append(errs, s.db.Close())
	}
	if s.places != nil {
		errs = append(errs, s.places.close())
	}
	if s.journal != nil {
		errs = append(errs, s.journal.close())
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	return errors.Join(errs...)
}

func (s *Store) headNow() store.Head {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.reached.head
}

func (s *Store) accountNow(id ledger.AccountID) ledger.Account {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.accounts.get(id)
}

func (s *Store) accountsNow(after ledger.AccountID, limit int) []ledger.Account {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var page []ledger.Account
	for _, number := range s.accounts.page(after, limit, s.accounts.count) {
		page = append(page, *s.accounts.at(number))
	}
	return page
}

func (s *Store) isUnknown(commandID string) bool {
	s.flightMu.Lock()
	defer s.flightMu.Unlock()
	_, unknown := s.unknown[commandID]
	return unknown
}

// indexLogger takes what Pebble has to say. Pebble calls Fatalf where it cannot
// go on writing, and counts on its not coming back; the index is only derived, so
// that ends the taking of writes, and not the process. The goroutine that called
// stays where it is, with whatever it holds: Pebble writes nothing more, and
// reading goes on from what it has.
type indexLogger struct{ s *Store }

func (l indexLogger) Infof(string, ...any) {}
func (l indexLogger) Errorf(format string, args ...any) {
	l.s.log.Error("index: "+fmt.Sprintf(format, args...), "dir", l.s.dir)
}
func (l indexLogger) Fatalf(format string, args ...any) { l.s.endIndex(fmt.Errorf(format, args...)) }

// endIndex holds the goroutine that can't go on for good.
func (s *Store) endIndex(why error) {
	s.breakDown(fmt.Errorf("index: %w", why), nil)
	s.indexEnds.Do(func() { close(s.indexEnded) })
	select {}
}

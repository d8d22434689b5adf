package sandbox

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
)

// lines is a file of JSON lines that is only ever appended to. A line that is
// there after append returned is there after a power cut.
type lines struct {
	mu   sync.Mutex
	file *os.File
	size int64 // of the whole lines
}

// openLines reads every line and readies the file for more. A last line that a
// crash cut short was promised to nobody, and is dropped.
func openLines[T any](path string, each func(T)) (*lines, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	l := &lines{file: file}
	reader := bufio.NewReader(file)
	for {
		line, err := reader.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, errors.Join(err, file.Close())
		}
		var v T
		if err := json.Unmarshal(bytes.TrimSpace(line), &v); err != nil {
			return nil, errors.Join(fmt.Errorf("%s at byte %d: %w", path, l.size, err), file.Close())
		}
		l.size += int64(len(line))
		each(v)
	}
	if err := errors.Join(file.Truncate(l.size), syncDir(filepath.Dir(path))); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return l, nil
}

func (l *lines) append(v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	line = append(line, '\n')
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, err := l.file.WriteAt(line, l.size); err != nil { // half a line is written over by the next
		return err
	}
	if err := l.file.Sync(); err != nil {
		return err
	}
	l.size += int64(len(line))
	return nil
}

func (l *lines) close() error { return l.file.Close() }

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

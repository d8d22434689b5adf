package mysqlstore

import (
	"context"
	"database/sql"
	"encoding/hex"
	"strconv"
	"sync"
)

const (
	mostInList = 2000    // values in a list of a look-up
	mostBytes  = 1 << 20 // of a statement that writes rows, but for its last row
)

// writer makes statements, among them such as write many rows at once, of numbers and of
// bytes. They stand one behind the other in its memory.
type writer struct {
	b    []byte
	ends []int // of the statements in b
	head string
	tail string
	rows int
}

// writers are used again: a batch has megabytes of statements.
var writers = sync.Pool{New: func() any { return new(writer) }}

func (w *writer) clear() { w.b, w.ends = w.b[:0], w.ends[:0] }

// add adds a statement.
func (w *writer) add(statement string) {
	w.b = append(w.b, statement...)
	w.ends = append(w.ends, len(w.b))
}

// send sends the statements, until one fails.
func (w *writer) send(ctx context.Context, conn *sql.Conn) error {
	from := 0
	for _, end := range w.ends {
		if _, err := conn.ExecContext(ctx, string(w.b[from:end])); err != nil {
			return err
		}
		from = end
	}
	return nil
}

// begin starts rows of a kind.
func (w *writer) begin(head, tail string) {
	w.head, w.tail, w.rows = head, tail, 0
	w.b = append(w.b, head...)
}

// row starts a row; its values follow, and then the next row or end.
func (w *writer) row() {
	if w.rows > 0 {
		w.b = append(w.b, ')')
		if len(w.b)-w.from() > mostBytes {
			w.over()
			w.begin(w.head, w.tail)
		}
	}
	if w.rows > 0 {
		w.b = append(w.b, ',')
	}
	w.b = append(w.b, '(')
	w.rows++
}

func (w *writer) comma() {
	if w.b[len(w.b)-1] != '(' {
		w.b = append(w.b, ',')
	}
}

func (w *writer) uint(v uint64) {
	w.comma()
	w.b = strconv.AppendUint(w.b, v, 10)
}

func (w *writer) int(v int64) {
	w.comma()
	w.b = strconv.AppendInt(w.b, v, 10)
}

// bytes adds a value in hexadecimal, or, where that would be long, quoted: the server
// reads half as much.
func (w *writer) bytes(v []byte) {
	w.comma()
	if len(v) < 64 {
		w.b = appendHex(w.b, v)
	} else {
		w.b = appendQuoted(w.b, v)
	}
}

func (w *writer) null() {
	w.comma()
	w.b = append(w.b, "NULL"...)
}

// end ends the rows; where there are none there is no statement.
func (w *writer) end() {
	if w.rows == 0 {
		w.b = w.b[:w.from()]
		return
	}
	w.b = append(w.b, ')')
	w.over()
}

func (w *writer) over() {
	w.b = append(w.b, w.tail...)
	w.ends = append(w.ends, len(w.b))
	w.rows = 0
}

// from is where the statement begins that is being made.
func (w *writer) from() int {
	if len(w.ends) == 0 {
		return 0
	}
	return w.ends[len(w.ends)-1]
}

func appendHex(b, v []byte) []byte { return append(hex.AppendEncode(append(b, "x'"...), v), '\'') }

// appendQuoted escapes what would end the string or be changed on the way. It counts
// on the session's settings: the character set is binary, and a backslash escapes.
func appendQuoted(b, v []byte) []byte {
	b = append(b, "_binary'"...)
	from := 0
	for i, c := range v {
		var escaped byte
		switch c {
		case 0:
			escaped = '0'
		case '\n':
			escaped = 'n'
		case '\r':
			escaped = 'r'
		case 26:
			escaped = 'Z'
		case '\\', '\'', '"':
			escaped = c
		default:
			continue
		}
		b = append(append(b, v[from:i]...), '\\', escaped)
		from = i + 1
	}
	return append(append(b, v[from:]...), '\'')
}

func appendUints(b []byte, list []uint64) []byte {
	for i, v := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendUint(b, v, 10)
	}
	return b
}

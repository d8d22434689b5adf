package mysqlstore

import (
	"context"
	"database/sql"
	"encoding/hex"
	"strconv"
)

const (
	mostInList = 2000    // values in a list of a look-up
	mostBytes  = 1 << 20 // of a statement that writes rows, but for its last row
)

// writer makes statements that write many rows at once, of numbers and of bytes. It
// keeps its memory from one batch to the next.
type writer struct {
	ctx  context.Context
	conn *sql.Conn
	b    []byte
	head string
	tail string
	rows int
	err  error
}

// begin starts rows of a kind.
func (w *writer) begin(head, tail string) {
	w.head, w.tail, w.b, w.rows = head, tail, append(w.b[:0], head...), 0
}

// row starts a row; its values follow, and then the next row or end.
func (w *writer) row() {
	if w.rows > 0 {
		w.b = append(w.b, ')')
		if len(w.b) > mostBytes {
			w.send()
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

// end sends what is left.
func (w *writer) end() {
	if w.rows > 0 {
		w.b = append(w.b, ')')
		w.send()
	}
}

func (w *writer) send() {
	w.exec(string(append(w.b, w.tail...)))
	w.b, w.rows = append(w.b[:0], w.head...), 0
}

// exec does a statement, unless one before has failed.
func (w *writer) exec(statement string, args ...any) {
	if w.err == nil {
		_, w.err = w.conn.ExecContext(w.ctx, statement, args...)
	}
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

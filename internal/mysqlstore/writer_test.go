package mysqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"testing"

	"tongbao/test/servers"
)

func TestQuotedBytesArriveAsTheyWere(t *testing.T) { arriveAsTheyWere(t, onMariaDB(t)) }

// What is quoted arrives as it was, whatever bytes it holds, on a connection with
// the store's settings.
func arriveAsTheyWere(t *testing.T, server *servers.Server) {
	s := mustOpen(t, Options{Address: server.Database(t)})
	defer s.Close()
	var every []byte
	for a := range 256 {
		for _, b := range []byte{0, '\n', '\r', 26, '\'', '"', '\\', '%', 'x', 0x80, 0xbf, 0xff} {
			every = append(every, byte(a), b)
		}
	}
	for _, value := range [][]byte{nil, every, bytes.Repeat([]byte{'\''}, 99), bytes.Repeat([]byte{'\\'}, 99), bytes.Repeat([]byte{0}, 99)} {
		for name, db := range map[string]*sql.DB{"write": s.write, "long": s.long} {
			var got []byte
			if err := db.QueryRowContext(context.Background(), "SELECT "+string(appendQuoted(nil, value))).Scan(&got); err != nil || !bytes.Equal(got, value) {
				t.Errorf("%s: %d bytes came back as %d, %v", name, len(value), len(got), err)
			}
		}
	}
}

package bench

import (
	"bufio"
	"strings"
	"testing"
)

func TestReadHead(t *testing.T) {
	for _, c := range []struct {
		head           string
		status, length int // 0: refused
	}{
		{"HTTP/1.1 200 OK\r\nDate: x\r\ncontent-length: 12\r\n\r\n", 200, 12},
		{"HTTP/1.1 409 Conflict\r\nContent-Length:  7\r\n\r\n", 409, 7},
		{"HTTP/1.1 201\r\nContent-Length: 7\r\n\r\n", 201, 7},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 0, 0},
		{"HTTP/1.1 200 OK\r\nContent-Length: -7\r\n\r\n", 0, 0},
		{"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n", 0, 0},
		{"HTTP/1.0 200 OK\r\nContent-Length: 7\r\n\r\n", 0, 0},
		{"HTTP/1.1 \r\nContent-Length: 7\r\n\r\n", 0, 0},
		{"", 0, 0},
	} {
		in := bufio.NewReader(strings.NewReader(c.head + "body"))
		status, length, err := readHead(in)
		if c.status == 0 {
			if err == nil {
				t.Errorf("%q: %d, %d", c.head, status, length)
			}
			continue
		}
		if rest, _ := in.Peek(4); err != nil || status != c.status || length != c.length || string(rest) != "body" {
			t.Errorf("%q: %d, %d, %v, and %q", c.head, status, length, err, rest)
		}
	}
}

func TestTextInAnAnswer(t *testing.T) {
	if text, err := textIn([]byte(`{"a":{"b":1},"status":"x","c":"d"}`), "status"); text != "x" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
	for _, answer := range []string{``, `{}`, `{"status":1}`, `{"status":"x`, `{"other":"x"}`} {
		if text, err := textIn([]byte(answer), "status"); err == nil {
			t.Errorf("%s: %q", answer, text)
		}
	}
}

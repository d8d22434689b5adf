package openapi

import (
	"net/http"
	"sync"
	"time"

	"tongbao/internal/identity"
)

// LoggedRequest is a line of a merchant's request log.
type LoggedRequest struct {
	ID             string  `json:"id" example:"req_5f0c2a7b9d3e4f1a2b3c4d5e"`
	At             Time    `json:"at"`
	Method         string  `json:"method" example:"POST"`
	Path           string  `json:"path" example:"/v1/refunds"`
	Status         int     `json:"status" example:"409"`
	DurationMS     float64 `json:"duration_ms" example:"1.8"`
	Code           *string `json:"code" example:"refund_exceeds_remaining"`
	IdempotencyKey *string `json:"idempotency_key" example:"refund-8812"`
	KeyID          *string `json:"key_id" example:"key_abcdefghjkmnpqrs"`
}

const (
	loggedEach = 500  // requests of a merchant
	loggedMost = 2000 // merchants
)

// requestLog keeps each merchant's newest requests in memory: it is a help
// while somebody builds a shop, not a record. Each process has its own.
type requestLog struct {
	mu sync.Mutex
	of map[uint64]*ring
}

// ring holds the newest lines; the oldest gives way.
type ring struct {
	lines []LoggedRequest
	next  int
}

func newRequestLog() *requestLog { return &requestLog{of: map[uint64]*ring{}} }

func (l *requestLog) keep(ask *request, r *http.Request, status int, took time.Duration) {
	if ask.who.Kind != identity.Merchant {
		return
	}
	line := LoggedRequest{ID: ask.id, At: Time(ask.server.now().UnixMilli()), Method: ask.method, Path: ask.path, Status: status,
		DurationMS: float64(took.Microseconds()) / 1000, Code: maybe(ask.code), IdempotencyKey: maybe(ask.key), KeyID: maybe(ask.who.KeyID)}
	l.mu.Lock()
	defer l.mu.Unlock()
	kept, ok := l.of[ask.who.ID]
	if !ok {
		for id := range l.of { // some other gives way
			if len(l.of) < loggedMost {
				break
			}
			delete(l.of, id)
		}
		kept = &ring{}
		l.of[ask.who.ID] = kept
	}
	if len(kept.lines) < loggedEach {
		kept.lines = append(kept.lines, line)
		return
	}
	kept.lines[kept.next] = line
	kept.next = (kept.next + 1) % loggedEach
}

// newest lists a merchant's lines, the newest first.
func (l *requestLog) newest(merchant uint64, most int) []LoggedRequest {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := []LoggedRequest{}
	kept, ok := l.of[merchant]
	if !ok {
		return lines
	}
	for i := range len(kept.lines) {
		if len(lines) == most {
			break
		}
		at := (kept.next - 1 - i + 2*len(kept.lines)) % len(kept.lines)
		lines = append(lines, kept.lines[at])
	}
	return lines
}

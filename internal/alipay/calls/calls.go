// Package calls keeps each application's newest calls of the gateway in memory:
// what was asked and answered, the string that was signed, and why a signature
// did not fit. It is a help while somebody builds a shop, and no record: what
// moved money is in the journal. Each server has its own, and a restart empties
// it. It refuses to keep contents but in that one string, and secrets at all.
package calls

import (
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"tongbao/internal/alipay/diagnose"
	"tongbao/internal/alipay/wire"
	"tongbao/internal/party"
)

// Bounds. A program that calls thousands of times a second would wash its
// failures out, so those have room of their own, and of what comes faster than
// anybody reads a part is kept, which costs a busy gateway nothing. Of all
// applications together mostBytes are kept; then the one that has not called for
// longest is forgotten.
const (
	keptASecond = 20 // of those that succeed, and of those that fail
	keptEach    = 200
	keptFailed  = 200
	mostString  = 8 << 10
	mostBytes   = 64 << 20
)

// Call is one call.
type Call struct {
	ID          string // the trace id of the answer
	At          int64  // business time, Unix milliseconds
	Took        time.Duration
	Protocol    diagnose.Kind
	Verb, Path  string
	Method      string
	Code, Sub   string // what was answered; Sub is empty on success
	Message     string
	Charset     wire.Charset
	SignType    wire.SignType
	Certificate bool // signed by the application's certificate
	Encrypted   bool
	Signed      string            // the string that had to be signed, UTF-8, masked; at most 8 KiB of it
	Finding     *diagnose.Finding // what is wrong with the signature; nil where it fits, or was not looked at
	Proved      bool              // the signature fits
}

// Failed says that the answer was a refusal or a fault.
func (c *Call) Failed() bool { return c.Sub != "" }

func (c *Call) size() int {
	n := 400 + len(c.Signed) + len(c.Message) + len(c.Path) + len(c.Method)
	if c.Finding != nil {
		n += len(c.Finding.Signed) + 100
	}
	return n
}

// Log keeps them. The zero value is ready; its methods may be called from
// several goroutines.
type Log struct {
	mu    sync.Mutex
	of    map[string]*kept
	bytes int
	turn  uint64
}

// kept is what there is of one application, each list with its newest last.
type kept struct {
	fine, failed []*Call
	used         uint64
	bytes        int
	second       int64
	inSecond     [2]int
}

// Room says whether a call of this second would be kept, and counts it.
func (l *Log) Room(app string, failed bool, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := l.find(app)
	if second := now.Unix(); k.second != second {
		k.second, k.inSecond = second, [2]int{}
	}
	n := &k.inSecond[0]
	if failed {
		n = &k.inSecond[1]
	}
	*n++
	return *n <= keptASecond
}

func (l *Log) find(app string) *kept {
	if l.of == nil {
		l.of = map[string]*kept{}
	}
	k := l.of[app]
	if k == nil {
		k = &kept{}
		l.of[app] = k
	}
	return k
}

// Keep adds a call of an application. Strings longer than the bound are cut.
func (l *Log) Keep(app string, c Call) {
	c.Signed, c.Message = Clip(c.Signed), Clip(c.Message)
	l.mu.Lock()
	defer l.mu.Unlock()
	k := l.find(app)
	l.turn++
	k.used = l.turn
	list, most := &k.fine, keptEach
	if c.Failed() {
		list, most = &k.failed, keptFailed
	}
	if len(*list) >= most {
		k.bytes -= (*list)[0].size()
		l.bytes -= (*list)[0].size()
		*list = append((*list)[:0], (*list)[1:]...)
	}
	*list = append(*list, &c)
	k.bytes += c.size()
	l.bytes += c.size()
	for l.bytes > mostBytes && len(l.of) > 1 {
		l.forget()
	}
}

// forget drops the application that has not called for longest.
func (l *Log) forget() {
	oldest := ""
	for app, k := range l.of {
		if oldest == "" || k.used < l.of[oldest].used {
			oldest = app
		}
	}
	l.bytes -= l.of[oldest].bytes
	delete(l.of, oldest)
}

// Filter says which calls are meant; empty members mean all.
type Filter struct {
	Method string
	Code   string // a code or a sub-code
	Failed bool
	Unfit  bool // the signature was refused
}

func (f Filter) takes(c *Call) bool {
	return (f.Method == "" || c.Method == f.Method) && (f.Code == "" || c.Code == f.Code || c.Sub == f.Code) && (!f.Failed || c.Failed()) && (!f.Unfit || c.Finding != nil)
}

// Newest lists an application's calls, the newest first.
func (l *Log) Newest(app string, f Filter, most int) []Call {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := []Call{}
	k := l.of[app]
	if k == nil {
		return list
	}
	fine, failed := k.fine, k.failed
	for len(list) < most && len(fine)+len(failed) > 0 {
		var c *Call
		if len(failed) == 0 || len(fine) > 0 && fine[len(fine)-1].At > failed[len(failed)-1].At {
			c, fine = fine[len(fine)-1], fine[:len(fine)-1]
		} else {
			c, failed = failed[len(failed)-1], failed[:len(failed)-1]
		}
		if f.takes(c) {
			list = append(list, *c)
		}
	}
	return list
}

// Call is one of an application's.
func (l *Log) Call(app, id string) (Call, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if k := l.of[app]; k != nil {
		for _, list := range [][]*Call{k.failed, k.fine} {
			for _, c := range list {
				if c.ID == id {
					return *c, true
				}
			}
		}
	}
	return Call{}, false
}

// Clip cuts a text that is longer than what is kept, between two characters.
func Clip(text string) string {
	if len(text) <= mostString {
		return text
	}
	cut := mostString
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}

// Show is a signed string as it may be seen: UTF-8, masked, cut.
func Show(text []byte, charset wire.Charset) string {
	plain, err := charset.Decode(string(text))
	if err != nil {
		plain = strings.ToValidUTF8(string(text), "?")
	}
	return Clip(diagnose.Mask(plain))
}

// KeysOf are the keys that a request of the application could have been signed
// by, the one that counts first: its certificate's where the request names it.
func KeysOf(app party.App, certified bool, all []party.App) []diagnose.Key {
	own := []diagnose.Key{{Name: "public_key", Secret: app.MD5Key.Reveal()}, {Name: "certificate"}}
	if key, err := wire.ParsePublicKey(app.PublicKey); err == nil {
		own[0].Public = key
	}
	if _, key, err := wire.ParseCertificate(app.Certificate); err == nil {
		own[1].Public = key
	}
	if certified {
		own[0], own[1] = own[1], own[0]
	}
	for _, other := range all {
		if other.ID == app.ID {
			continue
		}
		key, err := wire.ParsePublicKey(other.PublicKey)
		if err != nil {
			key = nil
		}
		if key != nil || other.MD5Key != "" {
			own = append(own, diagnose.Key{Name: other.ID, Public: key, Secret: other.MD5Key.Reveal()})
		}
	}
	return own
}

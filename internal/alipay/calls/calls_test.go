package calls

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tongbao/internal/alipay/diagnose"
)

func TestFailuresAreNotWashedOutBySuccesses(t *testing.T) {
	var l Log
	l.Keep("a", Call{ID: "bad", At: 1, Code: "40002", Sub: "isv.invalid-signature", Finding: &diagnose.Finding{Cause: diagnose.WrongKey}})
	for i := range 3 * keptEach {
		l.Keep("a", Call{ID: fmt.Sprint(i), At: int64(i), Code: "10000", Method: "alipay.trade.pay"})
	}
	l.Keep("b", Call{ID: "other", At: 9, Code: "10000"})
	all := l.Newest("a", Filter{}, 1000)
	if len(all) != keptEach+1 || all[0].ID != fmt.Sprint(3*keptEach-1) || all[len(all)-1].ID != "bad" {
		t.Errorf("%d kept, from %s to %s", len(all), all[0].ID, all[len(all)-1].ID)
	}
	if got := l.Newest("a", Filter{Unfit: true}, 10); len(got) != 1 || got[0].ID != "bad" {
		t.Errorf("got %+v", got)
	}
	if got := l.Newest("a", Filter{Code: "isv.invalid-signature", Failed: true}, 10); len(got) != 1 {
		t.Errorf("got %+v", got)
	}
	if got := l.Newest("a", Filter{Method: "alipay.trade.pay"}, 5); len(got) != 5 {
		t.Errorf("got %d", len(got))
	}
	if _, ok := l.Call("a", "other"); ok {
		t.Error("another application's call is told")
	}
	if c, ok := l.Call("a", "bad"); !ok || c.Sub == "" {
		t.Errorf("got %+v", c)
	}
}

func TestWhatIsKeptIsBounded(t *testing.T) {
	var l Log
	long := strings.Repeat("茶", mostString)
	for app := range 60 {
		for i := range keptEach {
			l.Keep(fmt.Sprint(app), Call{At: int64(i), Code: "10000", Signed: long})
		}
	}
	total := 0
	for _, k := range l.of {
		n := 0
		for _, c := range append(k.fine, k.failed...) {
			n += c.size()
		}
		if n != k.bytes {
			t.Errorf("counted %d, are %d", k.bytes, n)
		}
		total += n
	}
	if total != l.bytes || total > mostBytes || len(l.of) < 2 {
		t.Errorf("counted %d, are %d, of %d applications", l.bytes, total, len(l.of))
	}
	if got := l.Newest("59", Filter{}, 1)[0].Signed; len(got) > mostString+3 || !strings.HasPrefix(long, strings.TrimSuffix(got, "…")) {
		t.Errorf("cut to %d bytes", len(got))
	}
	if len(l.Newest("0", Filter{}, 1)) != 0 {
		t.Error("who has not called for longest is kept")
	}
	now := time.Unix(1, 0)
	for range keptASecond {
		if !l.Room("busy", false, now) {
			t.Fatal("too early")
		}
	}
	if l.Room("busy", false, now) || !l.Room("busy", true, now) || !l.Room("busy", false, now.Add(time.Second)) {
		t.Error("the measure of a second")
	}
}

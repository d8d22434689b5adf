package party

import (
	"errors"
	"testing"
	"time"

	"tongbao/internal/refusal"
)

const second = int64(1000)

func TestACodeIsGoodOnceForFiveMinutesAndFiveTries(t *testing.T) {
	fresh := func() (c OneTimeCode) {
		if err := c.Send([]byte("salt"), "right", 0); err != nil {
			t.Fatal(err)
		}
		return c
	}
	use := func(c *OneTimeCode, guess Hash, at int64, wantRight bool, wantLeft int, wantCode error) {
		t.Helper()
		right, left, err := c.Use(guess, at)
		if right != wantRight || left != wantLeft || (wantCode == nil) != (err == nil) || (wantCode != nil && !errors.Is(err, wantCode)) {
			t.Errorf("right %v, %d left, %v", right, left, err)
		}
	}

	c := fresh()
	use(&c, "right", 299*second, true, 0, nil)
	use(&c, "right", 299*second, false, 0, refusal.CodeExpired) // used

	c = fresh()
	use(&c, "right", 300*second, false, 0, refusal.CodeExpired) // too old

	c = fresh()
	for left := 4; left >= 0; left-- {
		use(&c, "wrong", 0, false, left, nil)
	}
	use(&c, "right", 0, false, 0, refusal.CodeExpired) // too late

	c = OneTimeCode{} // never sent
	use(&c, "", 0, false, 0, refusal.CodeExpired)
}

func TestCodesAreSentOnceAMinuteAndTwentyTimesADay(t *testing.T) {
	var c OneTimeCode
	start := int64(1_541_905_200_000)
	send := func(at int64, want error) {
		t.Helper()
		err := c.Send(nil, "h", at)
		if (want == nil) != (err == nil) || (want != nil && !errors.Is(err, want)) {
			t.Errorf("at +%d s: %v", (at-start)/second, err)
		}
	}
	send(start, nil)
	send(start+59*second, refusal.CodeTooOften)
	for i := 1; i < CodesADay; i++ {
		send(start+int64(i)*60*second, nil)
	}
	send(start+12*3600*second, refusal.CodeTooOften)
	if next := c.MayResend(start + 12*3600*second); next != start+24*3600*second {
		t.Errorf("may be resent at +%d s", (next-start)/second)
	}
	send(start+24*3600*second-1, refusal.CodeTooOften)
	send(start+24*3600*second, nil)
	if c.Count != 1 {
		t.Errorf("a new day begins at %d", c.Count)
	}
}

func TestACodeThatNeverArrivedCanBeAskedForAgainAtOnce(t *testing.T) {
	var c OneTimeCode
	now := int64(1_541_905_200_000)
	if err := c.Send(nil, "h", now); err != nil {
		t.Fatal(err)
	}
	c.Unsend()
	if _, _, err := c.Use("h", now); !errors.Is(err, refusal.CodeExpired) {
		t.Errorf("it is still good: %v", err)
	}
	if err := c.Send(nil, "h", now+second); err != nil || c.Count != 2 {
		t.Errorf("%v; %d counted", err, c.Count)
	}
}

func TestASessionSlidesAndEnds(t *testing.T) {
	for _, row := range []struct {
		face       Face
		idle, most time.Duration
	}{{Wallet, 720 * time.Hour, 4320 * time.Hour}, {MerchantFace, 12 * time.Hour, 168 * time.Hour}, {Console, 2 * time.Hour, 12 * time.Hour}} {
		s := OpenSession(row.face, "x", "dev", 1, 0)
		idle, most := row.idle.Milliseconds(), row.most.Milliseconds()
		if s.Expired(idle-1) || !s.Expired(idle) {
			t.Errorf("%s: unused it ends at %d", row.face, s.Expires)
		}
		for now := int64(0); now < most; now += idle / 2 {
			if s.Expired(now) {
				t.Errorf("%s: used, it ended at %d", row.face, now)
			}
			s.See(now)
		}
		if !s.Expired(most) {
			t.Errorf("%s: it outlives %d", row.face, most)
		}
		if s := OpenSession(row.face, "x", "dev", 1, 0); s.Stale(idle/24-1) || !s.Stale(idle/24) {
			t.Errorf("%s: noted at the wrong time", row.face)
		}
	}
}

package ledger

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"

	"tongbao/internal/money"
	"tongbao/internal/refusal"
)

// book is the simplest Book: a map.
type book map[AccountID]*Account

func (b book) Account(id AccountID) *Account {
	if b[id] == nil {
		b[id] = &Account{ID: id}
	}
	return b[id]
}

func (b book) copy() map[AccountID]Account {
	c := map[AccountID]Account{}
	for id, a := range b {
		if !a.Zero() {
			c[id] = *a
		}
	}
	return c
}

var (
	alice  = Of(User, 1, money.CNY)
	bob    = Of(User, 2, money.CNY)
	shop   = Of(Merchant, 3, money.CNY)
	escrow = Of(Escrow, 3, money.CNY)
	fee    = Of(FeeIncome, 0, money.CNY)
	bank   = Of(ClientFunds, 9, money.CNY)
)

func funded(amount money.Amount) book {
	b := book{}
	if err := Post(b, Move(bank, alice, amount, TopUp)); err != nil {
		panic(err)
	}
	return b
}

func want(t *testing.T, err error, code refusal.Code) {
	t.Helper()
	no := refusal.Of(err)
	if code == "" && err != nil || code != "" && (no == nil || no.Code != code) {
		t.Fatalf("got %v, want %q", err, code)
	}
}

func TestPost(t *testing.T) {
	for _, c := range []struct {
		name  string
		legs  []Leg
		code  refusal.Code
		alice money.Amount
		bob   money.Amount
	}{
		{"all of it", Move(alice, bob, 100, Transfer), "", 0, 100},
		{"one too many", Move(alice, bob, 101, Transfer), refusal.InsufficientBalance, 100, 0},
		{"out of nothing", Move(bob, alice, 1, Transfer), refusal.InsufficientBalance, 100, 0},
		{"the second leg pair refused undoes the first", append(Move(alice, bob, 60, Transfer), Move(alice, bob, 41, Transfer)...), refusal.InsufficientBalance, 100, 0},
		{"in and out in one posting", append(Move(alice, bob, 150, Transfer), Move(bob, alice, 50, Transfer)...), "", 0, 100},
		{"overflow", []Leg{{Account: alice, Amount: math.MaxInt64, Why: Correction}, {Account: bank, Amount: -math.MaxInt64, Why: Correction}}, refusal.AmountOverflow, 100, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := funded(100)
			before := b.copy()
			err := Post(b, c.legs)
			want(t, err, c.code)
			if b.Account(alice).Balance != c.alice || b.Account(bob).Balance != c.bob {
				t.Errorf("alice %d, bob %d", b.Account(alice).Balance, b.Account(bob).Balance)
			}
			if err != nil && fmt.Sprint(before) != fmt.Sprint(b.copy()) {
				t.Errorf("a refused posting left %v, was %v", b.copy(), before)
			}
		})
	}
}

func TestPostRefusesToBeUnbalanced(t *testing.T) {
	usd, _ := money.ParseCurrency("USD")
	for name, legs := range map[string][]Leg{
		"one leg":     {{Account: alice, Amount: 1}},
		"off by one":  {{Account: alice, Amount: -1}, {Account: bob, Amount: 2}},
		"nothing":     {{Account: alice}, {Account: bob}},
		"two moneys":  {{Account: alice, Amount: -1}, {Account: Of(User, 2, usd), Amount: 1}},
		"wraps round": {{Account: alice, Amount: math.MaxInt64}, {Account: bob, Amount: math.MaxInt64}, {Account: fee, Amount: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("posted")
				}
			}()
			_ = Post(funded(100), legs)
		})
	}
}

// The books of a hold, as a ledger page: what is held can't be spent, and what
// has ended can't be captured.
func TestHoldLife(t *testing.T) {
	b := funded(100)
	hold, err := Authorise(b, "h1", alice, 70, 1000, "hotel")
	want(t, err, "")
	_, err = Authorise(b, "h2", alice, 31, 0, "second hotel")
	want(t, err, refusal.InsufficientBalance)
	want(t, Post(b, Move(alice, bob, 31, Transfer)), refusal.InsufficientBalance)
	want(t, Post(b, Move(alice, bob, 30, Transfer)), "")

	want(t, hold.Capture(b, 71, false, 1), refusal.HoldExceeded)
	want(t, hold.Capture(b, 0, false, 1), refusal.InvalidAmount)
	want(t, hold.Capture(b, 20, false, 1000), refusal.HoldExpired)
	want(t, hold.Capture(b, 20, false, 999), "")
	want(t, Post(b, Move(alice, shop, 20, Payment)), "")
	want(t, hold.Expire(b, 999), refusal.DeadlineNotReached)
	if a := b.Account(alice); a.Balance != 50 || a.Held != 50 || hold.Rest() != 50 {
		t.Fatalf("after a part: %+v, rest %d", *a, hold.Rest())
	}
	want(t, hold.Capture(b, 10, true, 999), "")
	if a := b.Account(alice); a.Held != 0 || hold.Status != HoldCaptured {
		t.Fatalf("after the final capture: %+v, %s", *a, hold.Status)
	}
	want(t, hold.Void(b), refusal.HoldEnded)
	want(t, hold.Capture(b, 1, false, 1), refusal.HoldEnded)
	want(t, hold.Expire(b, 2000), refusal.HoldEnded)
}

func TestCaptureAfterVoidIsRefused(t *testing.T) {
	b := funded(100)
	hold, _ := Authorise(b, "h", alice, 40, 0, "hotel")
	want(t, hold.Void(b), "")
	want(t, hold.Capture(b, 40, true, 0), refusal.HoldEnded)
	if a := b.Account(alice); a.Held != 0 || a.Available() != 100 {
		t.Errorf("%+v", *a)
	}
}

func TestLimitsOfTheTiers(t *testing.T) {
	day := Day{Number: 20000, Year: 2024}
	for _, c := range []struct {
		tier   Tier
		amount money.Amount
		code   refusal.Code
	}{
		{TierUnknown, 1, refusal.TierLimitExceeded},
		{TierI, 1_000_00, ""}, {TierI, 1_000_01, refusal.TierLimitExceeded},
		{TierII, 50_000_00, ""}, {TierII, 50_000_01, refusal.TierLimitExceeded},
		{TierIII, 100_000_00, ""}, {TierIII, 100_000_01, refusal.TierLimitExceeded},
		{TierNone, money.MaxAmount, ""},
	} {
		b := book{}
		b.Account(alice).Tier = c.tier
		want(t, Spend(b, alice, c.amount, day), c.code)
	}
}

func TestLimitsBeginAgainWithTheirPeriod(t *testing.T) {
	b := book{}
	b.Account(alice).Tier = TierII
	lastOf2024, first, second := Day{20088, 2024}, Day{20089, 2025}, Day{20090, 2025}
	want(t, Spend(b, alice, 50_000_00, Day{20087, 2024}), "")
	want(t, Spend(b, alice, 50_000_00, lastOf2024), "")
	want(t, Spend(b, alice, 1, lastOf2024), refusal.TierLimitExceeded)
	want(t, Spend(b, alice, 50_000_00, first), "")
	want(t, Spend(b, alice, 1, first), refusal.TierLimitExceeded)
	want(t, Spend(b, alice, 50_000_00, second), "")
	want(t, Spend(b, alice, 1, Day{20091, 2025}), refusal.TierLimitExceeded)
	Unspend(b, alice, 10_00, second, second)
	if left := b.Account(alice).Left(Day{20091, 2025}); left != 10_00 {
		t.Errorf("after a refund %d is left", left)
	}
}

func TestClassIIsForLife(t *testing.T) {
	b := book{}
	b.Account(alice).Tier = TierI
	want(t, Spend(b, alice, 999_99, Day{1, 1970}), "")
	want(t, Spend(b, alice, 2, Day{20000, 2024}), refusal.TierLimitExceeded)
	want(t, Spend(b, alice, 1, Day{20000, 2024}), "")
}

// Whatever is tried, nothing is made or lost, and no forbidden state is left.
func TestNothingIsMadeOrLost(t *testing.T) {
	ids := []AccountID{alice, bob, shop, escrow, fee, bank}
	rapid.Check(t, func(t *rapid.T) {
		b := book{}
		var holds []Hold
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			amount := money.Amount(rapid.Int64Range(1, 1000).Draw(t, "amount"))
			from, to := rapid.SampledFrom(ids).Draw(t, "from"), rapid.SampledFrom(ids).Draw(t, "to")
			switch rapid.IntRange(0, 3).Draw(t, "act") {
			case 0, 1:
				_ = Post(b, Move(from, to, amount, Transfer))
			case 2:
				if h, err := Authorise(b, "h", from, amount, 0, ""); err == nil {
					holds = append(holds, h)
				}
			case 3:
				if len(holds) > 0 {
					h := &holds[rapid.IntRange(0, len(holds)-1).Draw(t, "hold")]
					if h.Capture(b, amount, rapid.Bool().Draw(t, "final"), 0) == nil && h.Account != to {
						if err := Post(b, Move(h.Account, to, amount, Transfer)); err != nil {
							t.Fatalf("captured money can't be posted: %v", err)
						}
					}
				}
			}
			var sum, held money.Amount
			for _, a := range b {
				a.MustHold()
				if a.ID.Kind.DebitNormal() {
					sum -= a.Balance
				} else {
					sum += a.Balance
				}
				held += a.Held
			}
			for _, h := range holds {
				held -= h.Rest()
			}
			if sum != 0 || held != 0 {
				t.Fatalf("books are off by %d, holds by %d", sum, held)
			}
		}
	})
}

func TestAccountNamesReadBack(t *testing.T) {
	for _, kind := range Kinds() {
		id := Of(kind, 2088_0000_0000_0012, money.CNY)
		if back, err := ParseAccountID(id.String()); err != nil || back != id {
			t.Errorf("%s reads back as %s, %v", id, back, err)
		}
	}
	for _, bad := range []string{"", "user", "user:1", "user:x:CNY", "user:1:cny", "nobody:1:CNY", "user:-1:CNY", "user:1:CNY:2"} {
		if id, err := ParseAccountID(bad); err == nil {
			t.Errorf("%q reads as %s", bad, id)
		}
	}
}

func ExamplePost() {
	b := funded(100_00)
	_ = Post(b, Move(alice, escrow, 80_00, Payment))
	_ = Post(b, append(Move(escrow, shop, 79_52, Settlement), Move(escrow, fee, 48, Fee)...))
	for _, id := range []AccountID{alice, escrow, shop, fee, bank} {
		fmt.Println(id, money.Format(b.Account(id).Balance, money.CNY))
	}
	// Output:
	// user:1:CNY 20.00
	// escrow:3:CNY 0.00
	// merchant:3:CNY 79.52
	// fee_income:0:CNY 0.48
	// client_funds:9:CNY 100.00
}

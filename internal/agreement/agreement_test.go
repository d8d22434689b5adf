package agreement

import (
	"fmt"
	"testing"
	"time"

	"tongbao/internal/money"
	"tongbao/internal/refusal"
)

var (
	noon   = time.Date(2018, 11, 11, 4, 0, 0, 0, time.UTC)
	zone   = time.FixedZone("CST", 8*3600)
	weekly = Period{Unit: Days, Every: 7, First: "2018-11-11", Most: 30_00, Total: 70_00, Times: 3}
)

func signed(t *testing.T, p Period) Agreement {
	t.Helper()
	a, err := Propose("1", Terms{Merchant: 1, Product: "CYCLE_PAY_AUTH_P", Period: p}, noon)
	if err == nil {
		err = a.Sign(7, noon)
	}
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func codeOf(err error) refusal.Code {
	if no := refusal.Of(err); no != nil {
		return no.Code
	}
	return ""
}

func TestChargesByTheTerms(t *testing.T) {
	for _, row := range []struct {
		name   string
		period Period
		days   []int // after noon, of each charge
		amount []money.Amount
		want   refusal.Code // of the last
	}{
		{"no plan", Period{}, []int{0, 0}, []money.Amount{1, 2_000_00}, ""},
		{"no plan, too much", Period{}, []int{0}, []money.Amount{2_000_01}, refusal.AgreementAmountExceeded},
		{"the first on its day", weekly, []int{0}, []money.Amount{30_00}, ""},
		{"more than one charge may be", weekly, []int{0}, []money.Amount{30_01}, refusal.AgreementAmountExceeded},
		{"the second too early", weekly, []int{0, 1}, []money.Amount{10_00, 10_00}, refusal.AgreementDayRefused},
		{"the second five days early", weekly, []int{0, 2}, []money.Amount{10_00, 10_00}, ""},
		{"more than the total", weekly, []int{0, 7, 14}, []money.Amount{30_00, 30_00, 10_01}, refusal.AgreementTotalExceeded},
		{"the whole total", weekly, []int{0, 7, 14}, []money.Amount{30_00, 30_00, 10_00}, ""},
		{"a fourth of three", weekly, []int{0, 7, 14, 21}, []money.Amount{1, 1, 1, 1}, refusal.AgreementTimesExceeded},
	} {
		t.Run(row.name, func(t *testing.T) {
			a := signed(t, row.period)
			for i, days := range row.days {
				before := a
				err := a.Charge(row.amount[i], noon.AddDate(0, 0, days), zone)
				last := i == len(row.days)-1
				if got := codeOf(err); !last && err != nil || last && got != row.want {
					t.Fatalf("charge %d: %v, want %q", i+1, err, row.want)
				}
				if err != nil && fmt.Sprint(a) != fmt.Sprint(before) {
					t.Error("a refused charge changed the agreement")
				}
			}
		})
	}
}

func TestOnlyASignedAgreementInItsTimeIsCharged(t *testing.T) {
	a, err := Propose("1", Terms{Merchant: 1, ValidMonth: 2, Only: 7}, noon)
	if err != nil {
		t.Fatal(err)
	}
	if got := codeOf(a.Charge(1, noon, zone)); got != refusal.AgreementStateRefused {
		t.Errorf("unsigned: %q", got)
	}
	if got := codeOf(a.Sign(8, noon)); got != refusal.BuyerMismatch {
		t.Errorf("somebody else signs: %q", got)
	}
	if got := codeOf(a.Sign(7, noon.Add(SignWithin))); got != refusal.AgreementStateRefused {
		t.Errorf("too late: %q", got)
	}
	if err := a.Sign(7, noon); err != nil {
		t.Fatal(err)
	}
	if got := codeOf(a.Charge(1, noon.AddDate(0, 2, 0), zone)); got != refusal.AgreementStateRefused {
		t.Errorf("out of time: %q", got)
	}
	if err := a.End(ByPerson, noon); err != nil || a.Status != Stop {
		t.Errorf("ended: %v %s", err, a.Status)
	}
	if got := codeOf(a.Charge(1, noon, zone)); got != refusal.AgreementStateRefused {
		t.Errorf("ended: %q", got)
	}
	if got := codeOf(a.End(ByMerchant, noon)); got != refusal.AgreementStateRefused {
		t.Errorf("twice: %q", got)
	}
}

func TestAPlanIsChecked(t *testing.T) {
	for field, p := range map[string]Period{
		"period_type":   {Unit: "WEEK", Every: 1, First: "2018-11-11", Most: 1},
		"period":        {Unit: Days, Every: 6, First: "2018-11-11", Most: 1},
		"single_amount": {Unit: Days, Every: 7, First: "2018-11-11"},
		"execute_time":  {Unit: Months, Every: 1, First: "2018-10-31", Most: 1},
		"total_amount":  {Unit: Months, Every: 1, First: "2018-10-01", Most: 5, Total: 4},
	} {
		_, err := Propose("1", Terms{Period: p}, noon)
		if no := refusal.Of(err); no == nil || no.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func ExampleAgreement_Plans() {
	a, _ := Propose("1", Terms{Period: Period{Unit: Months, Every: 1, First: "2018-11-28", Most: 30_00, Times: 3}}, noon)
	_ = a.Sign(7, noon)
	_ = a.Charge(30_00, noon.AddDate(0, 0, 12), zone)
	fmt.Println(a.Plans(12), a.Move("2018-12-20", noon, zone), a.Plans(1))
	// Output: [2018-12-28 2019-01-28] <nil> [2018-12-20]
}

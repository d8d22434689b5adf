package party

import (
	"errors"
	"fmt"
	"testing"

	"tongbao/internal/ledger"
	"tongbao/internal/refusal"
)

func ExampleIDFrom() {
	id := IDFrom(12)
	fmt.Println(FormatID(id))
	_, err := ParseID("2099000000000012")
	fmt.Println(err)
	// Output:
	// 2088000000000012
	// invalid_field: a party's id is 16 digits and begins with 2088
}

func TestPartyIDs(t *testing.T) {
	for _, random := range []uint64{0, 1, 999_999_999_999, 1_000_000_000_000, 1<<64 - 1} {
		id := IDFrom(random)
		if back, err := ParseID(FormatID(id)); err != nil || back != id || len(FormatID(id)) != 16 {
			t.Errorf("%d → %s → %d, %v", random, FormatID(id), back, err)
		}
	}
	for _, text := range []string{"", "2088", "02088000000000012", "2089000000000000", "-2088000000000012", "2088000000000012 ", "99999999999999999999999"} {
		if _, err := ParseID(text); err == nil {
			t.Errorf("%q was taken for an id", text)
		}
	}
}

func TestVerify(t *testing.T) {
	const wei, other = ResidentID("11010519491231002X"), ResidentID("440524198001010013")
	for _, row := range []struct {
		was    Person
		name   string
		number ResidentID
		tier   ledger.Tier
		want   refusal.Code // empty: yes
	}{
		{Person{Tier: ledger.TierUnknown}, "王伟", wei, ledger.TierI, ""},
		{Person{Tier: ledger.TierUnknown}, "王伟", wei, ledger.TierIII, ""},
		{Person{Tier: ledger.TierI, Name: "王伟", IDNumber: wei}, "王伟", wei, ledger.TierII, ""},
		{Person{Tier: ledger.TierII, Name: "王伟", IDNumber: wei}, "王伟", wei, ledger.TierII, refusal.IdentityTierRefused},
		{Person{Tier: ledger.TierIII, Name: "王伟", IDNumber: wei}, "王伟", wei, ledger.TierI, refusal.IdentityTierRefused},
		{Person{Tier: ledger.TierI, Name: "王伟", IDNumber: wei}, "王芳", wei, ledger.TierII, refusal.IdentityInvalid},
		{Person{Tier: ledger.TierI, Name: "王伟", IDNumber: wei}, "王伟", other, ledger.TierII, refusal.IdentityInvalid},
	} {
		p := row.was
		err := p.Verify(row.name, row.number, row.tier, 7)
		if row.want == "" {
			if err != nil || p.Tier != row.tier || p.Name != row.name || p.Verified != 7 {
				t.Errorf("%+v: %v", row, err)
			}
		} else if !errors.Is(err, row.want) || p != row.was {
			t.Errorf("%+v: %v, %+v", row, err, p)
		}
	}
}

func TestAMerchantKeepsAnOwner(t *testing.T) {
	m := Merchant{Owners: 1}
	for _, row := range []struct {
		from, to Role
		owners   int
		refused  bool
	}{
		{Manager, Cashier, 1, false}, {Owner, Manager, 1, true}, {Owner, "", 1, true}, {Owner, Owner, 1, false},
		{Cashier, Owner, 2, false}, {"", Owner, 3, false}, {Owner, Viewer, 2, false}, {Owner, "", 1, false}, {Owner, "", 1, true},
	} {
		err := m.OwnerChange(row.from, row.to)
		if errors.Is(err, refusal.LastOwner) != row.refused || m.Owners != row.owners {
			t.Errorf("%s to %s: %v, %d owners", row.from, row.to, err, m.Owners)
		}
	}
}

func TestAPIKeys(t *testing.T) {
	id, secret := MakeKey(Test, "abcdefghijkmnpqr", "abcdefghijkmnpqrabcdefghijkmnpqr")
	if got, err := KeyID(secret, Test); err != nil || got != id {
		t.Errorf("%s, %v", got, err)
	}
	if got := (APIKey{ID: id, Mode: Test}).Prefix(); got != "sk_test_abcdefghijkmnpqr" {
		t.Error(got)
	}
	for _, wrong := range []Secret{"", "sk_test_", secret + "a", secret[:20], "sk_live_" + secret[8:]} {
		if _, err := KeyID(wrong, Test); !errors.Is(err, refusal.InvalidKey) {
			t.Errorf("%s: %v", wrong.Reveal(), err)
		}
	}
}

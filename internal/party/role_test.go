package party

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

func ExampleRole_May() {
	fmt.Println(Cashier.May(CreatePayment), Cashier.May(Refund), Auditor.May(View), Auditor.May(DecideDispute))
	// Output: true false true false
}

// The rights that matter most, said in another way than the table says them.
func TestRights(t *testing.T) {
	for _, role := range Roles {
		if !role.May(View) {
			t.Errorf("%s may not even look", role)
		}
		for _, act := range Acts() {
			if (role == Viewer || role == ReadKey || role == Auditor) && act != View && role.May(act) {
				t.Errorf("%s only looks, and may %s", role, act)
			}
			if role.OfOperator() && (act == Pay || act == Transfer || act == Withdraw || act == Refund || act == CreatePayment) && role.May(act) {
				t.Errorf("%s may %s with other people's money", role, act)
			}
			if role == FullKey && (act == ManageKeys || act == ManageTeam || act == ManageCards) && role.May(act) {
				t.Errorf("a program may %s", act)
			}
			if (role == Manager || role == Cashier) && !Owner.May(act) && role.May(act) {
				t.Errorf("%s may %s, and the owner not", role, act)
			}
			if role.OfOperator() && role.May(act) && !Admin.May(act) {
				t.Errorf("%s may %s, and an admin not", role, act)
			}
		}
	}
	if Role("").May(View) || Role("boss").May(View) || Owner.May("fly") {
		t.Error("who or what isn't known is allowed")
	}
}

// docs/identity.md prints the table; this is the one that it must print.
func TestTheDocsPrintTheTableOfRights(t *testing.T) {
	var want strings.Builder
	want.WriteString("| act |")
	for _, role := range Roles {
		fmt.Fprintf(&want, " %s |", role)
	}
	want.WriteString("\n|---|" + strings.Repeat(":-:|", len(Roles)) + "\n")
	for _, act := range Acts() {
		fmt.Fprintf(&want, "| %s |", act)
		for _, role := range Roles {
			if role.May(act) {
				want.WriteString(" ✓ |")
			} else {
				want.WriteString("  |")
			}
		}
		want.WriteString("\n")
	}
	page, err := os.ReadFile("../../docs/identity.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), want.String()) {
		t.Errorf("docs/identity.md does not print this table:\n%s", want.String())
	}
}

package identity

import (
	"fmt"
	"testing"

	"tongbao/internal/party"
)

func ExamplePrincipal() {
	shop := party.MerchantIDFrom(5)
	for _, who := range []Principal{
		{},
		{Kind: User, ID: party.IDFrom(12), Subject: "2088000000000012", Role: party.PersonRole, Scope: party.Full},
		{Kind: Merchant, ID: shop, Subject: "stf_a", Role: party.Cashier, Scope: party.Full},
		{Kind: Merchant, ID: shop, KeyID: "key_b", Role: party.FullKey, Scope: party.Full},
		{Kind: Merchant, ID: shop, Subject: "stf_c", Role: party.Owner, Scope: party.Read}, // of a frozen merchant
		{Kind: Operator, Subject: "op_d", Role: party.Auditor, Scope: party.Full},
	} {
		fmt.Println(who.Actor(), who.May(party.View), who.May(party.CreatePayment), who.May(party.Refund))
	}
	// Output:
	// anonymous false false false
	// user:2088000000000012 true false false
	// merchant:2088800000000005/stf_a true true false
	// merchant:2088800000000005/key_b true true true
	// merchant:2088800000000005/stf_c true false false
	// operator:op_d true false false
}

func TestAPrincipalIsItsOwnKind(t *testing.T) {
	who := Principal{Kind: User, ID: party.IDFrom(1)}
	if !who.Is(User, party.IDFrom(1)) || who.Is(User, party.IDFrom(2)) || who.Is(Merchant, party.IDFrom(1)) {
		t.Error("who is who is wrong")
	}
}

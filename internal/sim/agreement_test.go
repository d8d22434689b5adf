package sim

import (
	"context"
	"testing"

	"tongbao/internal/party"
)

// Steps that went wrong before the simulation drew agreements and deposits.

func mustGo(t *testing.T, steps ...step) {
	t.Helper()
	ctx := context.Background()
	r := newRunner(Options{Seed: 1}, 0, 0)
	if err := r.begin(ctx); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.world.close() }()
	start := r.books.now
	for _, s := range steps {
		s.at += start
		if err := r.perform(ctx, s); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.end(ctx); err != nil {
		t.Fatal(err)
	}
}

func aMerchant() uint64 { return party.MerchantIDFrom(1) }
func aPerson() uint64   { return party.IDFrom(1) }

func one(at int64, c command) step { return step{at: at, group: []command{c}} }

// Who ended an agreement in the batch in which it was signed told somebody whom
// the command had not named, and the engine stopped itself.
func TestAnAgreementIsSignedAndEndedAtOnce(t *testing.T) {
	end := command{Act: actEnd, Key: "end", From: "p", Text: "merchant"}
	mustGo(t,
		one(0, command{Act: actPropose, Key: "p", Who: aMerchant()}),
		step{group: []command{{Act: actSign, Key: "sign", From: "p", Who: aPerson()}, end}},
		one(0, end))
}

// The same request again after the agreement was signed was called another one,
// since who signs was a part of its contents.
func TestARefusedEndIsRefusedAgainAfterTheSigning(t *testing.T) {
	end := command{Act: actEnd, Key: "end", From: "p", Text: "merchant"}
	mustGo(t,
		one(0, command{Act: actPropose, Key: "p", Who: aMerchant()}),
		one(0, end),
		one(0, command{Act: actSign, Key: "sign", From: "p", Who: aPerson()}),
		one(0, end))
}

// So was a payment from a deposit, and a charge.
func TestAPaymentThatWasRefusedIsRefusedAgainWhenItsPayerIsKnown(t *testing.T) {
	order := func(n string) string { return handleOf(aMerchant(), n) }
	take := command{Act: actPayFrom, Key: "take", From: order("d"), Who: aMerchant(), On: order("1"), Amount: 5, Instant: true}
	charge := command{Act: actChargeNew, Key: "charge", From: "p", Who: aMerchant(), On: order("2"), Amount: 5, Instant: true}
	mustGo(t,
		one(0, command{Act: actDeposit, Key: "d", Who: aMerchant(), On: order("d"), Amount: 10, Seconds: 60, Text: "Sim"}),
		one(0, command{Act: actPropose, Key: "p", Who: aMerchant()}),
		one(0, take), one(0, charge),
		one(0, command{Act: actGive, Key: "give", From: order("d"), Who: aPerson(), Amount: 10}),
		one(0, command{Act: actSign, Key: "sign", From: "p", Who: aPerson()}),
		one(0, take), one(0, charge))
}

// A charge asked again on the next day looked for a payment with that day's number.
func TestAChargeIsAnsweredAgainOnTheNextDay(t *testing.T) {
	charge := command{Act: actChargeNew, Key: "charge", From: "p", Who: aMerchant(), On: handleOf(aMerchant(), "1"), Amount: 5, Instant: true}
	mustGo(t,
		one(0, command{Act: actPropose, Key: "p", Who: aMerchant()}),
		one(0, command{Act: actSign, Key: "sign", From: "p", Who: aPerson()}),
		one(0, charge), one(day, charge))
}

// Package risk answers one question for every desk where money moves: allow,
// ask for a stronger proof, or refuse. It is pure: facts in, decision out, so
// that the decision can be taken inside a command, where nothing can slip
// between the counting and the act. It refuses to know where facts come from
// and how a step-up looks.
package risk

import (
	"tongbao/internal/money"
	"tongbao/internal/refusal"
)

// Act is what somebody wants to do.
type Act string

const (
	PayPassword Act = "pay_with_password" // in the cashier, the payment password given
	PayByCode   Act = "pay_by_code"       // a payment code shown at a till, no password
	SendMoney   Act = "transfer"
	TakeIn      Act = "top_up"
	TakeOut     Act = "withdrawal"

	PayByAgreement Act = "pay_by_agreement" // the merchant charges; nobody is asked
)

// Facts are what is known at the moment of the act.
type Facts struct {
	Act        Act
	Amount     money.Amount
	TimesToday uint32 // how often this account has spent today, this act not counted
	Proved     bool   // the payment password was given for this very act
	Unattended bool   // a payout by a merchant's key, not a person's act
}

// Verdict is allow, step up, or refuse.
type Verdict string

const (
	Allow  Verdict = "allow"
	StepUp Verdict = "step_up"
	Refuse Verdict = "refuse"
)

// Decision is the verdict, with the refusal to give where it is not allow.
type Decision struct {
	Verdict Verdict
	Rule    string // the rule that decided, for the journal and operators
	Refusal *refusal.Refusal
}

const (
	// CodeWithoutPassword is the most that a payment code pays by itself: above
	// it the payer confirms with the password (a wallet's "small amounts without
	// password"; article 12 of PBoC notice 296 of 2017 caps static codes and
	// leaves the dynamic ones to the institution's verification class).
	CodeWithoutPassword money.Amount = 1_000_00
	// MostTimesADay is how often one person's account may spend in a day.
	MostTimesADay = 500
)

// Rules decide in order; the first that is not allow counts. A new rule is one
// line here.
var rules = []struct {
	name string
	rule func(Facts) Decision
}{
	{"daily_velocity", dailyVelocity},
	{"code_needs_password", codeNeedsPassword},
}

// Decide runs the rules.
func Decide(f Facts) Decision {
	for _, r := range rules {
		if d := r.rule(f); d.Verdict != Allow {
			d.Rule = r.name
			return d
		}
	}
	return Decision{Verdict: Allow}
}

// Hook is how a desk asks. The platform hands in Decide; a test hands in what
// it wants to see refused.
type Hook func(Facts) Decision

// Check turns anything but allow into the refusal.
func (h Hook) Check(f Facts) error {
	if d := h(f); d.Verdict != Allow {
		return d.Refusal
	}
	return nil
}

func dailyVelocity(f Facts) Decision {
	if f.Unattended || f.TimesToday < MostTimesADay {
		return Decision{Verdict: Allow}
	}
	return Decision{Verdict: Refuse, Refusal: refusal.New(refusal.VelocityExceeded, "this account has paid %d times today; no more until tomorrow", f.TimesToday)}
}

func codeNeedsPassword(f Facts) Decision {
	if f.Act != PayByCode || f.Proved || f.Amount <= CodeWithoutPassword {
		return Decision{Verdict: Allow}
	}
	return Decision{Verdict: StepUp, Refusal: refusal.New(refusal.StepUpRequired, "the payer has to confirm this amount with the payment password")}
}

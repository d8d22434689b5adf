package party

import (
	"tongbao/internal/ledger"
	"tongbao/internal/refusal"
)

// Proof is how a person's name and number were proved. What proved them is
// outside; here is what it is worth.
type Proof string

const (
	BasicProof Proof = "basic"     // one outside source: class I
	CardProof  Proof = "bank_card" // with a bound card, three sources: class II
	FaceProof  Proof = "face"      // with the face, five sources: class III
)

// Tier is what the proof is worth. Refusal: invalid_field.
func (p Proof) Tier() (ledger.Tier, error) {
	switch p {
	case BasicProof:
		return ledger.TierI, nil
	case CardProof:
		return ledger.TierII, nil
	case FaceProof:
		return ledger.TierIII, nil
	}
	return 0, refusal.In("proof", refusal.InvalidField, "the proof must be basic, bank_card or face")
}

// TierName is the tier as the API says it.
func TierName(tier ledger.Tier) string {
	switch tier {
	case ledger.TierUnknown:
		return "unknown"
	case ledger.TierI:
		return "I"
	case ledger.TierII:
		return "II"
	case ledger.TierIII:
		return "III"
	}
	return "none"
}

// Verify raises the person to a tier under a proved name and number. Who is
// known already stays the one: a higher tier is for the same name and number.
// Refusals: identity_tier_refused, identity_invalid.
func (p *Person) Verify(name string, number ResidentID, tier ledger.Tier, now int64) error {
	if tier <= p.Tier {
		return refusal.In("proof", refusal.IdentityTierRefused, "the account is of class %s already", TierName(p.Tier))
	}
	if p.Name != "" && (p.Name != name || p.IDNumber != number) {
		return refusal.In("id_number", refusal.IdentityInvalid, "the account was verified under another name or number before")
	}

	p.Name, p.IDNumber, p.Tier, p.Verified = name, number, tier, now
	return nil
}

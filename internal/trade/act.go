package trade

import (
	"fmt"
	"slices"
)

// Role is the side from which somebody acts.
type Role uint8

// The roles.
const (
	Buyer Role = iota + 1
	Seller
	Operator // the platform's, who decides disputes
	System   // timers
)

var roleNames = names{"", "buyer", "seller", "operator", "system"}

func (r Role) String() string               { return roleNames.of(uint8(r)) }
func (r Role) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads the role's word.
func (r *Role) UnmarshalText(text []byte) (err error) {
	*r, err = parse[Role](roleNames, text)
	return err
}

// Act names what can be done to a trade; each is the method of that name.
type Act uint8

// The acts, in the order of a trade's life.
const (
	ActPay Act = iota + 1
	ActClose
	ActExpire
	ActShip
	ActExtend
	ActConfirm
	ActAutoConfirm
	ActFinish
	ActRefund
	ActRequestRefund
	ActOpenDispute
	ActAgree
	ActRefuse
	ActRevise
	ActReturnShipped
	ActReturnReceived
	ActEscalate
	ActArbitrate
	ActAddEvidence
	ActWithdrawDispute
	ActDeadline
)

var actNames = names{"", "pay", "close", "expire", "ship", "extend", "confirm", "auto_confirm", "finish", "refund",
	"request_refund", "open_dispute", "agree", "refuse", "revise", "return_shipped", "return_received", "escalate",
	"arbitrate", "add_evidence", "withdraw_dispute", "deadline"}

func (a Act) String() string               { return actNames.of(uint8(a)) }
func (a Act) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads the act's word.
func (a *Act) UnmarshalText(text []byte) (err error) {
	*a, err = parse[Act](actNames, text)
	return err
}

// attempts are the acts with who may do them, and a try with the plainest
// input that could be accepted.
var attempts = []struct {
	act   Act
	roles []Role
	try   func(t *Trade, at Time, by Role) ([]Move, error)
}{
	{ActPay, []Role{Buyer}, func(t *Trade, at Time, _ Role) ([]Move, error) { return t.Pay(at, t.somePayer()) }},
	{ActClose, []Role{Buyer, Seller}, func(t *Trade, at Time, _ Role) ([]Move, error) { return t.Close(at) }},
	{ActExpire, []Role{System}, func(t *Trade, at Time, _ Role) ([]Move, error) { return t.Expire(at) }},
	{ActShip, []Role{Seller}, func(t *Trade, at Time, _ Role) ([]Move, error) { return t.Ship(at, "carrier", "") }},
	{ActExtend, []Role{Buyer, Seller}, func(t *Trade, at Time, _ Role) ([]Move, error) { return t.Extend(at) }},
	{ActConfirm, []Role{Buyer}, func(t *Trade, at Time, _ Role) ([]Move, error) { return t.Confirm(at) }},
	{ActAutoConfirm, []Role{System}, func(t *Trade, at Time, _ Role) ([]Move, error) { return t.AutoConfirm(at) }},
	{ActFinish, []Role{System}, func(t *Trade, at Time, _ Role) ([]Move, error) { return t.Finish(at) }},
	{ActRefund, []Role{Seller}, func(t *Trade, at Time, _ Role) ([]Move, error) {
		return t.Refund(at, t.freeRefundID(), t.Refundable(), "")
	}},
	{ActRequestRefund, []Role{Buyer}, func(t *Trade, at Time, _ Role) ([]Move, error) {
		return t.RequestRefund(at, t.Refundable(), "")
	}},
	{ActOpenDispute, []Role{Buyer}, func(t *Trade, at Time, _ Role) ([]Move, error) {
		return t.OpenDispute(at, Claim{Reason: OtherReason, Amount: t.Refundable()})
	}},
	{ActAgree, []Role{Seller}, func(t *Trade, at Time, _ Role) ([]Move, error) { return t.Agree(at, "") }},
	{ActRefuse, []Role{Seller}, func(t *Trade, at Time, _ Role) ([]Move, error) { return t.Refuse(at, "reason") }},
	{ActRevise, []Role{Buyer}, func(t *Trade, at Time, _ Role) ([]Move, error) {
		claim := Claim{Amount: t.Refundable()}
		if t.Dispute != nil {
			claim.Reason = t.Dispute.Reason
		}
		return t.Revise(at, claim)
	}},
	{ActReturnShipped, []Role{Buyer}, func(t *Trade, at Time, _ Role) ([]Move, error) { return t.ReturnShipped(at, "carrier", "") }},
	{ActReturnReceived, []Role{Seller}, func(t *Trade, at Time, _ Role) ([]Move, error) { return t.ReturnReceived(at) }},
	{ActEscalate, []Role{Buyer, Seller}, func(t *Trade, at Time, by Role) ([]Move, error) { return t.Escalate(at, by) }},
	{ActArbitrate, []Role{Operator}, func(t *Trade, at Time, _ Role) ([]Move, error) { return t.Arbitrate(at, 0, "reason") }},
	{ActAddEvidence, []Role{Buyer, Seller}, func(t *Trade, at Time, by Role) ([]Move, error) { return t.AddEvidence(at, by, "text") }},
	{ActWithdrawDispute, []Role{Buyer}, func(t *Trade, at Time, _ Role) ([]Move, error) { return t.WithdrawDispute(at) }},
	{ActDeadline, []Role{System}, func(t *Trade, at Time, _ Role) ([]Move, error) { return t.Deadline(at) }},
}

// Allowed lists what a role may do at that moment, in the order of the acts;
// screens show their buttons by it. It tries each act on a copy, so it can't
// say otherwise than the methods do.
func (t *Trade) Allowed(at Time, role Role) []Act {
	var allowed []Act
	for _, a := range attempts {
		if !slices.Contains(a.roles, role) {
			continue
		}
		trial := *t
		if _, err := a.try(&trial, at, role); err == nil {
			allowed = append(allowed, a.act)
		}
	}
	return allowed
}

func (t *Trade) somePayer() uint64 {
	switch {
	case t.Buyer != 0:
		return t.Buyer
	case t.Merchant != 1:
		return 1
	}
	return 2
}

func (t *Trade) freeRefundID() string {
	for n := len(t.Refunds) + 1; ; n++ {
		id := fmt.Sprint("refund-", n)
		if _, taken := t.FindRefund(id); !taken {
			return id
		}
	}
}

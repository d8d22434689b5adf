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

// attempts are the acts with who may do them, where the trade or its open dispute
// must stand for the act not to be refused at once, and a try with the plainest
// input that could be accepted.
var attempts = []struct {
	act    Act
	roles  []Role
	stands stands
	try    func(t *Trade, at Time, by Role) ([]Move, error)
}{
	{ActPay, []Role{Buyer}, in(WaitBuyerPay), func(t *Trade, at Time, _ Role) ([]Move, error) { return t.Pay(at, t.somePayer()) }},
	{ActClose, []Role{Buyer, Seller}, in(WaitBuyerPay), func(t *Trade, at Time, _ Role) ([]Move, error) { return t.Close(at) }},
	{ActExpire, []Role{System}, in(WaitBuyerPay), func(t *Trade, at Time, _ Role) ([]Move, error) { return t.Expire(at) }},
	{ActShip, []Role{Seller}, in(WaitSellerSendGoods), func(t *Trade, at Time, _ Role) ([]Move, error) { return t.Ship(at, "carrier", "") }},
	{ActExtend, []Role{Buyer, Seller}, in(WaitBuyerConfirmGoods), func(t *Trade, at Time, _ Role) ([]Move, error) { return t.Extend(at) }},
	{ActConfirm, []Role{Buyer}, in(WaitBuyerConfirmGoods), func(t *Trade, at Time, _ Role) ([]Move, error) { return t.Confirm(at) }},
	{ActAutoConfirm, []Role{System}, in(WaitBuyerConfirmGoods), func(t *Trade, at Time, _ Role) ([]Move, error) { return t.AutoConfirm(at) }},
	{ActFinish, []Role{System}, in(TradeSuccess), func(t *Trade, at Time, _ Role) ([]Move, error) { return t.Finish(at) }},
	{ActRefund, []Role{Seller}, in(WaitSellerSendGoods, WaitBuyerConfirmGoods, TradeSuccess, TradeFinished), func(t *Trade, at Time, _ Role) ([]Move, error) {
		return t.Refund(at, t.freeRefundID(), t.Refundable(), "")
	}},
	{ActRequestRefund, []Role{Buyer}, in(WaitSellerSendGoods), func(t *Trade, at Time, _ Role) ([]Move, error) {
		return t.RequestRefund(at, t.Refundable(), "")
	}},
	{ActOpenDispute, []Role{Buyer}, in(WaitBuyerConfirmGoods), func(t *Trade, at Time, _ Role) ([]Move, error) {
		return t.OpenDispute(at, Claim{Reason: OtherReason, Amount: t.Refundable()})
	}},
	{ActAgree, []Role{Seller}, underDispute, func(t *Trade, at Time, _ Role) ([]Move, error) { return t.Agree(at, "") }},
	{ActRefuse, []Role{Seller}, underDispute, func(t *Trade, at Time, _ Role) ([]Move, error) { return t.Refuse(at, "reason") }},
	{ActRevise, []Role{Buyer}, underDispute, func(t *Trade, at Time, _ Role) ([]Move, error) {
		claim := Claim{Amount: t.Refundable()}
		if t.Dispute != nil {
			claim.Reason = t.Dispute.Reason
		}
		return t.Revise(at, claim)
	}},
	{ActReturnShipped, []Role{Buyer}, underDispute, func(t *Trade, at Time, _ Role) ([]Move, error) { return t.ReturnShipped(at, "carrier", "") }},
	{ActReturnReceived, []Role{Seller}, underDispute, func(t *Trade, at Time, _ Role) ([]Move, error) { return t.ReturnReceived(at) }},
	{ActEscalate, []Role{Buyer, Seller}, underDispute, func(t *Trade, at Time, by Role) ([]Move, error) { return t.Escalate(at, by) }},
	{ActArbitrate, []Role{Operator}, underDispute, func(t *Trade, at Time, _ Role) ([]Move, error) { return t.Arbitrate(at, 0, "reason") }},
	{ActAddEvidence, []Role{Buyer, Seller}, underDispute, func(t *Trade, at Time, by Role) ([]Move, error) { return t.AddEvidence(at, by, "text") }},
	{ActWithdrawDispute, []Role{Buyer}, underDispute, func(t *Trade, at Time, _ Role) ([]Move, error) { return t.WithdrawDispute(at) }},
	{ActDeadline, []Role{System}, anywhere, func(t *Trade, at Time, _ Role) ([]Move, error) { return t.Deadline(at) }},
}

// stands is a set of states, with which most acts can be told to be refused
// without a try: a copy and a refusal's words are dear where every answer that shows
// a payment lists what may be done to it.
type stands uint16

const (
	underDispute stands = 1 // a dispute is open
	anywhere            = ^stands(0)
)

func in(all ...Status) (s stands) {
	for _, status := range all {
		s |= 1 << status
	}
	return s
}

func (t *Trade) stands() stands {
	s := in(t.Status)
	if t.Disputed() {
		s |= underDispute
	}
	return s
}

// Allowed lists what a role may do at that moment, in the order of the acts;
// screens show their buttons by it. It tries each act that could be done on a
// copy, so it can't say more than the methods do.
func (t *Trade) Allowed(at Time, role Role) []Act {
	var allowed []Act
	now := t.stands()
	for i := range attempts {
		a := &attempts[i]
		if a.stands&now == 0 || !slices.Contains(a.roles, role) {
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

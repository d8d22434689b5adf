package trade

import (
	"fmt"
	"slices"
	"strings"

	"tongbao/internal/refusal"
)

// Status is where a trade stands, by the protocol's names.
type Status uint8

// The states of a trade. Paid means any but WaitBuyerPay; TradeClosed means
// never paid or wholly refunded.
const (
	WaitBuyerPay          Status = iota + 1
	WaitSellerSendGoods          // escrow: paid, not shipped
	WaitBuyerConfirmGoods        // escrow: shipped, not confirmed
	TradeSuccess                 // instant: paid and settled, still refundable
	TradeFinished                // settled; an escrow trade is still refundable until RefundBy
	TradeClosed                  // never paid, or wholly refunded
)

var statusNames = names{"", "WAIT_BUYER_PAY", "WAIT_SELLER_SEND_GOODS", "WAIT_BUYER_CONFIRM_GOODS",
	"TRADE_SUCCESS", "TRADE_FINISHED", "TRADE_CLOSED"}

func (s Status) String() string               { return statusNames.of(uint8(s)) }
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the protocol's name.
func (s *Status) UnmarshalText(text []byte) (err error) {
	*s, err = parse[Status](statusNames, text)
	return err
}

// DisputeStatus is where a dispute or refund request stands, by the protocol's
// refund states (section 12).
type DisputeStatus uint8

// The states of a dispute. AlipayCheck keeps the protocol's word for "the
// platform's operator decides", so that one word serves API, code and screens.
const (
	WaitSellerAgree        DisputeStatus = iota + 1
	SellerRefuseBuyer                    // the buyer revises, escalates or withdraws
	WaitBuyerReturnGoods                 // agreed; the goods go back first
	WaitSellerConfirmGoods               // the goods are on their way back
	AlipayCheck                          // escalated: an operator decides
	RefundSuccess                        // ended: the buyer got the claim, or the part an operator awarded
	RefundClosed                         // ended without: withdrawn, lapsed, shipped or turned down
)

var disputeStatusNames = names{"", "WAIT_SELLER_AGREE", "SELLER_REFUSE_BUYER", "WAIT_BUYER_RETURN_GOODS",
	"WAIT_SELLER_CONFIRM_GOODS", "ALIPAY_CHECK", "REFUND_SUCCESS", "REFUND_CLOSED"}

// Open tells whether the dispute has not ended.
func (s DisputeStatus) Open() bool { return s >= WaitSellerAgree && s <= AlipayCheck }

func (s DisputeStatus) String() string               { return disputeStatusNames.of(uint8(s)) }
func (s DisputeStatus) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the protocol's name.
func (s *DisputeStatus) UnmarshalText(text []byte) (err error) {
	*s, err = parse[DisputeStatus](disputeStatusNames, text)
	return err
}

// needStatus refuses unless the trade stands in one of the states.
func (t *Trade) needStatus(allowed ...Status) error {
	if slices.Contains(allowed, t.Status) {
		return nil
	}
	return refusal.New(refusal.TradeStateRefused, "the payment is %s; this needs %s", t.Status, either(allowed))
}

// needNoDispute refuses while a dispute or refund request is open.
func (t *Trade) needNoDispute() error {
	if !t.Disputed() {
		return nil
	}
	return refusal.New(refusal.DisputeOpen, "a dispute is open and stands at %s; it must end first", t.Dispute.Status)
}

// needDispute refuses unless a dispute is open and stands in one of the
// states; no states named means any.
func (t *Trade) needDispute(allowed ...DisputeStatus) error {
	if !t.Disputed() {
		return refusal.New(refusal.DisputeNotOpen, "no dispute or refund request is open")
	}
	if len(allowed) > 0 && !slices.Contains(allowed, t.Dispute.Status) {
		return refusal.New(refusal.DisputeStateRefused, "the dispute stands at %s; this needs %s", t.Dispute.Status, either(allowed))
	}
	return nil
}

func either[T fmt.Stringer](list []T) string {
	words := make([]string, len(list))
	for i, one := range list {
		words[i] = one.String()
	}
	return strings.Join(words, " or ")
}

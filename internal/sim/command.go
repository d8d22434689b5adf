package sim

import (
	"fmt"
	"reflect"
	"strings"
)

// The acts, by the words of the desks.
const (
	actOpen          = "open"
	actPay           = "pay"
	actClose         = "close"
	actShip          = "ship"
	actConfirm       = "confirm"
	actExtend        = "extend"
	actRefund        = "refund"
	actRequestRefund = "request_refund"
	actDispute       = "open_dispute"
	actRevise        = "revise"
	actEvidence      = "add_evidence"
	actAgree         = "agree"
	actRefuse        = "refuse"
	actReturnShip    = "return_shipped"
	actReturnGot     = "return_received"
	actEscalate      = "escalate"
	actWithdrawClaim = "withdraw_dispute"
	actArbitrate     = "arbitrate"
	actDeadline      = "deadline"
	actIssueCode     = "issue_code"
	actTransfer      = "transfer"
	actTopUp         = "top_up"
	actWithdraw      = "withdraw"
	actAskBank       = "ask_bank"
	actBankWord      = "bank_word"
	actHold          = "hold"
	actCapture       = "capture"
	actVoid          = "void"
	actExpire        = "expire"
	actSweep         = "sweep"
	actPayByCode     = "pay_by_code"
	actGuess         = "guess_password"
	actJoin          = "join" // a script each: see house.go
	actFound         = "found_merchant"
	actHeld          = "held_payment"
	actDesk          = "papers"
)

// command is one act as it is asked. What makes up its contents stands in the
// fields before seenBuyer.
type command struct {
	Act     string
	Key     string // its id in the journal
	Who     uint64 // merchant of open, payer of pay and transfer, owner of the rest
	Whom    uint64 // named buyer of open, payee
	On      string // handle: of a payment merchant/order number, of the rest the key that made it
	Amount  int64
	Seconds int64  // time to pay, life of a hold
	Code    string // handle of the payment code of open
	Payer   uint64 // of open: a proved payer
	Instant bool
	Virtual bool
	Payees  []payee
	Reason  int    // of a claim, by the trade's numbers
	Back    bool   // the goods are offered back
	Role    int    // 1 buyer, 2 seller
	Text    string // carrier, reason, words
	Final   bool
	In      bool   // of a bank order: a top-up
	Proved  bool   // of a payment code
	Outcome string // of a bank's word
	Due     int64  // of a deadline

	seenBuyer uint64 // buyer of the payment as the desk reads it
}

type payee struct {
	Party  uint64
	Amount int64
	Share  int64
}

// compound acts are made of several commands of the platform's. Of those with a
// payment password the last is the act itself.
func (c command) compound() bool {
	return c.loose() || (c.Act == actTransfer || c.Act == actWithdraw) && c.Who < firstMerchant
}

// loose acts may be half done when the power goes, and are then simply done again.
func (c command) loose() bool { return c.Act == actSweep || c.house() }

// house acts are the scripted ones.
func (c command) house() bool {
	return c.Act == actGuess || c.Act == actJoin || c.Act == actFound || c.Act == actHeld || c.Act == actDesk
}

// delicate acts hold secrets that are told once: after a power cut nobody knows them.
func (c command) delicate() bool { return c.Act == actJoin || c.Act == actFound }

// contents tells whether two commands under one id ask for the same.
func (c command) contents() string {
	c.Key, c.seenBuyer = "", 0
	return fmt.Sprintf("%+v", c)
}

// String lists the fields that are set.
func (c command) String() string {
	var parts []string
	v := reflect.ValueOf(c)
	for i := range v.NumField() {
		if !v.Field(i).IsZero() {
			parts = append(parts, fmt.Sprintf("%s %v", strings.ToLower(v.Type().Field(i).Name), v.Field(i)))
		}
	}
	return strings.Join(parts, ", ")
}

// answer is what came back, or what should: no with a code, or yes with the
// state told.
type answer struct {
	code string // of the refusal
	says string
}

func (a answer) String() string {
	if a.code != "" {
		return "refused: " + a.code
	}
	return "done: " + a.says
}

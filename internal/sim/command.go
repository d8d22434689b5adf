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
	actReturn        = "come_back"
	actPayOut        = "pay_out"
	actDeposit       = "open_auth" // the acts on deposits are those on authorisations
	actGive          = "give_auth"
	actRelease       = "release_auth"
	actCancel        = "cancel_auth"
	actPayFrom       = "pay_from_auth"
	actPropose       = "propose"
	actSign          = "sign"
	actEnd           = "end"
	actMove          = "move"
	actCharge        = "charge"
	actChargeNew     = "charge_new"
)

// command is one act as it is asked. What makes up its contents stands in the
// fields before seen.
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
	From    string // what pays: handle of the deposit, key of the agreement
	Plan    plan   // of a proposal
	Days    int    // for which the proposal's agreement is good

	seen sight
}

// plan is what an agreement says of its charges.
type plan struct {
	Unit        string
	Every       int
	First       string
	Most, Total int64
	Times       int
}

// sight is what a desk reads before it hands its command in: others of the same
// batch may change it before the command is applied.
type sight struct {
	buyer  uint64     // of the payment
	person uint64     // who has given the deposit, or signed the agreement
	known  bool       // the merchant's number has its payout or deposit
	said   answer     // which is told at once
	holder *agreement // that has the merchant's number
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
	return c.Act == actGuess || c.Act == actJoin || c.Act == actFound || c.Act == actHeld || c.Act == actDesk || c.Act == actReturn
}

// delicate acts hold secrets that are told once: after a power cut nobody knows them.
func (c command) delicate() bool { return c.Act == actJoin || c.Act == actFound }

// contents tells whether two commands under one id ask for the same.
func (c command) contents() string {
	c.Key, c.seen = "", sight{}
	return fmt.Sprintf("%+v", c)
}

// String lists the fields that are set.
func (c command) String() string {
	var parts []string
	v := reflect.ValueOf(c)
	for i := range v.NumField() {
		if name := v.Type().Field(i).Name; name != "seen" && !v.Field(i).IsZero() {
			parts = append(parts, fmt.Sprintf("%s %v", strings.ToLower(name), v.Field(i)))
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

package openapi

import (
	"fmt"
	"slices"

	"tongbao/internal/identity"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/trade"
)

// Dispute is a quarrel about a payment, or a refund asked for before shipping.
type Dispute struct {
	ID          string `json:"id" example:"dp_2018111112345678901234567890_1"`
	PaymentID   string `json:"payment_id" example:"2018111112345678901234567890"`
	Subject     string `json:"subject" example:"Tea, 250 g"`
	Kind        string `json:"kind" enum:"refund_request,dispute" example:"dispute"`
	Reason      string `json:"reason" enum:"not_shipped,not_received,not_as_described,damaged,incomplete,counterfeit,other" example:"damaged"`
	ClaimAmount int64  `json:"claim_amount" example:"12800"`
	Currency    string `json:"currency" example:"CNY"`
	WantsReturn bool   `json:"wants_return" doc:"The goods go back before the money does."`
	Text        string `json:"text" example:"The tin was open." doc:"The buyer's words."`
	Answer      string `json:"answer" example:"" doc:"The seller's: why not, or where to return the goods to."`
	Status      string `json:"status" enum:"WAIT_SELLER_AGREE,SELLER_REFUSE_BUYER,WAIT_BUYER_RETURN_GOODS,WAIT_SELLER_CONFIRM_GOODS,ALIPAY_CHECK,REFUND_SUCCESS,REFUND_CLOSED" example:"WAIT_SELLER_AGREE"`

	OpenedAt Time            `json:"opened_at"`
	AnswerBy MaybeTime       `json:"answer_by" doc:"When what next_deadline of the payment says happens by itself; null while an operator decides, and at the end."`
	EndedAt  MaybeTime       `json:"ended_at"`
	Refunded int64           `json:"refunded" example:"0" doc:"What the buyer got while it was open or by its end."`
	Outcome  *DisputeOutcome `json:"outcome,omitempty"`
	Return   *ReturnShipment `json:"return,omitempty"`
	Evidence []Evidence      `json:"evidence"`
	Allowed  []string        `json:"allowed" example:"[\"agree\",\"refuse\"]" doc:"What the caller may do now: evidence, agree, refuse, revise, return_shipped, return_received, escalate, withdraw, arbitrate."`

	Merchant   MerchantRef `json:"merchant"`
	Buyer      *PersonRef  `json:"buyer,omitempty"`
	AssignedTo *string     `json:"assigned_to" example:"op_abcdefgh" doc:"The operator who has taken it on."`
}

// DisputeOutcome is how a dispute ended.
type DisputeOutcome struct {
	ToBuyer   int64  `json:"to_buyer" example:"12800"`
	DecidedBy string `json:"decided_by" enum:"seller,operator,silence,buyer" example:"seller"`
	Reason    string `json:"reason" example:""`
}

// ReturnShipment is how the goods go back.
type ReturnShipment struct {
	Carrier    string `json:"carrier" example:"SF Express"`
	TrackingNo string `json:"tracking_no" example:"SF1234567890"`
	At         Time   `json:"at"`
}

// Evidence is what one side says and shows.
type Evidence struct {
	ID    string    `json:"id" example:"ev_1"`
	By    string    `json:"by" enum:"buyer,seller,operator" example:"buyer"`
	At    Time      `json:"at"`
	Text  string    `json:"text" example:"A picture of the tin"`
	Files []FileRef `json:"files"`
}

// FileRef is a file that a piece of evidence shows.
type FileRef struct {
	ID        string `json:"id" example:"file_0a1b2c3d4e5f60718293a4b5"`
	MediaType string `json:"media_type" example:"image/png"`
	Size      int64  `json:"size" example:"48211"`
	URL       string `json:"url" example:"/v1/files/file_0a1b2c3d4e5f60718293a4b5?dispute_id=dp_2018111112345678901234567890_1"`
}

// disputeActs are the acts on a dispute, by the API's word, with the right that
// each needs.
var disputeActs = map[trade.Act]struct {
	word   string
	rights []party.Act // any of them: both sides may do some
}{
	trade.ActAddEvidence: {"evidence", []party.Act{party.OpenDispute, party.AnswerDispute}},
	trade.ActAgree:       {"agree", []party.Act{party.AnswerDispute}}, trade.ActRefuse: {"refuse", []party.Act{party.AnswerDispute}},
	trade.ActRevise: {"revise", []party.Act{party.OpenDispute}}, trade.ActReturnShipped: {"return_shipped", []party.Act{party.OpenDispute}},
	trade.ActReturnReceived: {"return_received", []party.Act{party.AnswerDispute}},
	trade.ActEscalate:       {"escalate", []party.Act{party.OpenDispute, party.AnswerDispute}},
	trade.ActArbitrate:      {"arbitrate", []party.Act{party.DecideDispute}}, trade.ActWithdrawDispute: {"withdraw", []party.Act{party.OpenDispute}},
}

// disputesOf lists all of a trade's disputes that its record holds.
func disputesOf(t *trade.Trade) []trade.Dispute {
	all := slices.Clone(t.PastDisputes)
	if t.Dispute != nil {
		all = append(all, *t.Dispute)
	}
	return all
}

func disputeID(paymentID string, no int) string { return fmt.Sprintf("dp_%s_%d", paymentID, no) }

func parseDisputeID(id string) (paymentID string, no int, ok bool) { return parseNumbered("dp_", id) }

// dispute is the view of one of a trade's disputes.
func (l *look) dispute(t *trade.Trade, d *trade.Dispute, e eyes) Dispute {
	v := Dispute{
		ID: disputeID(t.ID, d.No), PaymentID: t.ID, Subject: t.Subject, Kind: "dispute", Reason: d.Reason.String(), ClaimAmount: int64(d.Claim),
		Currency: t.Currency.String(), WantsReturn: d.Return, Text: d.Words, Answer: d.Answer, Status: d.Status.String(), OpenedAt: Time(d.Opened),
		AnswerBy: MaybeTime(d.Due), EndedAt: MaybeTime(d.Ended), Refunded: int64(d.Refunded), Evidence: []Evidence{}, Allowed: []string{},
		Merchant: l.merchantRef(t.Merchant), Buyer: l.personRef(t.Buyer),
	}
	if d.Reason == trade.NotShipped {
		v.Kind = "refund_request"
	}
	if d.Ended != 0 {
		v.Outcome = &DisputeOutcome{ToBuyer: int64(d.Refunded), DecidedBy: decidedBy(t, d), Reason: d.Decision}
	}
	if d.ReturnShipped != 0 {
		v.Return = &ReturnShipment{Carrier: d.ReturnCarrier, TrackingNo: d.ReturnTrackingNo, At: Time(d.ReturnShipped)}
	}
	for i := range d.Evidence {
		v.Evidence = append(v.Evidence, evidenceView(t, v.ID, i, &d.Evidence[i]))
	}
	if t.Dispute != nil && d.No == t.Dispute.No && d.Status.Open() {
		v.Allowed = allowedInDispute(t, e)
		v.AssignedTo = l.assignedTo(v.ID)
	}
	return v
}

func allowedInDispute(t *trade.Trade, e eyes) []string {
	allowed := []string{}
	for _, act := range t.Allowed(e.at, e.role) {
		if word, ok := disputeActs[act]; ok && slices.ContainsFunc(word.rights, e.who.May) {
			allowed = append(allowed, word.word)
		}
	}
	return allowed
}

// decidedBy tells whose word or silence ended a dispute. Where no operator
// did: one that gave money was granted by the seller, or by a deadline if its
// refund says system; one that gave none was given up by the buyer, or lapsed.
func decidedBy(t *trade.Trade, d *trade.Dispute) string {
	switch {
	case d.Decision != "":
		return "operator"
	case d.Status == trade.RefundSuccess:
		if r, ok := t.FindRefund(fmt.Sprint(fromDispute, d.No)); ok && r.By == trade.System {
			return "silence"
		}
		return "seller"
	case t.Shipped != 0 && t.Shipped == d.Ended:
		return "seller" // shipping answers a refund request
	}
	return "buyer"
}

func endedBy(d *trade.Dispute) string {
	switch {
	case d.Decision != "":
		return "platform"
	case d.Status == trade.RefundSuccess:
		return "seller"
	}
	return "buyer"
}

func evidenceView(t *trade.Trade, disputeID string, i int, e *trade.Evidence) Evidence {
	v := Evidence{ID: fmt.Sprintf("ev_%d", i+1), By: e.By.String(), At: Time(e.At), Text: e.Text, Files: []FileRef{}}
	for _, f := range e.Files {
		id := pay.FileID(ownerOf(t, e.By), f.Digest)
		v.Files = append(v.Files, FileRef{ID: id, MediaType: f.MediaType, Size: f.Size, URL: "/v1/files/" + id + "?dispute_id=" + disputeID})
	}
	return v
}

// ownerOf names the side of a trade as the files' owners are named.
func ownerOf(t *trade.Trade, side trade.Role) string {
	if side == trade.Buyer {
		return scopeOf(identity.Principal{Kind: identity.User, ID: t.Buyer})
	}
	return scopeOf(identity.Principal{Kind: identity.Merchant, ID: t.Merchant})
}

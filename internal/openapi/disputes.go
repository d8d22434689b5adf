package openapi

import (
	"context"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"tongbao/internal/engine"
	"tongbao/internal/identity"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
	"tongbao/internal/trade"
)

func (s *Server) registerDisputes(api huma.API) {
	const tag = "Disputes"
	claim := []refusal.Code{refusal.TradeNotFound, refusal.InvalidAmount, refusal.TradeStateRefused, refusal.DisputeOpen, refusal.DisputeWindowOver, refusal.DisputeLimitReached,
		refusal.RefundExceedsRest, refusal.NotFound}
	act := []refusal.Code{refusal.NotFound, refusal.DisputeNotOpen, refusal.DisputeStateRefused, refusal.DeadlinePassed}
	add(api, op{ID: "create-dispute", Method: http.MethodPost, Path: "/v1/disputes", Tag: tag, Who: user, Status: http.StatusCreated,
		Summary: "Claim money back after shipping", Doc: "The clock of automatic confirmation stops until it ends. The seller has 3 days to answer; silence agrees.", Codes: claim}, s.createDispute)
	add(api, op{ID: "request-refund", Method: http.MethodPost, Path: "/v1/payments/{id}/request-refund", Tag: tag, Who: user, Status: http.StatusCreated,
		Summary: "Ask for money back before shipping", Doc: "The seller has 48 hours to agree, refuse or ship; silence agrees.", Codes: claim}, s.requestRefund)
	add(api, op{ID: "list-disputes", Path: "/v1/disputes", Tag: tag, Who: user | merchant | operator, Summary: "List disputes",
		Doc: "The caller's; for operators everybody's. Each payment stands there with its latest.", Codes: []refusal.Code{refusal.InvalidCursor}}, s.listDisputes)
	add(api, op{ID: "get-dispute", Path: "/v1/disputes/{id}", Tag: tag, Who: user | merchant | operator, Summary: "Look at a dispute", Codes: []refusal.Code{refusal.NotFound}}, s.getDispute)
	post := func(id, path, summary string, who callers, codes ...refusal.Code) op {
		return op{ID: id, Method: http.MethodPost, Path: "/v1/disputes/{id}/" + path, Tag: tag, Who: who, Summary: summary, Codes: append(codes, act...)}
	}
	add(api, post("add-evidence", "evidence", "Say and show something", user|merchant, refusal.EvidenceTooLarge), s.addEvidence)
	add(api, post("agree-dispute", "agree", "Grant the claim", merchant, refusal.InsufficientBalance), s.agreeDispute)
	add(api, post("refuse-dispute", "refuse", "Turn the claim down, with a reason", merchant), s.refuseDispute)
	add(api, post("revise-dispute", "revise", "Change a claim that was turned down", user, refusal.InvalidAmount, refusal.RefundExceedsRest), s.reviseDispute)
	add(api, post("ship-return", "return-shipped", "Say that the goods are on their way back", user), s.shipReturn)
	add(api, post("receive-return", "return-received", "Say that the goods have come back", merchant), s.receiveReturn)
	add(api, post("escalate-dispute", "escalate", "Ask the platform to decide", user|merchant, refusal.EvidenceTooLarge), s.escalateDispute)
	add(api, post("withdraw-dispute", "withdraw", "Give the claim up", user), s.withdrawDispute)
	add(api, post("arbitrate-dispute", "arbitrate", "Decide: all, part or nothing to the buyer", operator, refusal.InvalidAmount, refusal.RefundExceedsRest), s.arbitrateDispute)
	add(api, post("assign-dispute", "assign", "Take a dispute on", operator), s.assignDispute)
}

// DisputeClaim is what the buyer asks for.
type DisputeClaim struct {
	Reason      string `json:"reason" enum:"not_shipped,not_received,not_as_described,damaged,incomplete,counterfeit,other" example:"damaged"`
	ClaimAmount int64  `json:"claim_amount" minimum:"1" maximum:"10000000000" example:"12800"`
	WantsReturn bool   `json:"wants_return,omitempty" example:"false" doc:"The goods go back before the money does."`
	Text        string `json:"text,omitempty" maxLength:"2000" example:"The tin was open."`
}

// NewDispute opens a dispute.
type NewDispute struct {
	PaymentID string `json:"payment_id" maxLength:"64" example:"2018111112345678901234567890"`
	DisputeClaim
	FileIDs []string `json:"file_ids,omitempty" maxItems:"9" example:"[\"file_0a1b2c3d4e5f60718293a4b5\"]"`
}

// claimWords are the body's words for the desk's fields.
var claimWords = []string{"amount", "claim_amount", "return", "wants_return", "words", "text", "files", "file_ids"}

func (c DisputeClaim) claim() trade.Claim {
	var reason trade.Reason
	_ = reason.UnmarshalText([]byte(c.Reason)) // the document's enumeration is the trade's own
	return trade.Claim{Reason: reason, Amount: money.Amount(c.ClaimAmount), Return: c.WantsReturn, Words: c.Text}
}

func (s *Server) createDispute(ctx context.Context, in *struct{ Body NewDispute }) (*answer[Dispute], error) {
	seen, err := s.act(ctx, "payment_id", in.Body.PaymentID, party.OpenDispute, trade.Buyer)
	if err != nil {
		return nil, err
	}
	files, err := s.filesOf(ctx, in.Body.FileIDs)
	if err != nil {
		return nil, err
	}
	t, err := s.opt.Desk.OpenDispute(ctx, s.by(ctx), s.command(ctx), seen.ID, in.Body.claim(), files)
	return s.disputeIn(ctx, seen, t, 0, blame(err, claimWords...))
}

// RequestRefund asks for money back before shipping.
type RequestRefund struct {
	Amount int64  `json:"amount" minimum:"1" maximum:"10000000000" example:"12800"`
	Reason string `json:"reason,omitempty" maxLength:"2000" example:"I ordered the wrong size."`
}

func (s *Server) requestRefund(ctx context.Context, in *struct {
	ByID
	Body RequestRefund
}) (*answer[Dispute], error) {
	seen, err := s.act(ctx, "id", in.ID, party.OpenDispute, trade.Buyer)
	if err != nil {
		return nil, err
	}
	t, err := s.opt.Desk.RequestRefund(ctx, s.by(ctx), s.command(ctx), seen.ID, money.Amount(in.Body.Amount), in.Body.Reason)
	return s.disputeIn(ctx, seen, t, 0, blame(err, "words", "reason"))
}

// disputeIn renders one of a trade's disputes as an act left it: the one of the
// number, or the latest.
func (s *Server) disputeIn(ctx context.Context, seen sight, t trade.Trade, no int, err error) (*answer[Dispute], error) {
	if err != nil {
		return nil, err
	}
	l := s.look(ctx)
	for _, d := range disputesOf(&t) {
		if d.No == no || no == 0 && d.No == t.Dispute.No {
			view := l.dispute(&t, &d, eyes{seen.who, seen.role, trade.At(s.now())})
			return render(view, l.err)
		}
	}
	return nil, fmt.Errorf("payment %s has no dispute %d", t.ID, no)
}

type disputesAsked struct {
	Paging
	Stretch
	Status    string `query:"status" enum:"WAIT_SELLER_AGREE,SELLER_REFUSE_BUYER,WAIT_BUYER_RETURN_GOODS,WAIT_SELLER_CONFIRM_GOODS,ALIPAY_CHECK,REFUND_SUCCESS,REFUND_CLOSED"`
	PaymentID string `query:"payment_id" maxLength:"64"`
	Open      bool   `query:"open" doc:"Only those that have not ended."`
}

func (s *Server) listDisputes(ctx context.Context, in *disputesAsked) (*answer[Page[Dispute]], error) {
	who, err := s.only(ctx, user|merchant|operator, party.View)
	if err != nil {
		return nil, err
	}
	l := s.look(ctx)
	if in.PaymentID != "" {
		seen, err := s.see(ctx, "payment_id", in.PaymentID)
		if err != nil {
			return nil, err
		}
		page := Page[Dispute]{Data: []Dispute{}}
		all := disputesOf(&seen.Trade)
		for i := len(all) - 1; i >= 0; i-- {
			page.Data = append(page.Data, l.dispute(&seen.Trade, &all[i], seen.eyes))
		}
		return render(page, l.err)
	}
	keep := func(item engine.Item[trade.Trade]) bool {
		d := item.Value.Dispute
		return d != nil && (in.Status == "" || d.Status.String() == in.Status) && (!in.Open || d.Status.Open())
	}
	view := func(item engine.Item[trade.Trade]) (Dispute, error) {
		role, _ := sideOf(&item.Value, who)
		return l.dispute(&item.Value, item.Value.Dispute, eyes{who, role, trade.At(s.now())}), l.err
	}
	return list(ctx, s, pay.Trades, in.disputesOf(who), in.Paging, fmt.Sprint(in.Status, in.Open), keep, view)
}

// disputesOf is the index that lists whose disputes are asked for.
func (in *disputesAsked) disputesOf(who identity.Principal) store.Range {
	switch {
	case who.Kind == identity.User:
		return in.within(under(pay.DisputesOfBuyer, idText(who.ID)), idText(who.ID))
	case who.Kind == identity.Merchant:
		return in.within(under(pay.DisputesOfMerchant, idText(who.ID)), idText(who.ID))
	case in.Status == trade.AlipayCheck.String():
		return in.within(store.Range{Index: pay.DisputesToDecide}, "")
	case in.Open:
		return in.within(store.Range{Index: pay.DisputesOpen}, "")
	}
	return in.within(store.Range{Index: pay.DisputesAll}, "")
}

func (s *Server) getDispute(ctx context.Context, in *ByID) (*answer[Dispute], error) {
	seen, d, err := s.seeDispute(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return s.disputeIn(ctx, seen, seen.Trade, d.No, nil)
}

// actIn reads a dispute that the caller, on one of the sides, may do something
// in. An act is on the latest; one that has ended before it refuses by its state.
func (s *Server) actIn(ctx context.Context, id string, right party.Act, side trade.Role) (sight, int, error) {
	seen, d, err := s.seeDispute(ctx, id)
	switch {
	case err != nil:
		return seen, 0, err
	case seen.role != side || !seen.who.May(right):
		return seen, 0, refusal.New(refusal.Forbidden, "the %s may not: %s", seen.role, right)
	case d.No != seen.Dispute.No:
		return seen, 0, refusal.New(refusal.DisputeNotOpen, "this dispute has ended; the payment has a later one")
	}
	return seen, d.No, nil
}

// NewEvidence is what one side says and shows.
type NewEvidence struct {
	Text    string   `json:"text,omitempty" maxLength:"2000" example:"A picture of the tin"`
	FileIDs []string `json:"file_ids,omitempty" maxItems:"9" example:"[\"file_0a1b2c3d4e5f60718293a4b5\"]"`
}

func (s *Server) addEvidence(ctx context.Context, in *struct {
	ByID
	Body NewEvidence
}) (*answer[Dispute], error) {
	seen, no, err := s.actOnSide(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	files, err := s.filesOf(ctx, in.Body.FileIDs)
	if err != nil {
		return nil, err
	}
	t, err := s.opt.Desk.AddEvidence(ctx, s.by(ctx), s.command(ctx), seen.ID, seen.role, in.Body.Text, files)
	return s.disputeIn(ctx, seen, t, no, blame(err, "files", "file_ids"))
}

// actOnSide is actIn for what either side may do.
func (s *Server) actOnSide(ctx context.Context, id string) (sight, int, error) {
	if s.caller(ctx).Kind == identity.Merchant {
		return s.actIn(ctx, id, party.AnswerDispute, trade.Seller)
	}
	return s.actIn(ctx, id, party.OpenDispute, trade.Buyer)
}

// AgreeDispute grants a claim.
type AgreeDispute struct {
	Note           string `json:"note,omitempty" maxLength:"2000" example:"Lane 4, Hangzhou" doc:"Where to return the goods to, say."`
	ReturnRequired *bool  `json:"return_required,omitempty" example:"false" doc:"What the claim says, if given: to ask for more, refuse, and the buyer can revise."`
}

func (s *Server) agreeDispute(ctx context.Context, in *struct {
	ByID
	Body *AgreeDispute
}) (*answer[Dispute], error) {
	seen, no, err := s.actIn(ctx, in.ID, party.AnswerDispute, trade.Seller)
	if err != nil {
		return nil, err
	}
	body := AgreeDispute{}
	if in.Body != nil {
		body = *in.Body
	}
	if body.ReturnRequired != nil && *body.ReturnRequired != seen.Dispute.Return {
		return nil, refusal.In("return_required", refusal.InvalidField, "the claim says otherwise; refuse it, so that the buyer can revise it")
	}
	t, err := s.opt.Desk.Agree(ctx, s.by(ctx), s.command(ctx), seen.ID, body.Note)
	return s.disputeIn(ctx, seen, t, no, err)
}

// RefuseDispute turns a claim down.
type RefuseDispute struct {
	Text string `json:"text" minLength:"1" maxLength:"2000" example:"The parcel was sealed when it left."`
}

func (s *Server) refuseDispute(ctx context.Context, in *struct {
	ByID
	Body RefuseDispute
}) (*answer[Dispute], error) {
	seen, no, err := s.actIn(ctx, in.ID, party.AnswerDispute, trade.Seller)
	if err != nil {
		return nil, err
	}
	t, err := s.opt.Desk.Refuse(ctx, s.by(ctx), s.command(ctx), seen.ID, in.Body.Text)
	return s.disputeIn(ctx, seen, t, no, blame(err, "reason", "text"))
}

func (s *Server) reviseDispute(ctx context.Context, in *struct {
	ByID
	Body DisputeClaim
}) (*answer[Dispute], error) {
	seen, no, err := s.actIn(ctx, in.ID, party.OpenDispute, trade.Buyer)
	if err != nil {
		return nil, err
	}
	t, err := s.opt.Desk.Revise(ctx, s.by(ctx), s.command(ctx), seen.ID, in.Body.claim())
	return s.disputeIn(ctx, seen, t, no, blame(err, claimWords...))
}

// ReturnParcel is how the goods go back.
type ReturnParcel struct {
	Carrier    string `json:"carrier" minLength:"1" maxLength:"64" example:"SF Express"`
	TrackingNo string `json:"tracking_no,omitempty" maxLength:"64" example:"SF1234567890"`
}

func (s *Server) shipReturn(ctx context.Context, in *struct {
	ByID
	Body ReturnParcel
}) (*answer[Dispute], error) {
	seen, no, err := s.actIn(ctx, in.ID, party.OpenDispute, trade.Buyer)
	if err != nil {
		return nil, err
	}
	t, err := s.opt.Desk.ReturnShipped(ctx, s.by(ctx), s.command(ctx), seen.ID, in.Body.Carrier, in.Body.TrackingNo)
	return s.disputeIn(ctx, seen, t, no, err)
}

func (s *Server) receiveReturn(ctx context.Context, in *ActOn) (*answer[Dispute], error) {
	seen, no, err := s.actIn(ctx, in.ID, party.AnswerDispute, trade.Seller)
	if err != nil {
		return nil, err
	}
	t, err := s.opt.Desk.ReturnReceived(ctx, s.by(ctx), s.command(ctx), seen.ID)
	return s.disputeIn(ctx, seen, t, no, err)
}

// EscalateDispute asks the platform to decide.
type EscalateDispute struct {
	Text string `json:"text,omitempty" maxLength:"2000" example:"Please look at the pictures." doc:"Added to the evidence."`
}

// escalateDispute is two commands under one key: asked again after a fault in
// between, it goes on with the second.
func (s *Server) escalateDispute(ctx context.Context, in *struct {
	ByID
	Body *EscalateDispute
}) (*answer[Dispute], error) {
	seen, no, err := s.actOnSide(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	command := s.command(ctx)
	t, err := s.opt.Desk.Escalate(ctx, s.by(ctx), command, seen.ID, seen.role)
	if err == nil && in.Body != nil && in.Body.Text != "" {
		t, err = s.opt.Desk.AddEvidence(ctx, s.by(ctx), command+" text", seen.ID, seen.role, in.Body.Text, nil)
	}
	return s.disputeIn(ctx, seen, t, no, err)
}

func (s *Server) withdrawDispute(ctx context.Context, in *ActOn) (*answer[Dispute], error) {
	seen, no, err := s.actIn(ctx, in.ID, party.OpenDispute, trade.Buyer)
	if err != nil {
		return nil, err
	}
	t, err := s.opt.Desk.WithdrawDispute(ctx, s.by(ctx), s.command(ctx), seen.ID)
	return s.disputeIn(ctx, seen, t, no, err)
}

// ArbitrateDispute is the operator's decision.
type ArbitrateDispute struct {
	ToBuyer int64  `json:"to_buyer" minimum:"0" maximum:"10000000000" example:"6400" doc:"Of the open claim; 0 turns it down."`
	Reason  string `json:"reason" minLength:"1" maxLength:"2000" example:"The pictures show damage to half of it."`
}

func (s *Server) arbitrateDispute(ctx context.Context, in *struct {
	ByID
	Body ArbitrateDispute
}) (*answer[Dispute], error) {
	seen, no, err := s.actIn(ctx, in.ID, party.DecideDispute, trade.Operator)
	if err != nil {
		return nil, err
	}
	t, err := s.opt.Desk.Arbitrate(ctx, s.by(ctx), s.command(ctx), seen.ID, money.Amount(in.Body.ToBuyer), in.Body.Reason)
	return s.disputeIn(ctx, seen, t, no, blame(err, "amount", "to_buyer"))
}

func (s *Server) assignDispute(ctx context.Context, in *ActOn) (*answer[Dispute], error) {
	seen, no, err := s.actIn(ctx, in.ID, party.DecideDispute, trade.Operator)
	if err != nil {
		return nil, err
	}
	err = s.opt.Desk.Assign(ctx, s.by(ctx), s.command(ctx), in.ID, seen.who.Subject)
	return s.disputeIn(ctx, seen, seen.Trade, no, err)
}

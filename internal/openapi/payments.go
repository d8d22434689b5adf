package openapi

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

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

func (s *Server) registerPayments(api huma.API) {
	const tag = "Payments"
	visible := refusal.TradeNotFound
	add(api, op{ID: "create-payment", Method: http.MethodPost, Path: "/v1/payments", Tag: tag, Who: merchant, Status: http.StatusCreated,
		Summary: "Ask a buyer for money",
		Doc:     "Opens a payment. Send the buyer's browser to cashier_url, show qr_text as a QR code, or hand in the payment_code that a buyer shows: then it is paid at once.",
		Codes: []refusal.Code{refusal.InvalidAmount, refusal.CurrencyMismatch, refusal.OrderNoTaken, refusal.SplitExceedsAmount, refusal.PayeeNotFound, refusal.SamePayerAndPayee,
			refusal.PaymentCodeInvalid, refusal.PaymentCodeUsed, refusal.InsufficientBalance, refusal.TierLimitExceeded, refusal.VelocityExceeded, refusal.RiskRefused, refusal.NotFound}},
		s.createPayment)
	add(api, op{ID: "list-payments", Path: "/v1/payments", Tag: tag, Who: user | merchant | operator, Summary: "List payments",
		Doc: "The caller's own, as buyer or as seller. Operators name the party.", Codes: []refusal.Code{refusal.InvalidCursor, refusal.MissingField}}, s.listPayments)
	add(api, op{ID: "get-payment", Path: "/v1/payments/{id}", Tag: tag, Who: user | merchant | operator, Summary: "Look at a payment", Codes: []refusal.Code{visible}}, s.getPayment)
	add(api, op{ID: "pay-payment", Method: http.MethodPost, Path: "/v1/payments/{id}/pay", Tag: tag, Who: user, Summary: "Pay from the balance",
		Codes: []refusal.Code{visible, refusal.InvalidAmount, refusal.PaymentPasswordWrong, refusal.PaymentPasswordLocked, refusal.PaymentPasswordUnset, refusal.TradeStateRefused,
			refusal.TradeExpired, refusal.BuyerMismatch, refusal.InsufficientBalance, refusal.TierLimitExceeded, refusal.VelocityExceeded, refusal.RiskRefused}}, s.payPayment)
	add(api, op{ID: "close-payment", Method: http.MethodPost, Path: "/v1/payments/{id}/close", Tag: tag, Who: user | merchant, Summary: "Give up an unpaid payment",
		Codes: []refusal.Code{visible, refusal.TradeStateRefused}}, s.closePayment)
	add(api, op{ID: "confirm-payment", Method: http.MethodPost, Path: "/v1/payments/{id}/confirm", Tag: tag, Who: user, Summary: "Confirm that the goods are there and right",
		Doc:   "What is held goes to the seller, at once and for good.",
		Codes: []refusal.Code{visible, refusal.PaymentPasswordWrong, refusal.PaymentPasswordLocked, refusal.PaymentPasswordUnset, refusal.TradeStateRefused, refusal.DisputeOpen}}, s.confirmPayment)
	add(api, op{ID: "extend-payment", Method: http.MethodPost, Path: "/v1/payments/{id}/extend", Tag: tag, Who: user | merchant, Summary: "Give the buyer more time to confirm, once",
		Codes: []refusal.Code{visible, refusal.TradeStateRefused, refusal.DisputeOpen, refusal.AlreadyExtended, refusal.DeadlinePassed}}, s.extendPayment)
}

// NewPayment is what a merchant asks for.
type NewPayment struct {
	OrderNo          string            `json:"order_no" minLength:"1" maxLength:"64" example:"order-8812" doc:"Yours, one for each order: the same again with the same terms is the same payment."`
	Amount           int64             `json:"amount" minimum:"1" maximum:"10000000000" example:"12800"`
	Currency         string            `json:"currency" maxLength:"3" example:"CNY"`
	Subject          string            `json:"subject" minLength:"1" maxLength:"256" example:"Tea, 250 g" doc:"The line that the buyer sees."`
	Body             string            `json:"body,omitempty" maxLength:"400" example:"Spring harvest"`
	Kind             string            `json:"kind,omitempty" enum:"escrow,instant" example:"escrow" doc:"escrow, unless a payment code is handed in: then instant."`
	Goods            string            `json:"goods,omitempty" enum:"physical,virtual" example:"physical" doc:"physical by default. Virtual goods need no carrier, and the buyer has 3 days in place of 10."`
	ExpiresInSeconds int64             `json:"expires_in_seconds,omitempty" minimum:"1" maximum:"1296000" example:"900" doc:"How long it can be paid; 15 days by default."`
	ReturnURL        string            `json:"return_url,omitempty" maxLength:"512" example:"https://shop.example.com/orders/8812" doc:"Where the cashier sends the browser back to."`
	Payees           []NewPayee        `json:"payees,omitempty" maxItems:"20" doc:"Who shares in what is settled."`
	Metadata         map[string]string `json:"metadata,omitempty" maxProperties:"20" example:"{\"table\":\"7\"}" doc:"Yours, given back as it came."`
	PaymentCode      string            `json:"payment_code,omitempty" maxLength:"32" example:"281234567890123456" doc:"The 18 digits that the buyer's wallet shows."`
	BuyerID          string            `json:"buyer_id,omitempty" maxLength:"16" example:"2088000000000012" doc:"Nobody else can pay it then."`
}

// NewPayee gets a part of what is settled: a fixed amount or a share.
type NewPayee struct {
	MerchantID string `json:"merchant_id,omitempty" maxLength:"16" example:"2088800000000024"`
	UserID     string `json:"user_id,omitempty" maxLength:"16" example:"2088000000000020"`
	Amount     int64  `json:"amount,omitempty" minimum:"1" maximum:"10000000000" example:"1000"`
	Share      int64  `json:"share,omitempty" minimum:"1" maximum:"1000000" example:"50000" doc:"In millionths."`
	Note       string `json:"note,omitempty" maxLength:"64" example:"Commission"`
}

func (s *Server) createPayment(ctx context.Context, in *struct{ Body NewPayment }) (*answer[Payment], error) {
	who, err := s.merchant(ctx, party.CreatePayment)
	if err != nil {
		return nil, err
	}
	asked, err := s.asked(ctx, who.ID, &in.Body)
	if err != nil {
		return nil, err
	}
	t, opened, err := s.opt.Desk.Open(ctx, s.by(ctx), s.command(ctx), asked)
	err = blame(err, append(payeeWords(in.Body.Payees), "buyer", "buyer_id", "pay_by", "expires_in_seconds")...)
	out, err := s.payment(ctx, sight{eyes: eyes{who: who, role: trade.Seller}}, t, err)
	if err == nil {
		out.Body.StepUp = opened.StepUp
	}
	return out, err
}

// asked turns the body into what the desk takes.
func (s *Server) asked(ctx context.Context, merchant uint64, n *NewPayment) (asked pay.Asked, err error) {
	order := trade.Order{OrderNo: n.OrderNo, Merchant: merchant, Kind: trade.Escrow, Goods: trade.Physical, Subject: n.Subject, Body: n.Body,
		Amount: money.Amount(n.Amount), ReturnURL: n.ReturnURL, Metadata: n.Metadata}
	if order.Currency, err = currencyIn("currency", n.Currency); err != nil {
		return asked, err
	}
	if n.Kind == "instant" || n.Kind == "" && n.PaymentCode != "" {
		order.Kind = trade.Instant
	}
	if n.Goods == "virtual" {
		order.Goods = trade.Virtual
	}
	for i, p := range n.Payees {
		payee, err := s.payee(ctx, fmt.Sprintf("payees[%d]", i), p)
		if err != nil {
			return asked, err
		}
		order.Payees = append(order.Payees, payee)
	}
	if n.BuyerID != "" {
		if order.Buyer, err = s.someone(ctx, "buyer_id", n.BuyerID, identity.User); err != nil {
			return asked, err
		}
	}
	return pay.Asked{Order: order, Expires: trade.Seconds(n.ExpiresInSeconds), Code: n.PaymentCode}, nil
}

func (s *Server) payee(ctx context.Context, field string, p NewPayee) (payee trade.Payee, err error) {
	payee = trade.Payee{Amount: money.Amount(p.Amount), Share: money.Rate(p.Share), Note: p.Note}
	switch {
	case (p.MerchantID == "") == (p.UserID == ""):
		return payee, refusal.In(field, refusal.InvalidField, "a payee is a merchant_id or a user_id")
	case p.MerchantID != "":
		payee.Party, err = s.someone(ctx, field+".merchant_id", p.MerchantID, identity.Merchant)
	default:
		payee.Party, err = s.someone(ctx, field+".user_id", p.UserID, identity.User)
	}
	return payee, err
}

// payeeWords are the body's words for the desk's fields of payees.
func payeeWords(payees []NewPayee) (pairs []string) {
	for i, p := range payees {
		field, word := fmt.Sprintf("payees[%d]", i), "user_id"
		if p.MerchantID != "" {
			word = "merchant_id"
		}
		pairs = append(pairs, field+".party", field+"."+word)
	}
	return pairs
}

// someone is the id of a person or merchant that exists. Refusals:
// invalid_field, payee_not_found.
func (s *Server) someone(ctx context.Context, field, text string, kind identity.PrincipalKind) (uint64, error) {
	id, err := partyID(field, text)
	if err != nil {
		return 0, err
	}
	l, there := s.look(ctx), false
	if kind == identity.Merchant {
		there = l.merchant(id).ID != 0
	} else {
		there = l.person(id).ID != 0
	}
	if l.err != nil {
		return 0, l.err
	}
	if !there {
		return 0, refusal.In(field, refusal.PayeeNotFound, "there is no %s of that id", kind)
	}
	return id, nil
}

type paymentsAsked struct {
	Paging
	Status      string    `query:"status" enum:"WAIT_BUYER_PAY,WAIT_SELLER_SEND_GOODS,WAIT_BUYER_CONFIRM_GOODS,TRADE_SUCCESS,TRADE_FINISHED,TRADE_CLOSED"`
	Needs       string    `query:"needs" enum:"to_pay,to_ship,to_receive,dispute" doc:"What somebody has to do next."`
	OrderNo     string    `query:"order_no" maxLength:"64" doc:"The one payment with this order number."`
	Q           string    `query:"q" maxLength:"64" doc:"Part of the subject or the order number."`
	CreatedFrom time.Time `query:"created_from"`
	CreatedTo   time.Time `query:"created_to"`
	PartyID     string    `query:"party_id" maxLength:"16" doc:"For operators: whose."`
}

var needs = map[string]string{"to_pay": "WAIT_BUYER_PAY", "to_ship": "WAIT_SELLER_SEND_GOODS", "to_receive": "WAIT_BUYER_CONFIRM_GOODS"}

func (s *Server) listPayments(ctx context.Context, in *paymentsAsked) (*answer[Page[Payment]], error) {
	who, err := s.only(ctx, user|merchant|operator, party.View)
	if err != nil {
		return nil, err
	}
	of := who.ID
	if who.Kind == identity.Operator {
		if in.PartyID == "" {
			return nil, refusal.In("party_id", refusal.MissingField, "an operator names the party")
		}
		if of, err = partyID("party_id", in.PartyID); err != nil {
			return nil, err
		}
	}
	status := in.Status
	if word, ok := needs[in.Needs]; ok && status == "" {
		status = word
	}
	l := s.look(ctx)
	view := func(item engine.Item[trade.Trade]) (Payment, error) {
		role, _ := sideOf(&item.Value, who)
		return l.payment(&item.Value, eyes{who, role, trade.At(s.now())}), l.err
	}
	bind := strings.Join([]string{in.Q, in.OrderNo, in.Needs}, "\x00")
	if r, ok := tradesOf(of, status, in); ok {
		return list(ctx, s, pay.Trades, r, in.Paging, bind, paymentsKept(in), view)
	}
	return listDiary(ctx, s, pay.ListTrades, of, Stretch{in.CreatedFrom, in.CreatedTo}, in.Paging, bind+"\x00"+in.Status, paymentsKept(in), view)
}

// tradesOf is the index that lists a party's trades in a state, if there is one.
func tradesOf(of uint64, status string, in *paymentsAsked) (store.Range, bool) {
	inStatus, disputes, prefix := pay.TradesOfBuyerIn, pay.DisputesOfBuyer, idText(of)
	if party.IsMerchant(of) {
		inStatus, disputes = pay.TradesOfMerchantIn, pay.DisputesOfMerchant
	}
	if in.Needs == "dispute" {
		return under(disputes, prefix), true
	}
	var s trade.Status
	if status == "" || s.UnmarshalText([]byte(status)) != nil || !pay.Indexed(s) {
		return store.Range{}, false
	}
	prefix += "/" + status
	return Stretch{in.CreatedFrom, in.CreatedTo}.within(under(inStatus, prefix), prefix), true
}

func paymentsKept(in *paymentsAsked) func(engine.Item[trade.Trade]) bool {
	q := strings.ToLower(in.Q)
	return func(item engine.Item[trade.Trade]) bool {
		t := &item.Value
		switch {
		case in.OrderNo != "" && t.OrderNo != in.OrderNo,
			in.Needs == "dispute" && !t.Disputed(),
			in.Status != "" && t.Status.String() != in.Status:
			return false
		}
		return q == "" || strings.Contains(strings.ToLower(t.Subject), q) || strings.Contains(strings.ToLower(t.OrderNo), q)
	}
}

func (s *Server) getPayment(ctx context.Context, in *ByID) (*answer[Payment], error) {
	seen, err := s.see(ctx, "id", in.ID)
	return s.payment(ctx, seen, seen.Trade, err)
}

// PayPayment is the buyer's word.
type PayPayment struct {
	PaymentPassword party.Secret `json:"payment_password" maxLength:"64" example:"258036"`
	ExpectedAmount  int64        `json:"expected_amount" minimum:"1" maximum:"10000000000" example:"12800" doc:"What the buyer was shown."`
}

func (s *Server) payPayment(ctx context.Context, in *struct {
	ByID
	Body PayPayment
}) (*answer[Payment], error) {
	seen, err := s.act(ctx, "id", in.ID, party.Pay, trade.Buyer)
	if err != nil {
		return nil, err
	}
	t, err := s.opt.Desk.Pay(ctx, s.by(ctx), s.command(ctx), in.ID, seen.who.ID, in.Body.PaymentPassword, money.Amount(in.Body.ExpectedAmount))
	return s.payment(ctx, seen, t, err)
}

// ClosePayment is why an unpaid payment is given up.
type ClosePayment struct {
	Reason string `json:"reason,omitempty" maxLength:"256" example:"The shopper cancelled the order." doc:"For whoever reads the request later; the payment doesn't keep it."`
}

func (s *Server) closePayment(ctx context.Context, in *struct {
	ByID
	Body *ClosePayment
}) (*answer[Payment], error) {
	seen, err := s.act(ctx, "id", in.ID, party.ClosePayment, trade.Seller, trade.Buyer)
	if err != nil {
		return nil, err
	}
	if seen.role == trade.Buyer && seen.Buyer == 0 {
		return nil, refusal.New(refusal.Forbidden, "only its buyer or its seller closes a payment")
	}
	t, err := s.opt.Desk.Close(ctx, s.by(ctx), s.command(ctx), in.ID)
	return s.payment(ctx, seen, t, err)
}

// ConfirmPayment is the buyer's confirmation of receipt.
type ConfirmPayment struct {
	PaymentPassword party.Secret `json:"payment_password" maxLength:"64" example:"258036"`
}

func (s *Server) confirmPayment(ctx context.Context, in *struct {
	ByID
	Body ConfirmPayment
}) (*answer[Payment], error) {
	seen, err := s.act(ctx, "id", in.ID, party.ConfirmReceipt, trade.Buyer)
	if err != nil {
		return nil, err
	}
	t, err := s.opt.Desk.Confirm(ctx, s.by(ctx), s.command(ctx), in.ID, seen.who.ID, in.Body.PaymentPassword)
	return s.payment(ctx, seen, t, err)
}

func (s *Server) extendPayment(ctx context.Context, in *ActOn) (*answer[Payment], error) {
	seen, err := s.act(ctx, "id", in.ID, party.Extend, trade.Buyer, trade.Seller)
	if err != nil {
		return nil, err
	}
	t, err := s.opt.Desk.Extend(ctx, s.by(ctx), s.command(ctx), in.ID)
	return s.payment(ctx, seen, t, err)
}

package openapi

import (
	"slices"
	"strings"

	"tongbao/internal/identity"
	"tongbao/internal/party"
	"tongbao/internal/trade"
)

// Payment is a trade as one of its parties sees it.
type Payment struct {
	ID       string      `json:"id" example:"2018111112345678901234567890"`
	OrderNo  string      `json:"order_no" example:"order-8812"`
	Merchant MerchantRef `json:"merchant"`
	Buyer    *PersonRef  `json:"buyer,omitempty" doc:"Absent until somebody paid, unless the payment names a buyer."`
	Kind     string      `json:"kind" enum:"escrow,instant" example:"escrow"`
	Goods    string      `json:"goods" enum:"physical,virtual" example:"physical"`
	Subject  string      `json:"subject" example:"Tea, 250 g"`
	Body     string      `json:"body" example:"Spring harvest"`
	Amount   int64       `json:"amount" example:"12800"`
	Currency string      `json:"currency" example:"CNY"`
	Status   string      `json:"status" enum:"WAIT_BUYER_PAY,WAIT_SELLER_SEND_GOODS,WAIT_BUYER_CONFIRM_GOODS,TRADE_SUCCESS,TRADE_FINISHED,TRADE_CLOSED" example:"WAIT_SELLER_SEND_GOODS"`

	InEscrow int64          `json:"in_escrow" example:"12800" doc:"What the platform holds for this payment now."`
	Refunded int64          `json:"refunded" example:"0"`
	Settled  int64          `json:"settled" example:"0" doc:"What was shared out, before fee and payees' parts."`
	Fee      int64          `json:"fee" example:"0" doc:"What the platform keeps now."`
	FeeRate  int64          `json:"fee_rate" example:"6000" doc:"In millionths."`
	Payees   []PaymentPayee `json:"payees"`

	CreatedAt  Time      `json:"created_at"`
	PayBy      Time      `json:"pay_by"`
	PaidAt     MaybeTime `json:"paid_at"`
	ShippedAt  MaybeTime `json:"shipped_at"`
	ConfirmBy  MaybeTime `json:"confirm_by"`
	Extended   bool      `json:"extended"`
	FinishedAt MaybeTime `json:"finished_at"`
	ClosedAt   MaybeTime `json:"closed_at"`
	RefundBy   MaybeTime `json:"refund_by" doc:"Until when a settled payment can be refunded."`

	Shipment     *ShipmentPart `json:"shipment,omitempty"`
	DisputeID    *string       `json:"dispute_id" example:"dp_2018111112345678901234567890_1" doc:"The latest dispute or refund request."`
	Dispute      *Dispute      `json:"dispute,omitempty"`
	Refunds      []Refund      `json:"refunds"`
	NextDeadline *Deadline     `json:"next_deadline,omitempty"`
	Allowed      []string      `json:"allowed" example:"[\"pay\",\"close\"]" doc:"What the caller may do now: pay, close, ship, confirm, extend, remind, refund, request_refund, dispute."`
	Timeline     []Happening   `json:"timeline"`

	CashierURL string            `json:"cashier_url" example:"https://pay.example.com/wallet/cashier/2018111112345678901234567890" doc:"Send the buyer's browser here."`
	QRText     string            `json:"qr_text" example:"https://pay.example.com/q/p/2018111112345678901234567890" doc:"What a QR code of this payment says."`
	ReturnURL  *string           `json:"return_url" example:"https://shop.example.com/orders/8812"`
	Metadata   map[string]string `json:"metadata" example:"{\"table\":\"7\"}"`
	Channel    string            `json:"channel" enum:"redirect,qr,payment_code,api" example:"redirect" doc:"How the buyer came to it, as far as the payment shows."`
	StepUp     bool              `json:"step_up,omitempty" doc:"Beside POST with a payment code: the buyer has to confirm in the wallet with the payment password."`
}

// PaymentPayee has a part in what is settled.
type PaymentPayee struct {
	MerchantID *string `json:"merchant_id" example:"2088800000000024"`
	UserID     *string `json:"user_id" example:"2088000000000020"`
	Amount     *int64  `json:"amount" example:"1000" doc:"Of the whole payment."`
	Share      *int64  `json:"share" example:"50000" doc:"In millionths."`
	Note       string  `json:"note" example:"Commission"`
	Got        int64   `json:"got" example:"0" doc:"At settlement."`
}

// ShipmentPart is how the goods travel.
type ShipmentPart struct {
	Carrier    string `json:"carrier" example:"SF Express"`
	TrackingNo string `json:"tracking_no" example:"SF1234567890"`
	ShippedAt  Time   `json:"shipped_at"`
}

// Deadline is what happens by itself, and when.
type Deadline struct {
	At   Time   `json:"at"`
	What string `json:"what" enum:"expire,auto_confirm,seller_answer,buyer_react,buyer_return,seller_receive,finish" example:"auto_confirm"`
}

// Happening is a line of the payment's life.
type Happening struct {
	At     Time   `json:"at"`
	What   string `json:"what" example:"paid"`
	By     string `json:"by" enum:"buyer,seller,platform,system" example:"buyer"`
	Amount *int64 `json:"amount" example:"12800"`
	Note   string `json:"note" example:""`
}

var deadlineWords = map[trade.Due]string{
	trade.DuePay: "expire", trade.DueConfirm: "auto_confirm", trade.DueAnswer: "seller_answer", trade.DueReaction: "buyer_react",
	trade.DueReturn: "buyer_return", trade.DueCheckReturn: "seller_receive", trade.DueFinish: "finish", trade.DueSettle: "auto_confirm",
}

// paymentActs are the acts on a payment, by the word that the API has for them,
// with the right that each needs.
var paymentActs = map[trade.Act]struct {
	word  string
	right party.Act
}{
	trade.ActPay: {"pay", party.Pay}, trade.ActClose: {"close", party.ClosePayment}, trade.ActShip: {"ship", party.Ship},
	trade.ActConfirm: {"confirm", party.ConfirmReceipt}, trade.ActExtend: {"extend", party.Extend}, trade.ActRefund: {"refund", party.Refund},
	trade.ActRequestRefund: {"request_refund", party.OpenDispute}, trade.ActOpenDispute: {"dispute", party.OpenDispute},
}

// eyes are who looks at a trade, from which side, and when.
type eyes struct {
	who  identity.Principal
	role trade.Role
	at   trade.Time
}

// payment is the view of a trade.
func (l *look) payment(t *trade.Trade, e eyes) Payment {
	p := Payment{
		ID: t.ID, OrderNo: t.OrderNo, Merchant: l.merchantRef(t.Merchant), Buyer: l.personRef(t.Buyer), Kind: t.Kind.String(), Goods: t.Goods.String(),
		Subject: t.Subject, Body: t.Body, Amount: int64(t.Amount), Currency: t.Currency.String(), Status: t.Status.String(),
		InEscrow: int64(t.InEscrow()), Refunded: int64(t.Refunded), Settled: int64(t.Settled), Fee: int64(t.FeeCharged), FeeRate: int64(t.FeeRate),
		Payees: payeesOf(t), CreatedAt: Time(t.Created), PayBy: Time(t.PayBy), PaidAt: MaybeTime(t.Paid), ShippedAt: MaybeTime(t.Shipped),
		ConfirmBy: MaybeTime(t.ConfirmBy), Extended: t.Extended, FinishedAt: MaybeTime(t.Finished), ClosedAt: MaybeTime(t.Closed), RefundBy: MaybeTime(t.RefundBy),
		Refunds: []Refund{}, Allowed: allowedOn(t, e), Timeline: timelineOf(t),
		CashierURL: l.s.opt.BaseURL + "/wallet/cashier/" + t.ID, QRText: l.s.opt.BaseURL + "/q/p/" + t.ID,
		ReturnURL: maybe(t.ReturnURL), Metadata: t.Metadata, Channel: channelOf(t),
	}
	if p.Metadata == nil {
		p.Metadata = map[string]string{}
	}
	if t.Shipped != 0 {
		p.Shipment = &ShipmentPart{Carrier: t.Carrier, TrackingNo: t.TrackingNo, ShippedAt: Time(t.Shipped)}
	}
	for i := range t.Refunds {
		p.Refunds = append(p.Refunds, refundView(t, i))
	}
	if t.Dispute != nil {
		d := l.dispute(t, t.Dispute, e)
		p.DisputeID, p.Dispute = &d.ID, &d
	}
	if at, due, ok := t.NextDeadline(); ok {
		p.NextDeadline = &Deadline{At: Time(at), What: deadlineWords[due]}
	}
	return p
}

func payeesOf(t *trade.Trade) []PaymentPayee {
	payees := []PaymentPayee{}
	got := t.Royalties()
	for i, p := range t.Payees {
		v := PaymentPayee{Note: p.Note, Got: int64(got[i])}
		id, amount, share := idText(p.Party), int64(p.Amount), int64(p.Share)
		if party.IsMerchant(p.Party) {
			v.MerchantID = &id
		} else {
			v.UserID = &id
		}
		if p.Share != 0 {
			v.Share = &share
		} else {
			v.Amount = &amount
		}
		payees = append(payees, v)
	}
	return payees
}

// allowedOn lists what the one who looks may do to the payment.
func allowedOn(t *trade.Trade, e eyes) []string {
	allowed := []string{}
	for _, act := range t.Allowed(e.at, e.role) {
		if word, ok := paymentActs[act]; ok && e.who.May(word.right) {
			allowed = append(allowed, word.word)
		}
	}
	if e.role == trade.Buyer && t.Buyer == 0 { // anybody may pay it, and nobody but the seller close it
		allowed = slices.DeleteFunc(allowed, func(word string) bool { return word != "pay" })
	}
	if e.role == trade.Buyer && t.Status == trade.WaitSellerSendGoods {
		allowed = append(allowed, "remind")
	}
	return allowed
}

// timelineOf tells the payment's life from its record, the oldest first.
func timelineOf(t *trade.Trade) []Happening {
	line := []Happening{}
	add := func(at trade.Time, what, by string, amount int64, note string) {
		if at == 0 {
			return
		}
		h := Happening{At: Time(at), What: what, By: by, Note: note}
		if amount != 0 {
			h.Amount = &amount
		}
		line = append(line, h)
	}
	add(t.Created, "created", "seller", int64(t.Amount), "")
	add(t.Paid, "paid", "buyer", int64(t.Amount), "")
	add(t.Shipped, "shipped", "seller", 0, strings.TrimSpace(t.Carrier+" "+t.TrackingNo))
	for _, d := range disputesOf(t) {
		add(d.Opened, "dispute_opened", "buyer", int64(d.Claim), d.Words)
		add(d.ReturnShipped, "return_shipped", "buyer", 0, strings.TrimSpace(d.ReturnCarrier+" "+d.ReturnTrackingNo))
		add(d.Ended, "dispute_closed", endedBy(&d), int64(d.Refunded), d.Decision)
	}
	for _, r := range t.Refunds {
		add(r.At, "refunded", roleWord(r.By), int64(r.Amount), r.Reason)
	}
	add(t.Finished, "finished", finishedBy(t), int64(t.Settled), "")
	add(t.Closed, "closed", closedBy(t), 0, "")
	slices.SortStableFunc(line, func(a, b Happening) int { return int(a.At - b.At) })
	return line
}

func roleWord(r trade.Role) string {
	switch r {
	case trade.Operator:
		return "platform"
	case trade.Buyer, trade.Seller:
		return r.String()
	}
	return "system"
}

func finishedBy(t *trade.Trade) string {
	switch {
	case t.Dispute != nil && t.Dispute.Decision != "" && t.Dispute.Ended == t.Finished:
		return "platform"
	case t.Kind == trade.Instant || t.Finished >= t.ConfirmBy:
		return "system"
	}
	return "buyer"
}

func closedBy(t *trade.Trade) string {
	switch {
	case t.Paid == 0 && t.Closed >= t.PayBy:
		return "system"
	case len(t.Refunds) > 0:
		return roleWord(t.Refunds[len(t.Refunds)-1].By)
	}
	return "seller"
}

func channelOf(t *trade.Trade) string {
	switch {
	case strings.HasPrefix(t.OrderNo, "qr"):
		return "qr"
	case t.Kind == trade.Instant && t.Paid == t.Created && t.Paid != 0:
		return "payment_code"
	case t.ReturnURL != "":
		return "redirect"
	}
	return "api"
}

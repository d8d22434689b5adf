package alipay

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"tongbao/internal/alipay/notify"
	"tongbao/internal/alipay/wire"
	"tongbao/internal/identity"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/store"
	"tongbao/internal/trade"
)

// tradeSync is the type of notices of trades.
const tradeSync = "trade_status_sync"

// Notices writes what is to be told of an event: to the order's own address,
// where it has one, in the words of the application that made it. A trade as it
// stood is in the event's journal entry.
func (s *Server) Notices(ctx context.Context, entry *store.Entry, e *pay.Event) ([]notify.New, error) {
	switch e.Kind {
	case pay.Trades.Name:
		switch e.Type {
		case pay.DisputeOpened, pay.DisputeUpdated, pay.DisputeClosed:
			messages, err := s.complaintMessages(ctx, entry, e)
			if err != nil {
				return nil, err
			}
			told, err := s.tradeNotices(ctx, entry, e)
			return append(told, messages...), err
		}
		told, err := s.tradeNotices(ctx, entry, e)
		if err != nil || e.Type != pay.PaymentPaid {
			return told, err
		}
		released, err := s.restNotices(ctx, entry)
		return append(told, released...), err
	case pay.Transfers.Name:
		if len(e.Parties) > 0 && party.IsMerchant(e.Parties[0]) {
			return s.paidOut(ctx, entry)
		}
	case pay.BankOrders.Name:
		if len(e.Parties) > 0 && party.IsMerchant(e.Parties[0]) {
			return s.bankTold(ctx, entry, e)
		}
	case pay.Auths.Name:
		return s.authNotices(ctx, entry, e.Object, e.Detail)
	case pay.Agreements.Name:
		return s.agreementNotices(ctx, entry, e)
	}
	return nil, nil
}

func (s *Server) tradeNotices(ctx context.Context, entry *store.Entry, e *pay.Event) ([]notify.New, error) {
	t, ok, err := pay.Trades.In(*entry, e.Object)
	if err != nil || !ok || t.NotifyURL == "" {
		return nil, err
	}
	a, err := s.app(ctx, t.Metadata[metaApp])
	if err != nil || a == nil {
		return nil, err
	}
	n, ok, err := s.addressed(ctx, a, t.Merchant)
	if err != nil || !ok {
		return nil, err
	}
	if begunClassic(&t) {
		if n.Provider != 0 { // the classic protocol knows no grants
			return nil, nil
		}
		return s.classicNotices(ctx, entry, e, a, &t)
	}
	if !told(a, e, &t) {
		return nil, nil
	}
	if n.Fields, err = s.tradeFields(ctx, &t); err != nil {
		return nil, err
	}
	if e.Type == pay.RefundCreated {
		n.Fields["out_biz_no"] = e.Detail
	}
	n.URL, n.Type, n.About = t.NotifyURL, tradeSync, t.ID
	n.Charset, n.SignType = wordsOf(&t)
	return []notify.New{n}, nil
}

// told says that an event is one that the application hears of: payment and
// refunds always, other changes where it has asked for them.
func told(a *app, e *pay.Event, t *trade.Trade) bool {
	asks := func(state trade.Status) bool { return slices.Contains(a.Tells, state.String()) }
	switch e.Type {
	case pay.PaymentPaid, pay.RefundCreated:
		return true
	case pay.PaymentCreated:
		return asks(trade.WaitBuyerPay) && t.Paid == 0
	case pay.PaymentClosed:
		return asks(trade.TradeClosed) && t.Paid == 0 // one that was refunded has been told so
	case pay.PaymentFinished:
		return asks(trade.TradeFinished)
	}
	return false
}

// tradeFields is what a notice says of a trade.
func (s *Server) tradeFields(ctx context.Context, t *trade.Trade) (wire.Params, error) {
	who, err := s.buyerOf(ctx, t)
	if err != nil {
		return nil, err
	}
	m, _, err := identity.Merchants.Read(ctx, s.opt.Engine.Store(), party.FormatID(t.Merchant))
	if err != nil {
		return nil, err
	}
	amounts := sumsOf(t)
	f := wire.Params{
		"trade_no": t.ID, "out_trade_no": t.OrderNo, "trade_status": statusOf(t), "total_amount": wire.FormatAmount(t.Amount),
		"receipt_amount": amounts.ReceiptAmount, "invoice_amount": amounts.InvoiceAmount, "buyer_pay_amount": amounts.BuyerPayAmount, "point_amount": amounts.PointAmount,
		"buyer_id": who.BuyerUserID, "buyer_open_id": who.BuyerOpenID, "buyer_logon_id": who.BuyerLogonID, "seller_id": party.FormatID(t.Merchant),
		"subject": t.Subject, "body": t.Body, "passback_params": t.Metadata[metaPassback], "agreement_no": t.Metadata[pay.MetaAgreement], "external_agreement_no": t.Metadata[pay.MetaAgreementNo],
		"gmt_create": at(t.Created), "gmt_payment": at(t.Paid), "gmt_close": at(t.Closed), "fund_bill_list": fundsInNotice(t),
	}
	if strings.Contains(m.OwnerLogin, "@") {
		f["seller_email"] = m.OwnerLogin
	}
	if n := len(t.Refunds); n > 0 {
		f["refund_fee"], f["gmt_refund"] = wire.FormatAmount(t.Refunded), at(t.Refunds[n-1].At)
	}
	for name, value := range f {
		if strings.TrimSpace(value) == "" {
			delete(f, name)
		}
	}
	return f, nil
}

// fundsInNotice is fundsOf in the notices' own spelling.
func fundsInNotice(t *trade.Trade) string {
	type bill struct {
		Amount      string `json:"amount"`
		FundChannel string `json:"fundChannel"`
	}
	var bills []bill
	for _, b := range fundsOf(t) {
		bills = append(bills, bill{b.Amount, b.FundChannel})
	}
	if bills == nil {
		return ""
	}
	text, err := json.Marshal(bills)
	if err != nil {
		panic("alipay: a list of texts does not encode")
	}
	return string(text)
}

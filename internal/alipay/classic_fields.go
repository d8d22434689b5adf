package alipay

import (
	"context"
	"strings"

	"tongbao/internal/alipay/notify"
	"tongbao/internal/alipay/wire"
	"tongbao/internal/identity"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/store"
	"tongbao/internal/trade"
)

func (s *Server) sellerEmail(ctx context.Context, merchant uint64) (string, error) {
	m, _, err := identity.Merchants.Read(ctx, s.opt.Engine.Store(), party.FormatID(merchant))
	return m.OwnerLogin, err
}

// classicFields is a trade in the old protocol's words, for notices and
// queries: the same for a trade that another door has opened.
func (s *Server) classicFields(ctx context.Context, t *trade.Trade) (wire.Params, error) {
	who, err := s.buyerOf(ctx, t)
	if err != nil {
		return nil, err
	}
	seller, err := s.sellerEmail(ctx, t.Merchant)
	if err != nil {
		return nil, err
	}
	m := t.Metadata
	f := wire.Params{
		"out_trade_no": t.OrderNo, "trade_no": t.ID, "trade_status": t.Status.String(), "subject": t.Subject, "body": t.Body, "payment_type": "1",
		"price": wire.FormatAmount(t.Amount), "quantity": "1", "discount": "0.00", "total_fee": wire.FormatAmount(t.Amount), "is_total_fee_adjust": "N", "use_coupon": "N",
		"seller_email": seller, "seller_id": party.FormatID(t.Merchant), "buyer_email": who.BuyerLogonID, "buyer_id": who.BuyerUserID,
		"gmt_create": at(t.Created), "gmt_payment": at(t.Paid), "gmt_send_goods": at(t.Shipped), "gmt_logistics_modify": at(max(t.Created, t.Shipped)), "gmt_close": at(max(t.Finished, t.Closed)),
		"buyer_actions": buyerActions(t), "seller_actions": sellerActions(t),
	}
	for _, name := range []string{metaPrice, metaQuantity, metaDiscount, metaLogistics, metaFreight, metaFreightPaid, metaCommonParam,
		"receive_name", "receive_address", "receive_zip", "receive_phone", "receive_mobile"} {
		if m[name] != "" {
			f[name] = m[name]
		}
	}
	f["refund_status"], f["gmt_refund"] = refundState(t)
	for name, value := range f {
		if strings.TrimSpace(value) == "" {
			delete(f, name)
		}
	}
	return f, nil
}

// refundState is where a refund stands and since when: the dispute's state, or
// that the seller has given money back by itself.
func refundState(t *trade.Trade) (state, since string) {
	if d := t.Dispute; d != nil {
		return d.Status.String(), at(max(d.Opened, d.Ended))
	}
	if n := len(t.Refunds); n > 0 {
		return trade.RefundSuccess.String(), at(t.Refunds[n-1].At)
	}
	return "", ""
}

func buyerActions(t *trade.Trade) string {
	if t.Disputed() {
		return ""
	}
	switch t.Status {
	case trade.WaitSellerSendGoods:
		return "REFUND"
	case trade.WaitBuyerConfirmGoods:
		return "REFUND,CONFIRM_GOODS"
	}
	return ""
}

func sellerActions(t *trade.Trade) string {
	if t.Status == trade.WaitSellerSendGoods && (!t.Disputed() || t.Dispute.Status != trade.AlipayCheck) {
		return "SEND_GOODS"
	}
	return ""
}

// lastChange is when a trade last changed.
func lastChange(t *trade.Trade) string {
	last := max(t.Created, t.Paid, t.Shipped, t.Finished, t.Closed)
	if d := t.Dispute; d != nil {
		last = max(last, d.Opened, d.Ended)
	}
	for _, r := range t.Refunds {
		last = max(last, r.At)
	}
	return at(last)
}

// tradeBase is the trade as the answer to send_goods_confirm_by_platform has it.
func (s *Server) tradeBase(ctx context.Context, t *trade.Trade) (wire.Params, error) {
	f, err := s.classicFields(ctx, t)
	if err != nil {
		return nil, err
	}
	b := wire.Params{"currency": "156", "partner_id": party.FormatID(t.Merchant), "service_fee": "0.00", "service_fee_ratio": "0.0",
		"create_time": at(t.Created), "last_modified_time": lastChange(t), "seller_user_id": f["seller_id"], "seller_login_email": f["seller_email"],
		"buyer_user_id": f["buyer_id"], "buyer_login_email": f["buyer_email"], "transport_type": f[metaLogistics], "logistics_name": t.Carrier, "invoice_no": t.TrackingNo}
	for _, name := range []string{"out_trade_no", "trade_no", "trade_status", "subject", "body", "total_fee", "price", "quantity", "discount", "buyer_actions", "seller_actions", "gmt_send_goods"} {
		b[name] = f[name]
	}
	for name, value := range b {
		if value == "" {
			delete(b, name)
		}
	}
	return b, nil
}

// classicNotices tells of every change of an order that was begun by the old
// protocol, once for a command however many events it has.
func (s *Server) classicNotices(ctx context.Context, entry *store.Entry, e *pay.Event, a *app, t *trade.Trade) ([]notify.New, error) {
	events, err := pay.EventsIn(entry)
	if err != nil {
		return nil, err
	}
	for i := range events {
		if events[i].Object == t.ID && changesState(events[i].Type) {
			if events[i].ID != e.ID {
				return nil, nil
			}
			break
		}
	}
	if !changesState(e.Type) {
		return nil, nil
	}
	fields, err := s.classicFields(ctx, t)
	if err != nil {
		return nil, err
	}
	charset, signType := classicWords(t)
	return []notify.New{{App: a.ID, Merchant: t.Merchant, URL: t.NotifyURL, Type: tradeSync, About: t.ID, Charset: charset, SignType: signType, Classic: true, Fields: fields}}, nil
}

func changesState(event string) bool {
	switch event {
	case pay.PaymentCreated, pay.PaymentPaid, pay.PaymentShipped, pay.PaymentFinished, pay.PaymentClosed, pay.RefundCreated, pay.DisputeOpened, pay.DisputeUpdated, pay.DisputeClosed:
		return true
	}
	return false
}

// classicWords are how the program that began an order speaks.
func classicWords(t *trade.Trade) (wire.Charset, wire.SignType) {
	charset, _ := wordsOf(t)
	if wire.SignType(t.Metadata[metaSignType]) == wire.MD5 {
		return charset, wire.MD5
	}
	return charset, wire.RSA
}

// begunClassic says that an order was begun by the old protocol.
func begunClassic(t *trade.Trade) bool { return serviceNamed(t.Metadata[metaMethod]) != nil }

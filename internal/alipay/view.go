package alipay

import (
	"context"

	"tongbao/internal/alipay/wire"
	"tongbao/internal/identity"
	"tongbao/internal/party"
	"tongbao/internal/trade"
)

// statusOf is a trade's state in the protocol's words for an instant trade. One
// that is held in escrow was paid, and so it is said; the old protocol for
// guaranteed trades has the finer words.
func statusOf(t *trade.Trade) string {
	switch t.Status {
	case trade.WaitSellerSendGoods, trade.WaitBuyerConfirmGoods:
		return trade.TradeSuccess.String()
	}
	return t.Status.String()
}

// numbers are how both sides name a trade.
type numbers struct {
	TradeNo    string `json:"trade_no,omitempty"`
	OutTradeNo string `json:"out_trade_no,omitempty"`
}

func numbersOf(t *trade.Trade) numbers { return numbers{TradeNo: t.ID, OutTradeNo: t.OrderNo} }

// buyer is the payer as a merchant may know them.
type buyer struct {
	BuyerUserID  string `json:"buyer_user_id,omitempty"`
	BuyerOpenID  string `json:"buyer_open_id,omitempty"`
	BuyerLogonID string `json:"buyer_logon_id,omitempty"`
}

func (s *Server) buyerOf(ctx context.Context, t *trade.Trade) (buyer, error) {
	if t.Buyer == 0 {
		return buyer{}, nil
	}
	no := party.FormatID(t.Buyer)
	b := buyer{BuyerUserID: no, BuyerOpenID: no}
	p, ok, err := identity.People.Read(ctx, s.opt.Engine.Store(), no)
	if ok {
		b.BuyerLogonID = party.MaskPhone(p.Phone)
	}
	return b, err
}

// sums are the amounts of a paid trade. There are no discounts here, so that
// they are all the same.
type sums struct {
	ReceiptAmount  string `json:"receipt_amount,omitempty"`
	BuyerPayAmount string `json:"buyer_pay_amount,omitempty"`
	PointAmount    string `json:"point_amount,omitempty"`
	InvoiceAmount  string `json:"invoice_amount,omitempty"`
}

func sumsOf(t *trade.Trade) sums {
	if t.Paid == 0 {
		return sums{}
	}
	all := wire.FormatAmount(t.Amount)
	return sums{ReceiptAmount: all, BuyerPayAmount: all, PointAmount: "0.00", InvoiceAmount: all}
}

// fundBill says where the money came from.
type fundBill struct {
	FundChannel string `json:"fund_channel"`
	Amount      string `json:"amount"`
	FundType    string `json:"fund_type,omitempty"`
}

const balanceChannel = "ALIPAYACCOUNT"

func fundsOf(t *trade.Trade) []fundBill {
	if t.Paid == 0 {
		return nil
	}
	return []fundBill{{FundChannel: balanceChannel, Amount: wire.FormatAmount(t.Amount)}}
}

// at writes a trade's moment; empty for one that has not been.
func at(t trade.Time) string {
	if t == 0 {
		return ""
	}
	return moment(t.Std())
}

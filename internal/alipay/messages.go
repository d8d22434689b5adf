package alipay

import (
	"context"

	"tongbao/internal/alipay/notify"
	"tongbao/internal/alipay/wire"
	"tongbao/internal/pay"
	"tongbao/internal/store"
	"tongbao/internal/trade"
)

// Messages tell an application at its own address, the one address for all, of
// what has no order's notify_url: complaints, and how a transfer ended. They are
// sent to all of the merchant's applications that have an address and may call
// the methods of the same family.

const (
	transferChanged  = "alipay.fund.trans.order.changed"
	complaintChanged = "alipay.merchant.tradecomplain.changed"
)

// messages are those of one happening. about is the trade or transfer.
func (s *Server) messages(ctx context.Context, merchant uint64, name, method, about string, content any) (told []notify.New, err error) {
	apps, err := s.opt.Identity.AppsOf(ctx, merchant)
	for i := range apps {
		if a := &apps[i]; a.MessageURL != "" && a.Disabled == 0 && a.May(method) {
			told = append(told, notify.New{App: a.ID, Merchant: merchant, URL: a.MessageURL, Type: name, About: about, Charset: wire.UTF8, SignType: wire.RSA2, Message: true,
				Fields: wire.Params{"biz_content": string(encode(content))}})
		}
	}
	return told, err
}

type complaintTold struct {
	ComplainEventID string `json:"complain_event_id"`
	Status          string `json:"status"`
	TradeNo         string `json:"trade_no"`
	MerchantOrderNo string `json:"merchant_order_no"`
	GmtModified     string `json:"gmt_modified"`
}

// complaintMessages tell of a dispute that was opened, went on or ended.
func (s *Server) complaintMessages(ctx context.Context, entry *store.Entry, e *pay.Event) ([]notify.New, error) {
	t, ok, err := pay.Trades.In(*entry, e.Object)
	if err != nil || !ok || t.Dispute == nil {
		return nil, err
	}
	return s.messages(ctx, t.Merchant, complaintChanged, complaintQuery.name, t.ID,
		complaintTold{ComplainEventID: pay.DisputeID(&t), Status: complaintStatus(t.Dispute), TradeNo: t.ID, MerchantOrderNo: t.OrderNo, GmtModified: at(trade.At(s.now()))})
}

type transferTold struct {
	OriginInterface string `json:"origin_interface"`
	ProductCode     string `json:"product_code"`
	BizScene        string `json:"biz_scene"`
	OutBizNo        string `json:"out_biz_no"`
	OrderID         string `json:"order_id"`
	PayFundOrderID  string `json:"pay_fund_order_id"`
	Status          string `json:"status"`
	ActionType      string `json:"action_type"`
	TransAmount     string `json:"trans_amount"`
	PayDate         string `json:"pay_date,omitempty"`
	ErrorCode       string `json:"error_code,omitempty"`
	FailReason      string `json:"fail_reason,omitempty"`
}

// transferMessages tell of a payout that has come about, or has not.
func (s *Server) transferMessages(ctx context.Context, p *pay.Payout, state payoutState) ([]notify.New, error) {
	if state.status == dealing {
		return nil, nil
	}
	return s.messages(ctx, p.Merchant, transferChanged, uniTransfer.name, p.ID, transferTold{OriginInterface: uniTransfer.name, ProductCode: p.Product, BizScene: p.Scene, OutBizNo: p.Number,
		OrderID: p.ID, PayFundOrderID: p.ID, Status: state.status, ActionType: "FINISH", TransAmount: yuan(p.Amount), PayDate: milli(state.done), ErrorCode: state.errorCode, FailReason: state.reason})
}

// paidOut are the messages of an entry in which a payout to a balance was made.
func (s *Server) paidOut(ctx context.Context, entry *store.Entry) (told []notify.New, err error) {
	err = pay.Payouts.Of(entry, func(_ string, p pay.Payout) error {
		more, err := s.transferMessages(ctx, &p, payoutState{status: "SUCCESS", done: p.At})
		told = append(told, more...)
		return err
	})
	return told, err
}

// bankTold are the messages of a bank's word about a payout to a card.
func (s *Server) bankTold(ctx context.Context, entry *store.Entry, e *pay.Event) ([]notify.New, error) {
	o, ok, err := pay.BankOrders.In(*entry, e.Object)
	if err != nil || !ok {
		return nil, err
	}
	p, ok, err := s.opt.Desk.PayoutOf(ctx, &o)
	if err != nil || !ok {
		return nil, err
	}
	return s.transferMessages(ctx, &p, stateAtBank(&p, &o))
}

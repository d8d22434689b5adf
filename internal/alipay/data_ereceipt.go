package alipay

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"tongbao/internal/alipay/receipt"
	"tongbao/internal/alipay/wire"
	"tongbao/internal/identity"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/refusal"
	"tongbao/internal/trade"
)

const (
	receiptPath = "/gateway/ereceipt"
	receiptLife = 30 * time.Minute // how long a download's address is good for
	fundDetail  = "FUND_DETAIL"
)

type receiptApplyIn struct {
	Type text `json:"type"`
	Key  text `json:"key"`
}

type receiptApplyOut struct {
	FileID string `json:"file_id"`
}

// A receipt can be had of a payment or a payout of the merchant's. It is drawn
// when it is downloaded, from the books; the file's id names what it is of, and
// proves that we gave it.
var receiptApply = of(method{name: "alipay.data.bill.ereceipt.apply", right: party.View, prefix: noPrefix}, func(c *call, in *receiptApplyIn) (any, error) {
	if in.Type != fundDetail {
		return nil, c.failed("TYPE_NOT_SUPPORTED", "type is %s", fundDetail)
	}
	if len(in.Key) != trade.IDDigits || strings.Trim(string(in.Key), "0123456789") != "" {
		return nil, c.badParameter("key is a trade_no, or the order_id of a transfer")
	}
	if _, err := c.s.receiptOf(c.ctx, c.merchant(), string(in.Key)); err != nil {
		return nil, err
	}
	return receiptApplyOut{FileID: string(in.Key) + c.receiptProof(string(in.Key))}, nil
})

func (c *call) receiptProof(key string) string {
	return returnKey(c.app, "ereceipt\x00"+party.FormatID(c.merchant())+"\x00"+key)
}

type receiptQueryIn struct {
	FileID text `json:"file_id"`
}

type receiptQueryOut struct {
	Status      string `json:"status"`
	DownloadURL string `json:"download_url"`
}

var receiptQuery = of(method{name: "alipay.data.bill.ereceipt.query", v3: []string{"GET"}, right: party.View, prefix: noPrefix}, func(c *call, in *receiptQueryIn) (any, error) {
	if len(in.FileID) <= trade.IDDigits {
		return nil, c.badParameter("there is no such file_id")
	}
	key, proof := string(in.FileID[:trade.IDDigits]), string(in.FileID[trade.IDDigits:])
	if !sameText(proof, c.receiptProof(key)) {
		return nil, c.badParameter("there is no such file_id")
	}
	q := url.Values{"app_id": {c.app.ID}, "of": {key}, "until": {strconv.FormatInt(c.s.opt.Wall().Add(receiptLife).Unix(), 10)}}
	nameMerchant(c.app, c.merchant(), q)
	q.Set("key", receiptKey(c.app, q))
	return receiptQueryOut{Status: "SUCCESS", DownloadURL: c.s.opt.BaseURL + receiptPath + "?" + q.Encode()}, nil
})

func receiptKey(a *app, q url.Values) string {
	return returnKey(a, "ereceipt download\x00"+whose(q)+q.Get("of")+"\x00"+q.Get("until"))
}

// ereceipt is the download: the address is the permission, for half an hour.
func (s *Server) ereceipt(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	a, err := s.app(r.Context(), q.Get("app_id"))
	expires, err2 := strconv.ParseInt(q.Get("until"), 10, 64)
	if err != nil || err2 != nil || a == nil || !sameText(q.Get("key"), receiptKey(a, q)) || s.opt.Wall().Unix() > expires {
		http.Error(w, "this address is not valid, or not any more; ask for another", http.StatusForbidden)
		return
	}
	drawn, err := s.receiptOf(r.Context(), namedMerchant(a, q), q.Get("of"))
	if err != nil {
		s.opt.Logger.Error("receipt", "app", a.ID, "error", err)
		http.Error(w, "the receipt could not be drawn; ask again", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("Content-Disposition", `attachment; filename="`+q.Get("of")+`.pdf"`)
	w.Header().Set("Cache-Control", "no-store")
	w.Write(drawn.PDF())
}

// receiptOf is the receipt of one of a merchant's payments or payouts, as they
// stand now.
func (s *Server) receiptOf(ctx context.Context, merchant uint64, id string) (receipt.Receipt, error) {
	t, err := s.opt.Desk.Trade(ctx, id)
	if err == nil && t.Merchant == merchant {
		if t.Paid == 0 {
			return receipt.Receipt{}, refuse(businessFailed, "BILL_NOT_EXIST", "nothing was paid yet")
		}
		return s.tradeReceipt(ctx, &t)
	}
	if err != nil && refusal.Of(err) == nil {
		return receipt.Receipt{}, err
	}
	p, ok, err := pay.Payouts.Read(ctx, s.opt.Engine.Store(), id)
	if err == nil && ok && p.Merchant == merchant {
		return s.payoutReceipt(ctx, &p)
	}
	if err == nil {
		err = refuse(businessFailed, "BILL_NOT_EXIST", "there is no payment or transfer of that number")
	}
	return receipt.Receipt{}, err
}

func (s *Server) tradeReceipt(ctx context.Context, t *trade.Trade) (receipt.Receipt, error) {
	seller, err := s.nameOf(ctx, t.Merchant)
	if err != nil {
		return receipt.Receipt{}, err
	}
	buyer, err := s.nameOf(ctx, t.Buyer)
	if err != nil {
		return receipt.Receipt{}, err
	}
	rows := []receipt.Row{{Label: "业务类型", Value: "交易付款"}, {Label: "交易号", Value: t.ID}, {Label: "商户订单号", Value: t.OrderNo}, {Label: "付款方", Value: buyer}, {Label: "收款方", Value: seller},
		{Label: "金额（元）", Value: wire.FormatAmount(t.Amount)}, {Label: "付款时间", Value: at(t.Paid)}, {Label: "交易状态", Value: t.Status.String()}, {Label: "商品", Value: t.Subject}}
	if t.Refunded > 0 {
		rows = append(rows, receipt.Row{Label: "已退款（元）", Value: wire.FormatAmount(t.Refunded)})
	}
	return s.receipt(rows), nil
}

func (s *Server) payoutReceipt(ctx context.Context, p *pay.Payout) (receipt.Receipt, error) {
	payer, err := s.nameOf(ctx, p.Merchant)
	if err != nil {
		return receipt.Receipt{}, err
	}
	payee := "银行卡"
	if p.To != 0 {
		if payee, err = s.nameOf(ctx, p.To); err != nil {
			return receipt.Receipt{}, err
		}
	}
	c := &call{s: s, ctx: ctx}
	state, err := c.stateOf(p)
	if err != nil {
		return receipt.Receipt{}, err
	}
	if state.status != "SUCCESS" {
		return receipt.Receipt{}, refuse(businessFailed, "BILL_NOT_EXIST", "the transfer has not come about")
	}
	return s.receipt([]receipt.Row{{Label: "业务类型", Value: "转账"}, {Label: "转账单号", Value: p.ID}, {Label: "商户单号", Value: p.Number}, {Label: "付款方", Value: payer}, {Label: "收款方", Value: payee},
		{Label: "金额（元）", Value: wire.FormatAmount(p.Amount)}, {Label: "完成时间", Value: milli(state.done)}, {Label: "标题", Value: p.Title}, {Label: "备注", Value: p.Remark}}), nil
}

func (s *Server) receipt(rows []receipt.Row) receipt.Receipt {
	return receipt.Receipt{Title: "电子回单 Electronic receipt", Rows: rows,
		Notes: []string{fmt.Sprintf("本回单由通宝依据账务记录生成，生成时间 %s（北京时间）。", moment(s.now())), "Drawn by Tongbao from its books."}}
}

// nameOf says who a party is, as the other side may know them.
func (s *Server) nameOf(ctx context.Context, id uint64) (string, error) {
	number := party.FormatID(id)
	if party.IsMerchant(id) {
		m, _, err := identity.Merchants.Read(ctx, s.opt.Engine.Store(), number)
		return m.Name + " " + number, err
	}
	p, _, err := identity.People.Read(ctx, s.opt.Engine.Store(), number)
	return strings.TrimSpace(party.MaskPhone(p.Phone) + " " + number), err
}

package alipay

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"tongbao/internal/engine"
	"tongbao/internal/identity"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
	"tongbao/internal/trade"
)

// A complaint is a dispute by the protocol's name: the same record as in the
// native API, the wallet and the console.

type complaint struct {
	ComplainEventID  string           `json:"complain_event_id"`
	Status           string           `json:"status"`
	TradeNo          string           `json:"trade_no"`
	MerchantOrderNo  string           `json:"merchant_order_no"`
	GmtCreate        string           `json:"gmt_create"`
	GmtModified      string           `json:"gmt_modified"`
	GmtFinished      string           `json:"gmt_finished,omitempty"`
	LeafCategoryName string           `json:"leaf_category_name"`
	ComplainReason   string           `json:"complain_reason"`
	Content          string           `json:"content,omitempty"`
	PhoneNo          string           `json:"phone_no,omitempty"`
	TradeAmount      string           `json:"trade_amount"`
	TargetID         string           `json:"target_id"`
	TargetType       string           `json:"target_type"`
	ReplyDetailInfos []complaintReply `json:"reply_detail_infos,omitempty"`
}

type complaintReply struct {
	ReplierName string `json:"replier_name"`
	ReplierRole string `json:"replier_role"`
	GmtCreate   string `json:"gmt_create"`
	Content     string `json:"content,omitempty"`
}

// complaintStatus is a dispute's state in the protocol's words.
func complaintStatus(d *trade.Dispute) string {
	switch d.Status {
	case trade.WaitSellerAgree:
		for _, e := range d.Evidence {
			if e.By == trade.Seller {
				return "MERCHANT_FEEDBACKED"
			}
		}
		return "MERCHANT_PROCESSING"
	case trade.SellerRefuseBuyer, trade.WaitBuyerReturnGoods, trade.WaitSellerConfirmGoods:
		return "MERCHANT_FEEDBACKED"
	case trade.AlipayCheck:
		return "PLATFORM_PROCESSING"
	}
	switch {
	case d.Decision != "":
		return "PLATFORM_FINISH"
	case d.Status == trade.RefundSuccess:
		return "FINISHED"
	}
	return "CLOSED"
}

var replierRoles = map[trade.Role]string{trade.Buyer: "USER", trade.Seller: "MERCHANT", trade.Operator: "AUDITOR"}

func (c *call) complaint(t *trade.Trade, d *trade.Dispute) (complaint, error) {
	v := complaint{ComplainEventID: fmt.Sprintf("dp_%s_%d", t.ID, d.No), Status: complaintStatus(d), TradeNo: t.ID, MerchantOrderNo: t.OrderNo, GmtCreate: at(d.Opened), GmtModified: at(d.Opened), GmtFinished: at(d.Ended),
		LeafCategoryName: d.Reason.String(), ComplainReason: d.Reason.String(), Content: d.Words, TradeAmount: yuan(t.Amount), TargetID: party.FormatID(t.Merchant), TargetType: "MERCHANT"}
	p, _, err := identity.People.Read(c.ctx, c.s.opt.Engine.Store(), party.FormatID(t.Buyer))
	v.PhoneNo = party.MaskPhone(p.Phone)
	say := func(by trade.Role, when, text string) {
		role := replierRoles[by]
		if role == "" {
			role = "SYSTEM"
		}
		v.ReplyDetailInfos = append(v.ReplyDetailInfos, complaintReply{ReplierName: role, ReplierRole: role, GmtCreate: when, Content: text})
	}
	for _, e := range d.Evidence {
		v.GmtModified = at(e.At)
		say(e.By, at(e.At), e.Text)
	}
	if d.Answer != "" {
		say(trade.Seller, v.GmtModified, d.Answer)
	}
	if d.Decision != "" {
		say(trade.Operator, at(d.Ended), d.Decision)
	}
	if d.Ended != 0 {
		v.GmtModified = v.GmtFinished
	}
	return v, err
}

type complaintIn struct {
	ComplainEventID text `json:"complain_event_id"`
}

// findComplaint is the merchant's dispute of that id, with its trade.
func (c *call) findComplaint(id text) (t trade.Trade, d *trade.Dispute, err error) {
	none := c.failed("COMPLAIN_NOT_EXIST", "there is no such complaint")
	trading, ok := strings.CutPrefix(string(id), "dp_")
	tradeNo, number, ok2 := strings.Cut(trading, "_")
	no, err := strconv.Atoi(number)
	if !ok || !ok2 || err != nil {
		return t, nil, none
	}
	t, err = c.s.opt.Desk.Trade(c.ctx, tradeNo)
	if refusal.Of(err) != nil || err == nil && t.Merchant != c.merchant() {
		return t, nil, none
	}
	if err != nil {
		return t, nil, err
	}
	for i := range t.PastDisputes {
		if t.PastDisputes[i].No == no {
			return t, &t.PastDisputes[i], nil
		}
	}
	if t.Dispute != nil && t.Dispute.No == no {
		return t, t.Dispute, nil
	}
	return t, nil, none
}

var complaintQuery = of(method{name: "alipay.merchant.tradecomplain.query", v3: []string{"GET /v3/alipay/merchant/tradecomplain/{complain_event_id}", "POST"}, right: party.View, prefix: noPrefix}, func(c *call, in *complaintIn) (any, error) {
	t, d, err := c.findComplaint(in.ComplainEventID)
	if err != nil {
		return nil, err
	}
	return c.complaint(&t, d)
})

type complaintsIn struct {
	PageNum   text `json:"page_num"`
	PageSize  text `json:"page_size"`
	Status    text `json:"status"`
	BeginTime text `json:"begin_time"`
	EndTime   text `json:"end_time"`
}

type complaintsOut struct {
	TotalNum     string      `json:"total_num"`
	TotalPageNum string      `json:"total_page_num"`
	PageNum      string      `json:"page_num"`
	PageSize     string      `json:"page_size"`
	Infos        []complaint `json:"trade_complain_infos,omitempty"`
}

// Each trade's latest complaint is listed, newest first.
var complaintList = of(method{name: "alipay.merchant.tradecomplain.batchquery", right: party.View, prefix: noPrefix}, func(c *call, in *complaintsIn) (any, error) {
	page, err := c.count("page_num", in.PageNum)
	if err != nil {
		return nil, err
	}
	size, err := c.count("page_size", in.PageSize)
	if err != nil {
		return nil, err
	}
	if size > 100 {
		return nil, c.badParameter("page_size is 100 at most")
	}
	id := party.FormatID(c.merchant())
	r := store.Range{Index: pay.DisputesOfMerchant, From: id + "/", Until: id + "0", Reverse: true, Limit: 500}
	for name, bound := range map[string]struct {
		value text
		to    *string
	}{"begin_time": {in.BeginTime, &r.From}, "end_time": {in.EndTime, &r.Until}} {
		if bound.value == "" {
			continue
		}
		when, err := time.ParseInLocation(time.DateTime, string(bound.value), engine.Shanghai)
		if err != nil {
			return nil, c.badParameter("%s looks like 2018-11-11 00:00:00", name)
		}
		*bound.to = id + "/" + fmt.Sprintf("%013d", when.UnixMilli())
	}
	out := complaintsOut{PageNum: strconv.Itoa(page), PageSize: strconv.Itoa(size)}
	total := 0
	for {
		items, err := pay.Trades.Scan(c.ctx, c.s.opt.Engine.Store(), r)
		if err != nil {
			return nil, err
		}
		for i := range items {
			t := &items[i].Value
			r.After = items[i].At
			if t.Dispute == nil || in.Status != "" && complaintStatus(t.Dispute) != string(in.Status) {
				continue
			}
			if total++; total <= (page-1)*size || total > page*size {
				continue
			}
			v, err := c.complaint(t, t.Dispute)
			if err != nil {
				return nil, err
			}
			out.Infos = append(out.Infos, v)
		}
		if len(items) < r.Limit {
			break
		}
	}
	out.TotalNum, out.TotalPageNum = strconv.Itoa(total), strconv.Itoa((total+size-1)/size)
	return out, nil
})

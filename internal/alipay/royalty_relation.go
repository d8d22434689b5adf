package alipay

import (
	"strconv"

	"tongbao/internal/engine"
	"tongbao/internal/identity"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/store"
	"tongbao/internal/trade"
)

type relationIn struct {
	OutRequestNo text                    `json:"out_request_no"`
	Receivers    nested[[]receiverShown] `json:"receiver_list"`
}

// receiverShown is one to whom parts of orders may go.
type receiverShown struct {
	Type      text `json:"type,omitempty"`
	Account   text `json:"account,omitempty"`
	AccountID text `json:"account_open_id,omitempty"`
	Name      text `json:"name,omitempty"`
	LoginName text `json:"login_name,omitempty"`
	BindLogin text `json:"bind_login_name,omitempty"`
	Memo      text `json:"memo,omitempty"`
}

type relationOut struct {
	ResultCode string `json:"result_code"`
}

var relationDone = relationOut{ResultCode: "SUCCESS"}

var (
	royaltyBind = of(method{name: "alipay.trade.royalty.relation.bind", right: party.Transfer}, func(c *call, in *relationIn) (any, error) {
		list, err := c.receivers(in, true)
		if err != nil {
			return nil, err
		}
		if err := c.s.opt.Desk.BindReceivers(c.ctx, c.by(), c.command("bind_receivers"), list); err != nil {
			return nil, err
		}
		return relationDone, nil
	})
	royaltyUnbind = of(method{name: "alipay.trade.royalty.relation.unbind", right: party.Transfer}, func(c *call, in *relationIn) (any, error) {
		list, err := c.receivers(in, false)
		if err != nil {
			return nil, err
		}
		var parties []uint64
		for _, r := range list {
			parties = append(parties, r.Party)
		}
		if err := c.s.opt.Desk.UnbindReceivers(c.ctx, c.by(), c.command("unbind_receivers"), c.merchant(), parties); err != nil {
			return nil, err
		}
		return relationDone, nil
	})
)

// receivers reads the list. Who is to be bound must be called as the caller says,
// and one named by a login name must be called somehow.
func (c *call) receivers(in *relationIn, bind bool) ([]pay.Receiver, error) {
	if in.OutRequestNo == "" {
		return nil, c.badParameter("out_request_no is missing")
	}
	if n := len(in.Receivers.Value); n < 1 || n > pay.MaxReceivers {
		return nil, c.badParameter("receiver_list has 1 to %d entries", pay.MaxReceivers)
	}
	var list []pay.Receiver
	for _, r := range in.Receivers.Value {
		if r.Type == "" || r.Account == "" {
			return nil, c.badParameter("a receiver has a type and an account")
		}
		if bind && r.Type == "loginName" && r.Name == "" {
			return nil, c.badParameter("name is missing of %q", clip(string(r.Account)))
		}
		id, err := c.partyOf(r.Type, r.Account)
		if err != nil {
			return nil, err
		}
		if id == 0 {
			return nil, c.failed("ROYALTY_ACCOUNT_NOT_EXIST", "the account %q is nobody's", clip(string(r.Account)))
		}
		if bind {
			if id == c.merchant() {
				return nil, c.failed("CUSTOMER_VALIDATE_ERROR", "the seller gets the rest anyway")
			}
			if err := c.called(id, string(r.Name)); err != nil {
				return nil, err
			}
		}
		list = append(list, pay.Receiver{Merchant: c.merchant(), Party: id, How: string(r.Type), Account: string(r.Account), Called: string(r.Name), Memo: string(r.Memo)})
	}
	return list, nil
}

// called refuses a name that is not the party's.
func (c *call) called(id uint64, name string) error {
	if name == "" {
		return nil
	}
	known := ""
	if party.IsMerchant(id) {
		m, _, err := identity.Merchants.Read(c.ctx, c.s.opt.Engine.Store(), party.FormatID(id))
		if err != nil {
			return err
		}
		known = m.Name
	} else {
		p, _, err := identity.People.Read(c.ctx, c.s.opt.Engine.Store(), party.FormatID(id))
		if err != nil {
			return err
		}
		known = p.Name
	}
	if known != name {
		return c.failed("USER_NOT_MATCH_ERR", "the account is not of that name")
	}
	return nil
}

type relationQueryIn struct {
	OutRequestNo text `json:"out_request_no"`
	PageNum      text `json:"page_num"`
	PageSize     text `json:"page_size"`
}

type relationQueryOut struct {
	ResultCode      string          `json:"result_code"`
	Receivers       []receiverShown `json:"receiver_list,omitempty"`
	TotalPageNum    string          `json:"total_page_num"`
	TotalRecordNum  string          `json:"total_record_num"`
	CurrentPageNum  string          `json:"current_page_num"`
	CurrentPageSize string          `json:"current_page_size"`
}

// mostListed is how many bound receivers are counted.
const mostListed = 10_000

var royaltyBatchQuery = of(method{name: "alipay.trade.royalty.relation.batchquery", right: party.View}, func(c *call, in *relationQueryIn) (any, error) {
	if in.OutRequestNo == "" {
		return nil, c.badParameter("out_request_no is missing")
	}
	page, size, err := c.paging(in.PageNum, in.PageSize, 20, 100)
	if err != nil {
		return nil, err
	}
	merchant := party.FormatID(c.merchant())
	var all []engine.Item[pay.Receiver]
	for after := ""; len(all) < mostListed; after = all[len(all)-1].At {
		items, err := pay.Receivers.Scan(c.ctx, c.s.opt.Engine.Store(), store.Range{Index: pay.ReceiversOf, From: merchant + "/", Until: merchant + "0", After: after, Limit: 1000})
		if err != nil {
			return nil, err
		}
		if all = append(all, items...); len(items) < 1000 {
			break
		}
	}
	from := min(len(all), (page-1)*size)
	shown := all[from:min(len(all), from+size)]
	out := relationQueryOut{ResultCode: "SUCCESS", TotalPageNum: strconv.Itoa((len(all) + size - 1) / size), TotalRecordNum: strconv.Itoa(len(all)),
		CurrentPageNum: strconv.Itoa(page), CurrentPageSize: strconv.Itoa(len(shown))}
	for _, item := range shown {
		r := item.Value
		out.Receivers = append(out.Receivers, receiverShown{Type: text(r.How), Account: text(r.Account), Name: text(r.Called), Memo: text(r.Memo)})
	}
	return out, nil
})

// paging reads a page's number and size, within what is allowed.
func (c *call) paging(num, size text, usual, most int) (page, of int, err error) {
	page, of = 1, usual
	if num != "" {
		if page, err = strconv.Atoi(string(num)); err != nil || page < 1 || page > 1_000_000 {
			return 0, 0, c.badParameter("the page is a number from 1")
		}
	}
	if size != "" {
		if of, err = strconv.Atoi(string(size)); err != nil || of < 1 || of > most {
			return 0, 0, c.badParameter("a page has 1 to %d entries", most)
		}
	}
	return page, of, nil
}

var royaltyRateQuery = of(method{name: "alipay.trade.royalty.rate.query", v3: []string{"GET"}, right: party.View}, func(c *call, in *relationQueryIn) (any, error) {
	if in.OutRequestNo == "" {
		return nil, c.badParameter("out_request_no is missing")
	}
	return struct {
		UserID   string `json:"user_id"`
		MaxRatio string `json:"max_ratio"`
	}{party.FormatID(c.merchant()), strconv.FormatInt(int64(trade.MaxSplitShare)/10_000, 10)}, nil
})

// clip keeps what came from outside short in what is said of it.
func clip(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

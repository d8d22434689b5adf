package alipay

import (
	"fmt"
	"strconv"
	"time"

	"tongbao/internal/engine"
	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/pay"
)

type balanceOut struct {
	TotalAmount     string `json:"total_amount"`
	AvailableAmount string `json:"available_amount"`
	FreezeAmount    string `json:"freeze_amount"`
	SettleAmount    string `json:"settle_amount"`
}

// settle_amount is what escrow still keeps for the merchant.
var billBalance = of(method{name: "alipay.data.bill.balance.query", v3: []string{"GET", "POST"}, right: party.View, prefix: noPrefix}, func(c *call, _ *struct{}) (any, error) {
	books := c.s.opt.Engine.Store()
	balance, err := books.Account(c.ctx, pay.BalanceOf(c.merchant(), money.CNY))
	if err != nil {
		return nil, err
	}
	escrow, err := books.Account(c.ctx, ledger.Of(ledger.Escrow, c.merchant(), money.CNY))
	if err != nil {
		return nil, err
	}
	return balanceOut{TotalAmount: yuan(balance.Balance), AvailableAmount: yuan(balance.Available()), FreezeAmount: yuan(balance.Held), SettleAmount: yuan(escrow.Balance)}, nil
})

type accountLogIn struct {
	StartTime       text `json:"start_time"`
	EndTime         text `json:"end_time"`
	AlipayOrderNo   text `json:"alipay_order_no"`
	MerchantOrderNo text `json:"merchant_order_no"`
	TransCode       text `json:"trans_code"`
	PageNo          text `json:"page_no"`
	PageSize        text `json:"page_size"`
}

type accountLogOut struct {
	PageNo     string       `json:"page_no"`
	PageSize   string       `json:"page_size"`
	TotalSize  string       `json:"total_size"`
	DetailList []accountLog `json:"detail_list,omitempty"`
}

type accountLog struct {
	TransDt             string `json:"trans_dt"`
	AccountLogID        string `json:"account_log_id"`
	AlipayOrderNo       string `json:"alipay_order_no,omitempty"`
	MerchantOrderNo     string `json:"merchant_order_no,omitempty"`
	TransAmount         string `json:"trans_amount"`
	Balance             string `json:"balance"`
	Type                string `json:"type"`
	Direction           string `json:"direction"`
	OtherAccount        string `json:"other_account,omitempty"`
	TransMemo           string `json:"trans_memo,omitempty"`
	MerchantOutRefundNo string `json:"merchant_out_refund_no,omitempty"`
}

const longestLog = 31 * 24 * time.Hour

// timeSpan is the time that a bill is asked for.
func (c *call) timeSpan(start, end text) (from, until time.Time, err error) {
	from, err1 := time.ParseInLocation(time.DateTime, string(start), engine.Shanghai)
	until, err2 := time.ParseInLocation(time.DateTime, string(end), engine.Shanghai)
	if err1 != nil || err2 != nil || !until.After(from) || until.Sub(from) > longestLog {
		return from, until, c.badParameter("start_time and end_time look like 2018-11-11 00:00:00, and are 31 days apart at most")
	}
	return from, until, nil
}

// billPage is which page of a bill is asked for, the first where nothing is said.
func (c *call) billPage(no, lines text) (page, size int, err error) {
	page, size = 1, 2000
	if no != "" {
		if page, err = c.count("page_no", no); err != nil {
			return 0, 0, err
		}
	}
	if lines != "" {
		if size, err = c.count("page_size", lines); err != nil {
			return 0, 0, err
		}
	}
	if size > 2000 {
		return 0, 0, c.badParameter("page_size is 2000 at most")
	}
	return page, size, nil
}

var billAccountLog = of(method{name: "alipay.data.bill.accountlog.query", v3: []string{"GET", "POST"}, right: party.View, prefix: noPrefix}, func(c *call, in *accountLogIn) (any, error) {
	from, until, err := c.timeSpan(in.StartTime, in.EndTime)
	if err != nil {
		return nil, err
	}
	page, size, err := c.billPage(in.PageNo, in.PageSize)
	if err != nil {
		return nil, err
	}
	out := accountLogOut{PageNo: strconv.Itoa(page), PageSize: strconv.Itoa(size)}
	total := 0
	err = c.s.lines(c.ctx, c.merchant(), from, until, func(l line) (bool, error) {
		if in.AlipayOrderNo != "" && string(in.AlipayOrderNo) != l.trade || in.MerchantOrderNo != "" && string(in.MerchantOrderNo) != l.order {
			return true, nil
		}
		if total++; total > (page-1)*size && total <= page*size {
			out.DetailList = append(out.DetailList, logOf(l))
		}
		return true, nil
	})
	out.TotalSize = strconv.Itoa(total)
	return out, err
})

func logOf(l line) accountLog {
	v := accountLog{TransDt: moment(l.at), AccountLogID: l.number, AlipayOrderNo: l.trade, MerchantOrderNo: l.order, TransAmount: signed(l.amount), Balance: yuan(l.after),
		Type: l.kind, Direction: "收入", OtherAccount: l.other, TransMemo: l.memo, MerchantOutRefundNo: l.refund}
	if v.TransMemo == "" {
		v.TransMemo = l.subject
	}
	if l.amount < 0 {
		v.Direction = "支出"
	}
	return v
}

// signed writes an amount that may be negative.
func signed(a money.Amount) string {
	if a < 0 {
		return "-" + yuan(-a)
	}
	return yuan(a)
}

func pad(n uint64) string { return fmt.Sprintf("%012d", n) }

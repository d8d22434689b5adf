package alipay

import (
	"archive/zip"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"tongbao/internal/alipay/wire"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/trade"
)

// billFile writes a bill: a ZIP with a detail and a summary, CSV in GBK, lines
// that begin with # are comments. It is written as it is read, newest first, so
// that a large merchant's month needs no memory.
type billFile struct {
	s           *Server
	ctx         context.Context
	merchant    uint64
	from, until time.Time
}

func (b *billFile) write(w io.Writer, kind string) error {
	z := zip.NewWriter(w)
	var err error
	if kind == accountBill {
		err = b.account(z)
	} else {
		err = b.trades(z)
	}
	if err != nil {
		return err
	}
	return z.Close()
}

// sheet is one file of the bill. What went wrong is told at its end.
type sheet struct {
	to   io.Writer
	text strings.Builder
	csv  *csv.Writer
	err  error
}

func (b *billFile) sheet(z *zip.Writer, title string) (*sheet, error) {
	f, err := z.CreateHeader(&zip.FileHeader{Name: party.FormatID(b.merchant) + "_" + b.from.Format("20060102") + "_" + title + ".csv", Method: zip.Deflate, Modified: b.s.now()})
	if err != nil {
		return nil, err
	}
	s := &sheet{to: f}
	s.csv = csv.NewWriter(&s.text)
	s.csv.UseCRLF = true
	s.note("支付宝" + strings.NewReplacer("(汇总)", "汇总查询", "明细", "明细查询").Replace(title))
	s.note("账号：[" + party.FormatID(b.merchant) + "]")
	s.note("起始日期：[" + b.from.Format("2006年01月02日 15:04:05") + "]   终止日期：[" + b.until.Format("2006年01月02日 15:04:05") + "]")
	s.note("-----------------------------------------" + title + "列表----------------------------------------")
	return s, nil
}

func (s *sheet) note(text string) { s.write("#" + text + "\r\n") }

func (s *sheet) row(cells ...string) {
	s.text.Reset()
	s.csv.Write(cells) // into memory, which cannot fail
	s.csv.Flush()
	s.write(s.text.String())
}

func (s *sheet) write(text string) {
	if s.err == nil {
		_, s.err = io.WriteString(s.to, wire.GBK.Encode(text))
	}
}

func (s *sheet) end(b *billFile, title string, notes ...string) error {
	s.note("-----------------------------------------" + title + "列表结束------------------------------------")
	for _, text := range notes {
		s.note(text)
	}
	s.note("导出时间：[" + b.s.now().In(b.from.Location()).Format("2006年01月02日 15:04:05") + "]")
	return s.err
}

var tradeColumns = []string{"支付宝交易号", "商户订单号", "业务类型", "商品名称", "创建时间", "完成时间", "门店编号", "门店名称", "操作员", "终端号", "对方账户", "订单金额（元）", "商家实收（元）",
	"支付宝红包（元）", "集分宝（元）", "支付宝优惠（元）", "商家优惠（元）", "券核销金额（元）", "券名称", "商家红包消费金额（元）", "卡消费金额（元）", "退款批次号/请求号", "服务费（元）", "分润（元）", "备注"}

// sum counts one kind of business.
type sum struct {
	n      int
	amount money.Amount
	fee    money.Amount
}

func (s *sum) add(amount, fee money.Amount) {
	s.n, s.amount, s.fee = s.n+1, s.amount+amount, s.fee+fee
}

// feeOf is the fee that a payment cost, or that one of its refunds gave back. A
// payment held in escrow costs it when it is settled, which is another day's
// entry, so that it stands in the bill of the account alone.
func feeOf(t *trade.Trade, refund string) money.Amount {
	if t.Kind != trade.Instant {
		return 0
	}
	if refund == "" {
		return -t.FeeRate.Of(t.Amount)
	}
	rest := t.Amount
	for _, r := range t.Refunds {
		if r.ID == refund {
			return t.FeeRate.Of(rest) - t.FeeRate.Of(rest-r.Amount)
		}
		rest -= r.Amount
	}
	return 0
}

func (b *billFile) trades(z *zip.Writer) error {
	const title = "业务明细"
	s, err := b.sheet(z, title)
	if err != nil {
		return err
	}
	s.row(tradeColumns...)
	var paid, refunded sum
	err = b.events(func(e pay.Event, t *trade.Trade) {
		kind, amount, fee, at, request, memo := "交易", t.Amount, feeOf(t, e.Detail), t.Paid, "", t.Body
		if e.Type == pay.RefundCreated {
			r, _ := t.FindRefund(e.Detail)
			kind, amount, at, request, memo = "退款", -r.Amount, r.At, r.ID, r.Reason
			refunded.add(amount, fee)
		} else {
			fee = feeOf(t, "")
			paid.add(amount, fee)
		}
		s.row(t.ID, t.OrderNo, kind, t.Subject, moment(t.Created.Std()), moment(at.Std()), t.Metadata[metaStore], "", t.Metadata[metaOperator], t.Metadata[metaTerminal], party.FormatID(t.Buyer),
			signed(amount), signed(amount), "0.00", "0.00", "0.00", "0.00", "0.00", "", "0.00", "0.00", request, signed(fee), "0.00", memo)
	})
	if err != nil {
		return err
	}
	if err := s.end(b, title, fmt.Sprintf("交易合计：%d笔，商家实收共%s元，商家优惠共0.00元", paid.n, yuan(paid.amount)),
		fmt.Sprintf("退款合计：%d笔，商家实收退款共%s元，商家优惠退款共0.00元", refunded.n, signed(refunded.amount))); err != nil {
		return err
	}

	const whole = "业务明细(汇总)"
	if s, err = b.sheet(z, whole); err != nil {
		return err
	}
	s.row("门店编号", "门店名称", "交易订单总笔数", "退款订单总笔数", "订单金额（元）", "商家实收（元）", "支付宝优惠（元）", "商家优惠（元）", "卡消费金额（元）", "服务费（元）", "分润（元）", "实收净额（元）")
	all, fees := paid.amount+refunded.amount, paid.fee+refunded.fee
	s.row("合计", "", strconv.Itoa(paid.n), strconv.Itoa(refunded.n), signed(all), signed(all), "0.00", "0.00", "0.00", signed(fees), "0.00", signed(all+fees))
	return s.end(b, whole)
}

// events hands over the payments and refunds of the time, newest first, with the
// trade as it stands.
func (b *billFile) events(each func(pay.Event, *trade.Trade)) error {
	books := b.s.opt.Engine.Store()
	span := pay.Span{Party: b.merchant, From: b.from.UnixMilli(), Until: b.until.UnixMilli(), Limit: 256}
	for {
		items, err := pay.ListEvents(b.ctx, books, span)
		if err != nil || len(items) == 0 {
			return err
		}
		for i := range items {
			e := &items[i].Value
			span.After = items[i].At
			if e.Kind != pay.Trades.Name || e.Type != pay.PaymentPaid && e.Type != pay.RefundCreated {
				continue
			}
			t, ok, err := pay.Trades.Read(b.ctx, books, e.Object)
			if err != nil || !ok {
				return fmt.Errorf("read payment %s (there: %t): %w", e.Object, ok, err)
			}
			if t.Merchant == b.merchant {
				each(*e, &t)
			}
		}
		if len(items) < span.Limit {
			return nil
		}
	}
}

func (b *billFile) account(z *zip.Writer) error {
	const title = "账务明细"
	s, err := b.sheet(z, title)
	if err != nil {
		return err
	}
	s.row("账务流水号", "业务流水号", "商户订单号", "商品名称", "发生时间", "对方账号", "收入金额（+元）", "支出金额（-元）", "账户余额（元）", "交易渠道", "业务类型", "备注")
	type both struct{ in, out sum }
	var kinds []string
	sums := map[string]*both{}
	err = b.s.lines(b.ctx, b.merchant, b.from, b.until, func(l line) (bool, error) {
		if sums[l.kind] == nil {
			kinds, sums[l.kind] = append(kinds, l.kind), &both{}
		}
		in, out, of := signed(l.amount), "0.00", &sums[l.kind].in
		if l.amount < 0 {
			in, out, of = "0.00", signed(l.amount), &sums[l.kind].out
		}
		of.n, of.amount = of.n+1, of.amount+l.amount
		s.row(l.number, l.trade, l.order, l.subject, moment(l.at), l.other, in, out, yuan(l.after), "支付宝", l.kind, l.memo)
		return true, nil
	})
	if err != nil {
		return err
	}
	if err := s.end(b, title); err != nil {
		return err
	}

	const whole = "账务明细(汇总)"
	if s, err = b.sheet(z, whole); err != nil {
		return err
	}
	s.row("业务类型", "收入笔数", "收入金额（+元）", "支出笔数", "支出金额（-元）", "总金额（元）")
	for _, kind := range kinds {
		k := sums[kind]
		s.row(kind, strconv.Itoa(k.in.n), signed(k.in.amount), strconv.Itoa(k.out.n), signed(k.out.amount), signed(k.in.amount+k.out.amount))
	}
	return s.end(b, whole)
}

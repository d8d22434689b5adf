package alipay

import (
	"context"
	"time"

	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/store"
	"tongbao/internal/trade"
)

// line is an entry of a merchant's balance, with what it was for.
type line struct {
	at            time.Time
	number        string // of the entry, unique in the account
	trade, order  string
	refund        string
	subject, memo string
	other         string // the party on the other side
	amount, after money.Amount
	kind          string
}

// lineKinds are the protocol's words for why a balance changed.
var lineKinds = map[ledger.Why]string{
	ledger.Payment: "在线支付", ledger.Settlement: "在线支付", ledger.Split: "分账", ledger.Fee: "收费", ledger.FeeRefund: "退费", ledger.Refund: "交易退款",
	ledger.Transfer: "转账", ledger.TopUp: "充值", ledger.Withdrawal: "提现",
}

// lines hands over the entries of a merchant's balance in [from, until), newest
// first, until each says stop.
func (s *Server) lines(ctx context.Context, merchant uint64, from, until time.Time, each func(line) (more bool, err error)) error {
	books, account := s.opt.Engine.Store(), pay.BalanceOf(merchant, money.CNY)
	last, err := books.HistoryAt(ctx, account, until.UnixMicro()-1)
	if err != nil {
		return err
	}
	for before := last + 1; before > 1; {
		history, err := books.History(ctx, account, before, 256)
		if err != nil || len(history) == 0 {
			return err
		}
		for i := range history {
			m := &history[i]
			before = m.Leg.Number
			if m.At < from.UnixMicro() {
				return nil
			}
			l, err := s.line(ctx, m, merchant)
			if err != nil {
				return err
			}
			if more, err := each(l); err != nil || !more {
				return err
			}
		}
	}
	return nil
}

func (s *Server) line(ctx context.Context, m *store.Movement, merchant uint64) (l line, err error) {
	l = line{at: time.UnixMicro(m.At), number: compactMoment(m.At) + pad(m.Leg.Number), amount: m.Leg.Change(), after: m.Leg.After, kind: lineKinds[m.Leg.Why]}
	if l.kind == "" {
		l.kind = "其它"
	}
	entry, ok, err := s.opt.Engine.Store().Entry(ctx, m.Command)
	if err != nil || !ok {
		return l, err
	}
	other := uint64(0)
	err = pay.Trades.Of(&entry, func(_ string, t trade.Trade) error {
		l.trade, l.order, l.subject, other = t.ID, t.OrderNo, t.Subject, t.Buyer
		if n := len(t.Refunds); n > 0 && (m.Leg.Why == ledger.Refund || m.Leg.Why == ledger.FeeRefund) {
			l.refund, l.memo = t.Refunds[n-1].ID, t.Refunds[n-1].Reason
		}
		return nil
	})
	if err == nil {
		err = pay.Transfers.Of(&entry, func(id string, t pay.Transfer) error {
			l.trade, l.memo, other = id, t.Note, t.To
			if t.To == merchant {
				other = t.From
			}
			return nil
		})
	}
	if err == nil {
		err = pay.BankOrders.Of(&entry, func(id string, o pay.BankOrder) error {
			l.trade, l.memo = id, o.CardLabel
			return nil
		})
	}
	if other != 0 {
		l.other = party.FormatID(other)
	}
	return l, err
}

// compactMoment is a moment's date as the first digits of a number.
func compactMoment(micro int64) string {
	return moment(time.UnixMicro(micro))[:4] + moment(time.UnixMicro(micro))[5:7] + moment(time.UnixMicro(micro))[8:10]
}

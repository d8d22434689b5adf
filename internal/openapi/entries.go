package openapi

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"tongbao/internal/ledger"
	"tongbao/internal/pay"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
)

func (s *Server) registerEntries(api huma.API) {
	const tag = "Entries"
	add(api, op{ID: "list-entries", Path: "/v1/entries", Tag: tag, Who: user | merchant | operator, Summary: "An account's history",
		Doc: "Every line with the balance after it.", Codes: []refusal.Code{refusal.AccountNotFound, refusal.InvalidCursor}}, s.listEntries)
	add(api, op{ID: "summarise-entries", Path: "/v1/entries/summary", Tag: tag, Who: user | merchant | operator, Summary: "A month by day and by reason",
		Doc: "Days are those of the business time zone.", Codes: []refusal.Code{refusal.AccountNotFound}}, s.summariseEntries)
}

// Entry is a line of an account's history.
type Entry struct {
	Account      string     `json:"account" example:"user:2088000000000012:CNY"`
	Number       uint64     `json:"number" example:"17" doc:"Counts from 1 on each account, without a gap."`
	At           Time       `json:"at"`
	Why          string     `json:"why" enum:"payment,settlement,split,fee,fee_refund,refund,transfer,top_up,withdrawal,unexplained,correction,opening_balance" example:"payment"`
	Amount       int64      `json:"amount" example:"-12800" doc:"What it did to the balance."`
	BalanceAfter int64      `json:"balance_after" example:"37200"`
	HeldAfter    int64      `json:"held_after" example:"0"`
	Currency     string     `json:"currency" example:"CNY"`
	Position     uint64     `json:"position" example:"4711" doc:"In the journal."`
	Command      string     `json:"command" example:"user:2088000000000012/pay-8812"`
	CommandName  string     `json:"command_name" example:"pay_trade"`
	About        EntryAbout `json:"about"`
}

// EntryAbout is what an entry was made for.
type EntryAbout struct {
	PaymentID    *string   `json:"payment_id" example:"2018111112345678901234567890"`
	TransferID   *string   `json:"transfer_id" example:"tr_0a1b2c3d4e5f60718293a4b5"`
	TopUpID      *string   `json:"top_up_id" example:"tu_0a1b2c3d4e5f60718293a4b5"`
	WithdrawalID *string   `json:"withdrawal_id" example:"wd_0a1b2c3d4e5f60718293a4b5"`
	Subject      string    `json:"subject" example:"Tea, 250 g"`
	Counterparty *PartyRef `json:"counterparty,omitempty"`
}

type entriesAsked struct {
	Paging
	Stretch
	Account string `query:"account" maxLength:"64" doc:"The caller's balance by default; operators name one."`
	Why     string `query:"why" enum:"payment,settlement,split,fee,fee_refund,refund,transfer,top_up,withdrawal,unexplained,correction,opening_balance"`
	Q       string `query:"q" maxLength:"64" doc:"Part of the subject, the counterparty's name, or an id."`
}

func (s *Server) listEntries(ctx context.Context, in *entriesAsked) (*answer[Page[Entry]], error) {
	account, err := s.seeAccount(ctx, "account", in.Account)
	if err != nil {
		return nil, err
	}
	bound := store.Range{Index: "entries", From: account.String()}
	bind := strings.Join([]string{in.Why, in.Q, in.From.String(), in.To.String()}, "\x00")
	before, err := s.firstEntry(ctx, account, in, bound, bind)
	if err != nil {
		return nil, err
	}
	l, page := s.look(ctx), Page[Entry]{Data: []Entry{}}
	for looked := 0; before != 1; { // 1 is before the first
		history, err := s.opt.Engine.Store().History(ctx, account, before, in.Limit+1)
		if err != nil {
			return nil, err
		}
		for i := range history {
			m := &history[i]
			if !in.From.IsZero() && m.At < in.From.UnixMicro() {
				return render(page, l.err)
			}
			if len(page.Data) == in.Limit || looked >= mostLooked {
				page.NextCursor, err = s.sealCursor(ctx, strconv.FormatUint(before, 10), bound, bind)
				return render(page, err)
			}
			looked++
			before = m.Leg.Number
			if in.Why != "" && string(m.Leg.Why) != in.Why {
				continue
			}
			if e := l.entry(m); in.Q == "" || e.mentions(in.Q) {
				page.Data = append(page.Data, e)
			}
			if l.err != nil {
				return nil, l.err
			}
		}
		if len(history) < in.Limit+1 {
			break
		}
	}
	return render(page, nil)
}

// firstEntry is the number before which a page begins: where its cursor, or
// else its time, says; 0 for the newest.
func (s *Server) firstEntry(ctx context.Context, account ledger.AccountID, in *entriesAsked, bound store.Range, bind string) (uint64, error) {
	at, err := s.openCursor(ctx, in.Cursor, bound, bind)
	if err != nil {
		return 0, err
	}
	if at != "" {
		return strconv.ParseUint(at, 10, 64)
	}
	if in.To.IsZero() {
		return 0, nil
	}
	last, err := s.opt.Engine.Store().HistoryAt(ctx, account, in.To.UnixMicro()-1)
	return last + 1, err
}

// entry renders a line, with what its command left behind.
func (l *look) entry(m *store.Movement) Entry {
	v := Entry{Account: m.Leg.Account.String(), Number: m.Leg.Number, At: Time(m.At / 1000), Why: string(m.Leg.Why), Amount: int64(m.Leg.Change()),
		BalanceAfter: int64(m.Leg.After), HeldAfter: int64(m.Leg.Held), Currency: m.Leg.Account.Currency.String(), Position: m.Position, Command: m.Command, CommandName: m.Name}
	if l.err != nil {
		return v
	}
	entry, ok, err := l.s.opt.Engine.Store().Entry(l.ctx, m.Command)
	if err != nil || !ok {
		l.err = err
		return v
	}
	for _, record := range entry.Records {
		l.tellAbout(&v.About, record, m.Leg.Account)
	}
	return v
}

// tellAbout says what a record has to do with a line of an account.
func (l *look) tellAbout(about *EntryAbout, record store.Record, account ledger.AccountID) {
	if record.Value == nil || l.err != nil {
		return
	}
	switch record.Key.Kind {
	case pay.Trades.Name:
		t, err := pay.Trades.Decode(record)
		l.err = err
		about.PaymentID, about.Subject = &record.Key.ID, t.Subject
		about.Counterparty = l.other(account, t.Merchant, t.Buyer)
	case pay.Transfers.Name:
		t, err := pay.Transfers.Decode(record)
		l.err = err
		about.TransferID, about.Subject = &record.Key.ID, t.Note
		about.Counterparty = l.other(account, t.From, t.To)
	case pay.BankOrders.Name:
		o, err := pay.BankOrders.Decode(record)
		l.err = err
		about.Subject = o.CardLabel
		if o.Direction == "in" {
			about.TopUpID = &record.Key.ID
		} else {
			about.WithdrawalID = &record.Key.ID
		}
	}
}

// other is the one of two parties whose account it is not.
func (l *look) other(account ledger.AccountID, one, two uint64) *PartyRef {
	id := one
	if account.Owner == one {
		id = two
	}
	if id == 0 {
		return nil
	}
	ref := l.partyRef(id)
	return &ref
}

func (e *Entry) mentions(q string) bool {
	texts := []string{e.About.Subject}
	if c := e.About.Counterparty; c != nil {
		texts = append(texts, c.Nickname)
	}
	for _, id := range []*string{e.About.PaymentID, e.About.TransferID, e.About.TopUpID, e.About.WithdrawalID} {
		if id != nil {
			texts = append(texts, *id)
		}
	}
	return strings.Contains(strings.ToLower(strings.Join(texts, "\x00")), strings.ToLower(q))
}

// MonthSummary is what came in and went out.
type MonthSummary struct {
	Account  string      `json:"account" example:"user:2088000000000012:CNY"`
	Month    string      `json:"month" example:"2018-11"`
	Currency string      `json:"currency" example:"CNY"`
	MoneyIn  int64       `json:"money_in" example:"500000"`
	MoneyOut int64       `json:"money_out" example:"128000"`
	ByDay    []DaySum    `json:"by_day" doc:"Every day of the month."`
	ByWhy    []ReasonSum `json:"by_why"`
	Complete bool        `json:"complete" doc:"False where the month has more lines than are summed up at once: then only the newest are in it."`
}

// DaySum is one day.
type DaySum struct {
	Day string `json:"day" format:"date" example:"2018-11-11"`
	In  int64  `json:"in" example:"0"`
	Out int64  `json:"out" example:"12800"`
}

// ReasonSum is all that moved for one reason, in signed minor units.
type ReasonSum struct {
	Why    string `json:"why" example:"payment"`
	Amount int64  `json:"amount" example:"-128000"`
}

// mostSummed is how many lines a summary adds up.
const mostSummed = 50_000

func (s *Server) summariseEntries(ctx context.Context, in *struct {
	Account string `query:"account" maxLength:"64" doc:"The caller's balance by default."`
	Month   string `query:"month" pattern:"^[0-9]{4}-(0[1-9]|1[0-2])$" example:"2018-11" doc:"This month by default."`
}) (*answer[MonthSummary], error) {
	account, err := s.seeAccount(ctx, "account", in.Account)
	if err != nil {
		return nil, err
	}
	zone := s.opt.Engine.Zone()
	begin, err := time.ParseInLocation("2006-01", in.Month, zone)
	if in.Month == "" {
		local := s.now().In(zone)
		begin, err = time.Date(local.Year(), local.Month(), 1, 0, 0, 0, 0, zone), nil
	}
	if err != nil {
		return nil, refusal.In("month", refusal.InvalidField, "a month is YYYY-MM")
	}
	v := MonthSummary{Account: account.String(), Month: begin.Format("2006-01"), Currency: account.Currency.String(), ByDay: []DaySum{}, ByWhy: []ReasonSum{}, Complete: true}
	for day := begin; day.Month() == begin.Month(); day = day.AddDate(0, 0, 1) {
		v.ByDay = append(v.ByDay, DaySum{Day: day.Format("2006-01-02")})
	}
	err = s.sumMonth(ctx, account, begin, &v)
	return render(v, err)
}

func (s *Server) sumMonth(ctx context.Context, account ledger.AccountID, begin time.Time, v *MonthSummary) error {
	last, err := s.opt.Engine.Store().HistoryAt(ctx, account, begin.AddDate(0, 1, 0).UnixMicro()-1)
	if err != nil {
		return err
	}
	byWhy := map[ledger.Why]int64{}
	for before, summed := last+1, 0; before > 1; {
		history, err := s.opt.Engine.Store().History(ctx, account, before, 500)
		if err != nil || len(history) == 0 {
			return err
		}
		for _, m := range history {
			if m.At < begin.UnixMicro() {
				before = 1
				break
			}
			if summed++; summed > mostSummed {
				v.Complete, before = false, 1
				break
			}
			before = m.Leg.Number
			v.add(time.UnixMicro(m.At).In(begin.Location()).Day(), int64(m.Leg.Change()))
			byWhy[m.Leg.Why] += int64(m.Leg.Change())
		}
	}
	for _, why := range whysInOrder {
		if amount, ok := byWhy[why]; ok {
			v.ByWhy = append(v.ByWhy, ReasonSum{Why: string(why), Amount: amount})
		}
	}
	return nil
}

var whysInOrder = []ledger.Why{ledger.Payment, ledger.Settlement, ledger.Split, ledger.Fee, ledger.FeeRefund, ledger.Refund, ledger.Transfer, ledger.TopUp,
	ledger.Withdrawal, ledger.Unexplained, ledger.Correction, ledger.OpeningBalance}

func (v *MonthSummary) add(day int, change int64) {
	if change > 0 {
		v.MoneyIn += change
		v.ByDay[day-1].In += change
		return
	}
	v.MoneyOut -= change
	v.ByDay[day-1].Out -= change
}

package openapi

import (
	"context"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
	"tongbao/internal/trade"
)

func (s *Server) registerMoneyWay(api huma.API) {
	const tag = "Payments"
	add(api, op{ID: "list-payment-entries", Path: "/v1/payments/{id}/entries", Tag: tag, Who: user | merchant | operator, Summary: "The way of the money",
		Doc: "Every movement that the payment made, the oldest first.", Codes: []refusal.Code{refusal.TradeNotFound}}, s.paymentEntries)
	add(api, op{ID: "get-payment-receipt", Path: "/v1/payments/{id}/receipt", Tag: tag, Who: user | merchant | operator, Summary: "What a printed receipt says",
		Codes: []refusal.Code{refusal.TradeNotFound, refusal.TradeStateRefused}}, s.paymentReceipt)
}

// MoneyMove is money going from one account to another.
type MoneyMove struct {
	At          Time   `json:"at"`
	Why         string `json:"why" enum:"payment,settlement,split,fee,fee_refund,refund,transfer,top_up,withdrawal,unexplained,correction,opening_balance" example:"payment"`
	From        string `json:"from" example:"user:2088000000000012:CNY"`
	To          string `json:"to" example:"escrow:2088800000000016:CNY"`
	Amount      int64  `json:"amount" example:"12800"`
	Currency    string `json:"currency" example:"CNY"`
	Position    uint64 `json:"position" example:"4711" doc:"In the journal."`
	Command     string `json:"command" example:"user:2088000000000012/pay-8812"`
	CommandName string `json:"command_name" example:"pay_trade"`
}

func (s *Server) paymentEntries(ctx context.Context, in *ByID) (*answer[Page[MoneyMove]], error) {
	seen, err := s.see(ctx, "id", in.ID)
	if err != nil {
		return nil, err
	}
	page := Page[MoneyMove]{Data: []MoneyMove{}}
	commands, err := s.commandsOn(ctx, &seen.Trade)
	if err != nil {
		return nil, err
	}
	for _, command := range commands {
		entry, ok, err := s.opt.Engine.Store().Entry(ctx, command)
		if err != nil {
			return nil, err
		}
		if ok {
			page.Data = append(page.Data, movesOf(entry)...)
		}
	}
	return render(page, nil)
}

// mostEvents bounds how many of a buyer's events are looked at for one payment.
const mostEvents = 5000

// commandsOn lists the commands that moved a payment's money, the oldest
// first. They are found by the buyer's events, which are few beside a merchant's.
func (s *Server) commandsOn(ctx context.Context, t *trade.Trade) ([]string, error) {
	var commands []string
	if t.Paid == 0 {
		return commands, nil
	}
	r := pay.Span{Party: t.Buyer, From: int64(t.Paid), Until: int64(lastMoved(t)) + 1, Limit: 500}
	for looked := 0; looked < mostEvents; looked += r.Limit {
		items, err := pay.ListEvents(ctx, s.opt.Engine.Store(), r)
		if err != nil {
			return nil, err
		}
		for _, item := range items {
			r.After = item.At
			if item.Value.Object == t.ID && !slices.Contains(commands, item.Value.Command) {
				commands = append(commands, item.Value.Command)
			}
		}
		if len(items) < r.Limit {
			break
		}
	}
	slices.Reverse(commands) // a diary begins with the newest
	return commands, nil
}

func lastMoved(t *trade.Trade) trade.Time {
	last := max(t.Paid, t.Finished, t.Closed)
	for _, r := range t.Refunds {
		last = max(last, r.At)
	}
	return last
}

// movesOf pairs the legs of a posting: what leaves one account, in order, is
// what reaches the next.
func movesOf(entry store.Entry) []MoneyMove {
	var moves []MoneyMove
	type source struct {
		account ledger.AccountID
		left    money.Amount
	}
	var sources []source
	var waiting []ledger.Leg
	pair := func() {
		for len(waiting) > 0 && len(sources) > 0 {
			to, from := &waiting[0], &sources[0]
			amount := min(to.Amount, from.left)
			moves = append(moves, MoneyMove{At: Time(entry.At / 1000), Why: string(to.Why), From: from.account.String(), To: to.Account.String(), Amount: int64(amount),
				Currency: to.Account.Currency.String(), Position: entry.Position, Command: entry.Command, CommandName: entry.Name})
			to.Amount -= amount
			from.left -= amount
			if to.Amount == 0 {
				waiting = waiting[1:]
			}
			if from.left == 0 {
				sources = sources[1:]
			}
		}
	}
	for _, leg := range entry.Legs {
		if leg.Amount < 0 {
			sources = append(sources, source{leg.Account, -leg.Amount})
		} else {
			waiting = append(waiting, leg)
		}
		pair()
	}
	return moves
}

// Receipt is what a printed receipt says.
type Receipt struct {
	PaymentID string      `json:"payment_id" example:"2018111112345678901234567890"`
	OrderNo   string      `json:"order_no" example:"order-8812"`
	Merchant  MerchantRef `json:"merchant"`
	Buyer     *PersonRef  `json:"buyer,omitempty"`
	BuyerName *string     `json:"buyer_name" example:"王*" doc:"The surname, where the name is known."`
	Subject   string      `json:"subject" example:"Tea, 250 g"`
	Amount    int64       `json:"amount" example:"12800"`
	Refunded  int64       `json:"refunded" example:"0"`
	Net       int64       `json:"net" example:"12800" doc:"Amount less refunded."`
	Currency  string      `json:"currency" example:"CNY"`
	Status    string      `json:"status" example:"TRADE_FINISHED"`
	PaidAt    Time        `json:"paid_at"`
	Refunds   []Refund    `json:"refunds"`
	Method    string      `json:"method" enum:"balance" example:"balance"`
	PrintedAt Time        `json:"printed_at"`
}

func (s *Server) paymentReceipt(ctx context.Context, in *ByID) (*answer[Receipt], error) {
	seen, err := s.see(ctx, "id", in.ID)
	if err != nil {
		return nil, err
	}
	if seen.Paid == 0 {
		return nil, refusal.New(refusal.TradeStateRefused, "nothing was paid yet; the payment is %s", seen.Status)
	}
	l, t := s.look(ctx), &seen.Trade
	v := Receipt{PaymentID: t.ID, OrderNo: t.OrderNo, Merchant: l.merchantRef(t.Merchant), Buyer: l.personRef(t.Buyer), Subject: t.Subject, Amount: int64(t.Amount),
		Refunded: int64(t.Refunded), Net: int64(t.Amount - t.Refunded), Currency: t.Currency.String(), Status: t.Status.String(), PaidAt: Time(t.Paid), Refunds: []Refund{},
		Method: "balance", PrintedAt: Time(s.now().UnixMilli())}
	if name := l.person(t.Buyer).Name; name != "" {
		v.BuyerName = maybe(party.MaskGivenName(name))
	}
	for i := range t.Refunds {
		v.Refunds = append(v.Refunds, refundView(t, i))
	}
	return render(v, l.err)
}

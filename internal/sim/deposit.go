package sim

import (
	"context"
	"fmt"

	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/pay"
)

// Payouts, and deposits of which merchants are paid: how they are drawn and asked for.

func (w *world) payOut(ctx context.Context, c command) (string, error) {
	asked := pay.Payout{Merchant: c.Who, Product: "TRANS_ACCOUNT_NO_PWD", Number: c.On[17:], Scene: "DIRECT_TRANSFER", To: c.Whom,
		Amount: money.Amount(c.Amount), Currency: money.CNY, Title: "Sim", Payee: fmt.Sprint(c.Whom)}
	var card *party.BankCard
	if c.Whom == 0 {
		card = &party.BankCard{ID: "card", Token: "token"}
	}
	p, err := w.desk.PayOut(ctx, by, c.Key, asked, card)
	how := "through a bank"
	if p.Transfer != "" {
		how = "as a transfer"
	}
	return fmt.Sprintf("%d to %d at %d %s", p.Amount, p.To, p.At, how), err
}

func (w *world) deposit(ctx context.Context, c command, name *string) (says string, err error) {
	d, amount, id := w.desk, money.Amount(c.Amount), w.deposits[c.From]
	var a pay.Auth
	switch c.Act {
	case actDeposit:
		asked := pay.Auth{Merchant: c.Who, OrderNo: c.On[17:], Title: c.Text, Amount: amount, Currency: money.CNY}
		code := ""
		if c.Code != "" {
			code = w.codeOf(c.Code)
		}
		a, err = d.OpenAuth(ctx, by, c.Key, asked, "freeze", code, c.Seconds)
		if err == nil {
			*name = a.ID
		}
	case actGive:
		a, err = d.GiveAuthProved(ctx, by, c.Key, id, c.Who, amount)
	case actRelease:
		a, err = d.ReleaseAuth(ctx, by, c.Key, id, c.Text, amount, "sim")
	case actCancel:
		a, err = d.CancelAuth(ctx, by, c.Key, id, c.Text, "sim")
	case actPayFrom:
		t, err := d.PayFromAuth(ctx, by, c.Key, id, w.asked(c), c.Final)
		*name = t.ID
		return saysDeal(t), err
	}
	return saysDeposit(a), err
}

func saysDeposit(a pay.Auth) string {
	return depositText(string(a.Status), a.Payer, int64(a.Amount), int64(a.Paid), int64(a.Released), len(a.Ops))
}

// payOut draws a payout: to a person, to a card, to nobody, or under a number that is taken.
func (l *workload) payOut() command {
	r := l.chance
	c := command{Act: actPayOut, Key: l.key(), Who: pick(r, l.merchants), Whom: pick(r, l.people), Amount: l.amount()}
	c.On = handleOf(c.Who, fmt.Sprintf("payout-%d", l.made))
	switch r.IntN(12) {
	case 0, 1, 2, 3:
		c.Whom = 0
	case 4:
		c.Whom = 2088_0000_0000_0999
	case 5:
		for i := len(l.recent) - 1; i >= max(0, len(l.recent)-200); i-- {
			if old := l.recent[i]; old.Act == actPayOut {
				c.Who, c.Whom, c.On = old.Who, old.Whom, old.On
				if r.IntN(2) == 0 {
					c.Amount = old.Amount
				}
				break
			}
		}
	}
	return c
}

// openDeposit draws a deposit, some of them given at once with a code.
func (l *workload) openDeposit() command {
	r := l.chance
	c := command{Act: actDeposit, Key: l.key(), Who: pick(r, l.merchants), Amount: l.amount(), Seconds: 1 + r.Int64N(200_000), Text: "Sim"}
	c.On = handleOf(c.Who, fmt.Sprintf("deposit-%d", l.made))
	if r.IntN(3) == 0 {
		c.Code = l.someCode()
	}
	if keys := l.books.depositHandles; len(keys) > 0 && r.IntN(12) == 0 { // a number that is taken
		c.On = pickRecent(r, keys)
		old := l.books.deposits[c.On]
		c.Who, c.Code = old.merchant, ""
		if r.IntN(2) == 0 {
			c.Amount = old.amount
		}
	}
	return c
}

func (l *workload) someDeposit() string {
	var handle string
	for range 4 {
		handle = pickRecent(l.chance, l.books.depositHandles)
		if status := l.books.deposits[handle].at(l.books.now); status == "INIT" || status == "AUTHORIZED" {
			break
		}
	}
	return handle
}

// onDeposit draws an act on a deposit: mostly what its state asks for.
func (l *workload) onDeposit(handle string) command {
	r := l.chance
	d := l.books.deposits[handle]
	c := command{Key: l.key(), From: handle}
	likely := []string{actGive, actGive, actGive, actCancel}
	if d.status != "INIT" {
		likely = []string{actPayFrom, actPayFrom, actPayFrom, actRelease, actRelease, actCancel}
	}
	if c.Act = pick(r, likely); r.IntN(8) == 0 {
		c.Act = pick(r, []string{actGive, actCancel, actRelease, actPayFrom})
	}
	switch c.Act {
	case actGive:
		c.Who, c.Amount = d.payer, d.amount
		if d.payer == 0 || r.IntN(12) == 0 {
			c.Who = pick(r, l.people)
		}
		if r.IntN(20) == 0 {
			c.Amount++
		}
	case actCancel:
		c.Text = fmt.Sprintf("cancel-%d", r.IntN(1000))
	case actRelease:
		c.Amount, c.Text = l.partOf(d), fmt.Sprintf("release-%d", r.IntN(40))
	case actPayFrom:
		c.Who, c.Amount, c.Final, c.Instant, c.Virtual = d.merchant, l.partOf(d), r.IntN(4) == 0, r.IntN(2) == 0, r.IntN(2) == 0
		if r.IntN(25) == 0 {
			c.Who = pick(r, l.merchants)
		}
		c.On = l.freshOrder(c.Who)
	}
	return c
}

func (l *workload) partOf(d *deposit) int64 {
	rest := max(1, d.rest())
	switch l.chance.IntN(12) {
	case 0:
		return l.amount()
	case 1, 2:
		return rest
	case 3:
		return rest + 1
	}
	return 1 + l.chance.Int64N(rest)
}

// freshOrder is an order number of the merchant's, now and then one that is taken.
func (l *workload) freshOrder(merchant uint64) string {
	if l.chance.IntN(30) == 0 {
		for range 20 {
			if handle := pickRecent(l.chance, l.books.handles); l.books.deals[handle].merchant == merchant {
				return handle
			}
		}
	}
	return handleOf(merchant, fmt.Sprintf("order-%d", l.made))
}

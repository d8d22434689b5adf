package sim

import (
	"context"
	"fmt"
	"time"

	terms "tongbao/internal/agreement"
	"tongbao/internal/money"
)

// Agreements by which merchants charge: how they are drawn and asked for.

func (w *world) agree(ctx context.Context, c command, name *string) (says string, err error) {
	d, id := w.desk, w.agreements[c.From]
	var a terms.Agreement
	switch c.Act {
	case actPropose:
		a, err = d.ProposeAgreement(ctx, by, c.Key, termsAsked(c), "", nil)
		*name = a.ID
	case actSign:
		seen, err := d.Agreement(ctx, id)
		if err != nil {
			return "", err
		}
		a, err = d.SignAgreementProved(ctx, by, c.Key, &seen, c.Who)
		return saysAgreement(a), err
	case actEnd:
		a, err = d.EndAgreement(ctx, by, c.Key, id, c.Text)
	case actMove:
		a, err = d.MoveAgreement(ctx, by, c.Key, id, c.Text)
	case actCharge:
		seen, err := d.Trade(ctx, w.id(c.On))
		if err != nil {
			return "", err
		}
		t, err := d.PayByAgreement(ctx, by, c.Key, &seen, id)
		return saysDeal(t), err
	case actChargeNew:
		t, err := d.OpenByAgreement(ctx, by, c.Key, w.asked(c), id)
		*name = t.ID
		return saysDeal(t), err
	}
	return saysAgreement(a), err
}

func termsAsked(c command) terms.Terms {
	t := terms.Terms{Merchant: c.Who, Product: "CYCLE_PAY_AUTH_P", Scene: "INDUSTRY|SIM", Only: c.Whom, ValidDays: c.Days}
	if c.On != "" {
		t.ExternalNo = c.On[17:]
	}
	p := c.Plan
	t.Period = terms.Period{Unit: terms.Unit(p.Unit), Every: p.Every, First: p.First, Most: money.Amount(p.Most), Total: money.Amount(p.Total), Times: p.Times}
	return t
}

func saysAgreement(a terms.Agreement) string {
	return agreementText(string(a.Status), a.Person, a.Times, int64(a.Charged), a.Next, a.Until)
}

// day is a day so many days from now.
func (l *workload) day(days int64) string {
	return time.UnixMilli(l.books.now + days*day).UTC().Add(8 * time.Hour).Format(time.DateOnly)
}

func (l *workload) propose() command {
	r := l.chance
	c := command{Act: actPropose, Key: l.key(), Who: pick(r, l.merchants)}
	if r.IntN(2) == 0 {
		c.On = handleOf(c.Who, fmt.Sprintf("agreement-%d", r.IntN(40)))
	}
	if r.IntN(5) == 0 {
		c.Whom = pick(r, l.people)
	}
	if r.IntN(4) == 0 {
		c.Days = 1 + r.IntN(60)
	}
	if r.IntN(2) == 0 {
		c.Plan = plan{Unit: "DAY", Every: 7 + r.IntN(30), First: l.day(r.Int64N(12)), Most: 1 + r.Int64N(500_00)}
		if r.IntN(2) == 0 {
			c.Plan.Unit, c.Plan.Every = "MONTH", 1+r.IntN(3)
		}
		if r.IntN(3) == 0 {
			c.Plan.Total = c.Plan.Most + r.Int64N(1000_00)
		}
		if r.IntN(3) == 0 {
			c.Plan.Times = 1 + r.IntN(3)
		}
		if r.IntN(20) == 0 {
			c.Plan.Total = 1
		}
	}
	if n := len(l.recent); n > 0 && r.IntN(6) == 0 { // the number again, on the same terms
		for i := n - 1; i >= max(0, n-300); i-- {
			if old := l.recent[i]; old.Act == actPropose && old.On != "" {
				key := c.Key
				c = old
				c.Key = key
				break
			}
		}
	}
	return c
}

func (l *workload) someAgreement() string {
	var key string
	for range 4 {
		key = pickRecent(l.chance, l.books.agreementKeys)
		if g := l.books.agreements[key]; g.status == "NORMAL" || g.status == "TEMP" && l.books.now < g.signBy {
			break
		}
	}
	return key
}

// onAgreement draws an act on an agreement: mostly what its state asks for.
func (l *workload) onAgreement(key string) command {
	r := l.chance
	g := l.books.agreements[key]
	c := command{Key: l.key(), From: key}
	likely := []string{actSign, actSign, actSign, actEnd}
	if g.status != "TEMP" {
		likely = []string{actChargeNew, actChargeNew, actChargeNew, actChargeNew, actCharge, actMove, actMove, actEnd}
	}
	if c.Act = pick(r, likely); r.IntN(8) == 0 {
		c.Act = pick(r, []string{actSign, actEnd, actMove, actCharge, actChargeNew})
	}
	switch c.Act {
	case actSign:
		if c.Who = g.only; c.Who == 0 || r.IntN(8) == 0 {
			c.Who = pick(r, l.people)
		}
	case actEnd:
		c.Text = pick(r, []string{terms.ByPerson, terms.ByMerchant})
	case actMove:
		if c.Text = l.day(r.Int64N(20) - 2); r.IntN(20) == 0 {
			c.Text = "soon"
		}
	case actCharge:
		c.On = l.openOf(g)
	case actChargeNew:
		c.Who, c.Instant, c.Virtual = g.merchant, r.IntN(2) == 0, r.IntN(2) == 0
		if c.Amount = 1 + r.Int64N(max(1, g.plan.Most)); g.plan.Most == 0 || r.IntN(8) == 0 {
			c.Amount = l.amount()
		}
		if r.IntN(15) == 0 {
			c.Whom = pick(r, l.people)
		}
		if r.IntN(25) == 0 {
			c.Who = pick(r, l.merchants)
		}
		c.On = l.freshOrder(c.Who)
	}
	return c
}

// openOf is a payment that the agreement might pay, or any.
func (l *workload) openOf(g *agreement) string {
	var handle string
	for range 30 {
		handle = pickRecent(l.chance, l.books.handles)
		if d := l.books.deals[handle]; d.merchant == g.merchant && d.status == "WAIT_BUYER_PAY" && (d.buyer == 0 || d.buyer == g.person) {
			break
		}
	}
	return handle
}

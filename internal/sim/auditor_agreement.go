package sim

import (
	"fmt"
	"time"
)

// What the auditor knows of agreements.

type agreement struct {
	merchant, only, person uint64
	number                 string
	plan                   plan
	terms                  string
	status                 string
	signBy, until          int64
	times                  int
	charged                int64
	next                   string
}

func (g *agreement) says() string {
	return agreementText(g.status, g.person, g.times, g.charged, g.next, g.until)
}

func agreementText(status string, person uint64, times int, charged int64, next string, until int64) string {
	return fmt.Sprintf("%s by %d, %d times, %d in all, next %s, until %d", status, person, times, charged, next, until)
}

// wrong says that a plan can't be kept.
func (p plan) wrong() bool {
	if p == (plan{}) {
		return false
	}
	first, err := time.Parse(time.DateOnly, p.First)
	switch {
	case p.Unit != "DAY" && p.Unit != "MONTH", p.Every < 1, p.Every > 365, p.Unit == "DAY" && p.Every < 7:
		return true
	case p.Most <= 0, p.Total < 0, p.Times < 0, p.Total != 0 && p.Total < p.Most:
		return true
	}
	return err != nil || p.Unit == "MONTH" && first.Day() > 28
}

// midnight is the first moment of a day in Shanghai.
func midnight(text string) (int64, bool) {
	at, err := time.Parse(time.DateOnly, text)
	return at.UnixMilli() - 8*3600_000, err == nil
}

func (a *auditor) propose(c command) answer {
	terms := fmt.Sprint(c.Who, c.On, c.Whom, c.Days, c.Plan)
	if known := a.byNumber[c.On]; c.On != "" && known != nil {
		same := known.terms == terms
		switch {
		case known != c.seen.holder:
			return answer{code: "overloaded"}
		case known.status == "NORMAL" && !same:
			return answer{code: "order_no_taken"}
		case same && (known.status == "NORMAL" || known.status == "TEMP" && a.now < known.signBy):
			return a.proposed(c, known)
		}
	}
	if c.Plan.wrong() {
		return answer{code: "invalid_field"}
	}
	g := &agreement{merchant: c.Who, only: c.Whom, number: c.On, plan: c.Plan, terms: terms, status: "TEMP", signBy: a.now + day, next: c.Plan.First}
	if c.Days > 0 {
		g.until = a.now + int64(c.Days)*day
	}
	if c.On != "" {
		a.byNumber[c.On] = g
	}
	return a.proposed(c, g)
}

func (a *auditor) proposed(c command, g *agreement) answer {
	a.agreements[c.Key] = g
	a.agreementKeys = append(a.agreementKeys, c.Key)
	return answer{says: "proposed"} // read again: see readAfter
}

func (a *auditor) onAgreement(c command) answer {
	const state = "agreement_state_refused"
	g := a.agreements[c.From]
	if c.Act != actSign && g.person != c.seen.person {
		return answer{code: state}
	}
	switch c.Act {
	case actSign:
		switch {
		case g.number != "" && a.byNumber[g.number] != g, g.status != "TEMP", a.now >= g.signBy:
			return answer{code: state}
		case g.only != 0 && g.only != c.Who:
			return answer{code: "buyer_mismatch"}
		}
		g.status, g.person = "NORMAL", c.Who
	case actEnd:
		if g.status != "NORMAL" {
			return answer{code: state}
		}
		g.status = "STOP"
	case actMove:
		at, ok := midnight(c.Text)
		switch {
		case g.status != "NORMAL":
			return answer{code: state}
		case g.plan.Unit == "" || !ok || at <= a.now:
			return answer{code: "invalid_field"}
		}
		g.next = c.Text
	}
	return answer{says: g.says()}
}

// mayCharge is the refusal of a charge by the terms; "" for none.
func (g *agreement) mayCharge(now, amount int64) string {
	most := int64(2_000_00)
	if g.plan.Most != 0 {
		most = g.plan.Most
	}
	planned, _ := midnight(g.next)
	switch {
	case g.status != "NORMAL", g.until != 0 && now >= g.until:
		return "agreement_state_refused"
	case amount > most:
		return "agreement_amount_exceeded"
	case g.plan.Total != 0 && g.charged+amount > g.plan.Total:
		return "agreement_total_exceeded"
	case g.plan.Times != 0 && g.times >= g.plan.Times:
		return "agreement_times_exceeded"
	case g.plan.Unit != "" && now < planned-5*day:
		return "agreement_day_refused"
	}
	return ""
}

func (g *agreement) count(amount int64) {
	g.times++
	g.charged += amount
	if g.plan.Unit == "" {
		return
	}
	planned, _ := time.Parse(time.DateOnly, g.next)
	if g.plan.Unit == "MONTH" {
		planned = planned.AddDate(0, g.plan.Every, 0)
	} else {
		planned = planned.AddDate(0, 0, g.plan.Every)
	}
	g.next = planned.Format(time.DateOnly)
}

// charge pays a payment by an agreement: one that is there, or a new one.
func (a *auditor) charge(c command) answer {
	g, before := a.agreements[c.From], a.deals[c.On]
	merchant := c.Who
	if c.Act == actCharge {
		merchant = before.merchant
	}
	switch {
	case g.merchant != merchant:
		return answer{code: "agreement_not_found"}
	case g.person == 0 || g.person != c.seen.person:
		return answer{code: "agreement_state_refused"}
	}
	var after deal
	if c.Act == actCharge {
		after = *before
	} else {
		if before != nil {
			return answer{code: "order_no_taken"}
		}
		buyer := c.Whom
		if buyer == 0 {
			buyer = g.person
		}
		after = *a.fresh(c, buyer)
		if no := after.wrong(a.now); no != "" {
			return answer{code: no}
		}
	}
	legs, no := after.pay(a.now, g.person)
	if no == "" {
		no = g.mayCharge(a.now, after.amount)
	}
	if no == "" {
		no = a.maySpend(wallet(g.person), after.amount, false)
	}
	if no == "" && !a.affords(legs) {
		no = "insufficient_balance"
	}
	if no != "" {
		return answer{code: no}
	}
	g.count(after.amount)
	if c.Act == actChargeNew {
		return a.opened(c, &after, legs)
	}
	a.spend(wallet(g.person), after.amount)
	a.post(legs)
	*before = after
	a.remember(c.On, before)
	return answer{says: before.says(a.ids[c.On])}
}

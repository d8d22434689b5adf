package sim

import "fmt"

// What the auditor knows of payouts, and of authorisations: deposits, of which a
// merchant takes what it is owed.

// payout is what a merchant's number came to.
type payout struct {
	terms string
	says  string
}

func payoutTerms(c command) string { return fmt.Sprint(c.Whom, c.Amount) }

func (a *auditor) payOutEarly(c command) (answer, bool) {
	if c.seen.known {
		return a.payouts[c.On].again(c), true
	}
	if _, person := a.tiers[c.Whom]; c.Whom != 0 && !person {
		return answer{code: "payee_not_found"}, true
	}
	return answer{}, false
}

// again answers a number that has its payout.
func (p payout) again(c command) answer {
	if p.terms != payoutTerms(c) {
		return answer{code: "order_no_taken"}
	}
	return answer{says: p.says}
}

func (a *auditor) payOut(c command) answer {
	if known, taken := a.payouts[c.On]; taken {
		return known.again(c)
	}
	how := "as a transfer"
	done := a.transfer
	if c.Whom == 0 {
		how, done = "through a bank", a.withdraw
	}
	if no := done(c); no.code != "" {
		return no
	}
	p := payout{payoutTerms(c), fmt.Sprintf("%d to %d at %d %s", c.Amount, c.Whom, a.now, how)}
	a.payouts[c.On] = p
	return answer{says: p.says}
}

// deposit is money that its owner lets a merchant take.
type deposit struct {
	merchant, payer        uint64 // payer 0 until known
	amount, paid, released int64
	status                 string
	given                  bool
	until                  int64
	acts                   int
	requests               map[string]bool // of releases
	terms                  string
}

func (d *deposit) rest() int64 { return d.amount - d.paid - d.released }

// at is the status as it is seen: what nobody gave in time is closed.
func (d *deposit) at(now int64) string {
	if d.status == "INIT" && now >= d.until {
		return "CLOSED"
	}
	return d.status
}

func (d *deposit) says(now int64) string {
	return depositText(d.at(now), d.payer, d.amount, d.paid, d.released, d.acts)
}

func depositText(status string, payer uint64, amount, paid, released int64, acts int) string {
	return fmt.Sprintf("%s of %d by %d paid %d released %d after %d", status, amount, payer, paid, released, acts)
}

func depositTerms(c command) string { return fmt.Sprint(c.Amount, c.Text) }

func (a *auditor) depositEarly(c command) (answer, bool) {
	switch {
	case c.Act == actDeposit && c.seen.known:
		return c.seen.said, true
	case c.Act == actDeposit && c.Code != "" && a.codes[c.Code] == nil:
		return answer{code: "payment_code_invalid"}, true
	case c.Act != actDeposit && a.deposits[c.From] == nil:
		return answer{code: "hold_not_found"}, true
	}
	return answer{}, false
}

// depositAgain answers a number that has its deposit, with the deposit as it is.
func (a *auditor) depositAgain(c command) answer {
	d := a.deposits[c.On]
	if d.terms != depositTerms(c) {
		return answer{code: "order_no_taken"}
	}
	return answer{says: d.says(a.now)}
}

func (a *auditor) openDeposit(c command) answer {
	if a.deposits[c.On] != nil {
		return answer{says: "known"} // read again: see readAfter
	}
	if !goodAmount(c.Amount) {
		return answer{code: "invalid_amount"}
	}
	d := &deposit{merchant: c.Who, amount: c.Amount, status: "INIT", until: a.now + 1000*c.Seconds, acts: 1, requests: map[string]bool{}, terms: depositTerms(c)}
	if c.Code != "" {
		paper := a.codes[c.Code]
		if paper.used {
			return answer{code: "payment_code_used"}
		}
		if a.now > paper.expires+15_000 {
			return answer{code: "payment_code_invalid"}
		}
		if a.tooOften(wallet(paper.person)) {
			return answer{code: "velocity_exceeded"}
		}
		if !paper.proved && c.Amount > 1_000_00 {
			d.payer = paper.person
		} else if no := a.give(d, paper.person); no != "" {
			return answer{code: no}
		}
		paper.used = true
	}
	a.deposits[c.On] = d
	a.depositHandles = append(a.depositHandles, c.On)
	return answer{says: "new"}
}

func (a *auditor) give(d *deposit, payer uint64) string {
	acc := a.at(wallet(payer))
	if acc.balance-acc.held < d.amount {
		return "insufficient_balance"
	}
	acc.held += d.amount
	d.payer, d.status, d.given = payer, "AUTHORIZED", true
	return ""
}

func (a *auditor) onDeposit(c command) answer {
	d := a.deposits[c.From]
	if d.payer != 0 && d.payer != c.seen.person && d.payer != c.Who {
		return answer{code: "hold_ended"}
	}
	no := ""
	switch status := d.at(a.now); {
	case c.Act == actRelease:
		no = a.release(d, c.Text, c.Amount)
	case c.Act == actCancel && status == "INIT":
		d.status = "CLOSED"
	case c.Act == actCancel && status == "AUTHORIZED" && d.paid == 0:
		no = a.release(d, c.Text, d.rest())
	case c.Act == actCancel:
		no = "hold_ended"
	case status == "CLOSED" && !d.given:
		no = "payment_expired"
	case status != "INIT":
		no = "payment_state_refused"
	case c.Amount != d.amount:
		no = "invalid_amount"
	case d.payer != 0 && d.payer != c.Who:
		no = "buyer_mismatch"
	default:
		no = a.give(d, c.Who)
	}
	if no != "" {
		return answer{code: no}
	}
	return answer{says: depositText(d.status, d.payer, d.amount, d.paid, d.released, d.acts)}
}

const mostActs = 100 // on a deposit

func (a *auditor) release(d *deposit, request string, amount int64) string {
	switch {
	case d.status != "AUTHORIZED":
		return "hold_ended"
	case d.requests[request]:
		return "idempotency_conflict"
	case amount <= 0:
		return "invalid_amount"
	case amount > d.rest():
		return "hold_exceeded"
	case d.acts >= mostActs:
		return "hold_ended"
	}
	d.requests[request] = true
	d.acts++
	d.released += amount
	a.at(wallet(d.payer)).held -= amount
	d.settle()
	return ""
}

// settle ends a deposit of which nothing is held any more.
func (d *deposit) settle() {
	switch {
	case d.rest() > 0:
	case d.paid > 0:
		d.status = "FINISH"
	default:
		d.status = "CLOSED"
	}
}

// payFrom pays a new payment with what is held.
func (a *auditor) payFrom(c command) answer {
	held := a.deposits[c.From]
	switch {
	case a.deals[c.On] != nil:
		return answer{code: "order_no_taken"}
	case held.merchant != c.Who:
		return answer{code: "hold_not_found"}
	case held.status != "AUTHORIZED" || held.payer != c.seen.person:
		return answer{code: "hold_ended"}
	}
	d := a.fresh(c, held.payer)
	if no := d.wrong(a.now); no != "" {
		return answer{code: no}
	}
	if c.Amount > held.rest() {
		return answer{code: "hold_exceeded"}
	}
	legs, no := d.pay(a.now, held.payer)
	if no == "" {
		no = a.maySpend(wallet(held.payer), c.Amount, false)
	}
	rest := held.rest() - c.Amount
	ending := c.Final && rest > 0
	if no == "" && (held.acts >= mostActs || ending && held.acts+1 >= mostActs) {
		no = "hold_ended"
	}
	if no != "" {
		return answer{code: no}
	}
	a.at(wallet(held.payer)).held -= c.Amount
	held.acts++
	held.paid += c.Amount
	if ending {
		a.at(wallet(held.payer)).held -= rest
		held.acts++
		held.released += rest
	}
	held.settle()
	return a.opened(c, d, legs)
}

// fresh is a payment that is opened and paid in one breath, not by its payer's hand.
func (a *auditor) fresh(c command, buyer uint64) *deal {
	terms := command{Act: actOpen, Who: c.Who, Whom: buyer, On: c.On, Amount: c.Amount, Instant: c.Instant, Virtual: c.Virtual}
	return &deal{merchant: c.Who, buyer: buyer, instant: c.Instant, virtual: c.Virtual, amount: c.Amount, rate: a.rates[c.Who],
		status: "WAIT_BUYER_PAY", payBy: a.now + 15*day, terms: termsOf(terms)}
}

// opened takes such a payment into the books.
func (a *auditor) opened(c command, d *deal, legs []leg) answer {
	a.spend(wallet(d.buyer), d.amount)
	a.post(legs)
	a.deals[c.On] = d
	a.handles = append(a.handles, c.On)
	a.remember(c.On, d)
	return answer{says: d.says(a.ids[c.On])}
}

package sim

import (
	"fmt"
	"strconv"
)

// What the auditor knows of payments: docs/trade.md, once more, in other words.

type deal struct {
	merchant, buyer  uint64
	instant, virtual bool
	amount, rate     int64
	payees           []payee

	status    string
	payBy     int64
	paid      int64
	confirmBy int64
	refundBy  int64
	shipped   bool
	extended  bool
	refunded  int64
	refunds   int
	settled   int64
	fee       int64

	quarrel  *quarrel // the latest
	quarrels int      // number of the latest
	disputes int      // those after shipping
	terms    string   // what was asked for
	reminded int      // business day on which the seller was reminded
}

type quarrel struct {
	status   string
	request  bool // before shipping
	claim    int64
	given    int64
	back     bool
	opened   int64
	due      int64
	evidence [3]int
}

type code struct {
	person  uint64
	expires int64
	proved  bool
	used    bool
}

const (
	day      = int64(86_400_000)
	existing = " (existing)"
	stepUp   = " (to be confirmed)"
)

func (q *quarrel) open() bool {
	return q != nil && q.status != "REFUND_SUCCESS" && q.status != "REFUND_CLOSED"
}

func (d *deal) escrow() int64 {
	if d.status == "WAIT_SELLER_SEND_GOODS" || d.status == "WAIT_BUYER_CONFIRM_GOODS" {
		return d.amount - d.refunded
	}
	return 0
}

// deadline is the one that runs; 0 for none.
func (d *deal) deadline() int64 {
	switch {
	case d.quarrel.open():
		return d.quarrel.due
	case d.status == "WAIT_BUYER_PAY":
		return d.payBy
	case d.status == "WAIT_BUYER_CONFIRM_GOODS":
		return d.confirmBy
	case d.status == "TRADE_SUCCESS":
		return d.refundBy
	}
	return 0
}

func (d *deal) says(id string) string {
	text := fmt.Sprintf("%s %s buyer %d refunded %d in %d settled %d fee %d until %d", id, d.status, d.buyer, d.refunded, d.refunds, d.settled, d.fee, d.deadline())
	if q := d.quarrel; q != nil {
		text += fmt.Sprintf(" dispute %d %s claim %d given %d evidence %d", d.quarrels, q.status, q.claim, q.given, q.evidence[1]+q.evidence[2])
	}
	return text
}

func handleOf(merchant uint64, orderNo string) string {
	return strconv.FormatUint(merchant, 10) + "/" + orderNo
}

// termsOf is what makes an order number's second use the same as the first.
func termsOf(c command) string {
	c.Key, c.Seconds, c.Code, c.Payer = "", 0, "", 0
	return c.contents()
}

func (a *auditor) open(c command) answer {
	var paper *code
	payer := c.Payer
	if c.Code != "" {
		paper = a.codes[c.Code]
		payer = paper.person
	}
	if known := a.deals[c.On]; known != nil {
		if known.terms != termsOf(c) || payer != 0 {
			return answer{code: "order_no_taken"}
		}
		return answer{says: existing}
	}
	d := &deal{merchant: c.Who, buyer: c.Whom, instant: c.Instant, virtual: c.Virtual, amount: c.Amount, rate: a.rates[c.Who], payees: c.Payees,
		status: "WAIT_BUYER_PAY", payBy: a.now + 15*day, terms: termsOf(c)}
	if c.Seconds != 0 {
		d.payBy = a.now + 1000*c.Seconds
	}
	if no := d.wrong(a.now); no != "" {
		return answer{code: no}
	}
	keep := func(note string) answer {
		a.deals[c.On] = d
		a.handles = append(a.handles, c.On)
		return answer{says: d.says(a.ids[c.On]) + note}
	}
	if payer == 0 {
		return keep("")
	}

	proved := true
	if paper != nil {
		if paper.used {
			return answer{code: "payment_code_used"}
		}
		if a.now > paper.expires+15_000 {
			return answer{code: "payment_code_invalid"}
		}
		proved = paper.proved
	}
	legs, no := d.pay(a.now, payer)
	if no == "" {
		no = a.maySpend(wallet(payer), d.amount, false)
		if paper != nil && !proved && d.amount > 1_000_00 && no != "velocity_exceeded" {
			paper.used = true
			d.unpay()
			return keep(stepUp)
		}
	}
	if no == "" && !a.affords(legs) {
		no = "insufficient_balance"
	}
	if no != "" {
		return answer{code: no}
	}
	if paper != nil {
		paper.used = true
	}
	a.spend(wallet(payer), d.amount)
	a.post(legs)
	a.remember(c.On, d)
	return keep("")
}

// remember keeps the order in which instant payments were paid: their refund
// windows, all of one length, end in it.
func (a *auditor) remember(handle string, d *deal) {
	if d.status == "TRADE_SUCCESS" {
		a.instants = append(a.instants, handle)
	}
}

func (a *auditor) sweepDue() bool {
	return a.swept < len(a.instants) && a.deals[a.instants[a.swept]].refundBy <= a.now
}

// sweep finishes the payments whose refund window is over, each by the command of
// its deadline. One that was given back meanwhile is refused.
func (a *auditor) sweep() {
	for ; a.sweepDue(); a.swept++ {
		handle := a.instants[a.swept]
		d := a.deals[handle]
		a.predict(command{Act: actDeadline, Key: deadlineKey(a.ids[handle], d.refundBy, d), On: handle, Due: d.refundBy, seen: sight{buyer: d.buyer}})
	}
}

// payByCode pays an open payment with a code, or leaves it to the payer's word.
func (a *auditor) payByCode(c command) answer {
	before, paper := a.deals[c.On], a.codes[c.Code]
	if paper.used {
		return answer{code: "payment_code_used"}
	}
	if a.now > paper.expires+15_000 {
		return answer{code: "payment_code_invalid"}
	}
	after := *before
	legs, no := after.pay(a.now, paper.person)
	if no == "" {
		no = a.maySpend(wallet(paper.person), after.amount, false)
		if !paper.proved && after.amount > 1_000_00 && no != "velocity_exceeded" {
			paper.used = true
			before.buyer = paper.person
			return answer{says: before.says(a.ids[c.On]) + existing + stepUp}
		}
	}
	if no == "" && !a.affords(legs) {
		no = "insufficient_balance"
	}
	if no != "" {
		return answer{code: no}
	}
	paper.used = true
	a.spend(wallet(paper.person), after.amount)
	a.post(legs)
	*before = after
	a.remember(c.On, before)
	return answer{says: before.says(a.ids[c.On]) + existing}
}

// wrong is what is wrong with an order.
func (d *deal) wrong(now int64) string {
	if d.buyer == d.merchant {
		return "same_payer_and_payee"
	}
	if !goodAmount(d.amount) {
		return "invalid_amount"
	}
	shares := d.rate * d.amount
	for _, p := range d.payees {
		if p.Party == d.merchant {
			return "same_payer_and_payee"
		}
		shares += p.Share*d.amount + p.Amount*1_000_000
	}
	if d.payBy <= now || d.payBy > now+15*day {
		return "invalid_field"
	}
	if shares > d.amount*1_000_000 {
		return "split_exceeds_amount"
	}
	return ""
}

func (d *deal) pay(now int64, payer uint64) ([]leg, string) {
	switch {
	case d.status != "WAIT_BUYER_PAY":
		return nil, "payment_state_refused"
	case now >= d.payBy:
		return nil, "payment_expired"
	case payer == d.merchant:
		return nil, "same_payer_and_payee"
	case d.buyer != 0 && d.buyer != payer:
		return nil, "buyer_mismatch"
	}
	d.buyer, d.paid = payer, now
	if d.instant {
		d.status = "TRADE_SUCCESS"
		return d.settle(now, wallet(payer), d.amount), ""
	}
	d.status = "WAIT_SELLER_SEND_GOODS"
	return move(wallet(payer), d.pot(), d.amount), ""
}

// unpay leaves the payment to the payer's confirmation.
func (d *deal) unpay() {
	d.status, d.paid, d.settled, d.fee, d.refundBy = "WAIT_BUYER_PAY", 0, 0, 0, 0
}

func (d *deal) pot() string { return fmt.Sprintf("escrow:%d:CNY", d.merchant) }

const feeIncome = "fee_income:0:CNY"

// feeOf rounds half a cent up.
func (d *deal) feeOf(sum int64) int64 { return (sum*d.rate + 500_000) / 1_000_000 }

func (d *deal) settle(now int64, from string, sum int64) []leg {
	d.settled, d.fee, d.refundBy = sum, d.feeOf(sum), now+365*day
	rest := sum - d.fee
	var legs []leg
	laid, taken := int64(0), int64(0)
	for _, p := range d.payees {
		part := sum * p.Share / 1_000_000
		if p.Share == 0 {
			laid += p.Amount
			part = sum*laid/d.amount - taken
			taken += part
		}
		rest -= part
		legs = append(legs, move(from, wallet(p.Party), part)...)
	}
	legs = append(legs, move(from, feeIncome, d.fee)...)
	return append(legs, move(from, wallet(d.merchant), rest)...)
}

// finish gives what is left in escrow to those whom it is for.
func (d *deal) finish(now int64) []leg {
	legs := d.settle(now, d.pot(), d.escrow())
	d.status = "TRADE_FINISHED"
	return legs
}

func (d *deal) giveBack(now, amount int64) []leg {
	var legs []leg
	from := d.pot()
	if d.settled > 0 {
		from = wallet(d.merchant)
		fee := d.feeOf(d.amount - d.refunded - amount)
		legs = move(feeIncome, from, d.fee-fee)
		d.fee = fee
	}
	legs = append(legs, move(from, wallet(d.buyer), amount)...)
	d.refunded += amount
	d.refunds++
	if d.quarrel.open() {
		d.quarrel.given += amount
		if d.quarrel.given >= d.quarrel.claim {
			d.endQuarrel(now, "REFUND_SUCCESS")
		}
	}
	if d.refunded == d.amount {
		d.status = "TRADE_CLOSED"
	}
	return legs
}

func (d *deal) openQuarrel(now int64, claim int64, back bool, within int64) {
	d.quarrels++
	d.quarrel = &quarrel{status: "WAIT_SELLER_AGREE", request: !d.shipped, claim: claim, back: back, opened: now, due: now + within}
	if d.shipped {
		d.disputes++
	}
}

func (d *deal) endQuarrel(now int64, status string) {
	d.quarrel.status, d.quarrel.due = status, 0
	if d.status == "WAIT_BUYER_CONFIRM_GOODS" {
		d.confirmBy += now - d.quarrel.opened
	}
}

// act is any act on a payment that exists. It works on a copy, which is kept
// only when the answer is yes.
func (a *auditor) act(c command) answer {
	before := a.deals[c.On]
	after := *before
	if before.quarrel != nil {
		q := *before.quarrel
		after.quarrel = &q
	}
	if c.Act != actPay && c.seen.buyer != before.buyer {
		return answer{code: "payment_state_refused"}
	}
	legs, no := after.do(a.now, c)
	if no == "" && c.Act == actPay {
		no = a.maySpend(wallet(c.Who), after.amount, false)
	}
	if no == "" && !a.affords(legs) {
		no = "insufficient_balance"
	}
	if no != "" {
		return answer{code: no}
	}
	if c.Act == actPay {
		a.spend(wallet(c.Who), after.amount)
	}
	a.post(legs)
	if back := after.refunded - before.refunded; back > 0 {
		a.unspend(wallet(after.buyer), back, after.paid)
	}
	if before.status == "WAIT_BUYER_PAY" {
		a.remember(c.On, &after)
	}
	*before = after
	return answer{says: after.says(a.ids[c.On])}
}

package sim

// do is what an act does to a payment: the money that it moves, or the refusal.
func (d *deal) do(now int64, c command) ([]leg, string) {
	q := d.quarrel
	late := d.deadline() != 0 && now >= d.deadline()
	in := func(statuses ...string) bool {
		for _, s := range statuses {
			if d.status == s {
				return true
			}
		}
		return false
	}
	// quarrelIn is the refusal unless a quarrel is open and stands so.
	quarrelIn := func(statuses ...string) string {
		if !q.open() {
			return "dispute_not_open"
		}
		for _, s := range statuses {
			if q.status == s {
				return ""
			}
		}
		if len(statuses) == 0 {
			return ""
		}
		return "dispute_state_refused"
	}
	const state, quarrelling, passed = "payment_state_refused", "dispute_open", "deadline_passed"

	switch c.Act {
	case actPay:
		if c.Amount != d.amount {
			return nil, "invalid_amount"
		}
		return d.pay(now, c.Who)
	case actClose:
		if !in("WAIT_BUYER_PAY") {
			return nil, state
		}
		d.status = "TRADE_CLOSED"
	case actShip:
		switch {
		case !in("WAIT_SELLER_SEND_GOODS"):
			return nil, state
		case q.open() && q.status == "ALIPAY_CHECK":
			return nil, quarrelling
		case late:
			return nil, passed
		case !d.virtual && c.Text == "":
			return nil, "missing_field"
		}
		if q.open() {
			d.endQuarrel(now, "REFUND_CLOSED")
		}
		d.status, d.shipped, d.confirmBy = "WAIT_BUYER_CONFIRM_GOODS", true, now+10*day
		if d.virtual {
			d.confirmBy = now + 3*day
		}
	case actConfirm:
		switch {
		case !in("WAIT_BUYER_CONFIRM_GOODS"):
			return nil, state
		case q.open():
			return nil, quarrelling
		}
		return d.finish(now), ""
	case actExtend:
		switch {
		case !in("WAIT_BUYER_CONFIRM_GOODS"):
			return nil, state
		case q.open():
			return nil, quarrelling
		case late:
			return nil, passed
		case d.extended:
			return nil, "already_extended"
		}
		d.extended, d.confirmBy = true, d.confirmBy+3*day
	case actRefund:
		switch {
		case !in("WAIT_SELLER_SEND_GOODS", "WAIT_BUYER_CONFIRM_GOODS", "TRADE_SUCCESS", "TRADE_FINISHED"):
			return nil, state
		case d.settled > 0 && now >= d.refundBy:
			return nil, "refund_window_over"
		case late:
			return nil, passed
		case !goodAmount(c.Amount):
			return nil, "invalid_amount"
		case c.Amount > d.amount-d.refunded:
			return nil, "refund_exceeds_remaining"
		case d.refunds >= 50 && c.Amount < d.amount-d.refunded:
			return nil, "refund_limit_reached"
		}
		return d.giveBack(now, c.Amount), ""
	case actRequestRefund:
		if !in("WAIT_SELLER_SEND_GOODS") {
			return nil, state
		}
		if q.open() {
			return nil, quarrelling
		}
		if no := d.claimable(c.Amount); no != "" {
			return nil, no
		}
		d.openQuarrel(now, c.Amount, false, 2*day)
	case actDispute:
		switch {
		case !in("WAIT_BUYER_CONFIRM_GOODS"):
			return nil, state
		case q.open():
			return nil, quarrelling
		case now >= d.confirmBy:
			return nil, "dispute_window_over"
		case d.disputes >= 3:
			return nil, "dispute_limit_reached"
		}
		if no := d.claims(c); no != "" {
			return nil, no
		}
		d.openQuarrel(now, c.Amount, c.Back, 3*day)
	case actRevise:
		if no := quarrelIn("SELLER_REFUSE_BUYER"); no != "" {
			return nil, no
		}
		if late {
			return nil, passed
		}
		if no := d.claims(c); no != "" {
			return nil, no
		}
		q.claim, q.back, q.status, q.due = q.given+c.Amount, c.Back, "WAIT_SELLER_AGREE", now+3*day
		if !d.shipped {
			q.due = now + 2*day
		}
	case actEvidence:
		if no := quarrelIn(); no != "" {
			return nil, no
		}
		switch {
		case late:
			return nil, passed
		case c.Text == "":
			return nil, "missing_field"
		case q.evidence[c.Role] >= 20:
			return nil, "evidence_too_large"
		}
		q.evidence[c.Role]++
	case actAgree:
		if no := quarrelIn("WAIT_SELLER_AGREE"); no != "" {
			return nil, no
		}
		if late {
			return nil, passed
		}
		return d.agree(now), ""
	case actRefuse:
		if no := quarrelIn("WAIT_SELLER_AGREE"); no != "" {
			return nil, no
		}
		switch {
		case late:
			return nil, passed
		case c.Text == "":
			return nil, "missing_field"
		}
		q.status, q.due = "SELLER_REFUSE_BUYER", now+3*day
	case actReturnShip:
		if no := quarrelIn("WAIT_BUYER_RETURN_GOODS"); no != "" {
			return nil, no
		}
		switch {
		case late:
			return nil, passed
		case c.Text == "":
			return nil, "missing_field"
		}
		q.status, q.due = "WAIT_SELLER_CONFIRM_GOODS", now+10*day
	case actReturnGot:
		if no := quarrelIn("WAIT_SELLER_CONFIRM_GOODS"); no != "" {
			return nil, no
		}
		if late {
			return nil, passed
		}
		return d.giveBack(now, q.claim-q.given), ""
	case actEscalate:
		if no := quarrelIn("SELLER_REFUSE_BUYER", "WAIT_SELLER_CONFIRM_GOODS"); no != "" {
			return nil, no
		}
		switch {
		case c.Role == 1 && q.status == "WAIT_SELLER_CONFIRM_GOODS":
			return nil, "forbidden"
		case late:
			return nil, passed
		}
		q.status, q.due = "ALIPAY_CHECK", 0
	case actWithdrawClaim:
		if no := quarrelIn(); no != "" {
			return nil, no
		}
		if late {
			return nil, passed
		}
		d.endQuarrel(now, "REFUND_CLOSED")
	case actArbitrate:
		if no := quarrelIn("ALIPAY_CHECK"); no != "" {
			return nil, no
		}
		return d.arbitrate(now, c)
	case actDeadline:
		return d.timeUp(now)
	}
	return nil, ""
}

// claims is the refusal of a claim that does not fit.
func (d *deal) claims(c command) string {
	const notShipped, notReceived, last = 1, 2, 7
	if c.Reason < notShipped || c.Reason > last || (c.Reason == notShipped) == d.shipped {
		return "invalid_field"
	}
	if c.Back && (c.Reason == notShipped || c.Reason == notReceived || d.virtual) {
		return "invalid_field"
	}
	return d.claimable(c.Amount)
}

func (d *deal) claimable(amount int64) string {
	if !goodAmount(amount) {
		return "invalid_amount"
	}
	if amount > d.amount-d.refunded {
		return "refund_exceeds_remaining"
	}
	return ""
}

func (d *deal) agree(now int64) []leg {
	q := d.quarrel
	if !q.back {
		return d.giveBack(now, q.claim-q.given)
	}
	q.status, q.due = "WAIT_BUYER_RETURN_GOODS", now+7*day
	return nil
}

func (d *deal) arbitrate(now int64, c command) ([]leg, string) {
	q := d.quarrel
	switch {
	case c.Text == "":
		return nil, "missing_field"
	case c.Amount < 0:
		return nil, "invalid_amount"
	case c.Amount > q.claim-q.given:
		return nil, "refund_exceeds_remaining"
	}
	var legs []leg
	if c.Amount > 0 {
		legs = d.giveBack(now, c.Amount)
	}
	if q.open() {
		status := "REFUND_CLOSED"
		if c.Amount > 0 {
			status = "REFUND_SUCCESS"
		}
		d.endQuarrel(now, status)
	}
	if d.status == "WAIT_BUYER_CONFIRM_GOODS" {
		legs = append(legs, d.finish(now)...)
	}
	return legs, ""
}

// timeUp is what happens when nobody acted in time.
func (d *deal) timeUp(now int64) ([]leg, string) {
	if d.deadline() == 0 || now < d.deadline() {
		return nil, "deadline_not_reached"
	}
	switch {
	case !d.quarrel.open() && d.status == "WAIT_BUYER_PAY":
		d.status = "TRADE_CLOSED"
	case !d.quarrel.open() && d.status == "WAIT_BUYER_CONFIRM_GOODS":
		return d.finish(now), ""
	case !d.quarrel.open():
		d.status = "TRADE_FINISHED"
	case d.quarrel.status == "WAIT_SELLER_AGREE":
		return d.agree(now), ""
	case d.quarrel.status == "WAIT_SELLER_CONFIRM_GOODS":
		return d.giveBack(now, d.quarrel.claim-d.quarrel.given), ""
	default:
		d.endQuarrel(now, "REFUND_CLOSED")
	}
	return nil, ""
}

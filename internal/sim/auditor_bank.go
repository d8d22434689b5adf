package sim

import "fmt"

// What the auditor knows of holds, top-ups and withdrawals.

const bankNumber = 9001

var (
	bankFunds    = fmt.Sprintf("client_funds:%d:CNY", bankNumber)
	bankSuspense = fmt.Sprintf("suspense:%d:CNY", bankNumber)
)

type hold struct {
	account  string
	amount   int64
	captured int64
	status   string
	expires  int64
}

func (h *hold) rest() int64 { return h.amount - h.captured }
func (h *hold) says() string {
	return fmt.Sprintf("%s %d of %d until %d", h.status, h.captured, h.amount, h.expires)
}

func (a *auditor) hold(c command) answer {
	if !goodAmount(c.Amount) {
		return answer{code: "invalid_amount"}
	}
	acc := a.at(wallet(c.Who))
	if acc.balance-acc.held < c.Amount {
		return answer{code: "insufficient_balance"}
	}
	h := &hold{account: acc.name, amount: c.Amount, status: "open"}
	if c.Seconds > 0 {
		h.expires = a.now + 1000*c.Seconds
	}
	acc.held += c.Amount
	a.holds[c.Key] = h
	a.holdKeys = append(a.holdKeys, c.Key)
	return answer{says: h.says()}
}

func (a *auditor) endHold(c command) answer {
	h := a.holds[c.On]
	acc := a.at(h.account)
	release := func(status string) {
		acc.held -= h.rest()
		h.status = status
	}
	if c.Act == actCapture && wallet(c.Whom) == h.account {
		return answer{code: "same_payer_and_payee"}
	}
	if h.status != "open" {
		return answer{code: "hold_ended"}
	}
	switch c.Act {
	case actCapture:
		if h.expires != 0 && a.now >= h.expires {
			return answer{code: "hold_expired"}
		}
		if c.Amount <= 0 {
			return answer{code: "invalid_amount"}
		}
		if c.Amount > h.rest() {
			return answer{code: "hold_exceeded"}
		}
		if a.overLimit(h.account, c.Amount) {
			return answer{code: "tier_limit_exceeded"}
		}
		a.spend(h.account, c.Amount)
		acc.held -= c.Amount
		h.captured += c.Amount
		if c.Final || h.rest() == 0 {
			release("captured")
		}
		a.post(move(h.account, wallet(c.Whom), c.Amount))
	case actVoid:
		release("voided")
	case actExpire:
		if h.expires == 0 || a.now < h.expires {
			return answer{code: "deadline_not_reached"}
		}
		release("expired")
	}
	return answer{says: h.says()}
}

// order is a top-up (in) or a withdrawal.
type order struct {
	in       bool
	owner    uint64
	amount   int64
	status   string
	attempts int
	check    int64 // when the bank is asked next
	late     bool  // the bank said yes after no
}

func (o *order) final() bool { return o.status == "succeeded" || o.status == "refused" }
func (o *order) says() string {
	return fmt.Sprintf("%s after %d, next %d, late %t", o.status, o.attempts, o.check, o.late)
}

// withdraw is start for a payout.
func (a *auditor) withdraw(c command) answer {
	return a.start(command{Act: actWithdraw, Key: c.Key, Who: c.Who, Amount: c.Amount})
}

func (a *auditor) start(c command) answer {
	if !goodAmount(c.Amount) {
		return answer{code: "invalid_amount"}
	}
	o := &order{in: c.Act == actTopUp, owner: c.Who, amount: c.Amount, status: "instructed", check: a.now}
	if !o.in {
		owner, funds := a.at(wallet(c.Who)), a.at(bankFunds)
		if owner.balance-owner.held < c.Amount {
			return answer{code: "insufficient_balance"}
		}
		if funds.balance-funds.held < c.Amount {
			return answer{code: "bank_refused"}
		}
		owner.held += c.Amount
		funds.held += c.Amount
	}
	a.orders[c.Key] = o
	a.orderKey = append(a.orderKey, c.Key)
	return answer{says: o.says()}
}

// patience is how long the nth silence of a bank is borne, in seconds.
var patience = []int64{5, 30, 120, 600}

func (a *auditor) bankSays(c command) answer {
	o := a.orders[c.On]
	if o.final() {
		return a.bankSaysAgain(c, o)
	}
	owner, funds := a.at(wallet(o.owner)), a.at(bankFunds)
	o.attempts++
	switch c.Outcome {
	case "succeeded":
		o.status, o.check = "succeeded", 0
		if o.in {
			a.post(move(bankFunds, owner.name, o.amount))
			break
		}
		owner.held -= o.amount
		funds.held -= o.amount
		a.post(move(owner.name, bankFunds, o.amount))
	case "refused":
		o.status, o.check = "refused", 0
		if !o.in {
			owner.held -= o.amount
			funds.held -= o.amount
		}
	default:
		wait := int64(1800)
		if o.attempts <= len(patience) {
			wait = patience[o.attempts-1]
		}
		o.status, o.check = "unknown", a.now+1000*wait
	}
	return answer{says: "heard"}
}

func (a *auditor) bankSaysAgain(c command, o *order) answer {
	if o.status != "refused" || c.Outcome != "succeeded" || o.late {
		return answer{says: "heard"}
	}
	legs := move(bankFunds, bankSuspense, o.amount)
	if !o.in {
		legs = move(bankSuspense, bankFunds, o.amount)
	}
	if !a.affords(legs) {
		return answer{code: "insufficient_balance"}
	}
	a.post(legs)
	o.late = true
	return answer{says: "heard"}
}

package sim

import (
	"fmt"
	"strconv"
	"strings"
)

// What the auditor knows of the scripted acts (house.go): each line's answer, and
// what the lines move.

// guesses are the wrong payment passwords of a person since the last right one.
type guesses struct {
	count int
	until int64 // locked until then
}

// enter is the refusal of a payment password; "" for none. Five guesses, then
// three hours.
func (a *auditor) enter(person uint64, right bool) string {
	g := a.guesses[person]
	if g == nil {
		g = &guesses{}
		a.guesses[person] = g
	}
	if g.until > a.now {
		return "payment_password_locked"
	}
	if g.until != 0 {
		*g = guesses{}
	}
	if right {
		*g = guesses{}
		return ""
	}
	if g.count++; g.count == 5 {
		g.until = a.now + 3*3600_000
	}
	return "payment_password_wrong"
}

const (
	joined = "no-text code code-again=code_too_often guess=code_wrong sign-up session profile verify card others-card=identity_invalid no-card no-card-again=not_found " +
		"pin pin-unproved=payment_password_required pin-changed wrong-login=login_failed login password first-session=unauthenticated second-session read " +
		"device removed-session=unauthenticated old-login=login_failed new-login logout logged-out=unauthenticated stay"
	founded = "merchant rate staff login-taken=login_taken role gone gone-again=not_found operator key use revoke use-again=invalid_key " +
		"endpoint others-endpoint=not_found rotate try fan-out shop-fails shop-silent off try-off=webhook_endpoint_disabled quit on resend shop-hears " +
		"app app-named certificate encrypt-key others-md5-key=not_found md5-key grant trade-in granted trade-in-again=code_expired refresh granted-anew " +
		"end end-again=not_found granted-no-more=not_found delete delete-again=not_found"
	settledHeld = "pay settle settle-again=payment_state_refused unbound=payee_not_found bind split split-again=invalid_field take-back take-back-more=split_exceeds_amount unbind sync sync-other=idempotency_conflict"
)

// firstReceiver gets parts of the payments whose settlement was held; a person
// whom the other acts leave alone.
const firstReceiver = 2088_0000_0000_0001

func (a *auditor) house(c command) answer {
	switch c.Act {
	case actGuess:
		if no := a.enter(c.Who, c.Text == password); no != "" {
			return answer{code: no}
		}
		return answer{says: "right"}
	case actJoin:
		if a.visits[c.Key] == nil {
			a.visits[c.Key] = &visit{opened: a.now, seen: a.now, ends: a.now + 30*day}
			a.visitKeys = append(a.visitKeys, c.Key)
		}
		return answer{says: joined}
	case actReturn:
		return a.comeBack(c)
	case actFound:
		return answer{says: founded}
	case actHeld:
		return answer{says: a.held(c)}
	}
	return answer{says: a.papers(c)}
}

// visit is a session of the wallet: over after 30 days without use, and after 180.
type visit struct{ opened, seen, ends int64 }

func (a *auditor) comeBack(c command) answer {
	v := a.visits[c.From]
	if v == nil || a.now >= v.ends {
		return answer{code: "unauthenticated"}
	}
	if v.isToBeNoted(a.now) {
		v.seen, v.ends = a.now, min(a.now+30*day, v.opened+180*day)
	}
	return answer{says: fmt.Sprintf("in until %d", v.ends)}
}

// isToBeNoted says whether a use moves the session's end on: not each does.
func (v *visit) isToBeNoted(now int64) bool { return now-v.seen >= 30*day/24 }

// staysAsItWas says that an answer is the session's end as it was, though its use now
// was to move it on.
func (a *auditor) staysAsItWas(c command, got answer) bool {
	v := a.visits[c.From]
	return v != nil && a.now < v.ends && v.isToBeNoted(a.now) && min(a.now+30*day, v.opened+180*day) != v.ends && got == answer{says: fmt.Sprintf("in until %d", v.ends)}
}

// joins tells the number that the platform gave to who joined.
func (a *auditor) joins(number string) {
	if id, err := strconv.ParseUint(number, 10, 64); err == nil {
		a.at(wallet(id)).tier = 4 // class III: the face was seen
	}
}

func (a *auditor) held(c command) string {
	payer, seller := wallet(c.Who), wallet(c.Whom)
	if no := a.maySpend(payer, c.Amount, false); no != "" {
		return "pay=" + no
	}
	d := &deal{merchant: c.Whom, buyer: c.Who, instant: true, virtual: true, amount: c.Amount, rate: a.rates[c.Whom], status: "TRADE_SUCCESS", paid: a.now}
	if !a.affords(move(payer, d.pot(), c.Amount)) {
		return "pay=insufficient_balance"
	}
	a.spend(payer, c.Amount)
	a.post(move(payer, d.pot(), c.Amount))
	a.post(d.settle(a.now, d.pot(), c.Amount))
	a.post(move(seller, wallet(firstReceiver), c.Amount/10))
	a.post(append(move(wallet(firstReceiver), seller, c.Amount/10), d.giveBack(a.now, c.Amount/10)...))
	a.unspend(payer, c.Amount/10, a.now)
	a.deals[c.On] = d
	a.remember(c.On, d)
	return settledHeld
}

func (a *auditor) papers(c command) string {
	d := a.deals[c.On]
	remind := "remind=payment_state_refused remind-again=payment_state_refused"
	if d.status == "WAIT_SELLER_SEND_GOODS" {
		remind = "remind remind-again=velocity_exceeded"
		if today := days(a.now); d.reminded == today {
			remind = strings.Replace(remind, "remind ", "remind=velocity_exceeded ", 1)
		} else {
			d.reminded = today
		}
	}
	return remind + " assign file no-file=evidence_too_large"
}

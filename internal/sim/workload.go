package sim

import (
	"fmt"
	"math/rand/v2"

	"tongbao/internal/bank"
	"tongbao/internal/party"
	"tongbao/internal/pay"
)

// workload draws commands. It looks into the auditor's books to draw what is
// likely to be interesting: mostly acts that the state allows, often on what was
// just touched, and now and then anything at all.
type workload struct {
	chance *rand.Rand
	books  *auditor
	world  *world
	prefix string

	people    []uint64
	merchants []uint64
	made      int
	recent    []command // with keys of their own, for repeating
}

func (l *workload) key() string {
	l.made++
	return fmt.Sprintf("%s/%d", l.prefix, l.made)
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// pickRecent prefers the end of the list.
func pickRecent[T any](r *rand.Rand, list []T) T {
	if len(list) > 40 && r.IntN(4) > 0 {
		return pick(r, list[len(list)-40:])
	}
	return pick(r, list)
}

// amount is mostly ordinary, and sometimes what must be refused.
func (l *workload) amount() int64 {
	switch n := l.chance.IntN(100); {
	case n < 2:
		return pick(l.chance, []int64{0, -1, 10_000_000_001})
	case n < 6:
		return 1 + l.chance.Int64N(3)
	case n < 12:
		return 1_000_00 + l.chance.Int64N(60_000_00)
	}
	return 1 + l.chance.Int64N(500_00)
}

func (l *workload) party() uint64 {
	if l.chance.IntN(3) == 0 {
		return pick(l.chance, l.merchants)
	}
	return pick(l.chance, l.people)
}

// draw makes one command.
func (l *workload) draw() command {
	c := l.anything()
	if own := c.Act != actDeadline && c.Act != actExpire && c.Act != actAskBank; own {
		if n := l.chance.IntN(100); n < 6 && len(l.recent) > 0 {
			old := pickRecent(l.chance, l.recent)
			if n < 4 {
				return old
			}
			c.Key = old.Key // the same id, and in all likelihood other contents
			return c
		}
		l.recent = append(l.recent, c)
	}
	return c
}

func (l *workload) anything() command {
	if n := len(l.recent); n > 0 && l.recent[n-1].Act == actIssueCode && l.books.codes[l.recent[n-1].Key] != nil && l.chance.IntN(4) > 0 {
		return l.atTheTill(l.recent[n-1].Key)
	}
	for {
		if l.chance.IntN(6) == 0 && len(l.books.handles) > 0 {
			return l.lately()
		}
		n := l.chance.IntN(100)
		switch {
		case n < 16:
			return l.open()
		case n < 19:
			return command{Act: actIssueCode, Key: l.key(), Who: pick(l.chance, l.people), Proved: l.chance.IntN(4) == 0}
		case n < 26:
			return l.transfer()
		case n < 31:
			return command{Act: actTopUp, Key: l.key(), Who: l.party(), Amount: l.amount(), In: true}
		case n < 36:
			return command{Act: actWithdraw, Key: l.key(), Who: l.party(), Amount: l.amount()}
		case n < 42:
			if len(l.books.orderKey) > 0 {
				return l.ask(pickRecent(l.chance, l.books.orderKey))
			}
		case n < 46:
			if c, ok := l.bankWord(); ok {
				return c
			}
		case n < 50:
			c := command{Act: actHold, Key: l.key(), Who: pick(l.chance, l.merchants), Amount: l.amount()}
			if l.chance.IntN(2) == 0 {
				c.Seconds = 1 + l.chance.Int64N(40_000)
			}
			return c
		case n < 56:
			if len(l.books.holdKeys) > 0 {
				return l.onHold(l.someHold())
			}
		default:
			if len(l.books.handles) > 0 {
				return l.onDeal(l.someDeal())
			}
		}
	}
}

// lately draws what is not done at a checkout: payouts, deposits, agreements.
func (l *workload) lately() command {
	for {
		switch n := l.chance.IntN(20); {
		case n < 4:
			return l.payOut()
		case n < 7:
			return l.openDeposit()
		case n < 13 && len(l.books.depositHandles) > 0:
			return l.onDeposit(l.someDeposit())
		case n < 15:
			return l.propose()
		case len(l.books.agreementKeys) > 0:
			return l.onAgreement(l.someAgreement())
		}
	}
}

func (l *workload) open() command {
	r := l.chance
	merchant := pick(r, l.merchants)
	c := command{Act: actOpen, Key: l.key(), Who: merchant, Amount: l.amount(), Instant: r.IntN(3) == 0, Virtual: r.IntN(3) == 0}
	c.On = handleOf(merchant, fmt.Sprintf("order-%d", l.made))
	if len(l.books.handles) > 0 && r.IntN(30) == 0 { // an order number that is taken
		c.On = pickRecent(r, l.books.handles)
		fmt.Sscanf(c.On, "%d/", &c.Who)
	}
	if r.IntN(4) == 0 {
		c.Whom = pick(r, l.people)
	}
	if r.IntN(50) == 0 {
		c.Whom = merchant
	}
	if r.IntN(4) == 0 {
		c.Seconds = 1 + r.Int64N(16*86_400)
	}
	for range r.IntN(6) - 3 {
		p := payee{Party: l.party()}
		if r.IntN(2) == 0 {
			p.Share = 1 + r.Int64N(300_000)
		} else {
			p.Amount = 1 + r.Int64N(100_00)
		}
		if len(c.Payees) == 0 || c.Payees[0].Party != p.Party {
			c.Payees = append(c.Payees, p)
		}
	}
	if len(c.Payees) > 2 {
		c.Payees = c.Payees[:2]
	}
	switch r.IntN(6) {
	case 0, 1:
		c.Payer = pick(r, l.people)
	case 2:
		c.Code = l.someCode()
	}
	return c
}

// atTheTill is a payment with the code that was issued a moment ago, of a sum
// around the most that a code pays by itself.
func (l *workload) atTheTill(code string) command {
	c := command{Act: actOpen, Key: l.key(), Who: pick(l.chance, l.merchants), Amount: 1 + l.chance.Int64N(1_500_00), Instant: true, Code: code}
	c.On = handleOf(c.Who, fmt.Sprintf("order-%d", l.made))
	return c
}

func (l *workload) someCode() string {
	for i := len(l.recent) - 1; i >= max(0, len(l.recent)-100); i-- {
		if c := l.recent[i]; c.Act == actIssueCode && l.books.codes[c.Key] != nil && l.chance.IntN(3) > 0 {
			return c.Key
		}
	}
	return ""
}

func (l *workload) transfer() command {
	c := command{Act: actTransfer, Key: l.key(), Who: l.party(), Whom: pick(l.chance, l.people), Amount: l.amount(), Text: "sim"}
	switch l.chance.IntN(40) {
	case 0:
		c.Whom = pick(l.chance, l.merchants)
	case 1:
		c.Whom = 2088_0000_0000_0999
	case 2:
		c.Whom = c.Who
	}
	return c
}

// ask makes the command of the bank's timer.
func (l *workload) ask(key string) command {
	o := l.books.orders[key]
	c := command{Act: actAskBank, On: key, In: o.in}
	c.Key = fmt.Sprintf("bank/%s/%d", orderOf(c), o.attempts+1)
	return c
}

// bankWord is the bank speaking unasked: the truth, too early, again, or late.
func (l *workload) bankWord() (command, bool) {
	if len(l.books.orderKey) == 0 {
		return command{}, false
	}
	key := pickRecent(l.chance, l.books.orderKey)
	o := l.books.orders[key]
	c := command{Act: actBankWord, On: key, In: o.in}
	ref := orderOf(c)
	outcome, ok := l.world.bank.word(ref)
	if !ok {
		return command{}, false
	}
	if o.status == "succeeded" && l.chance.IntN(3) == 0 {
		outcome = bank.Refused // a muddle at the bank; the money has moved
	}
	c.Outcome = string(outcome)
	c.Key = "bank/" + ref + "/unasked/" + c.Outcome
	if l.chance.IntN(3) == 0 {
		c.Key = l.key()
	}
	return c, true
}

// someDeal prefers payments of which something can still become, quarrels most.
func (l *workload) someDeal() string {
	var handle string
	for range 6 {
		handle = pickRecent(l.chance, l.books.handles)
		d := l.books.deals[handle]
		if d.quarrel.open() || d.status != "TRADE_CLOSED" && l.chance.IntN(4) == 0 {
			break
		}
	}
	return handle
}

func (l *workload) someHold() string {
	var key string
	for range 4 {
		if key = pickRecent(l.chance, l.books.holdKeys); l.books.holds[key].status == "open" {
			break
		}
	}
	return key
}

func (l *workload) onHold(key string) command {
	r := l.chance
	h := l.books.holds[key]
	c := command{Act: actCapture, Key: l.key(), On: key}
	switch n := r.IntN(10); {
	case n < 2:
		c.Act = actVoid
	case n < 3 && h.expires != 0 && l.books.now >= h.expires:
		return l.expire(key)
	default:
		c.Amount, c.Whom, c.Final = 1+r.Int64N(max(1, h.amount)), pick(r, l.people), r.IntN(3) == 0
		if r.IntN(20) == 0 {
			c.Whom = pick(r, l.merchants)
		}
		if r.IntN(20) == 0 {
			c.Amount = l.amount()
		}
	}
	return c
}

func (l *workload) expire(key string) command {
	return command{Act: actExpire, Key: "timer/" + pay.TimerHold + "/" + pay.HoldID(key), On: key}
}

func (l *workload) deadline(handle string) command {
	d := l.books.deals[handle]
	due := d.deadline()
	return command{Act: actDeadline, Key: deadlineKey(l.books.ids[handle], due, d), On: handle, Due: due}
}

// deadlineKey is the desk's, as it is when it has read the deal.
func deadlineKey(id string, due int64, d *deal) string {
	key := fmt.Sprintf("timer/%s/%s/%d", pay.TimerTrade, id, due)
	if d.paid == 0 && d.buyer != 0 {
		key += "/" + party.FormatID(d.buyer)
	}
	return key
}

func (l *workload) sweep() command {
	return command{Act: actSweep, Key: fmt.Sprintf("zz-sweep/%d", l.books.now)} // after the timers
}

var dealActs = []string{actPay, actClose, actShip, actConfirm, actExtend, actRefund, actRequestRefund, actDispute, actRevise, actEvidence, actAgree, actRefuse,
	actReturnShip, actReturnGot, actEscalate, actWithdrawClaim, actArbitrate}

// likely are the acts that a state asks for.
func likely(d *deal) []string {
	if q := d.quarrel; q.open() {
		switch q.status {
		case "WAIT_SELLER_AGREE":
			return []string{actAgree, actRefuse, actRefuse, actEvidence, actWithdrawClaim, actRefund, actShip}
		case "SELLER_REFUSE_BUYER":
			return []string{actRevise, actEscalate, actEscalate, actWithdrawClaim, actRefund}
		case "WAIT_BUYER_RETURN_GOODS":
			return []string{actReturnShip, actReturnShip, actEvidence, actRefund}
		case "WAIT_SELLER_CONFIRM_GOODS":
			return []string{actReturnGot, actEscalate, actEvidence}
		case "ALIPAY_CHECK":
			return []string{actArbitrate, actArbitrate, actEvidence, actWithdrawClaim, actRefund}
		}
	}
	switch d.status {
	case "WAIT_BUYER_PAY":
		return []string{actPay, actPay, actPay, actPay, actClose}
	case "WAIT_SELLER_SEND_GOODS":
		return []string{actShip, actShip, actShip, actRefund, actRequestRefund}
	case "WAIT_BUYER_CONFIRM_GOODS":
		return []string{actConfirm, actExtend, actDispute, actDispute, actRefund}
	}
	return []string{actRefund}
}

func (l *workload) onDeal(handle string) command {
	r := l.chance
	d := l.books.deals[handle]
	c := command{Key: l.key(), On: handle}
	if c.Act = pick(r, likely(d)); r.IntN(6) == 0 {
		c.Act = pick(r, dealActs)
	}
	rest := max(1, d.amount-d.refunded)
	if code := l.someCode(); c.Act == actPay && code != "" && r.IntN(3) == 0 {
		c.Act, c.Code = actPayByCode, code
	}
	switch c.Act {
	case actPay:
		c.Who, c.Amount = d.buyer, d.amount
		if d.buyer == 0 || r.IntN(20) == 0 {
			c.Who = pick(r, l.people)
		}
		if r.IntN(30) == 0 {
			c.Amount++
		}
	case actRefund, actRequestRefund, actDispute, actRevise:
		c.Amount = 1 + r.Int64N(rest)
		switch r.IntN(12) {
		case 0, 1, 2:
			c.Amount = rest
		case 3:
			c.Amount = rest + 1
		}
		if c.Act == actDispute || c.Act == actRevise {
			c.Reason, c.Back = 2+r.IntN(6), r.IntN(3) == 0
		}
		if c.Act == actRevise && !d.shipped && r.IntN(8) > 0 {
			c.Reason, c.Back = 1, false
		}
	case actArbitrate:
		if q := d.quarrel; q != nil {
			c.Amount = r.Int64N(max(0, q.claim-q.given) + 2)
		}
	}
	// Only what belongs to the act: two commands that differ in nothing else are the same.
	switch c.Act {
	case actEvidence, actEscalate:
		c.Role = 1 + r.IntN(2)
	}
	switch c.Act {
	case actShip, actRefund, actRequestRefund, actDispute, actRevise, actEvidence, actAgree, actRefuse, actReturnShip, actArbitrate:
		if r.IntN(40) > 0 {
			c.Text = "words"
		}
	}
	return c
}

// race draws commands to be put into one batch. They like to be about the same thing.
func (l *workload) race() []command {
	if len(l.books.handles) == 0 {
		return nil
	}
	var group []command
	handle := l.someDeal()
	about := func() command { return l.onDeal(handle) }
	switch n := l.chance.IntN(8); {
	case n == 0 && len(l.books.depositHandles) > 0:
		deposit := l.someDeposit()
		about = func() command { return l.onDeposit(deposit) }
	case n == 1 && len(l.books.agreementKeys) > 0:
		key := l.someAgreement()
		about = func() command { return l.onAgreement(key) }
	}
	most := 2 + l.chance.IntN(3)
	if l.chance.IntN(10) == 0 {
		most = 5 + l.chance.IntN(40)
	}
	for len(group) < most {
		var c command
		switch n := l.chance.IntN(10); {
		case n < 6:
			c = about()
		case n < 8 && len(l.books.holdKeys) > 0:
			c = l.onHold(l.someHold())
		default:
			c = l.draw()
		}
		// Those ask for the payment password, or the bank, before their command is submitted.
		if c.Act == actAskBank || c.compound() {
			continue
		}
		group = append(group, c)
	}
	return group
}

const housePrefix = "house/"

// house draws a scripted act.
func (l *workload) house() command {
	r := l.chance
	l.made++
	c := command{Key: fmt.Sprintf("%s%s/%d", housePrefix, l.prefix, l.made)}
	switch n := r.IntN(100); {
	case n < 45:
		c.Act, c.Who, c.Text = actGuess, pick(r, l.people), "000001"
		if r.IntN(6) == 0 {
			c.Text = password
		}
	case n < 50:
		c.Act, c.Amount, c.Text = actJoin, int64(l.made), fmt.Sprintf("139%08d", l.made)
	case n < 55:
		c.Act, c.Who, c.Text = actFound, pick(r, l.people), fmt.Sprint(l.made)
	case n < 75:
		c.Act, c.Who, c.Whom, c.Amount = actHeld, pick(r, l.people[1:]), pick(r, l.merchants), 100+r.Int64N(300_00)
		c.On = handleOf(c.Whom, fmt.Sprintf("held-%d", l.made))
	case n < 85 && len(l.books.visitKeys) > 0:
		c.Act, c.From = actReturn, pick(r, l.books.visitKeys)
	default:
		c.Act, c.On = actDesk, l.someDeal()
	}
	return c
}

// openings draws payments for one call: a few, or a batch full.
func (l *workload) openings() []command {
	var group []command
	for range 1 + l.chance.IntN(2<<l.chance.IntN(6)) {
		group = append(group, l.open())
	}
	return group
}

// step moves the clock.
func (l *workload) step() int64 {
	r := l.chance
	switch n := r.IntN(1000); {
	case n < 700:
		return r.Int64N(30_000)
	case n < 950:
		return r.Int64N(600_000)
	case n < 990:
		return r.Int64N(day)
	case n < 999:
		return r.Int64N(12 * day)
	}
	return r.Int64N(200 * day)
}

package sim

import (
	"fmt"
	"sort"
)

// auditor predicts. It keeps books of its own, written from the documents and
// not from the code: docs/trade.md, docs/errors.md and the words of the desks. It
// shares nothing with the ledger, the trades and the desks, and knows amounts as
// plain numbers and accounts by their names.
type auditor struct {
	now                                      int64 // Unix milliseconds
	rates                                    map[uint64]int64
	tiers                                    map[uint64]int
	accounts                                 map[string]*account
	deals                                    map[string]*deal  // by merchant/order number
	codes                                    map[string]*code  // by the key that issued them
	holds                                    map[string]*hold  // by the key that made them
	orders                                   map[string]*order // by the key that made them
	payouts                                  map[string]payout // by merchant/number
	deposits                                 map[string]*deposit
	byNumber                                 map[string]*agreement // by merchant/number
	visits                                   map[string]*visit     // by the key that opened them
	ids                                      map[string]string     // payment numbers, by merchant/order number
	answers                                  map[string]told       // by command id
	sequence                                 []string              // ids, in the order in which they happened
	handles                                  []string              // of the deals, oldest first
	holdKeys                                 []string
	orderKey                                 []string
	depositHandles, agreementKeys, visitKeys []string
	agreements                               map[string]*agreement // by the key that proposed them
	guesses                                  map[uint64]*guesses
	instants                                 []string // handles of instant payments, in the order in which they were paid
	swept                                    int      // of them, those whose refund window's end was dealt with
}

// told is the first answer to an id.
type told struct {
	contents string
	answer   answer
}

type account struct {
	name    string
	debit   bool // an asset: debits make it grow
	below   bool // may stand below nothing
	balance int64
	held    int64
	tier    int

	day, year             int // of what was spent last
	today, thisYear, ever int64
	times                 int
}

// leg is money that reaches an account, or leaves it.
type leg struct {
	account string
	amount  int64
}

const firstMerchant = 2088_8000_0000_0000

func wallet(party uint64) string {
	if party >= firstMerchant {
		return fmt.Sprintf("merchant:%d:CNY", party)
	}
	return fmt.Sprintf("user:%d:CNY", party)
}

func newAuditor(now int64) *auditor {
	return &auditor{now: now, rates: map[uint64]int64{}, tiers: map[uint64]int{}, accounts: map[string]*account{}, deals: map[string]*deal{},
		codes: map[string]*code{}, holds: map[string]*hold{}, orders: map[string]*order{}, ids: map[string]string{}, answers: map[string]told{}, guesses: map[uint64]*guesses{},
		payouts: map[string]payout{}, deposits: map[string]*deposit{}, byNumber: map[string]*agreement{}, agreements: map[string]*agreement{}, visits: map[string]*visit{}}
}

func (a *auditor) at(name string) *account {
	if a.accounts[name] == nil {
		a.accounts[name] = &account{name: name}
	}
	return a.accounts[name]
}

// predict says what the answer to the command must be, and takes it as given.
// later is not nil where the desk answers with the state as it is when it is
// read, after all that was in the batch.
func (a *auditor) predict(c command) (now answer, later func() answer) {
	if early, ok := a.refusedEarly(c); ok {
		return early, nil
	}
	if c.Act == actSweep {
		a.sweep()
		return answer{says: "swept"}, nil
	}
	if c.house() {
		return a.house(c), nil
	}
	if c.compound() {
		if no := a.enter(c.Who, true); no != "" {
			return answer{code: no}, nil
		}
	}
	if first, known := a.answers[c.Key]; known {
		if first.contents != c.contents() {
			return answer{code: "idempotency_conflict"}, nil
		}
		return first.answer, a.readAfter(c, first.answer)
	}
	got := a.do(c)
	a.answers[c.Key] = told{c.contents(), got}
	a.sequence = append(a.sequence, c.Key)
	return got, a.readAfter(c, got)
}

// refusedEarly is what a desk refuses before there is a command.
func (a *auditor) refusedEarly(c command) (answer, bool) {
	no := func(code string) (answer, bool) { return answer{code: code}, true }
	switch c.Act {
	case actOpen:
		if c.Code != "" && a.codes[c.Code] == nil {
			return no("payment_code_invalid")
		}
	case actTransfer:
		if c.Whom >= firstMerchant || a.tiers[c.Whom] == 0 {
			return no("payee_not_found")
		}
		if a.locked(c) {
			return no("payment_password_locked")
		}
	case actWithdraw:
		if a.locked(c) {
			return no("payment_password_locked")
		}
	case actCapture, actVoid, actExpire:
		if a.holds[c.On] == nil {
			return no("hold_not_found")
		}
	case actPay, actClose, actShip, actConfirm, actExtend, actRefund, actRequestRefund, actDispute, actRevise, actEvidence, actAgree, actRefuse,
		actReturnShip, actReturnGot, actEscalate, actWithdrawClaim, actArbitrate, actDeadline, actDesk, actPayByCode:
		if a.deals[c.On] == nil {
			return no("payment_not_found")
		}
		if c.Act == actPayByCode && a.codes[c.Code] == nil {
			return no("payment_code_invalid")
		}
	case actAskBank:
		if o := a.orders[c.On]; o.final() {
			return answer{says: o.says()}, true
		}
	case actPayOut:
		return a.payOutEarly(c)
	case actDeposit, actGive, actRelease, actCancel, actPayFrom:
		return a.depositEarly(c)
	case actSign, actEnd, actMove, actCharge, actChargeNew:
		if c.Act == actCharge && a.deals[c.On] == nil {
			return no("payment_not_found")
		}
		if a.agreements[c.From] == nil {
			return no("agreement_not_found")
		}
	}
	return answer{}, false
}

// look is what the desk of the command reads before there is a command.
func (a *auditor) look(c *command) (s sight) {
	if d := a.deals[c.On]; d != nil {
		s.buyer = d.buyer
		if c.Act == actDeadline {
			c.Key = deadlineKey(a.ids[c.On], c.Due, d)
		}
	}
	switch c.Act {
	case actPayOut:
		_, s.known = a.payouts[c.On]
	case actDeposit:
		if _, s.known = a.deposits[c.On]; s.known {
			s.said = a.depositAgain(*c)
		}
	case actGive, actRelease, actCancel, actPayFrom:
		if d := a.deposits[c.From]; d != nil {
			s.person = d.payer
		}
	case actPropose:
		s.holder = a.byNumber[c.On]
	case actSign, actEnd, actMove, actCharge, actChargeNew:
		if g := a.agreements[c.From]; g != nil {
			s.person = g.person
		}
	}
	return s
}

func (a *auditor) locked(c command) bool {
	g := a.guesses[c.Who]
	return c.compound() && g != nil && g.until > a.now
}

func (a *auditor) readAfter(c command, got answer) func() answer {
	switch {
	case got.code != "":
		return nil
	case c.Act == actOpen && got.says == existing:
		return func() answer { return answer{says: a.deals[c.On].says(a.ids[c.On]) + existing} }
	case c.Act == actBankWord || c.Act == actAskBank:
		return func() answer { return answer{says: a.orders[c.On].says()} }
	case c.Act == actDeposit:
		return func() answer { return a.depositAgain(c) }
	case c.Act == actPropose:
		return func() answer { return answer{says: a.agreements[c.Key].says()} }
	}
	return nil
}

func (a *auditor) do(c command) answer {
	switch c.Act {
	case actOpen:
		return a.open(c)
	case actPayByCode:
		return a.payByCode(c)
	case actIssueCode:
		a.codes[c.Key] = &code{person: c.Who, expires: a.now + 60_000, proved: c.Proved}
		return answer{says: fmt.Sprintf("until %d", a.now+60_000)}
	case actTransfer:
		return a.transfer(c)
	case actTopUp, actWithdraw:
		return a.start(c)
	case actBankWord, actAskBank:
		return a.bankSays(c)
	case actHold:
		return a.hold(c)
	case actCapture, actVoid, actExpire:
		return a.endHold(c)
	case actPayOut:
		return a.payOut(c)
	case actDeposit:
		return a.openDeposit(c)
	case actGive, actRelease, actCancel:
		return a.onDeposit(c)
	case actPayFrom:
		return a.payFrom(c)
	case actPropose:
		return a.propose(c)
	case actSign, actEnd, actMove:
		return a.onAgreement(c)
	case actCharge, actChargeNew:
		return a.charge(c)
	}
	return a.act(c)
}

// affords says whether an account may lose what the legs take from it.
func (a *auditor) affords(legs []leg) bool {
	after := map[string]int64{}
	for _, l := range legs {
		after[l.account] += l.amount
	}
	for _, l := range legs {
		acc := a.at(l.account)
		if change := after[l.account]; !acc.debit && !acc.below && l.amount < 0 && acc.balance+change < acc.held {
			return false
		}
		if change := -after[l.account]; acc.debit && l.amount > 0 && acc.balance+change < acc.held {
			return false
		}
	}
	return true
}

func (a *auditor) post(legs []leg) {
	for _, l := range legs {
		acc := a.at(l.account)
		if acc.debit {
			acc.balance -= l.amount
			continue
		}
		acc.balance += l.amount
	}
}

func move(from, to string, amount int64) []leg { return []leg{{from, -amount}, {to, amount}} }

func goodAmount(amount int64) bool { return amount >= 1 && amount <= 10_000_000_000 }

// limits of the tiers, for life, a year and a day; -1 for none.
var limits = map[int][3]int64{
	0: {-1, -1, -1}, 1: {0, 0, 0}, 2: {1_000_00, -1, 1_000_00}, 3: {-1, 100_000_00, 50_000_00}, 4: {-1, 200_000_00, 100_000_00},
}

// days counts business days: Shanghai is eight hours ahead and has no summer time.
func days(ms int64) int { return int((ms + 8*3600_000) / 86_400_000) }

// yearOf is the civil year of a count of days since 1970.
func yearOf(day int) int {
	for year := 1970; ; year++ {
		length := 365
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			length = 366
		}
		if day < length {
			return year
		}
		day -= length
	}
}

// spent rolls what was spent to a day.
func (acc account) spentOn(day int) account {
	if day > acc.day {
		if yearOf(day) > acc.year {
			acc.thisYear = 0
		}
		acc.today, acc.times, acc.day, acc.year = 0, 0, day, yearOf(day)
	}
	return acc
}

// maySpend is the refusal of spending so much now; "" for none.
func (a *auditor) maySpend(name string, amount int64, unattended bool) string {
	if !unattended && a.tooOften(name) {
		return "velocity_exceeded"
	}
	if a.overLimit(name, amount) {
		return "tier_limit_exceeded"
	}
	return ""
}

func (a *auditor) tooOften(name string) bool { return a.at(name).spentOn(days(a.now)).times >= 500 }

func (a *auditor) overLimit(name string, amount int64) bool {
	acc := a.at(name).spentOn(days(a.now))
	for i, spent := range []int64{acc.ever, acc.thisYear, acc.today} {
		if most := limits[acc.tier][i]; most >= 0 && spent+amount > most {
			return true
		}
	}
	return false
}

func (a *auditor) spend(name string, amount int64) {
	acc := a.at(name)
	*acc = acc.spentOn(days(a.now))
	acc.ever += amount
	acc.thisYear += amount
	acc.today += amount
	acc.times++
}

// unspend takes back what a refund of a payment of then had counted.
func (a *auditor) unspend(name string, amount, then int64) {
	acc := a.at(name)
	*acc = acc.spentOn(days(a.now))
	acc.ever = max(0, acc.ever-amount)
	if yearOf(days(then)) == acc.year {
		acc.thisYear = max(0, acc.thisYear-amount)
	}
	if days(then) == acc.day {
		acc.today = max(0, acc.today-amount)
	}
}

func (a *auditor) transfer(c command) answer {
	from, to := wallet(c.Who), wallet(c.Whom)
	if !goodAmount(c.Amount) {
		return answer{code: "invalid_amount"}
	}
	if c.Who == c.Whom {
		return answer{code: "same_payer_and_payee"}
	}
	if no := a.maySpend(from, c.Amount, c.Who >= firstMerchant); no != "" {
		return answer{code: no}
	}
	if !a.affords(move(from, to, c.Amount)) {
		return answer{code: "insufficient_balance"}
	}
	a.spend(from, c.Amount)
	a.post(move(from, to, c.Amount))
	return answer{says: fmt.Sprintf("%d from %d to %d at %d", c.Amount, c.Who, c.Whom, a.now)}
}

// states lists every account as it should be.
func (a *auditor) states() []string {
	var list []string
	for _, acc := range a.accounts {
		if acc.balance == 0 && acc.held == 0 && acc.tier == 0 && acc.ever == 0 && acc.day == 0 {
			continue
		}
		list = append(list, acc.String())
	}
	sort.Strings(list)
	return list
}

func (acc account) String() string {
	return fmt.Sprintf("%s balance %d held %d tier %d spent %d/%d/%d times %d on %d", acc.name, acc.balance, acc.held, acc.tier,
		acc.today, acc.thisYear, acc.ever, acc.times, acc.day)
}

package trade

import (
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"tongbao/internal/money"
	"tongbao/internal/refusal"
)

// Bounds of an order. Lengths of text are in characters (code points).
const (
	IDDigits         = 28
	MaxOrderNo       = 64
	MaxSubject       = 256
	MaxBody          = 400
	MaxURL           = 512
	MaxPayees        = 20
	MaxPayeeNote     = 64
	MaxMetadata      = 20
	MaxMetadataKey   = 40
	MaxMetadataValue = 512
	MaxPayWithin     = 15 * Day // the protocol's longest timeout
	MaxCarrier       = 64       // a carrier's name, a tracking number
	MaxConfirmWithin = 90 * Day
)

// Kind says when the seller gets the money.
type Kind uint8

// The kinds of trade.
const (
	Escrow  Kind = iota + 1 // held until the buyer confirms or the time to do so is over
	Instant                 // at payment
)

var kindNames = names{"", "escrow", "instant"}

func (k Kind) String() string               { return kindNames.of(uint8(k)) }
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads "escrow" or "instant".
func (k *Kind) UnmarshalText(text []byte) (err error) {
	*k, err = parse[Kind](kindNames, text)
	return err
}

// Goods says how long the buyer has to confirm, and whether a carrier is due.
type Goods uint8

// The kinds of goods.
const (
	Physical Goods = iota + 1
	Virtual        // delivered without a carrier: tickets, top-ups, downloads
)

var goodsNames = names{"", "physical", "virtual"}

func (g Goods) String() string               { return goodsNames.of(uint8(g)) }
func (g Goods) MarshalText() ([]byte, error) { return []byte(g.String()), nil }

// UnmarshalText reads "physical" or "virtual".
func (g *Goods) UnmarshalText(text []byte) (err error) {
	*g, err = parse[Goods](goodsNames, text)
	return err
}

// Order is what the seller asks for: the part of a trade that is agreed at its
// beginning. Only Buyer (at payment) and PayBy (at creation) are filled in later.
type Order struct {
	ID        string            `cbor:"1,keyasint,omitempty" json:"id"`              // 28 digits, unique, given by the caller
	OrderNo   string            `cbor:"2,keyasint,omitempty" json:"order_no"`        // the merchant's own; the caller keeps it unique per merchant
	Merchant  uint64            `cbor:"3,keyasint,omitempty" json:"merchant"`        // party of the seller's shop
	Buyer     uint64            `cbor:"4,keyasint,omitempty" json:"buyer,omitempty"` // party; 0 until known; named here, nobody else can pay
	Kind      Kind              `cbor:"5,keyasint,omitempty" json:"kind"`
	Goods     Goods             `cbor:"6,keyasint,omitempty" json:"goods"`
	Subject   string            `cbor:"7,keyasint,omitempty" json:"subject"` // the line that people see
	Body      string            `cbor:"8,keyasint,omitempty" json:"body,omitempty"`
	Amount    money.Amount      `cbor:"9,keyasint,omitempty" json:"amount"` // minor units of Currency
	Currency  money.Currency    `cbor:"10,keyasint,omitempty" json:"currency"`
	FeeRate   money.Rate        `cbor:"11,keyasint,omitempty" json:"fee_rate,omitempty"`   // millionths of the settled sum, the merchant's rate on that day
	Payees    []Payee           `cbor:"12,keyasint,omitempty" json:"payees,omitempty"`     // royalty: who shares in the settlement
	PayBy     Time              `cbor:"13,keyasint,omitempty" json:"pay_by,omitempty"`     // 0 asks for Terms.PayWithin
	ReturnURL string            `cbor:"14,keyasint,omitempty" json:"return_url,omitempty"` // where the cashier sends the browser back to
	NotifyURL string            `cbor:"15,keyasint,omitempty" json:"notify_url,omitempty"` // where this trade's changes are told, beside the merchant's endpoints
	Metadata  map[string]string `cbor:"16,keyasint,omitempty" json:"metadata,omitempty"`   // the caller's own, given back as it came
	HoldFor   Seconds           `cbor:"17,keyasint,omitempty" json:"hold_for,omitempty"`   // of an instant trade: its settlement is held after payment, for so long at most

	ConfirmWithin Seconds `cbor:"18,keyasint,omitempty" json:"confirm_within,omitempty"` // of an escrow trade: the buyer's time to confirm; 0 for the platform's
	Direct        bool    `cbor:"19,keyasint,omitempty" json:"direct,omitempty"`         // of an escrow trade of virtual goods: nothing is sent, and that time begins at payment
}

// Payee gets a part of every settlement, out of the seller's money: either a
// fixed Amount or a Share of the settled sum, never both.
type Payee struct {
	Party  uint64       `cbor:"1,keyasint,omitempty" json:"party"`
	Amount money.Amount `cbor:"2,keyasint,omitempty" json:"amount,omitempty"` // of the whole trade, in minor units; less in proportion when a part was refunded before
	Share  money.Rate   `cbor:"3,keyasint,omitempty" json:"share,omitempty"`  // millionths
	Note   string       `cbor:"4,keyasint,omitempty" json:"note,omitempty"`
}

// New begins a trade at WAIT_BUYER_PAY. It looks at the fields in the order in
// which Order lists them, at the sum of the split last, and blames the first
// that is wrong.
//
// Refusals, each with its field: missing_field, invalid_field,
// same_payer_and_payee, invalid_amount, currency_mismatch,
// split_exceeds_amount.
func New(at Time, order Order, terms Terms) (Trade, error) {
	t := Trade{Order: order}
	if err := t.Open(at, &terms); err != nil {
		return Trade{}, err
	}
	return t, nil
}

// Open is New for a trade that has its order already, and nothing else.
func (t *Trade) Open(at Time, terms *Terms) error {
	t.Terms, t.Status, t.Created = terms.of(t.Kind), WaitBuyerPay, at
	if t.PayBy == 0 {
		t.PayBy = at.Add(terms.PayWithin)
	}
	if t.ConfirmWithin != 0 {
		t.Terms.ConfirmWithin, t.Terms.ConfirmVirtualWithin = t.ConfirmWithin, t.ConfirmWithin
	}
	if err := t.Order.check(at); err != nil {
		return err
	}
	if len(t.Payees) > 0 || t.Metadata != nil {
		*t = t.Clone() // the caller keeps its own slices and map
	}
	return nil
}

func (o *Order) check(at Time) error {
	if len(o.ID) != IDDigits || !digits(o.ID) {
		return refusal.In("id", refusal.InvalidField, "a payment's id is %d digits", IDDigits)
	}
	if err := checkNumber("order_no", o.OrderNo, MaxOrderNo); err != nil {
		return err
	}
	if o.Merchant == 0 {
		return refusal.In("merchant", refusal.MissingField, "a payment needs a seller")
	}
	if o.Buyer == o.Merchant {
		return refusal.In("buyer", refusal.SamePayerAndPayee, "the buyer is the seller")
	}
	if !known(kindNames, o.Kind) {
		return refusal.In("kind", refusal.InvalidField, "the kind is escrow or instant")
	}
	if !known(goodsNames, o.Goods) {
		return refusal.In("goods", refusal.InvalidField, "goods are physical or virtual")
	}
	if strings.TrimSpace(o.Subject) == "" {
		return refusal.In("subject", refusal.MissingField, "a payment needs a subject")
	}
	if err := checkText("subject", o.Subject, MaxSubject); err != nil {
		return err
	}
	if err := checkText("body", o.Body, MaxBody); err != nil {
		return err
	}
	if err := checkAmount("amount", o.Amount); err != nil {
		return err
	}
	if !o.Currency.Known() {
		return refusal.In("currency", refusal.CurrencyMismatch, "no such currency")
	}
	if o.FeeRate < 0 || o.FeeRate > money.RateOne {
		return refusal.In("fee_rate", refusal.InvalidField, "the fee rate lies between 0 and %d millionths", money.RateOne)
	}
	if err := o.checkPayees(); err != nil {
		return err
	}
	if o.PayBy <= at || o.PayBy > at.Add(MaxPayWithin) {
		return refusal.In("pay_by", refusal.InvalidField, "the time to pay ends after now and within %d days", MaxPayWithin/Day)
	}
	if err := checkURL("return_url", o.ReturnURL); err != nil {
		return err
	}
	if err := checkURL("notify_url", o.NotifyURL); err != nil {
		return err
	}
	if err := checkMetadata(o.Metadata); err != nil {
		return err
	}
	if o.HoldFor != 0 && (o.Kind != Instant || o.HoldFor > MaxHoldFor) {
		return refusal.In("hold_for", refusal.InvalidField, "the settlement of an instant payment can be held, for %d days at most", MaxHoldFor/Day)
	}
	if o.ConfirmWithin != 0 && (o.Kind != Escrow || o.ConfirmWithin > MaxConfirmWithin) {
		return refusal.In("confirm_within", refusal.InvalidField, "the buyer of an escrow payment has at most %d days to confirm", MaxConfirmWithin/Day)
	}
	if o.Direct && (o.Kind != Escrow || o.Goods != Virtual) {
		return refusal.In("direct", refusal.InvalidField, "only virtual goods in escrow need no sending")
	}
	return o.checkSplit()
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

func (o *Order) checkPayees() error {
	if len(o.Payees) > MaxPayees {
		return refusal.In("payees", refusal.InvalidField, "a payment is split among at most %d payees", MaxPayees)
	}
	seen := map[uint64]bool{}
	for i, p := range o.Payees {
		field := fmt.Sprintf("payees[%d]", i)
		if p.Party == 0 {
			return refusal.In(field+".party", refusal.MissingField, "a payee needs a party")
		}
		if p.Party == o.Merchant {
			return refusal.In(field+".party", refusal.SamePayerAndPayee, "the payee is the seller, who gets the rest anyway")
		}
		if seen[p.Party] {
			return refusal.In(field+".party", refusal.InvalidField, "the payee is listed twice")
		}
		if (p.Amount == 0) == (p.Share == 0) {
			return refusal.In(field, refusal.InvalidField, "a payee gets either a fixed amount or a share")
		}
		if p.Share < 0 || p.Share > money.RateOne {
			return refusal.In(field+".share", refusal.InvalidField, "a share lies between 1 and %d millionths", money.RateOne)
		}
		if p.Share == 0 {
			if err := checkAmount(field+".amount", p.Amount); err != nil {
				return err
			}
		}
		if err := checkText(field+".note", p.Note, MaxPayeeNote); err != nil {
			return err
		}
		seen[p.Party] = true
	}
	return nil
}

// checkSplit refuses an order whose fee and parts could exceed what is
// settled. It compares exactly, in millionths: where the rates and the fixed
// amounts fit so, they fit any smaller settlement too, since parts are rounded
// down and the fee by at most half a unit up. With at most MaxAmount and
// MaxPayees the sums stay below 2^59.
func (o *Order) checkSplit() error {
	rate, fixed := o.FeeRate, money.Amount(0)
	for _, p := range o.Payees {
		rate += p.Share
		fixed += p.Amount
	}
	if int64(rate)*int64(o.Amount)+int64(fixed)*int64(money.RateOne) > int64(o.Amount)*int64(money.RateOne) {
		return refusal.In("payees", refusal.SplitExceedsAmount, "the fee and the payees' parts exceed the amount")
	}
	return nil
}

func checkAmount(field string, a money.Amount) error {
	if a < 1 || a > money.MaxAmount {
		return refusal.In(field, refusal.InvalidAmount, "an amount lies between 1 and %d minor units", money.MaxAmount)
	}
	return nil
}

// checkNumber is for numbers that machines compare: visible ASCII, no space.
func checkNumber(field, s string, limit int) error {
	if s == "" {
		return refusal.In(field, refusal.MissingField, "a number is needed")
	}
	if len(s) > limit {
		return refusal.In(field, refusal.InvalidField, "at most %d characters", limit)
	}
	for _, b := range []byte(s) {
		if b <= ' ' || b > '~' {
			return refusal.In(field, refusal.InvalidField, "letters, digits and signs of ASCII only, no space")
		}
	}
	return nil
}

// checkText is for words that people read; it may be empty.
func checkText(field, s string, limit int) error {
	if plain(s) && len(s) <= limit { // most are
		return nil
	}
	if !utf8.ValidString(s) {
		return refusal.In(field, refusal.InvalidField, "not UTF-8")
	}
	if utf8.RuneCountInString(s) > limit {
		return refusal.In(field, refusal.InvalidField, "at most %d characters", limit)
	}
	for _, r := range s {
		if unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' {
			return refusal.In(field, refusal.InvalidField, "no control characters")
		}
	}
	return nil
}

// plain says that a text is visible ASCII and spaces.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

func checkURL(field, s string) error {
	if s == "" {
		return nil
	}
	if len(s) > MaxURL {
		return refusal.In(field, refusal.InvalidField, "at most %d bytes", MaxURL)
	}
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return refusal.In(field, refusal.InvalidField, "an absolute http or https address")
	}
	return nil
}

func checkMetadata(m map[string]string) error {
	if len(m) > MaxMetadata {
		return refusal.In("metadata", refusal.InvalidField, "at most %d members", MaxMetadata)
	}
	for key, value := range m {
		if key == "" || checkText("", key, MaxMetadataKey) != nil || checkText("", value, MaxMetadataValue) != nil {
			return refusal.In("metadata", refusal.InvalidField, "keys have 1 to %d characters, values at most %d", MaxMetadataKey, MaxMetadataValue)
		}
	}
	return nil
}

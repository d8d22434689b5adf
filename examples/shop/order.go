package shop

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// Order is what one shopper buys from one seller, paid by one payment. A cart
// with goods of three sellers becomes three orders of the same Checkout.
type Order struct {
	No         string     `json:"no"`
	Shopper    string     `json:"shopper"`
	Checkout   string     `json:"checkout"`
	PlacedAt   time.Time  `json:"placed_at"`
	Shelf      string     `json:"shelf"`
	MerchantID string     `json:"merchant_id"`
	Lines      []Line     `json:"lines"`
	Total      int64      `json:"total"`
	Currency   string     `json:"currency"`
	Virtual    bool       `json:"virtual"`
	Address    *Address   `json:"address,omitempty"`
	Request    NewPayment `json:"request"` // what Tongbao is asked for: kept, so that a repeat is the same to the letter

	Payment *Payment  `json:"payment,omitempty"` // as Tongbao last told us; nil: not started, as far as we know
	AskedAt time.Time `json:"asked_at,omitzero"`
	Trouble string    `json:"trouble,omitempty"` // the code for why the payment has not started
	Codes   []string  `json:"codes,omitempty"`   // the virtual goods themselves
}

// Line is a number of one good, at the price of the day.
type Line struct {
	SKU      string `json:"sku"`
	Name     Text   `json:"name"`
	Price    int64  `json:"price"`
	Quantity int64  `json:"quantity"`
}

// Address is where parcels go.
type Address struct {
	Name   string `json:"name"`
	Phone  string `json:"phone"`
	Region string `json:"region"`
	Street string `json:"street"`
}

// State is the order in the market's own words; the wallet and the merchant's
// portal show the same trade in theirs.
type State string

const (
	NotStarted State = "not_started" // Tongbao has not answered yet; nothing was charged
	ToPay      State = "to_pay"
	ToShip     State = "to_ship"    // paid, held by Tongbao
	ToReceive  State = "to_receive" // shipped, held by Tongbao until receipt is confirmed
	Disputed   State = "disputed"
	Received   State = "received" // the seller has the money; a refund is still possible
	Finished   State = "finished"
	Refunded   State = "refunded"
	Closed     State = "closed" // never paid
)

// State reads the payment. The money's truth is Tongbao's; this only names it.
func (o *Order) State() State {
	p := o.Payment
	if p == nil {
		return NotStarted
	}
	if p.Dispute != nil && !p.Dispute.ended() {
		return Disputed
	}
	switch p.Status {
	case "WAIT_BUYER_PAY":
		return ToPay
	case "WAIT_SELLER_SEND_GOODS":
		return ToShip
	case "WAIT_BUYER_CONFIRM_GOODS":
		return ToReceive
	}
	if p.Status != "TRADE_CLOSED" && p.Refunded < p.Amount {
		if p.Status == "TRADE_SUCCESS" || p.RefundBy != nil && p.RefundBy.After(o.AskedAt) {
			return Received
		}
		return Finished
	}
	if p.PaidAt != nil {
		return Refunded
	}
	return Closed
}

// over says that nothing can change any more.
func (o *Order) over() bool {
	state := o.State()
	return state == Finished || state == Refunded || state == Closed
}

// keepsGoods says whether the order's goods are off the shelf. An order whose
// payment never started gives them back after half an hour.
func (o *Order) keepsGoods(now time.Time) bool {
	switch o.State() {
	case Closed, Refunded:
		return false
	case NotStarted:
		return now.Sub(o.PlacedAt) < 30*time.Minute
	}
	return true
}

func (o *Order) pieces() (n int64) {
	for _, l := range o.Lines {
		n += l.Quantity
	}
	return n
}

// payKey is the Idempotency-Key of the order's one payment. It hangs on the
// order alone: however often checkout is tried, Tongbao makes one payment.
func (o *Order) payKey() string     { return "pay-" + o.No }
func (o *Order) closeKey() string   { return "close-" + o.No }
func (o *Order) deliverKey() string { return "deliver-" + o.No }

// newOrderNo answers a number that no seller has used: the day, and 40 random bits.
func newOrderNo(now time.Time) string {
	return "S" + now.Format("20060102") + random(5)
}

// random answers n random bytes in Crockford's letters, which are hard to misread.
func random(n int) string {
	b := make([]byte, n)
	rand.Read(b)
	return letters.EncodeToString(b)
}

var letters = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// newCode answers a licence code such as K7QD-2MXA-VP4T.
func newCode() string {
	s := random(8)[:12]
	return s[:4] + "-" + s[4:8] + "-" + s[8:]
}

func digest(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\n")))
	return hex.EncodeToString(sum[:8])
}

// subject is the payment's one line: "Osmanthus Oolong ×2 and 1 more".
func subject(lines []Line, lang string) string {
	first := lines[0].Name.in(lang)
	if n := lines[0].Quantity; n > 1 {
		first += " ×" + strconv.FormatInt(n, 10)
	}
	rest := len(lines) - 1
	switch {
	case rest == 0:
		return first
	case lang == "zh":
		return first + " 等 " + strconv.Itoa(len(lines)) + " 种"
	}
	return first + " and " + strconv.Itoa(rest) + " more"
}

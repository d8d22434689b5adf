package shop

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// checkout is what the browser sends. ID is made by the browser, once for each
// cart: sending the same cart again finds the orders made the first time.
type checkout struct {
	ID            string   `json:"checkout_id"`
	Lines         []choice `json:"lines"`
	Address       *Address `json:"address"`
	ExpectedTotal int64    `json:"expected_total"` // what the shopper saw
	Lang          string   `json:"lang"`
}

type choice struct {
	SKU      string `json:"sku"`
	Quantity int64  `json:"quantity"`
}

// problem is a checkout that can't be: what is wrong, and where.
type problem struct {
	status              int
	code, field, detail string
}

func (p *problem) Error() string { return p.code }

// handleCheckout turns a cart into one order for each seller, then asks Tongbao
// for one payment for each order.
func (s *Shop) handleCheckout(w http.ResponseWriter, r *http.Request) {
	var c checkout
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(&c); err != nil {
		refuse(w, http.StatusBadRequest, "invalid_request", "", "The body is not the JSON of a checkout.")
		return
	}
	shopper := s.shopper(w, r)
	orders, err := s.place(shopper, c)
	if p, ok := err.(*problem); ok {
		refuse(w, p.status, p.code, p.field, p.detail)
		return
	}
	if err != nil {
		s.log.Error("orders not written; nothing was charged", "err", err)
		refuse(w, http.StatusInternalServerError, "not_written", "", "The order could not be written down. Nothing was charged.")
		return
	}

	// The orders are durable. A payment that does not start now starts when the
	// shopper tries again; a browser that goes away does not stop it half way.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), 15*time.Second)
	defer cancel()
	for _, o := range orders {
		if _, err := s.start(ctx, o.No); err != nil {
			s.log.Error("payment's answer not written; asking again will find it", "order", o.No, "err", err)
		}
	}
	orders = s.book.ordersIn(shopper, c.ID)
	views := make([]orderView, len(orders))
	for i, o := range orders {
		views[i] = s.view(o)
	}
	next := nextToPay(orders)
	answer(w, http.StatusOK, map[string]any{"orders": views, "pay_url": next})
}

// nextToPay answers the cashier's address for the first order that can be paid.
func nextToPay(orders []Order) string {
	for _, o := range orders {
		if o.State() == ToPay {
			return o.Payment.CashierURL
		}
	}
	return ""
}

// place writes the orders of a checkout down, or finds those it made before.
func (s *Shop) place(shopper string, c checkout) ([]Order, error) {
	if !checkoutShape.MatchString(c.ID) {
		return nil, &problem{422, "invalid_field", "checkout_id", "A checkout id is 8 to 64 letters, digits or dashes."}
	}
	unlock := s.acting.lock("checkout " + shopper + " " + c.ID)
	defer unlock()
	lines, total, err := s.price(c.Lines)
	if err != nil {
		return nil, err
	}
	if before := s.book.ordersIn(shopper, c.ID); len(before) > 0 {
		if !sameLines(before, lines) {
			return nil, &problem{409, "checkout_reused", "checkout_id", "This checkout was used for another cart."}
		}
		return before, nil
	}
	if c.ExpectedTotal != total {
		return nil, &problem{409, "price_changed", "expected_total", "The price is not what the shopper saw; show it again."}
	}
	parcel := slices.ContainsFunc(lines, func(l Line) bool { return !s.goods.bySKU[l.SKU].Virtual })
	if parcel {
		if err := c.Address.check(); err != nil {
			return nil, err
		}
	}
	lang := "en"
	if c.Lang == "zh" {
		lang = "zh"
	}

	orders := s.split(shopper, c, lines, lang)
	return orders, s.book.place(orders, func(taken map[string]int64) error {
		for _, l := range lines {
			if s.goods.bySKU[l.SKU].Stock-taken[l.SKU] < l.Quantity {
				return &problem{409, "out_of_stock", l.SKU, "There are not that many left."}
			}
		}
		return nil
	})
}

var checkoutShape = regexp.MustCompile(`^[0-9A-Za-z-]{8,64}$`)

// price puts today's prices to the choices, one line for each good.
func (s *Shop) price(choices []choice) ([]Line, int64, error) {
	if len(choices) == 0 || len(choices) > 50 {
		return nil, 0, &problem{422, "invalid_field", "lines", "A cart has 1 to 50 lines."}
	}
	var lines []Line
	var total int64
	for _, c := range choices {
		good, found := s.goods.bySKU[c.SKU]
		if !found {
			return nil, 0, &problem{422, "unknown_good", "lines", fmt.Sprintf("%.40q is not sold here.", c.SKU)}
		}
		if c.Quantity < 1 || c.Quantity > 99 {
			return nil, 0, &problem{422, "invalid_field", "lines", "A quantity is 1 to 99."}
		}
		if slices.ContainsFunc(lines, func(l Line) bool { return l.SKU == c.SKU }) {
			return nil, 0, &problem{422, "invalid_field", "lines", "A good stands in the cart twice."}
		}
		lines = append(lines, Line{good.SKU, good.Name, good.Price, c.Quantity})
		total += good.Price * c.Quantity
	}
	return lines, total, nil
}

// split makes an order for each seller, virtual goods apart: they are handed
// over at once, and an escrow payment is confirmed as a whole.
func (s *Shop) split(shopper string, c checkout, lines []Line, lang string) []Order {
	now := s.now().UTC()
	var orders []Order
	for _, l := range lines {
		good := s.goods.bySKU[l.SKU]
		at := slices.IndexFunc(orders, func(o Order) bool { return o.Shelf == good.Shelf && o.Virtual == good.Virtual })
		if at < 0 {
			at = len(orders)
			o := Order{
				No: newOrderNo(now), Shopper: shopper, Checkout: c.ID, PlacedAt: now,
				Shelf: good.Shelf, MerchantID: s.goods.seller(good.Shelf).MerchantID,
				Currency: currency, Virtual: good.Virtual,
			}
			if !good.Virtual {
				o.Address = c.Address
			}
			orders = append(orders, o)
		}
		orders[at].Lines = append(orders[at].Lines, l)
		orders[at].Total += l.Price * l.Quantity
	}
	for i := range orders {
		o := &orders[i]
		goods := "physical"
		if o.Virtual {
			goods = "virtual"
		}
		var body []string
		for _, l := range o.Lines {
			body = append(body, fmt.Sprintf("%s ×%d", l.Name.in(lang), l.Quantity))
		}
		o.Request = NewPayment{
			OrderNo: o.No, Amount: o.Total, Currency: o.Currency,
			Subject: shortened(subject(o.Lines, lang), 100), Body: shortened(strings.Join(body, "; "), 130),
			Kind: "escrow", Goods: goods, ExpiresIn: 30 * 60,
			ReturnURL: s.cfg.PublicURL + "/orders/" + o.No,
			Metadata:  map[string]string{"checkout_id": c.ID},
		}
	}
	return orders
}

func shortened(text string, runes int) string {
	if utf8.RuneCountInString(text) <= runes {
		return text
	}
	return string([]rune(text)[:runes-1]) + "…"
}

func sameLines(orders []Order, lines []Line) bool {
	var before []choice
	for _, o := range orders {
		for _, l := range o.Lines {
			before = append(before, choice{l.SKU, l.Quantity})
		}
	}
	var now []choice
	for _, l := range lines {
		now = append(now, choice{l.SKU, l.Quantity})
	}
	bySKU := func(a, b choice) int { return cmp.Compare(a.SKU, b.SKU) }
	slices.SortFunc(before, bySKU)
	slices.SortFunc(now, bySKU)
	return slices.Equal(before, now)
}

var phoneShape = regexp.MustCompile(`^\+?[0-9][0-9 -]{5,19}$`)

// check refuses an address that no parcel would find. A nil address misses everything.
func (a *Address) check() error {
	if a == nil {
		return &problem{422, "missing_field", "address", "Goods that are sent need an address."}
	}
	for _, f := range []struct {
		name string
		text *string
		max  int
	}{{"name", &a.Name, 40}, {"phone", &a.Phone, 20}, {"region", &a.Region, 60}, {"street", &a.Street, 120}} {
		*f.text = strings.TrimSpace(*f.text)
		if *f.text == "" {
			return &problem{422, "missing_field", "address." + f.name, "A part of the address is missing."}
		}
		if utf8.RuneCountInString(*f.text) > f.max {
			return &problem{422, "invalid_field", "address." + f.name, fmt.Sprintf("At most %d characters.", f.max)}
		}
	}
	if !phoneShape.MatchString(a.Phone) {
		return &problem{422, "invalid_field", "address.phone", "A phone number is 6 to 20 digits."}
	}
	return nil
}

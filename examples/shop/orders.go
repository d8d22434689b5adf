package shop

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// orderView is an order as its shopper's browser sees it.
type orderView struct {
	No        string     `json:"no"`
	State     State      `json:"state"`
	PlacedAt  time.Time  `json:"placed_at"`
	Shelf     string     `json:"shelf"`
	Seller    Text       `json:"seller"`
	Lines     []Line     `json:"lines"`
	Total     int64      `json:"total"`
	Currency  string     `json:"currency"`
	Virtual   bool       `json:"virtual"`
	Address   *Address   `json:"address"`
	Payment   *Payment   `json:"payment"`
	AskedAt   *time.Time `json:"asked_at"`
	Trouble   string     `json:"trouble"`
	Codes     []string   `json:"codes"`
	PayURL    string     `json:"pay_url"`    // the cashier, while it can be paid
	WalletURL string     `json:"wallet_url"` // the order in the wallet: confirm, refund, dispute
	Rest      []otherPay `json:"rest"`       // orders of the same checkout that are still to pay
	Now       time.Time  `json:"now"`
	Fresh     bool       `json:"fresh"` // Tongbao was asked just now and answered
}

type otherPay struct {
	No       string `json:"no"`
	Seller   Text   `json:"seller"`
	Total    int64  `json:"total"`
	Currency string `json:"currency"`
	State    State  `json:"state"`
	PayURL   string `json:"pay_url"`
}

func (s *Shop) view(o Order) orderView {
	v := orderView{
		No: o.No, State: o.State(), PlacedAt: o.PlacedAt, Shelf: o.Shelf, Seller: s.goods.name(o.Shelf),
		Lines: o.Lines, Total: o.Total, Currency: o.Currency, Virtual: o.Virtual, Address: o.Address,
		Payment: o.Payment, Trouble: o.Trouble, Codes: []string{}, Rest: []otherPay{}, Now: s.tongbao.clock(s.now()), Fresh: true,
	}
	if o.Payment != nil {
		if at := o.Payment.CreatedAt; at != nil {
			v.PlacedAt = *at // by the clock that paid_at and the rest go by
		}
		v.AskedAt = &o.AskedAt
		v.WalletURL = s.cfg.WalletURL + "orders/" + o.Payment.ID
	}
	if v.State == ToPay {
		v.PayURL = o.Payment.CashierURL
	}
	switch v.State {
	case ToReceive, Received, Finished:
		v.Codes = append(v.Codes, o.Codes...) // handed over once Tongbao knows of it
	}
	for _, other := range s.book.ordersIn(o.Shopper, o.Checkout) {
		if state := other.State(); other.No != o.No && (state == ToPay || state == NotStarted) {
			p := otherPay{No: other.No, Seller: s.goods.name(other.Shelf), Total: other.Total, Currency: other.Currency, State: state}
			if state == ToPay {
				p.PayURL = other.Payment.CashierURL
			}
			v.Rest = append(v.Rest, p)
		}
	}
	return v
}

func (s *Shop) handleMarket(w http.ResponseWriter, r *http.Request) {
	s.shopper(w, r)
	answer(w, http.StatusOK, map[string]any{
		"currency": currency,
		"sellers":  s.goods.left(s.book.stockTaken()),
	})
}

func (s *Shop) handleOrders(w http.ResponseWriter, r *http.Request) {
	views := []orderView{}
	for _, o := range s.book.ordersOf(s.shopper(w, r)) {
		views = append(views, s.view(o))
	}
	answer(w, http.StatusOK, map[string]any{"data": views})
}

// handleOrder shows an order. A browser that comes back from the cashier lands
// here; what it says counts for nothing, so Tongbao is asked.
func (s *Shop) handleOrder(w http.ResponseWriter, r *http.Request) {
	o, ok := s.ownOrder(w, r)
	if !ok {
		return
	}
	fresh := true
	if !o.over() && o.Payment != nil {
		ctx, cancel := context.WithTimeout(r.Context(), asking)
		defer cancel()
		asked, err := s.refresh(ctx, o.No, "")
		if err != nil {
			s.log.Warn("order shown as last known", "order", o.No, "err", err)
			fresh = false
		} else {
			o = asked
		}
	}
	v := s.view(o)
	v.Fresh = fresh
	answer(w, http.StatusOK, v)
}

// handlePay starts a payment that did not start at checkout.
func (s *Shop) handlePay(w http.ResponseWriter, r *http.Request) {
	o, ok := s.ownOrder(w, r)
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), 15*time.Second)
	defer cancel()
	o, err := s.start(ctx, o.No)
	if err != nil {
		refuse(w, http.StatusInternalServerError, "not_written", "", "The answer could not be written down; try again. Nothing was charged.")
		return
	}
	answer(w, http.StatusOK, s.view(o))
}

func (s *Shop) handleCancel(w http.ResponseWriter, r *http.Request) {
	o, ok := s.ownOrder(w, r)
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), 15*time.Second)
	defer cancel()
	o, err := s.cancel(ctx, o.No)
	if r := (*Refusal)(nil); errors.As(err, &r) {
		refuse(w, http.StatusConflict, r.Code, "", r.Detail)
		return
	}
	if err != nil {
		s.log.Warn("order not cancelled", "order", o.No, "err", err)
		refuse(w, http.StatusServiceUnavailable, "no_answer", "", "Tongbao does not answer, so the order is not cancelled yet. Try again.")
		return
	}
	answer(w, http.StatusOK, s.view(o))
}

// ownOrder finds the order in the address. Another shopper's order is not there.
func (s *Shop) ownOrder(w http.ResponseWriter, r *http.Request) (Order, bool) {
	o, found := s.book.order(r.PathValue("no"))
	if !found || o.Shopper != s.shopper(w, r) {
		refuse(w, http.StatusNotFound, "not_found", "", "There is no such order of yours.")
		return Order{}, false
	}
	return o, true
}

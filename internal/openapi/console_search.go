package openapi

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"tongbao/internal/bank"
	"tongbao/internal/identity"
	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
	"tongbao/internal/trade"
)

// Found is what a search found, by what it is.
type Found struct {
	People    []Hit `json:"people"`
	Merchants []Hit `json:"merchants"`
	Payments  []Hit `json:"payments"`
	Accounts  []Hit `json:"accounts"`
	Entries   []Hit `json:"entries" doc:"Lines of an account's history: account#number."`
	Commands  []Hit `json:"commands"`
	Others    []Hit `json:"others" doc:"Disputes, refunds, transfers, top-ups, withdrawals, holds and events."`
}

// Hit is one thing that a search found.
type Hit struct {
	Kind   string `json:"kind" enum:"person,merchant,payment,account,entry,command,dispute,refund,transfer,top_up,withdrawal,hold,event"`
	ID     string `json:"id"`
	Title  string `json:"title" doc:"For a person to tell it by."`
	Detail string `json:"detail"`
	At     *Time  `json:"at"`
	// Payment is what the thing belongs to.
	PaymentID *string `json:"payment_id"`
	// Position is the journal's, for entries and commands.
	Position *uint64 `json:"position"`
}

const (
	mostHits          = 20
	mostMerchantsRead = 1000 // whose order numbers are looked at
)

func (s *Server) search(ctx context.Context, in *struct {
	Q string `query:"q" required:"true" minLength:"1" maxLength:"512" example:"138 1234 5678"`
}) (*answer[Found], error) {
	if _, err := s.operator(ctx, party.View); err != nil {
		return nil, err
	}
	f := &finder{s: s, ctx: ctx, from: s.opt.Engine.Store(), look: s.look(ctx), q: strings.TrimSpace(in.Q),
		found: Found{People: []Hit{}, Merchants: []Hit{}, Payments: []Hit{}, Accounts: []Hit{}, Entries: []Hit{}, Commands: []Hit{}, Others: []Hit{}}}
	if f.q == "" {
		return nil, refusal.In("q", refusal.MissingField, "there is nothing to look for")
	}
	for _, look := range []func(){f.partyID, f.phone, f.names, f.payment, f.orderNo, f.account, f.command, f.others} {
		look()
	}
	if f.err == nil {
		f.err = f.look.err
	}
	return render(f.found, f.err)
}

// finder tries one reading of the text after the other. All that fit are
// answers; the first fault stays.
type finder struct {
	s     *Server
	ctx   context.Context
	from  store.Reader
	look  *look
	q     string
	found Found
	err   error
}

func (f *finder) partyID() {
	id, err := party.ParseID(f.q)
	if err != nil {
		return
	}
	if party.IsMerchant(id) {
		if m := f.look.merchant(id); m.ID != 0 {
			f.merchant(m)
		}
		return
	}
	if p := f.look.person(id); p.ID != 0 {
		f.person(p)
	}
}

func (f *finder) phone() {
	p, err := f.s.opt.Identity.PersonByPhone(f.ctx, f.q)
	switch {
	case err == nil:
		f.person(p)
	case refusal.Of(err) == nil:
		f.keep(err)
	}
}

func (f *finder) names() {
	people, err := f.s.opt.Identity.PeopleNamed(f.ctx, f.q, mostHits)
	f.keep(err)
	for _, p := range people {
		f.person(p)
	}
	merchants, err := f.s.opt.Identity.MerchantsNamed(f.ctx, f.q, mostHits)
	f.keep(err)
	for _, m := range merchants {
		f.merchant(m)
	}
}

func (f *finder) payment() {
	if len(f.q) != trade.IDDigits {
		return
	}
	if t, ok, err := pay.Trades.Read(f.ctx, f.from, f.q); ok {
		f.trade(&t)
	} else {
		f.keep(err)
	}
}

// orderNo looks for the text among every merchant's order numbers: they are
// kept by merchant, and an operator seldom knows which.
func (f *finder) orderNo() {
	if len(f.q) > trade.MaxOrderNo {
		return
	}
	merchants, err := f.s.opt.Identity.ListMerchants(f.ctx, mostMerchantsRead)
	f.keep(err)
	for _, m := range merchants {
		number, ok, err := pay.OrderNos.Read(f.ctx, f.from, pay.OrderNoID(m.ID, f.q))
		f.keep(err)
		if !ok || len(f.found.Payments) == mostHits {
			continue
		}
		t, ok, err := pay.Trades.Read(f.ctx, f.from, number.Trade)
		f.keep(err)
		if ok {
			f.trade(&t)
		}
	}
}

// account reads kind:owner:currency, and kind:owner:currency#number for a line
// of its history.
func (f *finder) account() {
	name, number, line := strings.Cut(f.q, "#")
	id, err := ledger.ParseAccountID(name)
	if err != nil {
		return
	}
	a, err := f.from.Account(f.ctx, id)
	f.keep(err)
	f.found.Accounts = append(f.found.Accounts, Hit{Kind: "account", ID: id.String(), Title: f.owner(id.Owner), Detail: amountText(a.Balance, id.Currency)})
	n, err := strconv.ParseUint(number, 10, 63)
	if !line || err != nil {
		return
	}
	lines, err := f.from.History(f.ctx, id, n+1, 1)
	f.keep(err)
	if len(lines) == 1 && lines[0].Leg.Number == n {
		m := lines[0]
		f.found.Entries = append(f.found.Entries, Hit{Kind: "entry", ID: fmt.Sprintf("%s#%d", id, n), Title: string(m.Leg.Why), Detail: amountText(m.Leg.Change(), id.Currency),
			At: at(m.At / 1000), Position: &m.Position})
	}
}

func (f *finder) command() {
	e, ok, err := f.s.entry(f.ctx, f.q)
	f.keep(err)
	if !ok {
		return
	}
	f.found.Commands = append(f.found.Commands, Hit{Kind: "command", ID: e.Command, Title: e.Name, Detail: e.Actor, At: at(e.At / 1000), Position: &e.Position})
	for _, leg := range e.Legs {
		if len(f.found.Entries) < mostHits {
			f.found.Entries = append(f.found.Entries, Hit{Kind: "entry", ID: fmt.Sprintf("%s#%d", leg.Account, leg.Number), Title: string(leg.Why),
				Detail: amountText(leg.Change(), leg.Account.Currency), At: at(e.At / 1000), Position: &e.Position})
		}
	}
}

// others reads ids by what they begin with.
func (f *finder) others() {
	kind, _, _ := strings.Cut(f.q, "_")
	switch kind {
	case "dp":
		f.dispute()
	case "rf":
		f.refund()
	case "tr":
		if t, ok, err := pay.Transfers.Read(f.ctx, f.from, f.q); ok {
			f.other(Hit{Kind: "transfer", ID: t.ID, Title: f.owner(t.From) + " → " + f.owner(t.To), Detail: amountText(t.Amount, t.Currency), At: at(t.At)})
		} else {
			f.keep(err)
		}
	case "tu", "wd":
		f.bankOrder()
	case "hold":
		if h, ok, err := pay.Holds.Read(f.ctx, f.from, f.q); ok {
			f.other(Hit{Kind: "hold", ID: h.ID, Title: h.Account.String(), Detail: string(h.Status) + " " + amountText(h.Amount, h.Account.Currency)})
		} else {
			f.keep(err)
		}
	case "evt":
		if e, ok, err := pay.ReadEvent(f.ctx, f.from, f.q); ok {
			hit := Hit{Kind: "event", ID: e.ID, Title: e.Type, Detail: e.Object, At: at(e.At)}
			if e.Kind == pay.Trades.Name {
				hit.PaymentID = &e.Object
			}
			f.other(hit)
		} else {
			f.keep(err)
		}
	}
}

func (f *finder) dispute() {
	payment, no, ok := parseNumbered("dp_", f.q)
	if !ok {
		return
	}
	t, ok, err := pay.Trades.Read(f.ctx, f.from, payment)
	f.keep(err)
	for _, d := range disputesOf(&t) {
		if ok && d.No == no {
			f.other(Hit{Kind: "dispute", ID: f.q, Title: t.Subject, Detail: d.Status.String(), At: at(int64(d.Opened)), PaymentID: &t.ID})
		}
	}
}

func (f *finder) refund() {
	payment, no, ok := parseNumbered("rf_", f.q)
	if !ok {
		return
	}
	t, ok, err := pay.Trades.Read(f.ctx, f.from, payment)
	f.keep(err)
	if ok && no <= len(t.Refunds) {
		r := t.Refunds[no-1]
		f.other(Hit{Kind: "refund", ID: f.q, Title: t.Subject, Detail: amountText(r.Amount, t.Currency), At: at(int64(r.At)), PaymentID: &t.ID})
	}
}

func (f *finder) bankOrder() {
	o, ok, err := pay.BankOrders.Read(f.ctx, f.from, f.q)
	f.keep(err)
	if !ok {
		return
	}
	kind := "top_up"
	if o.Direction == bank.Out {
		kind = "withdrawal"
	}
	f.other(Hit{Kind: kind, ID: o.ID, Title: f.owner(o.Owner), Detail: string(o.Status) + " " + amountText(o.Amount, o.Currency), At: at(o.Created)})
}

func (f *finder) person(p party.Person) {
	hit := Hit{Kind: "person", ID: idText(p.ID), Title: p.Nickname, Detail: p.PhoneMasked(), At: at(p.Created)}
	if p.Name != "" {
		hit.Title = party.MaskGivenName(p.Name) + " · " + p.Nickname
	}
	f.found.People = once(f.found.People, hit)
}

func (f *finder) merchant(m party.Merchant) {
	f.found.Merchants = once(f.found.Merchants, Hit{Kind: "merchant", ID: idText(m.ID), Title: m.Name, Detail: string(m.Status), At: at(m.Created)})
}

func (f *finder) trade(t *trade.Trade) {
	f.found.Payments = once(f.found.Payments, Hit{Kind: "payment", ID: t.ID, Title: t.Subject,
		Detail: t.Status.String() + " " + amountText(t.Amount, t.Currency), At: at(int64(t.Created)), PaymentID: &t.ID})
}

func (f *finder) other(hit Hit) { f.found.Others = once(f.found.Others, hit) }

func (f *finder) keep(err error) {
	if f.err == nil {
		f.err = err
	}
}

// owner is what an account's owner is called.
func (f *finder) owner(id uint64) string {
	if !party.ValidID(id) {
		return idText(id)
	}
	ref := f.look.partyRef(id)
	if ref.Kind == string(identity.User) && ref.NameMasked != nil {
		return *ref.NameMasked
	}
	return ref.Nickname
}

// once keeps what two readings found from being there twice.
func once(hits []Hit, hit Hit) []Hit {
	for _, known := range hits {
		if known.ID == hit.ID {
			return hits
		}
	}
	return append(hits, hit)
}

func at(ms int64) *Time {
	t := Time(ms)
	return &t
}

func amountText(a money.Amount, c money.Currency) string {
	return money.Format(a, c) + " " + c.String()
}

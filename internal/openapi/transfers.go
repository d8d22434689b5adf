package openapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"tongbao/internal/engine"
	"tongbao/internal/identity"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/refusal"
)

func (s *Server) registerTransfers(api huma.API) {
	const tag = "Transfers"
	add(api, op{ID: "create-transfer", Method: http.MethodPost, Path: "/v1/transfers", Tag: tag, Who: user | merchant, Status: http.StatusCreated, Summary: "Send money to a person",
		Doc: "At once and for good. Show the payee's masked name first (GET /v1/payees); name_check makes sure that payer and platform mean the same person.",
		Codes: []refusal.Code{refusal.PhoneInvalid, refusal.PayeeNotFound, refusal.PayeeNameMismatch, refusal.SamePayerAndPayee, refusal.InvalidAmount, refusal.CurrencyMismatch,
			refusal.PaymentPasswordMissing, refusal.PaymentPasswordWrong, refusal.PaymentPasswordLocked, refusal.PaymentPasswordUnset, refusal.InsufficientBalance,
			refusal.TierLimitExceeded, refusal.VelocityExceeded, refusal.RiskRefused}}, s.createTransfer)
	add(api, op{ID: "list-transfers", Path: "/v1/transfers", Tag: tag, Who: user | merchant, Summary: "List transfers", Doc: "Sent and received.",
		Codes: []refusal.Code{refusal.InvalidCursor}}, s.listTransfers)
	add(api, op{ID: "get-transfer", Path: "/v1/transfers/{id}", Tag: tag, Who: user | merchant | operator, Summary: "Look at a transfer", Codes: []refusal.Code{refusal.NotFound}}, s.getTransfer)
	add(api, op{ID: "find-payee", Path: "/v1/payees", Tag: tag, Who: user | merchant, Summary: "Whose phone number it is",
		Doc: "Shows the name masked, so that the payer can see whether it is the right person. Asking is limited.", Codes: []refusal.Code{refusal.PhoneInvalid, refusal.PayeeNotFound, refusal.MissingField}}, s.findPayee)
	add(api, op{ID: "list-recent-payees", Path: "/v1/payees/recent", Tag: tag, Who: user | merchant, Summary: "To whom money was sent lately"}, s.recentPayees)
}

// Transfer is money sent to a person.
type Transfer struct {
	ID       string   `json:"id" example:"tr_0a1b2c3d4e5f60718293a4b5"`
	Amount   int64    `json:"amount" example:"8800"`
	Currency string   `json:"currency" example:"CNY"`
	Note     string   `json:"note" example:"Dinner"`
	From     PartyRef `json:"from"`
	To       PartyRef `json:"to"`
	At       Time     `json:"at"`
}

func (l *look) transfer(t *pay.Transfer) Transfer {
	return Transfer{ID: t.ID, Amount: int64(t.Amount), Currency: t.Currency.String(), Note: t.Note, From: l.partyRef(t.From), To: l.partyRef(t.To), At: Time(t.At)}
}

// NewTransfer is what is sent to whom.
type NewTransfer struct {
	To              PersonBy     `json:"to"`
	Amount          int64        `json:"amount" minimum:"1" maximum:"10000000000" example:"8800"`
	Currency        string       `json:"currency" maxLength:"3" example:"CNY"`
	Note            string       `json:"note,omitempty" maxLength:"200" example:"Dinner"`
	NameCheck       string       `json:"name_check,omitempty" maxLength:"30" example:"王" doc:"The payee's surname, last character, or whole name."`
	PaymentPassword party.Secret `json:"payment_password,omitempty" maxLength:"64" example:"258036" doc:"A person gives it; a merchant has none."`
}

// PersonBy names a person by one of the two.
type PersonBy struct {
	Phone  string `json:"phone,omitempty" maxLength:"32" example:"13812345678"`
	UserID string `json:"user_id,omitempty" maxLength:"16" example:"2088000000000020"`
}

// personBy finds the person. Asking by phone number is limited, since each
// answer says that the number has an account.
func (s *Server) personBy(ctx context.Context, field string, by PersonBy) (party.Person, error) {
	switch {
	case (by.Phone == "") == (by.UserID == ""):
		return party.Person{}, refusal.In(field, refusal.MissingField, "a person is named by phone or by user_id")
	case by.Phone != "":
		if err := s.limits.take("payee "+scopeOf(s.caller(ctx)), s.payeesOf(ctx)); err != nil {
			return party.Person{}, err
		}
		p, err := s.opt.Identity.PersonByPhone(ctx, by.Phone)
		return p, blame(err, "phone", field+".phone")
	}
	id, err := s.someone(ctx, field+".user_id", by.UserID, identity.User)
	if err != nil {
		return party.Person{}, err
	}
	return s.opt.Identity.Person(ctx, id)
}

// payeesOf is how often the caller may ask whose number it is: a merchant that
// pays out wages asks more often than a person.
func (s *Server) payeesOf(ctx context.Context) quota {
	if s.caller(ctx).Kind == identity.Merchant {
		return quota{perSecond: 10, burst: 200}
	}
	return payeeQuota
}

func (s *Server) createTransfer(ctx context.Context, in *struct{ Body NewTransfer }) (*answer[Transfer], error) {
	who, err := s.party(ctx, party.Transfer)
	if err != nil {
		return nil, err
	}
	currency, err := currencyIn("currency", in.Body.Currency)
	if err != nil {
		return nil, err
	}
	to, err := s.personBy(ctx, "to", in.Body.To)
	if err != nil {
		return nil, err
	}
	if in.Body.NameCheck != "" && !party.NameMatches(to.Name, in.Body.NameCheck) {
		return nil, refusal.In("name_check", refusal.PayeeNameMismatch, "the payee is called otherwise; nothing was sent")
	}
	t, err := s.opt.Desk.Transfer(ctx, s.by(ctx), s.command(ctx), who.ID, to.ID, money.Amount(in.Body.Amount), currency, in.Body.Note, in.Body.PaymentPassword)
	if err != nil {
		return nil, err
	}
	l := s.look(ctx)
	view := l.transfer(&t)
	return render(view, l.err)
}

type transfersAsked struct {
	Paging
	Stretch
	Direction string `query:"direction" enum:"sent,received"`
}

func (s *Server) listTransfers(ctx context.Context, in *transfersAsked) (*answer[Page[Transfer]], error) {
	who, err := s.party(ctx, party.View)
	if err != nil {
		return nil, err
	}
	l := s.look(ctx)
	return list(ctx, s, pay.Transfers, in.within(under(pay.TransfersOf, idText(who.ID)), idText(who.ID)), in.Paging, in.Direction,
		func(item engine.Item[pay.Transfer]) bool {
			return in.Direction == "" || (in.Direction == "sent") == (item.Value.From == who.ID)
		},
		func(item engine.Item[pay.Transfer]) (Transfer, error) { return l.transfer(&item.Value), l.err })
}

func (s *Server) getTransfer(ctx context.Context, in *ByID) (*answer[Transfer], error) {
	t, ok, err := pay.Transfers.Read(ctx, s.opt.Engine.Store(), in.ID)
	if err != nil {
		return nil, err
	}
	who := s.caller(ctx)
	if !ok || who.Kind != identity.Operator && t.From != who.ID && t.To != who.ID {
		return nil, notFound("id", "transfer")
	}
	l := s.look(ctx)
	view := l.transfer(&t)
	return render(view, l.err)
}

// Payee is a person as a payer sees them.
type Payee struct {
	UserID     string  `json:"user_id" example:"2088000000000020"`
	Nickname   string  `json:"nickname" example:"Xiaowei"`
	NameMasked *string `json:"name_masked" example:"*伟" doc:"Null while the name is not known."`
}

func payeeView(p *party.Person) Payee {
	return Payee{UserID: idText(p.ID), Nickname: p.Nickname, NameMasked: maybe(p.NameMasked())}
}

func (s *Server) findPayee(ctx context.Context, in *struct {
	Phone string `query:"phone" required:"true" maxLength:"32" example:"13812345678"`
}) (*answer[Payee], error) {
	if _, err := s.party(ctx, party.View); err != nil {
		return nil, err
	}
	p, err := s.personBy(ctx, "", PersonBy{Phone: in.Phone})
	return show(p, blame(err, ".phone", "phone"), payeeView)
}

const mostRecent = 10

func (s *Server) recentPayees(ctx context.Context, _ *struct{}) (*answer[Page[Payee]], error) {
	who, err := s.party(ctx, party.View)
	if err != nil {
		return nil, err
	}
	r := under(pay.TransfersOf, idText(who.ID))
	r.Limit = 200
	items, err := pay.Transfers.Scan(ctx, s.opt.Engine.Store(), r)
	if err != nil {
		return nil, err
	}
	l, page, seen := s.look(ctx), Page[Payee]{Data: []Payee{}}, map[uint64]bool{}
	for _, item := range items {
		if t := item.Value; t.From == who.ID && !seen[t.To] && len(page.Data) < mostRecent {
			seen[t.To] = true
			p := l.person(t.To)
			page.Data = append(page.Data, payeeView(&p))
		}
	}
	return render(page, l.err)
}

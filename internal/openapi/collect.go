package openapi

import (
	"context"
	"crypto/hmac"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"tongbao/internal/identity"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
	"tongbao/internal/trade"
)

func (s *Server) registerCollect(api huma.API) {
	const tag = "Codes"
	add(api, op{ID: "create-payment-code", Method: http.MethodPost, Path: "/v1/payment-codes", Tag: tag, Who: user, Status: http.StatusCreated,
		Summary: "Make the code that a till reads", Doc: "18 digits that pay once, within their minute."}, s.createPaymentCode)
	add(api, op{ID: "get-collection-code", Path: "/v1/collection-code", Tag: tag, Who: user | merchant, Summary: "The code that others scan to pay me",
		Doc: "It stays the same, can be printed, and shows no phone number."}, s.getCollectionCode)
	add(api, op{ID: "resolve-collection-code", Path: "/v1/collection-codes/resolve", Tag: tag, Who: user, Summary: "What a scanned text means",
		Codes: []refusal.Code{refusal.CollectionCodeFailed, refusal.MissingField}}, s.resolveCode)
	add(api, op{ID: "collect", Method: http.MethodPost, Path: "/v1/collect", Tag: tag, Who: user, Status: http.StatusCreated, Summary: "Pay a merchant whose code was scanned",
		Doc: "The shopper names the amount. It is an instant payment.",
		Codes: []refusal.Code{refusal.CollectionCodeFailed, refusal.InvalidAmount, refusal.CurrencyMismatch, refusal.PaymentPasswordWrong, refusal.PaymentPasswordLocked,
			refusal.PaymentPasswordUnset, refusal.InsufficientBalance, refusal.TierLimitExceeded, refusal.VelocityExceeded, refusal.RiskRefused}}, s.collect)
}

// PaymentCode is what a wallet shows to a till.
type PaymentCode struct {
	PaymentCode string `json:"payment_code" example:"281234567890123456"`
	ExpiresAt   Time   `json:"expires_at"`
	QRSVG       string `json:"qr_svg" example:"<svg …/>"`
	Code128SVG  string `json:"code128_svg" example:"<svg …/>"`
}

func (s *Server) createPaymentCode(ctx context.Context, in *struct{ Body *Empty }) (*answer[PaymentCode], error) {
	who, err := s.user(ctx)
	if err != nil {
		return nil, err
	}
	issued, err := s.opt.Desk.IssueCode(ctx, s.by(ctx), s.command(ctx), who.ID, false)
	if err != nil {
		return nil, err
	}
	v := PaymentCode{PaymentCode: issued.Digits, ExpiresAt: Time(issued.Expires)}
	if v.QRSVG, err = qrSVG(issued.Digits); err != nil {
		return nil, err
	}
	v.Code128SVG, err = code128SVG(issued.Digits)
	return render(v, err)
}

// CollectionCode is a text that means "pay me", and its picture.
type CollectionCode struct {
	Text  string `json:"text" example:"https://pay.example.com/q/m/2088800000000016"`
	QRSVG string `json:"qr_svg" example:"<svg …/>"`
}

func (s *Server) getCollectionCode(ctx context.Context, _ *struct{}) (*answer[CollectionCode], error) {
	who, err := s.party(ctx, party.View)
	if err != nil {
		return nil, err
	}
	text := s.opt.BaseURL + "/q/m/" + idText(who.ID)
	if who.Kind == identity.User {
		code, err := s.personCode(ctx, who.ID)
		if err != nil {
			return nil, err
		}
		text = s.opt.BaseURL + "/q/u/" + code
	}
	picture, err := qrSVG(text)
	return render(CollectionCode{Text: text, QRSVG: picture}, err)
}

// personCode names a person in a code that only we can have made, so that
// nobody finds people by counting.
func (s *Server) personCode(ctx context.Context, id uint64) (string, error) {
	sum, err := s.sign(ctx, "collection code", idText(id))
	if err != nil {
		return "", err
	}
	return idText(id) + "-" + base64.RawURLEncoding.EncodeToString(sum[:12]), nil
}

// ScannedCode is what a scanned text means: one of the three.
type ScannedCode struct {
	Merchant  *MerchantRef `json:"merchant,omitempty" doc:"Pay it with POST /v1/collect, or with the payment if there is one."`
	User      *PartyRef    `json:"user,omitempty" doc:"Send money with POST /v1/transfers."`
	PaymentID *string      `json:"payment_id" example:"2018111112345678901234567890" doc:"Pay it with POST /v1/payments/{id}/pay."`
	Amount    *int64       `json:"amount" example:"12800" doc:"The payment's."`
	Currency  string       `json:"currency" example:"CNY"`
}

// scanned is what a text means to us.
type scanned struct {
	merchant, person uint64
	payment          *trade.Trade
}

// scan reads a text. Refusal: collection_code_invalid.
func (s *Server) scan(ctx context.Context, field, text string) (found scanned, err error) {
	bad := refusal.In(field, refusal.CollectionCodeFailed, "this is no code of ours")
	u, err := url.Parse(strings.TrimSpace(text))
	base, baseErr := url.Parse(s.opt.BaseURL)
	if err != nil || baseErr != nil || u.Host != base.Host || u.Scheme != base.Scheme {
		return found, bad
	}
	kind, id, ok := strings.Cut(strings.TrimPrefix(u.Path, strings.TrimSuffix(base.Path, "/")+"/q/"), "/")
	if !ok {
		return found, bad
	}
	l := s.look(ctx)
	switch kind {
	case "p":
		seen, err := s.see(ctx, field, id)
		if refusal.Of(err) != nil {
			return found, bad
		}
		found.payment = &seen.Trade
		return found, err
	case "m":
		merchant, err := party.ParseID(id)
		if err != nil || l.merchant(merchant).ID == 0 && l.err == nil {
			return found, bad
		}
		found.merchant = merchant
	case "u":
		if found.person, err = s.personOfCode(ctx, id, bad); err != nil {
			return found, err
		}
		if l.person(found.person).ID == 0 && l.err == nil {
			return found, bad
		}
	default:
		return found, bad
	}
	return found, l.err
}

func (s *Server) personOfCode(ctx context.Context, code string, bad error) (uint64, error) {
	digits, _, _ := strings.Cut(code, "-")
	id, err := party.ParseID(digits)
	if err != nil {
		return 0, bad
	}
	want, err := s.personCode(ctx, id)
	if err != nil {
		return 0, err
	}
	if !hmac.Equal([]byte(want), []byte(code)) {
		return 0, bad
	}
	return id, nil
}

func (s *Server) resolveCode(ctx context.Context, in *struct {
	Text string `query:"text" required:"true" maxLength:"512" example:"https://pay.example.com/q/m/2088800000000016"`
}) (*answer[ScannedCode], error) {
	found, err := s.scan(ctx, "text", in.Text)
	if err != nil {
		return nil, err
	}
	l, v := s.look(ctx), ScannedCode{Currency: wallet.String()}
	switch {
	case found.payment != nil:
		ref, amount := l.merchantRef(found.payment.Merchant), int64(found.payment.Amount)
		v.Merchant, v.PaymentID, v.Amount, v.Currency = &ref, &found.payment.ID, &amount, found.payment.Currency.String()
	case found.merchant != 0:
		ref := l.merchantRef(found.merchant)
		v.Merchant = &ref
	default:
		ref := l.partyRef(found.person)
		v.User = &ref
	}
	return render(v, l.err)
}

// Collect pays a merchant whose code was scanned.
type Collect struct {
	CollectionCode  string       `json:"collection_code" maxLength:"512" example:"https://pay.example.com/q/m/2088800000000016" doc:"The scanned text."`
	Amount          int64        `json:"amount" minimum:"1" maximum:"10000000000" example:"1200"`
	Currency        string       `json:"currency,omitempty" maxLength:"3" example:"CNY"`
	Note            string       `json:"note,omitempty" maxLength:"200" example:"Two coffees"`
	PaymentPassword party.Secret `json:"payment_password" maxLength:"64" example:"258036"`
}

func (s *Server) collect(ctx context.Context, in *struct{ Body Collect }) (*answer[Payment], error) {
	who, err := s.user(ctx)
	if err != nil {
		return nil, err
	}
	currency, err := currencyIn("currency", in.Body.Currency)
	if err != nil {
		return nil, err
	}
	found, err := s.scan(ctx, "collection_code", in.Body.CollectionCode)
	if err != nil {
		return nil, err
	}
	if found.merchant == 0 {
		return nil, refusal.In("collection_code", refusal.CollectionCodeFailed, "this code is not a merchant's; resolve says what to do with it")
	}
	l := s.look(ctx)
	order := trade.Order{Merchant: found.merchant, Goods: trade.Physical, Subject: l.merchant(found.merchant).Name, Body: in.Body.Note, Amount: money.Amount(in.Body.Amount), Currency: currency}
	if l.err != nil {
		return nil, l.err
	}
	t, err := s.opt.Desk.Collect(ctx, s.by(ctx), s.command(ctx), order, who.ID, in.Body.PaymentPassword)
	return s.payment(ctx, sight{eyes: eyes{who: who, role: trade.Buyer}}, t, blame(err, "body", "note"))
}

package pay

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"tongbao/internal/agreement"
	"tongbao/internal/engine"
	"tongbao/internal/identity"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
)

// The indexes of agreements that were signed. A Sort is party/signed.
const (
	AgreementsOfPerson   = "agreement.person"
	AgreementsOfMerchant = "agreement.merchant"
)

// Agreements are found by number.
var Agreements = engine.Kind[agreement.Agreement]{Name: "agreement", Terms: func(_ string, a agreement.Agreement) []store.Term {
	if a.Signed == 0 {
		return nil
	}
	signed := sortable(a.Signed)
	return []store.Term{{Index: AgreementsOfPerson, Sort: party.FormatID(a.Person) + "/" + signed}, {Index: AgreementsOfMerchant, Sort: party.FormatID(a.Merchant) + "/" + signed}}
}}

// AskedReturn is where, of what the edge remembers, the person's browser goes back to.
const AskedReturn = "return"

// AgreementNo binds a merchant's own number to the agreement that has it now.
type AgreementNo struct {
	Agreement string `cbor:"1,keyasint"`
}

// AgreementNos are found by AgreementNoID.
var AgreementNos = engine.Kind[AgreementNo]{Name: "agreement_no"}

// AgreementNoID names the record of a merchant's own number, which is unique for
// a product and scene. It is hashed: the parts may hold anything.
func AgreementNoID(t agreement.Terms) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d\x00%s\x00%s\x00%s", t.Merchant, t.Product, t.Scene, t.ExternalNo))
	return fmt.Sprintf("%x", sum[:16])
}

// agreementID makes 20 digits, as the protocol's: the business day and twelve
// more of the command's stamp.
func agreementID(at time.Time, zone *time.Location, command string) string {
	no := TradeNo(at, zone, command)
	return no[:8] + no[16:]
}

// Agreement reads one. Refusal: agreement_not_found.
func (d *Desk) Agreement(ctx context.Context, id string) (agreement.Agreement, error) {
	a, ok, err := Agreements.Read(ctx, d.engine.Store(), id)
	if err == nil && !ok {
		err = noAgreement()
	}
	return a, err
}

func noAgreement() error { return refusal.New(refusal.AgreementNotFound, "no such agreement") }

// AgreementOf finds a merchant's agreement by its own number.
// Refusal: agreement_not_found.
func (d *Desk) AgreementOf(ctx context.Context, t agreement.Terms) (agreement.Agreement, error) {
	known, ok, err := AgreementNos.Read(ctx, d.engine.Store(), AgreementNoID(t))
	if err == nil && !ok {
		err = noAgreement()
	}
	if err != nil {
		return agreement.Agreement{}, err
	}
	return d.Agreement(ctx, known.Agreement)
}

// ProposeAgreement makes a proposal that a person can sign. The merchant's own
// number, where it has one, finds the agreement that has it as long as that may
// be signed or stands. Refusals: invalid_field, order_no_taken (the number's
// agreement stands on other terms).
func (d *Desk) ProposeAgreement(ctx context.Context, by engine.By, key string, terms agreement.Terms, notifyURL string, asked map[string]string) (agreement.Agreement, error) {
	c := proposeAgreement{Key: key, Terms: terms, NotifyURL: notifyURL, Asked: asked, id: agreementID(d.engine.Now(), d.engine.Zone(), key)}
	if terms.ExternalNo != "" {
		known, err := d.AgreementOf(ctx, terms)
		if no := refusal.Of(err); err != nil && (no == nil || no.Code != refusal.AgreementNotFound) {
			return known, err
		}
		c.seen = known.ID
	}
	id, err := engine.Result[string](d.engine.Submit(ctx, c, by))
	if err != nil {
		return agreement.Agreement{}, err
	}
	return d.Agreement(ctx, id)
}

// ProposedBy is the agreement that a proposal, by its key, came to.
// Refusal: agreement_not_found.
func (d *Desk) ProposedBy(ctx context.Context, key string) (agreement.Agreement, error) {
	entry, ok, err := d.engine.Store().Entry(ctx, key)
	if err == nil && (!ok || entry.Name != (proposeAgreement{}).Name() || entry.Refused != "") {
		err = noAgreement()
	}
	var id string
	if err == nil {
		err = engine.Decode(entry.Result, &id)
	}
	if err != nil {
		return agreement.Agreement{}, err
	}
	return d.Agreement(ctx, id)
}

type proposeAgreement struct {
	Key       string            `cbor:"1,keyasint"`
	Terms     agreement.Terms   `cbor:"2,keyasint"`
	NotifyURL string            `cbor:"3,keyasint,omitempty"`
	Asked     map[string]string `cbor:"4,keyasint,omitempty"`

	id   string
	seen string // what had the number when the desk looked
}

func (c proposeAgreement) ID() string   { return c.Key }
func (c proposeAgreement) Name() string { return "propose_agreement" }
func (c proposeAgreement) Touches(touched *store.Touched) {
	touched.Record(Agreements.Key(c.id))
	if c.Terms.ExternalNo != "" {
		touched.Record(AgreementNos.Key(AgreementNoID(c.Terms)))
	}
	if c.seen != "" && c.seen != c.id {
		touched.Record(Agreements.Key(c.seen))
	}
}

func (c proposeAgreement) Apply(tx *engine.Tx) (any, error) {
	if c.Terms.ExternalNo != "" {
		if known, ok := AgreementNos.Get(tx, AgreementNoID(c.Terms)); ok {
			if known.Agreement != c.seen {
				return nil, refusal.New(refusal.Overloaded, "the number was given away a moment ago; ask again")
			}
			standing, _ := Agreements.Get(tx, c.seen)
			switch same := standing.Terms.Same(c.Terms); {
			case standing.Status == agreement.Normal && !same:
				return nil, refusal.In("external_agreement_no", refusal.OrderNoTaken, "agreement %s has this number on other terms", standing.ID)
			case same && (standing.Status == agreement.Normal || standing.Status == agreement.Temp && tx.NowMilli() < standing.SignBy):
				return standing.ID, nil
			}
		}
	}
	if _, taken := Agreements.Get(tx, c.id); taken {
		return nil, refusal.New(refusal.Overloaded, "no free number was found; ask again")
	}
	a, err := agreement.Propose(c.id, c.Terms, tx.Now())
	if err != nil {
		return nil, err
	}

	a.NotifyURL, a.Asked = c.NotifyURL, c.Asked
	Agreements.Put(tx, a.ID, a)
	if c.Terms.ExternalNo != "" {
		AgreementNos.Put(tx, AgreementNoID(c.Terms), AgreementNo{Agreement: a.ID})
	}
	return a.ID, nil
}

// SignAgreement is a person's consent, by payment password. Refusals: those of
// the password, agreement_not_found, and agreement.Sign's.
func (d *Desk) SignAgreement(ctx context.Context, by engine.By, key, id string, person uint64, password party.Secret) (agreement.Agreement, error) {
	seen, err := d.Agreement(ctx, id)
	if err != nil {
		return seen, err
	}
	if err := d.identity.CheckPaymentPassword(ctx, by, person, password); err != nil {
		return seen, err
	}
	return d.SignAgreementProved(ctx, by, key, &seen, person)
}

// SignAgreementProved is SignAgreement for a caller that has the person's proof already.
func (d *Desk) SignAgreementProved(ctx context.Context, by engine.By, key string, seen *agreement.Agreement, person uint64) (agreement.Agreement, error) {
	return d.onAgreement(ctx, by, onAgreement{Key: key, Agreement: seen.ID, Act: signIt, Person: person, seen: seen})
}

// EndAgreement ends one, by whom. Refusals: agreement_not_found, agreement_state_refused.
func (d *Desk) EndAgreement(ctx context.Context, by engine.By, key, id, who string) (agreement.Agreement, error) {
	seen, err := d.Agreement(ctx, id)
	if err != nil {
		return seen, err
	}
	return d.onAgreement(ctx, by, onAgreement{Key: key, Agreement: id, Act: endIt, Who: who, seen: &seen})
}

// MoveAgreement plans the next charge for another day. Refusals: agreement_not_found, agreement.Move's.
func (d *Desk) MoveAgreement(ctx context.Context, by engine.By, key, id, day string) (agreement.Agreement, error) {
	seen, err := d.Agreement(ctx, id)
	if err != nil {
		return seen, err
	}
	return d.onAgreement(ctx, by, onAgreement{Key: key, Agreement: id, Act: moveIt, Day: day, seen: &seen})
}

func (d *Desk) onAgreement(ctx context.Context, by engine.By, c onAgreement) (agreement.Agreement, error) {
	receipt, err := d.engine.Submit(ctx, c, by)
	return Agreements.Written(c.Agreement, receipt, err)
}

// The acts on an agreement.
const (
	signIt = "sign"
	endIt  = "end"
	moveIt = "move"
)

type onAgreement struct {
	Key       string `cbor:"1,keyasint"`
	Agreement string `cbor:"2,keyasint"`
	Act       string `cbor:"3,keyasint"`
	Person    uint64 `cbor:"4,keyasint,omitempty"` // who signs
	Who       string `cbor:"5,keyasint,omitempty"`
	Day       string `cbor:"6,keyasint,omitempty"`

	seen *agreement.Agreement // for the merchant and its number, which never change, and who has signed
}

func (c onAgreement) ID() string   { return c.Key }
func (c onAgreement) Name() string { return c.Act + "_agreement" }
func (c onAgreement) Touches(touched *store.Touched) {
	touched.Record(Agreements.Key(c.Agreement))
	touched.Account(DiaryOf(c.seen.Merchant))
	if person := c.person(); person != 0 {
		touched.Account(DiaryOf(person))
	}
	if c.seen.ExternalNo != "" {
		touched.Record(AgreementNos.Key(AgreementNoID(c.seen.Terms)))
	}
}

// person is who signs, or had signed when the desk looked.
func (c onAgreement) person() uint64 {
	if c.Act == signIt {
		return c.Person
	}
	return c.seen.Person
}

func (c onAgreement) Apply(tx *engine.Tx) (any, error) {
	a, ok := Agreements.Get(tx, c.Agreement)
	if !ok {
		return nil, noAgreement()
	}
	if c.Act != signIt && a.Person != c.seen.Person {
		return nil, refusal.New(refusal.AgreementStateRefused, "the agreement was signed a moment ago; look again")
	}
	var err error
	kind := ""
	switch c.Act {
	case signIt:
		if a.ExternalNo != "" {
			if holder, _ := AgreementNos.Get(tx, AgreementNoID(a.Terms)); holder.Agreement != a.ID {
				return nil, refusal.New(refusal.AgreementStateRefused, "the merchant has proposed other terms since; nothing was signed")
			}
		}
		kind, err = AgreementSigned, a.Sign(c.Person, tx.Now())
	case endIt:
		kind, err = AgreementEnded, a.End(c.Who, tx.Now())
	case moveIt:
		err = a.Move(c.Day, tx.Now(), tx.Zone())
	}
	if err != nil {
		return nil, err
	}

	Agreements.Put(tx, a.ID, a)
	if kind != "" {
		Tell(tx, Event{Type: kind, Parties: []uint64{a.Merchant, a.Person}, Kind: Agreements.Name, Object: a.ID})
		identity.PutMessage(tx, party.Message{Person: a.Person, Kind: agreementMessages[kind], Params: map[string]string{"agreement": a.ID, "merchant": party.FormatID(a.Merchant)}})
	}
	return nil, nil
}

var agreementMessages = map[string]string{AgreementSigned: "agreement_signed", AgreementEnded: "agreement_ended"}

package identity

import (
	"context"

	"tongbao/internal/engine"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
)

// CheckPaymentPassword says whether the six digits are the person's payment
// password. First it takes one of the five tries, durably, and only then looks;
// a right one gives them back. So of a hundred guesses at once five are looked
// at, and a crash in between costs a try and never grants one.
//
// Refusals: payment_password_required, payment_password_not_set,
// payment_password_locked, payment_password_wrong, not_found, overloaded.
func (s *Service) CheckPaymentPassword(ctx context.Context, by engine.By, person uint64, password party.Secret) error {
	_, err := s.checkPayment(ctx, by, person, password)
	return err
}

func (s *Service) checkPayment(ctx context.Context, by engine.By, person uint64, password party.Secret) (party.Hash, error) {
	if password == "" {
		return "", refusal.In("payment_password", refusal.PaymentPasswordMissing, "the payment password is needed")
	}
	done, err := s.hasher.turn(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	look, err := engine.Result[paymentLook](s.engine.Submit(ctx, takePaymentTry{id: s.fresh("take_payment_try"), Person: person}, by))
	if err != nil {
		return "", err
	}

	p, _, err := People.Read(ctx, s.engine.Store(), party.FormatID(person))
	if err != nil {
		return "", err
	}
	if !compare(p.Payment, password) {
		if look.Left == 0 {
			return "", refusal.In("payment_password", refusal.PaymentPasswordWrong, "the payment password is wrong; it is locked until %s", party.Moment(look.LockedUntil))
		}
		return "", refusal.In("payment_password", refusal.PaymentPasswordWrong, "the payment password is wrong; %s", triesLeft(look.Left))
	}
	_, err = s.engine.Submit(ctx, clearPaymentTries{id: s.fresh("clear_payment_tries"), Person: person}, by)
	return p.Payment, err
}

type takePaymentTry struct {
	id     string
	Person uint64 `cbor:"1,keyasint"`
}

type paymentLook struct {
	Left        int   `cbor:"1,keyasint,omitempty"`
	LockedUntil int64 `cbor:"2,keyasint,omitempty"` // if this one is wrong too
}

func (c takePaymentTry) ID() string   { return c.id }
func (c takePaymentTry) Name() string { return "take_payment_try" }
func (c takePaymentTry) Touches(t *store.Touched) {
	t.Record(People.Key(party.FormatID(c.Person)))
}

func (c takePaymentTry) Apply(tx *engine.Tx) (any, error) {
	p, err := person(tx, c.Person)
	if err != nil {
		return nil, err
	}
	if !p.HasPaymentPassword() {
		return nil, refusal.New(refusal.PaymentPasswordUnset, "no payment password is set yet")
	}
	left, err := p.PaymentTries.Take(party.PaymentTries, tx.NowMilli())
	if err != nil {
		return nil, err
	}

	People.Put(tx, party.FormatID(c.Person), p)
	return paymentLook{Left: left, LockedUntil: p.PaymentTries.Until}, nil
}

type clearPaymentTries struct {
	id     string
	Person uint64 `cbor:"1,keyasint"`
}

func (c clearPaymentTries) ID() string   { return c.id }
func (c clearPaymentTries) Name() string { return "clear_payment_tries" }
func (c clearPaymentTries) Touches(t *store.Touched) {
	t.Record(People.Key(party.FormatID(c.Person)))
}

func (c clearPaymentTries) Apply(tx *engine.Tx) (any, error) {
	p, err := person(tx, c.Person)
	if err != nil {
		return nil, err
	}

	p.PaymentTries.Clear()
	People.Put(tx, party.FormatID(c.Person), p)
	return nil, nil
}

// person is the person's record, or the refusal not_found.
func person(tx *engine.Tx, id uint64) (party.Person, error) {
	p, ok := People.Get(tx, party.FormatID(id))
	if !ok {
		return p, refusal.New(refusal.NotFound, "no such person")
	}
	return p, nil
}

// SetPaymentPassword sets a person's first payment password, or changes it for
// who gives the old one or a code sent for the purpose reset_payment_password.
// Refusals: payment_password_weak, payment_password_required (one is set and
// neither was given), those of CheckPaymentPassword, code_wrong, code_expired.
func (s *Service) SetPaymentPassword(ctx context.Context, ask Ask, personID uint64, password, old, code party.Secret) error {
	cmd := setPaymentPassword{id: s.id(ask, "set_payment_password", party.FormatID(personID)), Person: personID}
	if done, err := s.repeated(ctx, ask, cmd); done || err != nil {
		return err
	}
	p, err := s.Person(ctx, personID)
	if err != nil {
		return err
	}
	if err := party.CheckPaymentPassword(password, p.IDNumber.Birthday()); err != nil {
		return err
	}
	if cmd.Hash, err = s.hash(ctx, password); err != nil { // before a code is used up
		return err
	}
	cmd.Was = p.Payment
	switch {
	case !p.HasPaymentPassword():
	case old != "":
		if cmd.Was, err = s.checkPayment(ctx, ask.By, personID, old); err != nil {
			return err
		}
	case code != "":
		if err := s.CheckCode(ctx, ask, p.Phone, party.ResetPaymentPassword, code); err != nil {
			return err
		}
	default:
		return refusal.In("old_payment_password", refusal.PaymentPasswordMissing, "a payment password is set; to change it, give it or a code")
	}
	_, err = s.engine.Submit(ctx, cmd, ask.By)
	return err
}

const paymentPasswordChanged = "security_payment_password_changed"

type setPaymentPassword struct {
	id     string
	Person uint64     `cbor:"1,keyasint"`
	Was    party.Hash `cbor:"-"` // the one that was checked
	Hash   party.Hash `cbor:"-"`
}

func (c setPaymentPassword) ID() string   { return c.id }
func (c setPaymentPassword) Name() string { return "set_payment_password" }
func (c setPaymentPassword) Touches(t *store.Touched) {
	t.Record(People.Key(party.FormatID(c.Person)))
}

func (c setPaymentPassword) Apply(tx *engine.Tx) (any, error) {
	p, err := person(tx, c.Person)
	if err != nil {
		return nil, err
	}
	if p.Payment != c.Was {
		return nil, refusal.In("old_payment_password", refusal.PaymentPasswordWrong, "the payment password was changed by somebody else just now; nothing was done")
	}

	p.Payment = c.Hash
	p.PaymentTries.Clear()
	People.Put(tx, party.FormatID(c.Person), p)
	PutMessage(tx, party.Message{Person: c.Person, Kind: paymentPasswordChanged})
	return nil, nil
}

package pay

import (
	"strings"

	"tongbao/internal/engine"
	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
	"tongbao/internal/risk"
	"tongbao/internal/store"
	"tongbao/internal/trade"
)

// Auth is a person's word that a merchant may take up to an amount: a deposit at
// a hotel's counter. The money stays the person's, held, until the merchant has
// some of it paid, gives it free, or cancels. What was frozen is at all times
// what was paid, what was released and what is still held.
type Auth struct {
	ID       string         `cbor:"1,keyasint"` // 28 digits
	Merchant uint64         `cbor:"2,keyasint"`
	OrderNo  string         `cbor:"3,keyasint"` // the merchant's own, unique among its authorisations
	Title    string         `cbor:"4,keyasint"`
	Amount   money.Amount   `cbor:"5,keyasint"`
	Currency money.Currency `cbor:"6,keyasint"`
	Payer    uint64         `cbor:"7,keyasint,omitempty"` // 0 until known
	Status   AuthStatus     `cbor:"8,keyasint"`
	Created  int64          `cbor:"9,keyasint"`  // this and the next: Unix milliseconds
	Until    int64          `cbor:"10,keyasint"` // when it can't be given any more
	Paid     money.Amount   `cbor:"11,keyasint,omitempty"`
	Released money.Amount   `cbor:"12,keyasint,omitempty"`
	Ops      []AuthOp       `cbor:"13,keyasint"`

	// What the program that asked is told by, and in.
	App       string            `cbor:"14,keyasint,omitempty"`
	NotifyURL string            `cbor:"15,keyasint,omitempty"`
	Metadata  map[string]string `cbor:"16,keyasint,omitempty"`
}

// AuthStatus is where an authorisation stands, by the merchants' protocol.
type AuthStatus string

// The states of an authorisation.
const (
	AuthInit   AuthStatus = "INIT"       // asked, and not given yet
	AuthGiven  AuthStatus = "AUTHORIZED" // money is held
	AuthFinish AuthStatus = "FINISH"     // nothing is held any more, and some was paid
	AuthClosed AuthStatus = "CLOSED"     // never given, or all released
)

// AuthOp is one act on an authorisation.
type AuthOp struct {
	ID      string       `cbor:"1,keyasint"`
	Request string       `cbor:"2,keyasint"` // the merchant's number
	Kind    string       `cbor:"3,keyasint"` // FREEZE, UNFREEZE, PAY
	Amount  money.Amount `cbor:"4,keyasint"`
	Remark  string       `cbor:"5,keyasint,omitempty"`
	At      int64        `cbor:"6,keyasint"`           // asked
	Done    int64        `cbor:"7,keyasint,omitempty"` // 0 while a freeze waits for the payer
	Trade   string       `cbor:"8,keyasint,omitempty"`
	Closed  bool         `cbor:"9,keyasint,omitempty"` // a freeze that never came about
}

// The kinds of acts.
const (
	Freeze   = "FREEZE"
	Unfreeze = "UNFREEZE"
	AuthPay  = "PAY"
)

// MaxAuthOps is how often an authorisation can be acted on.
const MaxAuthOps = 100

// Rest is what is still held.
func (a *Auth) Rest() money.Amount {
	if a.Status != AuthGiven {
		return 0
	}
	return a.Amount - a.Paid - a.Released
}

// At is the authorisation as it stands at a moment: one that nobody gave in time
// is closed, which needs no timer, since nothing is held for it.
func (a Auth) At(milli int64) Auth {
	if a.Status == AuthInit && milli >= a.Until {
		a.Status = AuthClosed
		a.Ops = append([]AuthOp(nil), a.Ops...)
		a.Ops[0].Closed = true
	}
	return a
}

// Op finds an act by its id or by the merchant's number.
func (a *Auth) Op(id, request string) (AuthOp, bool) {
	for _, op := range a.Ops {
		if id != "" && op.ID == id || id == "" && op.Request == request {
			return op, true
		}
	}
	return AuthOp{}, false
}

// AuthsOf lists a merchant's authorisations; Sort is merchant/time.
const AuthsOf = "auth.merchant"

// Auths are found by id.
var Auths = engine.Kind[Auth]{Name: "auth", Terms: func(_ string, a Auth) []store.Term {
	return []store.Term{{Index: AuthsOf, Sort: party.FormatID(a.Merchant) + "/" + sortable(a.Created)}}
}}

// AuthNos lead from a merchant's number to the authorisation's id.
var AuthNos = engine.Kind[string]{Name: "auth_no"}

// AuthNoID names the record of a merchant's number.
func AuthNoID(merchant uint64, orderNo string) string {
	return party.FormatID(merchant) + "/" + orderNo
}

// authHoldID names the hold. The stroke keeps it from being ended by itself.
func authHoldID(auth string) string { return auth + "/auth" }

// AuthChanged is the event of an authorisation. It concerns no party's list: the
// program that asked is told of it. Its detail is the act's id.
const AuthChanged = "authorization.changed"

func touchAuth(touched *store.Touched, a *Auth, payer uint64) {
	touched.Record(Auths.Key(a.ID), Holds.Key(authHoldID(a.ID)))
	if payer == 0 {
		payer = a.Payer
	}
	if payer != 0 {
		touchParty(touched, payer, a.Currency)
	}
}

// keepAuth writes the authorisation with its event.
func keepAuth(tx *engine.Tx, a Auth, op string) {
	Auths.Put(tx, a.ID, a)
	Tell(tx, Event{Type: AuthChanged, Kind: Auths.Name, Object: a.ID, Detail: op})
}

// add appends an act. Refusal: invalid_field (too many).
func (a *Auth) add(tx *engine.Tx, op AuthOp) (string, error) {
	if len(a.Ops) >= MaxAuthOps {
		return "", refusal.New(refusal.HoldEnded, "the authorisation was acted on %d times; cancel it", MaxAuthOps)
	}
	op.ID, op.At = opID(a.ID, len(a.Ops)+1), tx.NowMilli()
	a.Ops = append(append([]AuthOp(nil), a.Ops...), op)
	return op.ID, nil
}

// opID is the authorisation's number and, in four digits, the act's place.
func opID(auth string, place int) string {
	b := []byte(auth + "0000")
	fillDigits(b[len(b)-4:], uint64(place))
	return string(b)
}

// give holds the money.
func (a *Auth) give(tx *engine.Tx, payer uint64) error {
	hold, err := ledger.Authorise(tx, authHoldID(a.ID), BalanceOf(payer, a.Currency), a.Amount, 0, a.Title)
	if err != nil {
		return err
	}
	Holds.Put(tx, hold.ID, hold)
	a.Payer, a.Status = payer, AuthGiven
	a.Ops = append([]AuthOp(nil), a.Ops...)
	a.Ops[0].Done = tx.NowMilli()
	return nil
}

// openAuth asks for an authorisation and, with a payment code, has it given at
// once, unless the payer must confirm first.
type openAuth struct {
	Key     string `cbor:"1,keyasint"`
	Auth    Auth   `cbor:"2,keyasint"` // without ID, Status, Created, Until, Ops
	Request string `cbor:"3,keyasint"`
	Code    string `cbor:"4,keyasint,omitempty"`
	Seconds int64  `cbor:"5,keyasint"` // within which it can be given

	id    string
	payer uint64
	risk  risk.Hook
}

func (c openAuth) ID() string   { return c.Key }
func (c openAuth) Name() string { return "open_auth" }
func (c openAuth) Touches(touched *store.Touched) {
	touchAuth(touched, &Auth{ID: c.id, Currency: c.Auth.Currency}, c.payer)
	touched.Record(AuthNos.Key(AuthNoID(c.Auth.Merchant, c.Auth.OrderNo)))
	if c.Code != "" {
		touched.Record(PaymentCodes.Key(c.Code))
	}
}

func (c openAuth) Apply(tx *engine.Tx) (any, error) {
	a, number := c.Auth, AuthNoID(c.Auth.Merchant, c.Auth.OrderNo)
	if id, ok := AuthNos.Get(tx, number); ok {
		return id, nil // the desk compares the terms
	}
	if err := CheckAmount(a.Amount); err != nil {
		return nil, err
	}
	a.ID, a.Status, a.Created, a.Until = c.id, AuthInit, tx.NowMilli(), tx.NowMilli()+1000*c.Seconds
	op, err := a.add(tx, AuthOp{Request: c.Request, Kind: Freeze, Amount: a.Amount})
	if err != nil {
		return nil, err
	}
	if c.Code != "" {
		code, err := useCode(tx, c.Code, a.ID)
		if err != nil {
			return nil, err
		}
		if code.Person != c.payer {
			return nil, refusal.New(refusal.PaymentCodeInvalid, "the payment code is not valid")
		}
		account := tx.Account(BalanceOf(c.payer, a.Currency))
		err = c.risk.Check(risk.Facts{Act: risk.PayByCode, Amount: a.Amount, TimesToday: account.Meter.At(tx.Day()).TimesADay, Proved: code.Proved})
		if no := refusal.Of(err); no != nil && no.Code == refusal.StepUpRequired {
			a.Payer = c.payer
		} else if err != nil {
			return nil, err
		} else if err := a.give(tx, c.payer); err != nil {
			return nil, err
		}
	}
	AuthNos.Put(tx, number, a.ID)
	if a.Status == AuthGiven {
		keepAuth(tx, a, op)
	} else {
		Auths.Put(tx, a.ID, a)
	}
	return a.ID, nil
}

// onAuth is every later act on an authorisation.
type onAuth struct {
	Key     string       `cbor:"1,keyasint"`
	Auth    string       `cbor:"2,keyasint"`
	How     string       `cbor:"3,keyasint"` // give, release, cancel
	Request string       `cbor:"4,keyasint,omitempty"`
	Amount  money.Amount `cbor:"5,keyasint,omitempty"`
	Remark  string       `cbor:"6,keyasint,omitempty"`
	Payer   uint64       `cbor:"7,keyasint,omitempty"`

	seen *Auth
}

func (c onAuth) ID() string                     { return c.Key }
func (c onAuth) Name() string                   { return c.How + "_auth" }
func (c onAuth) Touches(touched *store.Touched) { touchAuth(touched, c.seen, c.Payer) }

func (c onAuth) Apply(tx *engine.Tx) (any, error) {
	a, ok := Auths.Get(tx, c.Auth)
	if !ok {
		return nil, refusal.New(refusal.HoldNotFound, "no authorisation %s", c.Auth)
	}
	a = a.At(tx.NowMilli())
	if a.Payer != 0 && a.Payer != c.seen.Payer && a.Payer != c.Payer {
		return nil, refusal.New(refusal.HoldEnded, "the authorisation was given a moment ago; look again")
	}
	switch c.How {
	case "give":
		return nil, c.give(tx, a)
	case "release":
		return nil, c.release(tx, a, c.Amount)
	}
	switch {
	case a.Status == AuthInit:
		a.Status = AuthClosed
		a.Ops = append([]AuthOp(nil), a.Ops...)
		a.Ops[0].Closed = true
		Auths.Put(tx, a.ID, a)
		return nil, nil
	case a.Status == AuthGiven && a.Paid == 0:
		return nil, c.release(tx, a, a.Rest())
	}
	return nil, refusal.New(refusal.HoldEnded, "the authorisation is %s, and %d was paid of it", a.Status, a.Paid)
}

func (c onAuth) give(tx *engine.Tx, a Auth) error {
	switch {
	case a.Status == AuthClosed && a.Ops[0].Done == 0:
		return refusal.New(refusal.TradeExpired, "the time to confirm is over")
	case a.Status != AuthInit:
		return refusal.New(refusal.TradeStateRefused, "the authorisation is %s", a.Status)
	case a.Amount != c.Amount:
		return refusal.In("expected_amount", refusal.InvalidAmount, "the authorisation is for %d, not %d; nothing was held", a.Amount, c.Amount)
	case a.Payer != 0 && a.Payer != c.Payer:
		return refusal.In("buyer", refusal.BuyerMismatch, "the authorisation is for another person to give")
	}
	if err := a.give(tx, c.Payer); err != nil {
		return err
	}
	keepAuth(tx, a, a.Ops[0].ID)
	return nil
}

func (c onAuth) release(tx *engine.Tx, a Auth, amount money.Amount) error {
	if a.Status != AuthGiven {
		return refusal.New(refusal.HoldEnded, "the authorisation is %s", a.Status)
	}
	if op, taken := a.Op("", c.Request); taken && op.Kind == Unfreeze {
		return refusal.In("request_no", refusal.IdempotencyConflict, "that number was used before")
	}
	hold := mustHold(tx, authHoldID(a.ID))
	if err := hold.Release(tx, amount); err != nil {
		return err
	}
	Holds.Put(tx, hold.ID, hold)
	op, err := a.add(tx, AuthOp{Request: c.Request, Kind: Unfreeze, Amount: amount, Remark: c.Remark, Done: tx.NowMilli()})
	if err != nil {
		return err
	}
	a.Released += amount
	a.settle(hold)
	keepAuth(tx, a, op)
	return nil
}

// settle says what has become of the authorisation once its hold has ended.
func (a *Auth) settle(hold ledger.Hold) {
	switch {
	case hold.Status == ledger.HoldOpen:
	case a.Paid > 0:
		a.Status = AuthFinish
	default:
		a.Status = AuthClosed
	}
}

// payFromAuth opens a payment and pays it from what is held, in one breath.
type payFromAuth struct {
	Key   string `cbor:"1,keyasint"`
	Asked Asked  `cbor:"2,keyasint"`
	Auth  string `cbor:"3,keyasint"`
	Last  bool   `cbor:"4,keyasint"` // the rest is released

	open *openTrade
	seen *Auth
	risk risk.Hook
}

func (c payFromAuth) ID() string   { return c.Key }
func (c payFromAuth) Name() string { return "pay_from_auth" }
func (c payFromAuth) Touches(touched *store.Touched) {
	touched.Record(OrderNos.Key(c.open.orderNo))
	touchOrder(touched, c.open.id, &c.open.Asked.Order, c.seen.Payer)
	touchAuth(touched, c.seen, 0)
}

func (c payFromAuth) Apply(tx *engine.Tx) (any, error) {
	now, order := trade.At(tx.Now()), c.open.order()
	orderNo := OrderNoID(order.Merchant, order.OrderNo)
	if known, ok := OrderNos.Get(tx, orderNo); ok {
		return nil, refusal.In("order_no", refusal.OrderNoTaken, "order %s is payment %s already", order.OrderNo, known.Trade)
	}
	a, ok := Auths.Get(tx, c.Auth)
	if !ok || a.Merchant != order.Merchant {
		return nil, refusal.New(refusal.HoldNotFound, "no authorisation %s", c.Auth)
	}
	if a.Status != AuthGiven || a.Payer != c.seen.Payer {
		return nil, refusal.New(refusal.HoldEnded, "the authorisation is %s", a.Status)
	}
	if c.Asked.Expires != 0 {
		order.PayBy = now.Add(c.Asked.Expires)
	}
	before := trade.Trade{}
	after, err := trade.New(now, order, trade.DefaultTerms)
	if err != nil {
		return nil, err
	}
	hold := mustHold(tx, authHoldID(a.ID))
	if err := hold.Capture(tx, order.Amount, c.Last, tx.NowMilli()); err != nil {
		return nil, err
	}
	moves, err := after.Pay(now, a.Payer)
	if err != nil {
		return nil, err
	}
	if err := spend(tx, c.risk, risk.PayPassword, &after, true); err != nil {
		return nil, err
	}
	Holds.Put(tx, hold.ID, hold)
	if _, err := a.add(tx, AuthOp{Request: order.OrderNo, Kind: AuthPay, Amount: order.Amount, Trade: after.ID, Done: tx.NowMilli()}); err != nil {
		return nil, err
	}
	a.Paid += order.Amount
	if rest := a.Amount - a.Paid - a.Released; hold.Status != ledger.HoldOpen && rest > 0 {
		if _, err := a.add(tx, AuthOp{Request: order.OrderNo + "/rest", Kind: Unfreeze, Amount: rest, Done: tx.NowMilli()}); err != nil {
			return nil, err
		}
		a.Released += rest
	}
	a.settle(hold)
	Auths.Put(tx, a.ID, a) // the payment's own events are told, and who is told of those finds this beside them
	OrderNos.Put(tx, orderNo, OrderNo{Trade: after.ID, Terms: c.open.terms})
	return Opened{Trade: after.ID}, keepTrade(tx, &before, &after, moves)
}

// authNo says that a text has the form of an authorisation's id.
func authNo(id string) bool { return len(id) == 28 && strings.Trim(id, "0123456789") == "" }

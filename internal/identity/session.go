package identity

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"

	"tongbao/internal/engine"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
)

// SignedIn is somebody with a session.
type SignedIn struct {
	Token     party.Secret // for the cookie; set only when the session was opened just now
	CSRF      party.Secret // for the page, which sends it back with everything that changes something
	Session   party.Session
	Principal Principal

	// Who it is: one of the three; Merchant is the one that Staff works for.
	Person   *party.Person
	Staff    *party.Staff
	Merchant *party.Merchant
	Operator *party.Operator
}

// CheckCSRF refuses a request that does not come from the session's own page.
// Refusal: csrf_failed.
func (in SignedIn) CheckCSRF(given string) error {
	if subtle.ConstantTimeCompare([]byte(in.CSRF.Reveal()), []byte(given)) != 1 {
		return refusal.New(refusal.CSRFFailed, "the request lacks the session's CSRF token; nothing was done")
	}
	return nil
}

// A session's record is named by the SHA-256 of its token: who reads the store
// can't sign in with what is there, and no comparison of secrets takes longer
// for a better guess. 256 random bits need no slow hash.
func sessionID(token party.Secret) string {
	sum := sha256.Sum256([]byte(token.Reveal()))
	return hex.EncodeToString(sum[:])
}

// csrfOf derives the CSRF token from the session's, so that it need not be kept.
func csrfOf(token party.Secret) party.Secret {
	mac := hmac.New(sha256.New, []byte(token.Reveal()))
	mac.Write([]byte("tongbao csrf"))
	return party.Secret(base64.RawURLEncoding.EncodeToString(mac.Sum(nil)))
}

// Session is who holds the token, if its session stands: not expired, its device
// not removed, its password not changed since. Using a session moves its end on,
// which now and then costs a write. request is for the journal.
// Refusal: unauthenticated.
func (s *Service) Session(ctx context.Context, face party.Face, token party.Secret, request string) (SignedIn, error) {
	if token == "" || len(token) > 128 {
		return SignedIn{}, party.ErrSignedOut()
	}
	id, now := sessionID(token), s.now()
	session, ok, err := sessions.Read(ctx, s.engine.Store(), id)
	if err != nil {
		return SignedIn{}, fmt.Errorf("read the session: %w", err)
	}
	if !ok || session.Face != face || session.Expired(now) {
		return SignedIn{}, party.ErrSignedOut()
	}
	device, ok, err := Devices.Read(ctx, s.engine.Store(), session.Device)
	if err != nil {
		return SignedIn{}, fmt.Errorf("read the session's device: %w", err)
	}
	if !ok || device.Subject != session.Subject {
		return SignedIn{}, party.ErrSignedOut()
	}
	who, ok, err := s.know(ctx, subject{face, session.Subject})
	if err != nil {
		return SignedIn{}, fmt.Errorf("read whose session it is: %w", err)
	}
	if !ok || who.password.Epoch != session.Epoch {
		return SignedIn{}, party.ErrSignedOut()
	}

	in := s.signedIn(who, id, session, csrfOf(token))
	if session.Stale(now) {
		see := seeSession{id: fmt.Sprintf("see_session/%s/%d", id, session.Seen), Session: id, Device: session.Device}
		receipt, err := s.engine.Submit(ctx, see, engine.By{Actor: in.Principal.Actor(), Request: request})
		switch {
		case errors.Is(err, refusal.Unauthenticated):
			return SignedIn{}, err
		case err != nil: // a store that takes no writes signs nobody out
		default:
			if err := receipt.Decode(&in.Session); err != nil {
				return SignedIn{}, err
			}
		}
	}
	return in, nil
}

func (s *Service) signedIn(who known, id string, session party.Session, csrf party.Secret) SignedIn {
	principal := who.principal(s.opt.Mode)
	principal.Session, principal.Device = id, session.Device
	return SignedIn{CSRF: csrf, Session: session, Principal: principal,
		Person: who.person, Staff: who.staff, Merchant: who.merchant, Operator: who.operator}
}

// DeviceHint is what a browser says about itself when it signs in: the id of
// the device that it was before, if it kept one, and a name. An id alone opens
// nothing.
type DeviceHint struct {
	ID   string
	Name string
}

// open opens a session for a subject whose password, or code, was just checked.
func (s *Service) open(ctx context.Context, by engine.By, who known, hint DeviceHint, greet greeting) (SignedIn, error) {
	token := party.Secret(base64.RawURLEncoding.EncodeToString(s.bytes(32)))
	if len(hint.ID) > 64 {
		hint.ID = ""
	}
	by.Actor = who.principal(s.opt.Mode).Actor()
	cmd := openSession{
		id: s.fresh("open_session"), Who: who.subject, Login: who.login, Epoch: who.password.Epoch, DeviceName: party.ParseDeviceName(hint.Name),
		Known: hint.ID, Session: sessionID(token), Device: "dev_" + s.text(20), Greet: greet,
	}
	session, err := engine.Result[party.Session](s.engine.Submit(ctx, cmd, by))
	if err != nil {
		return SignedIn{}, err
	}
	in := s.signedIn(who, cmd.Session, session, csrfOf(token))
	in.Token = token
	return in, nil
}

// greeting says whether a device that is new is worth a warning.
type greeting uint8

const (
	warn    greeting = 0
	welcome greeting = 1 // the account is as new as the device
)

// openSession opens a session, notes the device, and forgets the wrong guesses
// at the login name.
type openSession struct {
	id         string
	Who        subject  `cbor:"1,keyasint"`
	Login      string   `cbor:"2,keyasint"`
	Epoch      uint64   `cbor:"3,keyasint"`
	DeviceName string   `cbor:"4,keyasint"`
	Known      string   `cbor:"5,keyasint,omitempty"` // the device that the browser says it is
	Greet      greeting `cbor:"6,keyasint,omitempty"`
	Session    string   `cbor:"-"`
	Device     string   `cbor:"-"` // the id that a new device gets
}

func (c openSession) ID() string   { return c.id }
func (c openSession) Name() string { return "open_session" }
func (c openSession) Touches(t *store.Touched) {
	t.Record(c.Who.key(), sessions.Key(c.Session), Devices.Key(c.Device), loginTries.Key(loginID(c.Who.Face, c.Login)))
	if c.Known != "" {
		t.Record(Devices.Key(c.Known))
	}
}

const newDevice = "security_new_device"

func personID(who subject) uint64 {
	id, err := party.ParseID(who.ID)
	if err != nil {
		panic(fmt.Sprintf("identity: a person with the id %q", who.ID))
	}
	return id
}

func (c openSession) Apply(tx *engine.Tx) (any, error) {
	now := tx.NowMilli()
	password, ok := c.Who.credential(tx)
	if !ok || password.Epoch != c.Epoch {
		return nil, errLogin()
	}

	device, id, isNew := party.Device{}, c.Known, true
	if c.Known != "" {
		known, ok := Devices.Get(tx, c.Known)
		if ok && known.Face == c.Who.Face && known.Subject == c.Who.ID {
			device, isNew = known, false
		}
	}
	if isNew {
		id = c.Device
		device = party.Device{ID: id, Face: c.Who.Face, Subject: c.Who.ID, Name: c.DeviceName, First: now}
		if c.Who.Face == party.Wallet && c.Greet == warn {
			PutMessage(tx, party.Message{Person: personID(c.Who), Kind: newDevice, Params: map[string]string{"device": c.DeviceName}})
		}
	}
	device.Last = now
	Devices.Put(tx, id, device)
	session := party.OpenSession(c.Who.Face, c.Who.ID, id, c.Epoch, now)
	sessions.Put(tx, c.Session, session)
	loginTries.Delete(tx, loginID(c.Who.Face, c.Login))
	return session, nil
}

// seeSession notes that a session and its device are in use.
type seeSession struct {
	id      string
	Session string `cbor:"1,keyasint"`
	Device  string `cbor:"2,keyasint"`
}

func (c seeSession) ID() string   { return c.id }
func (c seeSession) Name() string { return "see_session" }
func (c seeSession) Touches(t *store.Touched) {
	t.Record(sessions.Key(c.Session), Devices.Key(c.Device))
}

func (c seeSession) Apply(tx *engine.Tx) (any, error) {
	now := tx.NowMilli()
	session, ok := sessions.Get(tx, c.Session)
	if !ok || session.Expired(now) {
		return nil, party.ErrSignedOut()
	}
	device, ok := Devices.Get(tx, c.Device)
	if !ok {
		return nil, party.ErrSignedOut()
	}

	session.See(now)
	device.Last = now
	sessions.Put(tx, c.Session, session)
	Devices.Put(tx, c.Device, device)
	return session, nil
}

// Logout ends the principal's session. Who has none is signed out already.
func (s *Service) Logout(ctx context.Context, ask Ask, who Principal) error {
	if who.Session == "" {
		return nil
	}
	_, err := s.engine.Submit(ctx, endSessions{id: s.id(ask, "end_session", who.Session), Sessions: []string{who.Session}}, ask.By)
	return err
}

// SweepSessions deletes sessions that are over, so many at most, and says how
// many. They open nothing any more either way.
func (s *Service) SweepSessions(ctx context.Context, by engine.By, limit int) (int, error) {
	over, err := sessions.Scan(ctx, s.engine.Store(), store.Range{Index: "session_by_end", Until: at(s.now() + 1), Limit: limit})
	if err != nil || len(over) == 0 {
		return 0, err
	}
	cmd := endSessions{id: s.fresh("sweep_sessions"), Expired: true}
	for _, item := range over {
		cmd.Sessions = append(cmd.Sessions, item.ID)
	}
	_, err = s.engine.Submit(ctx, cmd, by)
	return len(over), err
}

type endSessions struct {
	id       string
	Sessions []string `cbor:"1,keyasint"`
	Expired  bool     `cbor:"2,keyasint,omitempty"` // only if they are over: one may have been used meanwhile
}

func (c endSessions) ID() string   { return c.id }
func (c endSessions) Name() string { return "end_sessions" }
func (c endSessions) Touches(t *store.Touched) {
	for _, id := range c.Sessions {
		t.Record(sessions.Key(id))
	}
}

func (c endSessions) Apply(tx *engine.Tx) (any, error) {
	for _, id := range c.Sessions {
		session, ok := sessions.Get(tx, id)
		if ok && (!c.Expired || session.Expired(tx.NowMilli())) {
			sessions.Delete(tx, id)
		}
	}
	return nil, nil
}

package identity

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"tongbao/internal/engine"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
)

// SentCode says where a one-time code went.
type SentCode struct {
	To                string // the phone, masked
	ExpiresAt         int64  // Unix milliseconds
	RetryAfterSeconds int    // until the next code may be asked for; set beside code_too_often too
}

// SendCode sends a one-time code to a phone. Whether the phone has an account
// makes no difference to what happens. A repeated ask sends nothing again.
// Refusals: phone_invalid, invalid_field (purpose), code_too_often.
func (s *Service) SendCode(ctx context.Context, ask Ask, phone string, purpose party.Purpose) (SentCode, error) {
	phone, err := party.ParsePhone(phone)
	if err != nil {
		return SentCode{}, err
	}
	if !purpose.Valid() {
		return SentCode{}, refusal.In("purpose", refusal.InvalidField, "no one-time code has this purpose")
	}

	code, salt := party.Secret(s.digits()), s.bytes(16)
	cmd := sendCode{id: s.id(ask, "send_code", codeID(purpose, phone)), Phone: phone, Purpose: purpose, Salt: salt, Hash: codeHash(salt, code)}
	receipt, err := s.engine.Submit(ctx, cmd, ask.By)
	if err != nil && refusal.Of(err) == nil {
		return SentCode{}, err
	}
	kept, _, readErr := codes.Read(ctx, s.engine.Store(), codeID(purpose, phone))
	if readErr != nil {
		return SentCode{}, readErr
	}
	now := s.now()
	sent := SentCode{To: party.MaskPhone(phone), ExpiresAt: kept.Expires, RetryAfterSeconds: int(max(0, kept.MayResend(now)-now+999) / 1000)}
	if err != nil || receipt.Repeated {
		return sent, err
	}

	// The code counts from here on; what follows only brings it.
	if err := s.opt.SendCode(ctx, phone, code, purpose); err != nil {
		undo := unsendCode{id: s.fresh("unsend_code"), Phone: phone, Purpose: purpose}
		if _, undoErr := s.engine.Submit(context.WithoutCancel(ctx), undo, ask.By); undoErr != nil {
			return SentCode{}, fmt.Errorf("send a code to %s: %w; the code stays the newest: %w", sent.To, err, undoErr)
		}
		return SentCode{}, fmt.Errorf("send a code to %s: %w; it can be asked for again", sent.To, err)
	}
	return sent, nil
}

// CheckCode uses up the code that was sent to the phone for the purpose, or
// counts a wrong guess: five at one code, however many are made at once.
// Refusals: phone_invalid, code_wrong, code_expired.
func (s *Service) CheckCode(ctx context.Context, ask Ask, phone string, purpose party.Purpose, code party.Secret) error {
	phone, err := party.ParsePhone(phone)
	if err != nil {
		return err
	}
	kept, _, err := codes.Read(ctx, s.engine.Store(), codeID(purpose, phone))
	if err != nil {
		return err
	}

	cmd := useCode{id: s.id(ask, "use_code", codeID(purpose, phone)), Phone: phone, Purpose: purpose, Guess: codeHash(kept.Salt, code)}
	looked, err := engine.Result[codeLook](s.engine.Submit(ctx, cmd, ask.By))
	if err != nil {
		return err
	}
	if !looked.Right {
		return refusal.In("code", refusal.CodeWrong, "the code is wrong; %s", triesLeft(looked.Left))
	}
	return nil
}

func triesLeft(left int) string {
	switch left {
	case 0:
		return "no tries are left"
	case 1:
		return "1 try is left"
	}
	return fmt.Sprintf("%d tries are left", left)
}

// codeHash is what is kept of a code. Six digits are soon guessed from any hash;
// this one serves only to keep a code out of sight for the five minutes that it
// is good for.
func codeHash(salt []byte, code party.Secret) party.Hash {
	mac := hmac.New(sha256.New, salt)
	mac.Write([]byte(code.Reveal()))
	return party.Hash(hex.EncodeToString(mac.Sum(nil)))
}

type sendCode struct {
	id      string
	Phone   string        `cbor:"1,keyasint"`
	Purpose party.Purpose `cbor:"2,keyasint"`
	Salt    []byte        `cbor:"-"`
	Hash    party.Hash    `cbor:"-"`
}

func (c sendCode) ID() string   { return c.id }
func (c sendCode) Name() string { return "send_code" }
func (c sendCode) Touches(t *store.Touched) {
	t.Record(codes.Key(codeID(c.Purpose, c.Phone)))
}

func (c sendCode) Apply(tx *engine.Tx) (any, error) {
	code, _ := codes.Get(tx, codeID(c.Purpose, c.Phone))
	code.Purpose, code.Phone = c.Purpose, c.Phone
	if err := code.Send(c.Salt, c.Hash, tx.NowMilli()); err != nil {
		return nil, err
	}

	codes.Put(tx, codeID(c.Purpose, c.Phone), code)
	return nil, nil
}

type unsendCode struct {
	id      string
	Phone   string        `cbor:"1,keyasint"`
	Purpose party.Purpose `cbor:"2,keyasint"`
}

func (c unsendCode) ID() string   { return c.id }
func (c unsendCode) Name() string { return "unsend_code" }
func (c unsendCode) Touches(t *store.Touched) {
	t.Record(codes.Key(codeID(c.Purpose, c.Phone)))
}

func (c unsendCode) Apply(tx *engine.Tx) (any, error) {
	code, _ := codes.Get(tx, codeID(c.Purpose, c.Phone))
	code.Unsend()
	codes.Put(tx, codeID(c.Purpose, c.Phone), code)
	return nil, nil
}

// useCode answers whether the guess is right, and does not refuse a wrong one:
// a refusal would undo the counting.
type useCode struct {
	id      string
	Phone   string        `cbor:"1,keyasint"`
	Purpose party.Purpose `cbor:"2,keyasint"`
	Guess   party.Hash    `cbor:"3,keyasint"` // part of the contents: another guess under the same id is not the same act
}

type codeLook struct {
	Right bool `cbor:"1,keyasint,omitempty"`
	Left  int  `cbor:"2,keyasint,omitempty"`
}

func (c useCode) ID() string   { return c.id }
func (c useCode) Name() string { return "use_code" }
func (c useCode) Touches(t *store.Touched) {
	t.Record(codes.Key(codeID(c.Purpose, c.Phone)))
}

func (c useCode) Apply(tx *engine.Tx) (any, error) {
	code, _ := codes.Get(tx, codeID(c.Purpose, c.Phone))
	right, left, err := code.Use(c.Guess, tx.NowMilli())
	if err != nil {
		return nil, err
	}

	codes.Put(tx, codeID(c.Purpose, c.Phone), code)
	return codeLook{Right: right, Left: left}, nil
}

package pay

import (
	"fmt"
	"math/big"
	"strings"
	"time"

	"tongbao/internal/engine"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
)

// CodeLife is how long a payment code is good for.
const CodeLife = time.Minute

// codeGrace is what a code on its way through a till's scanner gets beyond it.
const codeGrace = 15 * time.Second

// PaymentCode is a number that a wallet shows and a till reads. It pays once,
// within its minute.
type PaymentCode struct {
	Person  uint64 `cbor:"1,keyasint"`
	Expires int64  `cbor:"2,keyasint"`           // Unix milliseconds
	Used    string `cbor:"3,keyasint,omitempty"` // the trade it was used for
	Proved  bool   `cbor:"4,keyasint,omitempty"` // counts as if the password had been given: the sandbox's
}

// PaymentCodes are found by their digits.
var PaymentCodes = engine.Kind[PaymentCode]{Name: "payment_code"}

// NewPaymentCode makes 18 digits that begin with 28, as the protocol's tills
// expect (its gateway checklist, item 12: 16 to 24 digits, from 25 to 30), of
// at least 8 random bytes.
func NewPaymentCode(random []byte) string {
	n := new(big.Int).SetBytes(random)
	n.Mod(n, big.NewInt(1e16))
	return fmt.Sprintf("28%016d", n)
}

// ValidPaymentCode says that the text has the form of a payment code.
func ValidPaymentCode(text string) bool {
	return len(text) == 18 && strings.HasPrefix(text, "28") && strings.Trim(text, "0123456789") == ""
}

// issueCode keeps a new code. Its digits are made anew at every try; the
// answer is the first try's.
type issueCode struct {
	Key    string `cbor:"1,keyasint"`
	Person uint64 `cbor:"2,keyasint"`
	Proved bool   `cbor:"3,keyasint"`

	digits string
}

func (c issueCode) ID() string   { return c.Key }
func (c issueCode) Name() string { return "issue_payment_code" }
func (c issueCode) Touches(touched *store.Touched) {
	touched.Record(PaymentCodes.Key(c.digits))
}

func (c issueCode) Apply(tx *engine.Tx) (any, error) {
	if _, taken := PaymentCodes.Get(tx, c.digits); taken {
		return nil, refusal.New(refusal.Overloaded, "no free code was found; ask again with another key")
	}
	expires := tx.Now().Add(CodeLife).UnixMilli()
	PaymentCodes.Put(tx, c.digits, PaymentCode{Person: c.Person, Expires: expires, Proved: c.Proved})
	return IssuedCode{Digits: c.digits, Expires: expires}, nil
}

// IssuedCode is the answer: the digits to show and until when.
type IssuedCode struct {
	Digits  string `cbor:"1,keyasint"`
	Expires int64  `cbor:"2,keyasint"` // Unix milliseconds
}

// useCode takes the code for a trade, once.
// Refusals: payment_code_invalid, payment_code_used.
func useCode(tx *engine.Tx, digits, tradeID string) (PaymentCode, error) {
	code, ok := PaymentCodes.Get(tx, digits)
	if !ok {
		return PaymentCode{}, refusal.In("payment_code", refusal.PaymentCodeInvalid, "the payment code is not valid; ask for a fresh one")
	}
	if code.Used != "" {
		return PaymentCode{}, refusal.In("payment_code", refusal.PaymentCodeUsed, "the payment code was used before; ask for a fresh one")
	}
	if tx.NowMilli() > code.Expires+codeGrace.Milliseconds() {
		return PaymentCode{}, refusal.In("payment_code", refusal.PaymentCodeInvalid, "the payment code's minute is over; ask for a fresh one")
	}

	code.Used = tradeID
	PaymentCodes.Put(tx, digits, code)
	return code, nil
}

package ledger

import (
	"tongbao/internal/money"
	"tongbao/internal/refusal"
)

// HoldStatus is where a hold stands.
type HoldStatus string

const (
	HoldOpen     HoldStatus = "open"
	HoldCaptured HoldStatus = "captured" // all that was wanted was taken, the rest released
	HoldVoided   HoldStatus = "voided"   // released by whoever made it
	HoldExpired  HoldStatus = "expired"  // released by time
)

// Hold sets part of a balance aside: it can't be spent otherwise until it is
// captured, voided or expired. Authorise makes one.
type Hold struct {
	ID       string       `cbor:"1,keyasint" json:"id"`
	Account  AccountID    `cbor:"2,keyasint" json:"-"`
	Amount   money.Amount `cbor:"3,keyasint" json:"amount"`   // as authorised
	Captured money.Amount `cbor:"4,keyasint" json:"captured"` // taken so far
	Status   HoldStatus   `cbor:"5,keyasint" json:"status"`
	Expires  int64        `cbor:"6,keyasint,omitempty" json:"expires,omitempty"` // Unix milliseconds; 0 for never
	For      string       `cbor:"7,keyasint" json:"for"`                         // what it is for: a withdrawal's id, a trade
	Released money.Amount `cbor:"8,keyasint,omitempty" json:"-"`                 // given free before its end
}

// Rest is what is still held.
func (h Hold) Rest() money.Amount {
	if h.Status != HoldOpen {
		return 0
	}
	return h.Amount - h.Captured - h.Released
}

// Authorise sets amount aside on the hold's account.
// Refusals: invalid_amount, insufficient_balance.
func Authorise(book Book, id string, account AccountID, amount money.Amount, expires int64, forWhat string) (Hold, error) {
	a := book.Account(account)
	if amount <= 0 {
		return Hold{}, refusal.In("amount", refusal.InvalidAmount, "a hold must be for more than nothing")
	}
	if a.Available() < amount {
		return Hold{}, refusal.New(refusal.InsufficientBalance, "account %s has %s %s available, less than the hold of %s",
			account, money.Format(a.Available(), account.Currency), account.Currency, money.Format(amount, account.Currency))
	}

	a.Held += amount
	return Hold{ID: id, Account: account, Amount: amount, Status: HoldOpen, Expires: expires, For: forWhat}, nil
}

// Capture frees amount of the hold so that the caller can post it in the same
// command; with final the rest is released and the hold ends. now is in Unix
// milliseconds. Refusals: hold_ended, hold_expired, invalid_amount, hold_exceeded.
func (h *Hold) Capture(book Book, amount money.Amount, final bool, now int64) error {
	if h.Status != HoldOpen {
		return refusal.New(refusal.HoldEnded, "hold %s is %s", h.ID, h.Status)
	}
	if h.Expires != 0 && now >= h.Expires {
		return refusal.New(refusal.HoldExpired, "the time of hold %s is over", h.ID)
	}
	if amount <= 0 {
		return refusal.In("amount", refusal.InvalidAmount, "a capture must be of more than nothing")
	}
	if amount > h.Rest() {
		return refusal.In("amount", refusal.HoldExceeded, "hold %s has %s left", h.ID, money.Format(h.Rest(), h.Account.Currency))
	}

	book.Account(h.Account).Held -= amount
	h.Captured += amount
	if h.Rest() == 0 || final {
		h.end(book, HoldCaptured)
	}
	return nil
}

// Release gives a part of the hold free; the last part ends it as voided.
// Refusals: hold_ended, invalid_amount, hold_exceeded.
func (h *Hold) Release(book Book, amount money.Amount) error {
	if h.Status != HoldOpen {
		return refusal.New(refusal.HoldEnded, "hold %s is %s", h.ID, h.Status)
	}
	if amount <= 0 {
		return refusal.In("amount", refusal.InvalidAmount, "a release must be of more than nothing")
	}
	if amount > h.Rest() {
		return refusal.In("amount", refusal.HoldExceeded, "hold %s has %s left", h.ID, money.Format(h.Rest(), h.Account.Currency))
	}

	book.Account(h.Account).Held -= amount
	if h.Released += amount; h.Rest() == 0 {
		h.end(book, HoldVoided)
	}
	return nil
}

// Void releases what is left. Refusal: hold_ended.
func (h *Hold) Void(book Book) error {
	if h.Status != HoldOpen {
		return refusal.New(refusal.HoldEnded, "hold %s is %s", h.ID, h.Status)
	}

	h.end(book, HoldVoided)
	return nil
}

// Expire releases what is left, once the time is over; now is in Unix
// milliseconds. Refusals: hold_ended, deadline_not_reached.
func (h *Hold) Expire(book Book, now int64) error {
	if h.Status != HoldOpen {
		return refusal.New(refusal.HoldEnded, "hold %s is %s", h.ID, h.Status)
	}
	if h.Expires == 0 || now < h.Expires {
		return refusal.New(refusal.DeadlineNotReached, "hold %s has not expired", h.ID)
	}

	h.end(book, HoldExpired)
	return nil
}

func (h *Hold) end(book Book, status HoldStatus) {
	book.Account(h.Account).Held -= h.Rest()
	h.Status = status
}

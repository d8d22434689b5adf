package pay

import (
	"tongbao/internal/engine"
	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
	"tongbao/internal/risk"
	"tongbao/internal/store"
)

// Transfer is money sent from one balance to a person's, at once and for good.
type Transfer struct {
	ID       string         `cbor:"1,keyasint"`
	From     uint64         `cbor:"2,keyasint"`
	To       uint64         `cbor:"3,keyasint"`
	Amount   money.Amount   `cbor:"4,keyasint"`
	Currency money.Currency `cbor:"5,keyasint"`
	Note     string         `cbor:"6,keyasint,omitempty"`
	At       int64          `cbor:"7,keyasint"` // Unix milliseconds
}

// TransfersOf lists a party's transfers, sent and received; Sort is party/time.
const TransfersOf = "transfer.party"

// Transfers are found by id.
var Transfers = engine.Kind[Transfer]{Name: "transfer", Terms: func(_ string, t Transfer) []store.Term {
	return []store.Term{
		{Index: TransfersOf, Sort: party.FormatID(t.From) + "/" + sortable(t.At)},
		{Index: TransfersOf, Sort: party.FormatID(t.To) + "/" + sortable(t.At)},
	}
}}

// TransferID is the id of the transfer that a command makes.
func TransferID(command string) string { return idFor("tr_", command) }

type transfer struct {
	Key      string         `cbor:"1,keyasint"`
	From     uint64         `cbor:"2,keyasint"`
	To       uint64         `cbor:"3,keyasint"`
	Amount   money.Amount   `cbor:"4,keyasint"`
	Currency money.Currency `cbor:"5,keyasint"`
	Note     string         `cbor:"6,keyasint"`

	risk risk.Hook
}

func (c transfer) ID() string   { return c.Key }
func (c transfer) Name() string { return "transfer" }
func (c transfer) Touches(touched *store.Touched) {
	touchParty(touched, c.From, c.Currency)
	touchParty(touched, c.To, c.Currency)
}

func (c transfer) Apply(tx *engine.Tx) (any, error) {
	if err := CheckAmount(c.Amount); err != nil {
		return nil, err
	}
	if c.From == c.To {
		return nil, refusal.In("to", refusal.SamePayerAndPayee, "nobody can send money to themselves")
	}
	from, to := BalanceOf(c.From, c.Currency), BalanceOf(c.To, c.Currency)
	facts := risk.Facts{Act: risk.SendMoney, Amount: c.Amount, Proved: true, Unattended: party.IsMerchant(c.From),
		TimesToday: tx.Account(from).Meter.At(tx.Day()).TimesADay}
	if err := c.risk.Check(facts); err != nil {
		return nil, err
	}
	if err := ledger.Spend(tx, from, c.Amount, tx.Day()); err != nil {
		return nil, err
	}
	if err := tx.Post(ledger.Move(from, to, c.Amount, ledger.Transfer)...); err != nil {
		return nil, err
	}
	t := Transfer{ID: TransferID(c.Key), From: c.From, To: c.To, Amount: c.Amount, Currency: c.Currency, Note: c.Note, At: tx.NowMilli()}
	Transfers.Append(tx, t.ID, t)
	Tell(tx, Event{Type: TransferCreated, Parties: []uint64{c.From, c.To}, Kind: Transfers.Name, Object: t.ID})
	tellTransfer(tx, t)
	return nil, nil
}

// CheckAmount refuses what no payment may carry. Refusal: invalid_amount.
func CheckAmount(amount money.Amount) error {
	if amount < 1 || amount > money.MaxAmount {
		return refusal.In("amount", refusal.InvalidAmount, "an amount is a whole number of minor units from 1 to %d", money.MaxAmount)
	}
	return nil
}

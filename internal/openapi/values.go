package openapi

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
)

// Time is a moment in Unix milliseconds, written as RFC 3339 in UTC.
type Time int64

const timeForm = "2006-01-02T15:04:05.000Z"

// MarshalJSON writes 2018-11-11T00:00:00.000Z.
func (t Time) MarshalJSON() ([]byte, error) {
	return []byte(`"` + time.UnixMilli(int64(t)).UTC().Format(timeForm) + `"`), nil
}

// UnmarshalJSON reads RFC 3339.
func (t *Time) UnmarshalJSON(data []byte) error {
	var at time.Time
	if err := json.Unmarshal(data, &at); err != nil {
		return fmt.Errorf("read a time: %w", err)
	}
	*t = Time(at.UnixMilli())
	return nil
}

// Schema is how the document tells it.
func (Time) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "date-time", Examples: []any{"2018-11-11T00:00:00.000Z"}}
}

// MaybeTime is a Time that may not have come yet: then it is null.
type MaybeTime int64

// MarshalJSON writes the time or null.
func (t MaybeTime) MarshalJSON() ([]byte, error) {
	if t == 0 {
		return []byte("null"), nil
	}
	return Time(t).MarshalJSON()
}

// UnmarshalJSON reads RFC 3339 or null.
func (t *MaybeTime) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*t = 0
		return nil
	}
	return (*Time)(t).UnmarshalJSON(data)
}

// Schema is how the document tells it.
func (MaybeTime) Schema(r huma.Registry) *huma.Schema {
	schema := Time(0).Schema(r)
	schema.Nullable = true
	return schema
}

// currencyIn reads the currency of a body's field; empty is the wallet's.
// Refusal: currency_mismatch.
func currencyIn(field, code string) (money.Currency, error) {
	if code == "" || code == wallet.String() {
		return wallet, nil
	}
	return 0, refusal.In(field, refusal.CurrencyMismatch, "the wallet is in %s", wallet)
}

// partyID reads a person's or merchant's id out of a field.
func partyID(field, text string) (uint64, error) {
	id, err := party.ParseID(text)
	if err != nil {
		return 0, refusal.In(field, refusal.InvalidField, "a party's id is 16 digits and begins with 2088")
	}
	return id, nil
}

func idText(id uint64) string { return strconv.FormatUint(id, 10) }

// maybe is a pointer to a text, nil where it is empty: null on the wire.
func maybe(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

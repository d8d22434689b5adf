package identity

import (
	"context"

	"tongbao/internal/party"
	"tongbao/internal/store"
)

// PeopleNamed lists people whose proved name begins so, for operators.
func (s *Service) PeopleNamed(ctx context.Context, beginning string, limit int) ([]party.Person, error) {
	items, err := People.Scan(ctx, s.engine.Store(), beginningWith("person_by_name", beginning, limit))
	return values(items), err
}

// MerchantsNamed lists merchants whose name begins so, for operators.
func (s *Service) MerchantsNamed(ctx context.Context, beginning string, limit int) ([]party.Merchant, error) {
	items, err := Merchants.Scan(ctx, s.engine.Store(), beginningWith("merchant_by_name", beginning, limit))
	return values(items), err
}

// ListMerchants lists merchants, the longest there first.
func (s *Service) ListMerchants(ctx context.Context, limit int) ([]party.Merchant, error) {
	items, err := Merchants.Scan(ctx, s.engine.Store(), store.Range{Index: "merchant", Limit: limit})
	return values(items), err
}

// beginningWith is the rows whose Sort begins with text. No text of ours holds
// the byte 0xff, so it ends them.
func beginningWith(index, text string, limit int) store.Range {
	return store.Range{Index: index, From: text, Until: text + "\xff", Limit: limit}
}

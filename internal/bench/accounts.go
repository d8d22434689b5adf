package bench

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"tongbao/internal/engine"
	"tongbao/internal/identity"
	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/store"
)

// by is who asks for everything here, as the journal keeps it.
var by = engine.By{Actor: "bench", Request: "bench"}

// backing is the pretend bank whose client funds stand behind the opening balances.
var backing = ledger.Of(ledger.ClientFunds, 9900, money.CNY)

func personID(n int) uint64   { return party.IDFrom(uint64(n) + 1) }
func merchantID(n int) uint64 { return party.MerchantIDFrom(uint64(n) + 1) }

// row is how many accounts one command opens.
const row = 25

// openAccounts is the bench's own command: it gives a row of accounts their
// limits and their opening balances, but for those that an earlier run opened. That
// such a balance exists is nowhere claimed but here.
type openAccounts struct {
	Key     string             `cbor:"1,keyasint"`
	Owners  []ledger.AccountID `cbor:"2,keyasint"`
	Tier    ledger.Tier        `cbor:"3,keyasint"`
	Opening money.Amount       `cbor:"4,keyasint"` // 0 for none
}

func (c openAccounts) ID() string   { return c.Key }
func (c openAccounts) Name() string { return "bench_open_accounts" }
func (c openAccounts) Touches(t *store.Touched) {
	t.Account(c.Owners...)
	t.Account(backing)
}

func (c openAccounts) Apply(tx *engine.Tx) (any, error) {
	legs := []ledger.Leg{{Account: backing, Why: ledger.OpeningBalance}}
	for _, owner := range c.Owners {
		if a := tx.Account(owner); a.Zero() {
			a.Tier = c.Tier
			legs[0].Amount -= c.Opening
			legs = append(legs, ledger.Leg{Account: owner, Amount: c.Opening, Why: ledger.OpeningBalance})
		}
	}
	if legs[0].Amount == 0 {
		return nil, nil
	}
	return nil, tx.Post(legs...)
}

// openAll opens count accounts.
func openAll(ctx context.Context, e *engine.Engine, kind string, count int, account func(n int) ledger.AccountID, tier ledger.Tier, opening money.Amount, tell Tell) error {
	rows := (count + row - 1) / row
	return together(ctx, rows, 4096, func(r int) error {
		c := openAccounts{Tier: tier, Opening: opening}
		for n := r * row; n < min(count, (r+1)*row); n++ {
			c.Owners = append(c.Owners, account(n))
		}
		c.Key = fmt.Sprintf("bench/open/%s/%d/%d", kind, c.Owners[0].Owner, len(c.Owners))
		_, err := e.Submit(ctx, c, by)
		return err
	}, func(share int) { tell(share, fmt.Sprintf("%d accounts are opened (%s)", count, kind)) })
}

// takeOn is the bench's own command for a merchant that takes payments.
type takeOn struct {
	Key      string         `cbor:"1,keyasint"`
	Merchant party.Merchant `cbor:"2,keyasint"`
}

func (c takeOn) ID() string   { return c.Key }
func (c takeOn) Name() string { return "bench_take_on" }
func (c takeOn) Touches(t *store.Touched) {
	t.Record(identity.Merchants.Key(party.FormatID(c.Merchant.ID)))
}

func (c takeOn) Apply(tx *engine.Tx) (any, error) {
	id := party.FormatID(c.Merchant.ID)
	if _, known := identity.Merchants.Get(tx, id); !known {
		identity.Merchants.Put(tx, id, c.Merchant)
	}
	return nil, nil
}

func takeOnAll(ctx context.Context, s store.Store, e *engine.Engine, count int, tell Tell) error {
	return together(ctx, count, 4096, func(n int) error {
		id := party.FormatID(merchantID(n))
		if _, known, err := identity.Merchants.Read(ctx, s, id); err != nil || known {
			return err
		}
		m := party.Merchant{ID: merchantID(n), Name: fmt.Sprintf("Bench %d", n), OwnerLogin: fmt.Sprintf("bench%d@bench.example", n), FeeRate: 6000,
			Status: party.MerchantActive, Owners: 1, Created: e.Now().UnixMilli()}
		_, err := e.Submit(ctx, takeOn{Key: "bench/merchant/" + id, Merchant: m}, by)
		return err
	}, func(share int) { tell(share, fmt.Sprintf("%d merchants are taken on", count)) })
}

// together does n things with some workers at once, until one fails.
func together(ctx context.Context, n, workers int, do func(i int) error, tell func(share int)) error {
	var next, done atomic.Int64
	var failed atomic.Pointer[error]
	var wg sync.WaitGroup
	for range min(workers, n) {
		wg.Go(func() {
			for failed.Load() == nil && ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if err := do(i); err != nil {
					failed.CompareAndSwap(nil, &err)
				}
				if d := int(done.Add(1)); d%256 == 0 {
					tell(d * 1000 / n)
				}
			}
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		return *err
	}
	return ctx.Err()
}

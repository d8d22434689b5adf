package bench

import (
	"context"
	"strconv"

	"tongbao/internal/engine"
	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/store"
	"tongbao/internal/wire"
)

// transfers is the load of plain transfers, to be set beside a bare ledger's:
// money from one account to another, both chosen evenly, with a balance that is
// checked, an id that can be repeated, an entry in both histories and a place in
// the chained journal. It is a command of the bench's own; a transfer that a
// person makes counts limits, asks the risk rules and tells the payee besides.
type transfers struct {
	accounts int

	engine *engine.Engine
	run    string
}

// move is the command. Its journal entry is all that is kept of it.
type move struct {
	Key      string
	From, To ledger.AccountID
	Amount   money.Amount
}

func (c *move) ID() string               { return c.Key }
func (c *move) Name() string             { return "bench_move" }
func (c *move) Touches(t *store.Touched) { t.Account(c.From, c.To) }
func (c *move) Apply(tx *engine.Tx) (any, error) {
	return nil, tx.Post(ledger.Move(c.From, c.To, c.Amount, ledger.Transfer)...)
}

// plain is an account of the kind that has no limits, out of the merchants' way.
func plain(n int) ledger.AccountID {
	return ledger.Of(ledger.Merchant, merchantID(1_000_000_000+n), money.CNY)
}

func (t *transfers) prepare(ctx context.Context, s store.Store, e *engine.Engine, tell Tell) error {
	return openAll(ctx, e, "plain", t.accounts, plain, ledger.TierNone, wealth, tell)
}

func (t *transfers) touches(n uint64) (accounts []ledger.AccountID, names int) {
	c := t.item(n)
	return []ledger.AccountID{c.From, c.To}, 1
}

func (t *transfers) start(e *engine.Engine, run string) { t.engine, t.run = e, run }

func (t *transfers) do(ctx context.Context, n uint64) (as bool, err error) {
	_, err = t.engine.Submit(ctx, t.item(n), by)
	return err == nil, err
}

func (t *transfers) doAll(ctx context.Context, n uint64, outcomes []outcome) {
	commands := make([]engine.Command, len(outcomes))
	for i := range commands {
		commands[i] = t.item(n + uint64(i))
	}
	t.engine.SubmitAll(ctx, commands, by, func(i int, a engine.Answer) { outcomes[i] = outcome{a.Err == nil, a.Err} })
}

func (t *transfers) item(n uint64) *move {
	from := int(dice(n, 1) % uint64(t.accounts))
	to := (from + 1 + int(dice(n, 2)%uint64(t.accounts-1))) % t.accounts
	return &move{Key: "bench/" + t.run + "-" + strconv.FormatUint(n, 10), From: plain(from), To: plain(to), Amount: money.Amount(1 + dice(n, 3)%100)}
}

// AppendTo is engine.Compact's.
func (c *move) AppendTo(b []byte) ([]byte, bool) {
	b = wire.Text(b, c.Key)
	b = wire.Uint(wire.Uint(b, c.From.Owner), c.To.Owner)
	return wire.Int(b, int64(c.Amount)), true
}

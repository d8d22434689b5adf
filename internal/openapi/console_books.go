package openapi

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"tongbao/internal/engine"
	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
	"tongbao/internal/trade"
)

// Books are all accounts added up, at one position of the journal.
type Books struct {
	Rows     []BookRow   `json:"rows" doc:"By kind and currency."`
	Balanced bool        `json:"balanced" doc:"All checks hold."`
	Checks   []BookCheck `json:"checks"`
	Position uint64      `json:"position"`
	At       Time        `json:"at" doc:"When they were added up."`
}

// BookRow is one line of the trial balance.
type BookRow struct {
	Kind     string `json:"kind" example:"user"`
	Currency string `json:"currency" example:"CNY"`
	Accounts int    `json:"accounts"`
	Balance  int64  `json:"balance" doc:"On the kind's normal side."`
	Held     int64  `json:"held"`
	Debit    int64  `json:"debit"`
	Credit   int64  `json:"credit"`
}

// BookCheck is something that must be true.
type BookCheck struct {
	Name   string `json:"name" enum:"debits_equal_credits,escrow_equals_open_payments,funds_cover_what_is_owed,held_equals_open_holds"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
}

// booksSeen keeps the newest books for some seconds: adding up reads every
// account, and ten operators at ten screens need it done once.
type booksSeen struct {
	mu    sync.Mutex
	books Books
	at    time.Time
}

const booksFresh = 3 * time.Second

func (s *Server) getBooks(ctx context.Context, _ *struct{}) (*answer[Books], error) {
	if _, err := s.operator(ctx, party.View); err != nil {
		return nil, err
	}
	seen := &s.lookout.books
	seen.mu.Lock()
	defer seen.mu.Unlock()
	head, err := s.opt.Engine.Store().Head(ctx)
	if err != nil {
		return nil, err
	}
	if seen.books.Position != head.Position && time.Since(seen.at) > booksFresh || seen.at.IsZero() {
		if seen.books, err = s.addUp(ctx); err != nil {
			return nil, err
		}
		seen.at = time.Now()
	}
	return &answer[Books]{Body: seen.books}, nil
}

// moments is what every store offers and the engine keeps to itself: a reader
// of one moment, so that no two sums are of different ones.
type moments interface {
	Snapshot(ctx context.Context) (store.Snapshot, error)
}

func (s *Server) addUp(ctx context.Context) (Books, error) {
	from, ok := s.opt.Engine.Store().(moments)
	if !ok {
		return Books{}, fmt.Errorf("the store %T gives no snapshot", s.opt.Engine.Store())
	}
	at, err := from.Snapshot(ctx)
	if err != nil {
		return Books{}, fmt.Errorf("take a snapshot of the books: %w", err)
	}
	defer at.Close()
	head, err := at.Head(ctx)
	if err != nil {
		return Books{}, err
	}
	b := adding{rows: map[rowKey]*BookRow{}, escrow: map[ledger.AccountID]money.Amount{}, held: map[ledger.AccountID]money.Amount{}}
	if err := b.accounts(ctx, at); err != nil {
		return Books{}, err
	}
	if err := b.payments(ctx, at); err != nil {
		return Books{}, err
	}
	if err := b.holds(ctx, at); err != nil {
		return Books{}, err
	}
	books := Books{Rows: b.table(), Checks: b.checks(), Balanced: true, Position: head.Position, At: Time(s.now().UnixMilli())}
	for _, c := range books.Checks {
		books.Balanced = books.Balanced && c.OK
	}
	return books, nil
}

type rowKey struct {
	kind     ledger.Kind
	currency money.Currency
}

// adding is books in the making. What accounts say is taken away again by what
// payments and holds say, so that what is left over is what is wrong.
type adding struct {
	rows   map[rowKey]*BookRow
	escrow map[ledger.AccountID]money.Amount
	held   map[ledger.AccountID]money.Amount
	open   int // payments with money in escrow
	holdsN int
}

const bookPage = 1000

func (b *adding) accounts(ctx context.Context, from store.Reader) error {
	for after := (ledger.AccountID{}); ; {
		accounts, err := from.Accounts(ctx, after, bookPage)
		if err != nil {
			return fmt.Errorf("list the accounts after %v: %w", after, err)
		}
		for _, a := range accounts {
			after = a.ID
			b.add(a)
		}
		if len(accounts) < bookPage {
			return nil
		}
	}
}

func (b *adding) add(a ledger.Account) {
	key := rowKey{a.ID.Kind, a.ID.Currency}
	row, ok := b.rows[key]
	if !ok {
		row = &BookRow{Kind: a.ID.Kind.String(), Currency: a.ID.Currency.String()}
		b.rows[key] = row
	}
	row.Accounts++
	row.Balance += int64(a.Balance)
	row.Held += int64(a.Held)
	if onDebit := a.ID.Kind.DebitNormal() == (a.Balance >= 0); onDebit {
		row.Debit += abs(a.Balance)
	} else {
		row.Credit += abs(a.Balance)
	}
	if a.ID.Kind == ledger.Escrow && a.Balance != 0 {
		b.escrow[a.ID] += a.Balance
	}
	if a.Held != 0 {
		b.held[a.ID] += a.Held
	}
}

func abs(a money.Amount) int64 {
	if a < 0 {
		return int64(-a)
	}
	return int64(a)
}

func (b *adding) payments(ctx context.Context, from store.Reader) error {
	return everyOne(ctx, from, pay.Trades, pay.TradesOfMerchantIn, func(t trade.Trade) {
		if in := t.InEscrow(); in != 0 {
			b.open++
			b.escrow[ledger.Of(ledger.Escrow, t.Merchant, t.Currency)] -= in
		}
	})
}

func (b *adding) holds(ctx context.Context, from store.Reader) error {
	return everyOne(ctx, from, pay.Holds, pay.HoldsOpen, func(h ledger.Hold) {
		b.holdsN++
		b.held[h.Account] -= h.Rest()
	})
}

// everyOne visits all records of an index.
func everyOne[T any](ctx context.Context, from store.Reader, kind engine.Kind[T], index string, visit func(T)) error {
	for after := ""; ; {
		items, err := kind.Scan(ctx, from, store.Range{Index: index, After: after, Limit: bookPage})
		if err != nil {
			return fmt.Errorf("list %s: %w", index, err)
		}
		for _, item := range items {
			after = item.At
			visit(item.Value)
		}
		if len(items) < bookPage {
			return nil
		}
	}
}

func (b *adding) table() []BookRow {
	keys := make([]rowKey, 0, len(b.rows))
	for key := range b.rows {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, c rowKey) int {
		if a.kind != c.kind {
			return int(a.kind) - int(c.kind)
		}
		return strings.Compare(a.currency.String(), c.currency.String())
	})
	rows := []BookRow{}
	for _, key := range keys {
		rows = append(rows, *b.rows[key])
	}
	return rows
}

func (b *adding) checks() []BookCheck {
	trial := BookCheck{Name: "debits_equal_credits", OK: true}
	funds := BookCheck{Name: "funds_cover_what_is_owed", OK: true}
	var trials, covers []string
	for _, currency := range b.currencies() {
		var debit, credit, owed int64
		for key, row := range b.rows {
			if key.currency != currency {
				continue
			}
			debit, credit = debit+row.Debit, credit+row.Credit
			switch key.kind {
			case ledger.User, ledger.Merchant, ledger.Escrow:
				owed += row.Balance
			}
		}
		at := int64(0)
		if row, ok := b.rows[rowKey{ledger.ClientFunds, currency}]; ok {
			at = row.Balance
		}
		trial.OK = trial.OK && debit == credit
		funds.OK = funds.OK && at >= owed
		trials = append(trials, fmt.Sprintf("%s: debits %s, credits %s", currency, money.Format(money.Amount(debit), currency), money.Format(money.Amount(credit), currency)))
		covers = append(covers, fmt.Sprintf("%s: %s at banks, %s owed to people and merchants", currency, money.Format(money.Amount(at), currency), money.Format(money.Amount(owed), currency)))
	}
	trial.Detail, funds.Detail = strings.Join(trials, "; "), strings.Join(covers, "; ")
	return []BookCheck{
		trial,
		leftOver("escrow_equals_open_payments", b.escrow, fmt.Sprintf("%d payments hold what the escrow accounts hold", b.open)),
		funds,
		leftOver("held_equals_open_holds", b.held, fmt.Sprintf("%d open holds sum to what the accounts hold", b.holdsN)),
	}
}

func (b *adding) currencies() []money.Currency {
	var list []money.Currency
	for key := range b.rows {
		if !slices.Contains(list, key.currency) {
			list = append(list, key.currency)
		}
	}
	slices.Sort(list)
	return list
}

// leftOver is a check that nothing is left of sums that should be none.
func leftOver(name string, sums map[ledger.AccountID]money.Amount, fine string) BookCheck {
	var wrong []string
	for id, sum := range sums {
		if sum != 0 {
			wrong = append(wrong, fmt.Sprintf("%s by %s", id, money.Format(sum, id.Currency)))
		}
	}
	if len(wrong) == 0 {
		return BookCheck{Name: name, OK: true, Detail: fine}
	}
	slices.Sort(wrong)
	return BookCheck{Name: name, Detail: "off: " + strings.Join(wrong[:min(len(wrong), 20)], "; ")}
}

func (s *Server) listBookAccounts(ctx context.Context, in *struct {
	Paging
	Kind string `query:"kind" required:"true" enum:"user,merchant,escrow,fee_income,client_funds,suspense,own_funds"`
}) (*answer[Page[Account]], error) {
	if _, err := s.operator(ctx, party.View); err != nil {
		return nil, err
	}
	bound := store.Range{Index: "console accounts", From: in.Kind}
	var after ledger.AccountID
	for _, kind := range ledger.Kinds() {
		if kind.String() == in.Kind {
			after = ledger.AccountID{Kind: kind} // nobody's, in no currency: before all of the kind
		}
	}
	kind := after.Kind
	at, err := s.openCursor(ctx, in.Cursor, bound, "")
	if err == nil && at != "" {
		after, err = ledger.ParseAccountID(at)
	}
	if err != nil {
		return nil, refusal.In("cursor", refusal.InvalidCursor, "the cursor is not one of this list")
	}
	accounts, err := s.opt.Engine.Store().Accounts(ctx, after, in.Limit+1)
	if err != nil {
		return nil, err
	}
	page := Page[Account]{Data: []Account{}}
	for _, a := range accounts {
		if a.ID.Kind != kind {
			break
		}
		if len(page.Data) == in.Limit {
			page.NextCursor, err = s.sealCursor(ctx, page.Data[in.Limit-1].ID, bound, "")
			break
		}
		page.Data = append(page.Data, s.account(a))
	}
	return render(page, err)
}

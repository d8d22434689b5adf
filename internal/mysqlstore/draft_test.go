package mysqlstore

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"tongbao/internal/engine"
	"tongbao/internal/frame"
	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
	"tongbao/test/servers"
)

// shortTurns has each turn end with its second batch.
func shortTurns(t *testing.T) {
	was := turnFor
	turnFor = 0
	t.Cleanup(func() { turnFor = was })
}

// handedOver has the first server hold up the last batch of its turn, which is drafted,
// and the other make a batch on top of it, ready but for the head.
func (u *underWay) handedOver(last, next []engine.Command) (first, second, third <-chan []engine.Answer, release func()) {
	u.Helper()
	u.among()
	first, goOn := u.holdLarge("UPDATE head SET position", "first")
	u.Cleanup(goOn)
	second = u.largeBehind("second", last...)
	reached, release := u.cable.Hold("UPDATE head SET position")
	u.Cleanup(release)
	goOn()
	<-reached
	third = u.large(u.beside, "third", next...)
	u.eventually("the other server takes what is drafted", func() bool {
		now, err := u.other.standing(u.Context())
		return err == nil && now.taken == 2*largeBatch && now.draft == 2*largeBatch
	})
	u.waitsForTurn()
	return first, second, third, release
}

func TestATurnThatIsHandedOver(t *testing.T) { handedOver(t, onMariaDB(t)) }

// handedOver: the other server makes its batch on top of one that isn't committed yet, and
// goes by what that says of accounts and records, and which commands were in it.
func handedOver(t *testing.T, db *servers.Server) {
	longTurns(t)
	shortTurns(t)
	u := newUnderWay(t, db)
	last := []engine.Command{give{"given", mine, 100}, give{"given too", yours, 100}, tally{"one"}, note{"noted"}}
	next := []engine.Command{spend{"spent", mine, 100, 101}, spend{"too much", yours, 100, 2}, give{"given", mine, 100}, tally{"two"}, tally{"three"}, note{"noted again"}}
	first, second, third, release := u.handedOver(last, next)
	if head, err := u.other.Head(t.Context()); err != nil || head.Position != largeBatch {
		t.Errorf("while it is held up the journal ends with %d (%v)", head.Position, err)
	}
	release()
	u.all(<-first, 1)
	u.all(<-second, largeBatch+1)
	answers := <-third
	for i, want := range []struct {
		err      error
		position uint64
	}{{nil, 2*largeBatch + 1}, {refusal.New(refusal.InsufficientBalance, ""), 0}, {nil, largeBatch + 1}, {nil, 2*largeBatch + 3}} {
		a := answers[i]
		if (a.Err == nil) != (want.err == nil) || a.Err == nil && a.Receipt.Position != want.position {
			t.Errorf("command %d of the other server's batch: %+v, want %+v", i, a, want)
		}
	}
	if !answers[2].Receipt.Repeated {
		t.Error("a command of the batch that was being written was done again")
	}
	if n := u.engine.Retries() + u.beside.Retries(); n > 0 {
		t.Errorf("%d batches were made again", n)
	}
	u.has(mine, 3) // what the three counts have given
	if text, there, err := notes.Read(t.Context(), u.store, "one"); text != "noted again" || !there || err != nil {
		t.Errorf("the note says %q: %t, %v", text, there, err)
	}
	var n counted
	if r := u.is(tally{"four"}); r.Decode(&n) != nil || n != (counted{4, 4}) {
		t.Errorf("it was counted to %+v", n)
	}
}

func TestADraftThatDoesNotComeTrue(t *testing.T) { draftThatFails(t, onMariaDB(t)) }

// draftThatFails: the batch that was handed over is never committed, since its server is
// cut off before its end. What was made on top of it is made again, without it.
func draftThatFails(t *testing.T, db *servers.Server) {
	shortTurns(t)
	u := newUnderWay(t, db)
	_, second, third, release := u.handedOver([]engine.Command{give{"lost", mine, 100}}, []engine.Command{spend{"spent", mine, 100, 0}})
	u.cable.Lose("UPDATE head SET position", servers.Unsaid, true)
	release()
	answers := <-third
	if a := answers[0]; a.Err == nil {
		t.Errorf("spent what never came: %+v", a)
	}
	for i, a := range answers[1:] {
		if a.Err != nil || a.Receipt.Position != largeBatch+2+uint64(i) {
			t.Fatalf("number %d after it is %+v", i, a)
		}
	}
	if n := u.beside.Retries(); n == 0 {
		t.Error("no batch was made again")
	}
	u.cable.Heal()
	<-second // done in the end, or that nothing was
	u.is(give{"lost", mine, 100})
	u.has(mine, 100)
}

func TestADraftThatIsFalse(t *testing.T) { falseDraft(t, onMariaDB(t)) }

// falseDraft: what stands in the table is no batch, or another than is being written. Then
// it is passed over.
func falseDraft(t *testing.T, db *servers.Server) {
	shortTurns(t)
	u := newUnderWay(t, db)
	u.all(<-u.large(u.engine, "before"), 1)
	for name, garble := range map[string]func([]byte) []byte{
		"nothing":       func([]byte) []byte { return []byte{} },
		"an end short":  func(b []byte) []byte { return b[:len(b)-1] },
		"a bit turned":  func(b []byte) []byte { b[len(b)/2] ^= 1; return b },
		"another hash":  func(b []byte) []byte { b[32] ^= 1; return b },
		"what has been": func(b []byte) []byte { return b },
	} {
		t.Run(name, func(t *testing.T) {
			frames, err := u.store.Frames(t.Context(), 0, 1)
			if err != nil {
				t.Fatal(err)
			}
			head, err := u.store.Head(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			f := frames[0]
			h, err := frame.Adopt(f, store.Head{})
			if err != nil {
				t.Fatal(err)
			}
			bytes := garble(append(h.Bytes(uint32(u.store.names)), f.Payload...))
			if _, err := u.store.read.ExecContext(t.Context(), "UPDATE draft SET base = ?, position = ?, frame = ? WHERE id = 1", head.Position, head.Position+largeBatch, bytes); err != nil {
				t.Fatal(err)
			}
			u.among()
			u.all(<-u.large(u.beside, "after-"+name), head.Position+1)
		})
	}
	if n := u.beside.Retries(); n > 0 {
		t.Errorf("%d batches were made again", n)
	}
}

func TestTurnsOfTwoBusyServers(t *testing.T) { twoBusy(t, onMariaDB(t)) }

// twoBusy: two servers with more to do than they can hand their batches to each other,
// and what each decides is true when it is committed.
func twoBusy(t *testing.T, db *servers.Server) {
	shortTurns(t)
	u := newUnderWay(t, db)
	u.among()
	const clients, rounds = 3, 4
	var all sync.WaitGroup
	var mu sync.Mutex
	spent, handed := 0, 0
	for s, e := range map[string]*engine.Engine{"a": u.engine, "b": u.beside} {
		for client := range clients {
			all.Go(func() {
				for round := range rounds {
					id := fmt.Sprint(s, "-", client, "-", round)
					commands := []engine.Command{give{"give-" + id, mine, 2}, tally{"tally-" + id}}
					for n := range 4 {
						commands = append(commands, spend{fmt.Sprint("spend-", id, "-", n), mine, 1, 1})
					}
					for i, a := range <-u.large(e, id, commands...) {
						if i >= 2 && i < 6 && a.Err == nil {
							mu.Lock()
							spent++
							mu.Unlock()
						} else if a.Err != nil && refusal.Of(a.Err).Code != refusal.InsufficientBalance {
							t.Error(a.Err)
						}
					}
				}
			})
		}
	}
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	for newest := uint64(0); ; {
		select {
		case <-done:
			t.Logf("%d times a batch was handed over; %d were made again", handed, u.engine.Retries()+u.beside.Retries())
			const calls = 2 * clients * rounds
			u.has(mine, money.Amount(2*calls+calls-spent))
			var n counted
			if r := u.is(tally{"last"}); r.Decode(&n) != nil || n != (counted{calls + 1, calls + 1}) {
				t.Errorf("it was counted to %+v, want %d", n, calls+1)
			}
			return
		case <-time.After(time.Millisecond):
			if now, err := u.other.standing(t.Context()); err == nil && now.taken > newest {
				if newest = now.taken; now.taken == now.draft {
					handed++
				}
			}
		}
	}
}

func TestAccountsByDraft(t *testing.T) {
	id := ledger.Of(ledger.User, 1, money.CNY)
	was := ledger.Account{ID: id, Balance: 10, Held: 3, Entries: 4, Last: 7, Tier: 2}
	for name, tt := range map[string]struct {
		entry store.Entry
		want  func(*ledger.Account)
	}{
		"moved": {store.Entry{Position: 9, Legs: []ledger.Leg{{Account: id, Amount: 5, After: 15, Number: 5}}},
			func(a *ledger.Account) { a.Balance, a.Entries, a.Last = 15, 5, 9 }},
		"mentioned": {store.Entry{Position: 9, Mentions: []store.Mention{{Account: id}}},
			func(a *ledger.Account) { a.Last = 9 }},
		"its state alone": {store.Entry{Position: 9, States: []store.AccountChange{{Account: id, Held: 1, Tier: 3}}},
			func(a *ledger.Account) { a.Held, a.Tier, a.Meter = 1, 3, ledger.Meter{} }},
		"another": {store.Entry{Position: 9, Mentions: []store.Mention{{Account: ledger.Of(ledger.User, 2, money.CNY)}}},
			func(*ledger.Account) {}},
	} {
		t.Run(name, func(t *testing.T) {
			m := &made{changes: &changes{}, ends: endsOf([]store.Entry{tt.entry})}
			a, want := was, was
			tt.want(&want)
			if changed := m.bring(&a); a != want || changed != (want != was) {
				t.Errorf("%+v (%t), want %+v", a, changed, want)
			}
		})
	}
}

func TestABatchThatWasProven(t *testing.T) {
	m := &made{changes: &changes{entries: []store.Entry{{Command: "one"}}}}
	s := &Store{unknown: map[string]struct{}{}}
	if !s.doubt(m) || !s.Doubts("one") {
		t.Error("a batch of which nobody knows isn't noted")
	}
	s.prove(m)
	if s.Doubts("one") {
		t.Error("it is still unknown, though the batch behind it was committed")
	}
	if s.doubt(m) || s.Doubts("one") {
		t.Error("it is doubted again")
	}
}

func TestTurnsWhoseConnectionsBreak(t *testing.T) { turnsBreak(t, onMariaDB(t)) }

// turnsBreak: two busy servers hand batches to each other while their connections break,
// at whichever statement, heard or not. What was acknowledged is there, once, where its
// answer said, and what wasn't is done once in the end.
func turnsBreak(t *testing.T, db *servers.Server) {
	shortTurns(t)
	rounds := 6
	if s := os.Getenv("TONGBAO_TURNS"); s != "" { // by hand, for longer
		rounds, _ = strconv.Atoi(s)
	}
	options := ""
	if db.Kind == "tidb" {
		options = "?durable=no"
	}
	url := db.Database(t) + options
	var cables [2]*servers.Proxy
	var urls [2]string
	for i := range cables {
		cables[i] = servers.NewProxy(t, db.Addr)
		urls[i] = strings.Replace(url, db.Addr, cables[i].Addr, 1)
	}
	engines, stores := twoServersOn(t, nil, urls[:]...)

	const clients = 3
	var all sync.WaitGroup
	var mu sync.Mutex
	acknowledged, again := map[string]uint64{}, 0
	ask := func(e *engine.Engine, id string) (done bool) {
		commands := []engine.Command{give{"give-" + id, mine, 1}, tally{"tally-" + id}}
		for n := range largeBatch - len(commands) {
			commands = append(commands, give{fmt.Sprint(id, "-", n), ledger.Of(ledger.User, uint64(100+n), money.CNY), 1})
		}
		done = true
		e.SubmitAll(t.Context(), commands, engine.By{}, func(i int, a engine.Answer) {
			mu.Lock()
			defer mu.Unlock()
			id := commands[i].ID()
			was, known := acknowledged[id]
			switch {
			case a.Err == nil && known && was != a.Receipt.Position:
				t.Errorf("%s was acknowledged at %d, and then at %d", id, was, a.Receipt.Position)
			case a.Err == nil:
				acknowledged[id] = a.Receipt.Position
			case errors.Is(a.Err, refusal.Unavailable), errors.Is(a.Err, engine.ErrOutcomeUnknown):
				again++
				done = false
			default:
				t.Errorf("%s: %v", id, a.Err)
			}
		})
		return done
	}
	for s, e := range engines {
		for client := range clients {
			all.Go(func() {
				for round := range rounds {
					for id := fmt.Sprint(s, "-", client, "-", round); !ask(e, id); {
						time.Sleep(20 * time.Millisecond)
					}
				}
			})
		}
	}
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	said := []string{"FOR UPDATE", "INSERT INTO journal", "UPDATE head SET position", commitSaid, "INSERT INTO turn", "INSERT INTO draft", "UPDATE turn", "SELECT frame FROM draft", "FROM names"}
	breaks := 0
	for chance := rand.New(rand.NewPCG(1, uint64(rounds))); ; breaks++ {
		select {
		case <-done:
		case <-time.After(time.Duration(20+chance.IntN(60)) * time.Millisecond):
			cable := cables[chance.IntN(2)]
			if chance.IntN(10) == 0 {
				cable.Drop()
				continue
			}
			how := servers.Unsaid
			if chance.IntN(2) == 0 {
				how = servers.Unheard
			}
			cable.Lose(said[chance.IntN(len(said))], how, false)
			continue
		}
		break
	}

	t.Logf("%d breaks; %d commands were asked for again, %d batches made again", breaks, again, engines[0].Retries()+engines[1].Retries())
	calls := 2 * clients * rounds
	if len(acknowledged) != calls*largeBatch {
		t.Errorf("%d commands were acknowledged, of %d", len(acknowledged), calls*largeBatch)
	}
	for id, position := range acknowledged {
		if entry, there, err := stores[0].Entry(t.Context(), id); err != nil || !there || entry.Position != position {
			t.Fatalf("%s, acknowledged at %d, is at %d (%t, %v)", id, position, entry.Position, there, err)
		}
	}
	if a, err := stores[1].Account(t.Context(), mine); err != nil || a.Balance != money.Amount(2*calls) {
		t.Errorf("the account has %d (%v), want %d", a.Balance, err, 2*calls)
	}
	if faults, err := faultsOf(t, stores[0]); err != nil || len(faults) > 0 {
		t.Errorf("the books: %v %v", faults, err)
	}
}

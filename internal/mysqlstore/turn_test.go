package mysqlstore

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"tongbao/internal/engine"
	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/store"
	"tongbao/test/servers"
)

// longTurns has nobody take a head that should be left to another, however slow the
// machine is.
func longTurns(t *testing.T) {
	a, b, c, d := turnFor, grace, patience, stillness
	turnFor, grace, patience, stillness = time.Minute, time.Minute, time.Minute, time.Minute
	t.Cleanup(func() { turnFor, grace, patience, stillness = a, b, c, d })
}

// among has both servers know that the other is about.
func (u *underWay) among() {
	for _, s := range []*Store{u.store, u.other} {
		s.turn <- struct{}{}
		s.seesTurn()
		<-s.turn
	}
}

// large is a batch that is worth a turn, with some commands at its beginning. Its answers
// come all together.
func (u *underWay) large(e *engine.Engine, id string, commands ...engine.Command) <-chan []engine.Answer {
	for n := range largeBatch - len(commands) {
		commands = append(commands, give{fmt.Sprint(id, "-", n), ledger.Of(ledger.User, uint64(100+n), money.CNY), 1})
	}
	done := make(chan []engine.Answer, 1)
	go func() {
		var answers []engine.Answer
		e.SubmitAll(u.Context(), commands, engine.By{}, func(_ int, a engine.Answer) {
			a.Receipt = engine.Receipt{Position: a.Receipt.Position, At: a.Receipt.At, Repeated: a.Receipt.Repeated}
			answers = append(answers, a)
		})
		done <- answers
	}()
	return done
}

// holdLarge has the first server make a large batch, and holds it up where it says
// something.
func (u *underWay) holdLarge(said, id string, commands ...engine.Command) (<-chan []engine.Answer, func()) {
	u.Helper()
	reached, release := u.cable.Hold(said)
	done := u.large(u.engine, id, commands...)
	select {
	case <-reached:
	case <-time.After(60 * time.Second):
		u.Fatalf("nobody said %q", said)
	}
	return done, release
}

// largeBehind hands in another, and returns when it is being read ahead.
func (u *underWay) largeBehind(id string, commands ...engine.Command) <-chan []engine.Answer {
	u.Helper()
	before, read := u.count("SET TRANSACTION"), u.count("SELECT names")
	done := u.large(u.engine, id, commands...)
	u.eventually("the next batch is read ahead", func() bool {
		return u.count("SET TRANSACTION") > before && u.count("SELECT names") > read
	})
	return done
}

// twoInATurn has the first server keep its turn: a large batch is held up before its end,
// and another is behind it.
func (u *underWay) twoInATurn() (first, second <-chan []engine.Answer, release func()) {
	u.Helper()
	u.among()
	first, release = u.holdLarge("UPDATE head SET position", "first")
	u.Cleanup(release)
	return first, u.largeBehind("second"), release
}

// stoppedInATurn is twoInATurn, with the second held up where it asks for the head.
func (u *underWay) stoppedInATurn() (first, second <-chan []engine.Answer, reached <-chan struct{}, release, wake func()) {
	u.Helper()
	u.among()
	first, release = u.holdLarge("UPDATE head SET position", "first")
	u.Cleanup(release)
	reached, wake = u.cable.Hold("FOR UPDATE")
	u.Cleanup(wake)
	return first, u.largeBehind("second"), reached, release, wake
}

// all looks whether all of a large batch was done, at positions one after the other.
func (u *underWay) all(answers []engine.Answer, from uint64) {
	u.Helper()
	for i, a := range answers {
		if a.Err != nil || a.Receipt.Repeated || from > 0 && a.Receipt.Position != from+uint64(i) {
			u.Fatalf("number %d of a large batch is %+v, want it at %d", i, a, from+uint64(i))
		}
	}
	if len(answers) != largeBatch {
		u.Errorf("%d answers of %d", len(answers), largeBatch)
	}
}

func TestATurnIsKept(t *testing.T) { turnIsKept(t, onMariaDB(t)) }

// turnIsKept: a busy server writes several batches, each made while the one before it
// is written, though another server waits. That one comes when the turn is over, at
// once, and has no turn of its own to end.
func turnIsKept(t *testing.T, db *servers.Server) {
	longTurns(t)
	u := newUnderWay(t, db)
	first, second, release := u.twoInATurn()
	others := u.submit(u.beside, give{"other", mine, 1})
	u.waitsForTurn()
	release()
	u.all(<-first, 1)
	u.all(<-second, largeBatch+1)
	if a := <-others; a.Err != nil || a.Receipt.Position != 2*largeBatch+1 {
		t.Errorf("the other server's: %+v", a)
	}
	u.has(mine, 1)
	if n := u.engine.Retries() + u.beside.Retries(); n > 0 {
		t.Errorf("%d batches were made again", n)
	}

	began := u.count("START TRANSACTION")
	if a := <-u.submit(u.engine, give{"alone", mine, 1}); a.Err != nil {
		t.Error(a.Err)
	}
	// One for the lock, and one for what is read meanwhile.
	if n := u.count("START TRANSACTION") - began; n > 2 {
		t.Errorf("a command, with nobody else at work, asked for the head %d times", n-1)
	}
}

func TestATurnComesToAnEnd(t *testing.T) { turnEnds(t, onMariaDB(t)) }

// turnEnds: a server that always has more to do lets others have their turn.
func turnEnds(t *testing.T, db *servers.Server) {
	u := newUnderWay(t, db)
	u.among()
	var stop atomic.Bool
	var rounds atomic.Int64
	busy := make(chan struct{})
	for client := range 3 {
		go func() {
			for n := 0; !stop.Load(); n++ {
				u.all(<-u.large(u.engine, fmt.Sprint("busy-", client, "-", n)), 0)
				rounds.Add(1)
			}
			busy <- struct{}{}
		}()
	}
	u.eventually("the first server is busy", func() bool { return rounds.Load() > 0 })
	for n := range 5 {
		if _, err := u.beside.Submit(t.Context(), give{fmt.Sprint("other-", n), mine, 1}, engine.By{}); err != nil {
			t.Error(err)
		}
	}
	stop.Store(true)
	for range 3 {
		<-busy
	}
	u.has(mine, 5)
}

func TestAServerThatStopsInItsTurn(t *testing.T) { stopsInItsTurn(t, onMariaDB(t)) }

// stopsInItsTurn: a server keeps its turn, and its next batch doesn't come, since it was
// stopped or cut off. The other waits for it, and then goes on; when the first wakes
// its batch is made again.
func stopsInItsTurn(t *testing.T, db *servers.Server) {
	u := newUnderWay(t, db)
	first, second, reached, release, wake := u.stoppedInATurn()
	release()
	u.all(<-first, 1)
	<-reached
	began := time.Now()
	for n := range 2 {
		if r, err := u.beside.Submit(t.Context(), give{fmt.Sprint("other-", n), mine, 1}, engine.By{}); err != nil || r.Position != largeBatch+1+uint64(n) {
			t.Errorf("the other server's: %+v, %v", r, err)
		}
		t.Logf("answered %s after the first had stopped", time.Since(began).Round(time.Millisecond))
	}
	wake()
	u.all(<-second, largeBatch+3)
	u.has(mine, 2)
	if n := u.engine.Retries(); n != 1 {
		t.Errorf("the batch of the one that woke was made again %d times", n)
	}
}

func TestAServerThatKnowsNoTurns(t *testing.T) { knowsNoTurns(t, onMariaDB(t)) }

// knowsNoTurns: a server of an older version takes the head in the middle of a turn. What
// was made ahead is made again, and nobody keeps a turn for a while.
func knowsNoTurns(t *testing.T, db *servers.Server) {
	longTurns(t)
	u := newUnderWay(t, db)
	first, second, reached, release, wake := u.stoppedInATurn()
	<-reached
	l := make(chan *locked, 1)
	go func() {
		head, err := u.other.lock(context.Background())
		if err != nil {
			t.Error(err)
		}
		l <- head
	}()
	u.waitsForTurn()
	release()
	u.all(<-first, 1)
	head := <-l
	if head == nil {
		t.FailNow()
	}
	u.other.turn <- struct{}{} // which Commit gives back
	txn := u.other.under(t.Context(), head)
	pending, err := txn.Commit(store.Batch{Entries: []store.Entry{{At: txn.At(), Command: "older", Name: "nothing"}}})
	if err == nil && pending != nil {
		err = pending.Wait()
	}
	if err != nil {
		t.Fatal(err)
	}
	wake()
	u.all(<-second, largeBatch+2)
	if n := u.engine.Retries(); n != 1 {
		t.Errorf("what was made ahead was made again %d times", n)
	}
}

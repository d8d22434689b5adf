package pay

import (
	"tongbao/internal/engine"
	"tongbao/internal/store"
)

// Timer is something due at a moment of business time: a trade's deadline, a
// bank to be asked. It is written in the commit that makes it due, so it can
// neither be lost nor exist without its cause; jobs finds it when its time has
// come, and the command that does the work moves or deletes it.
type Timer struct {
	Kind  string `cbor:"1,keyasint" json:"kind"`  // TimerTrade, TimerBank, ...
	About string `cbor:"2,keyasint" json:"about"` // the id of the trade or order
	Due   int64  `cbor:"3,keyasint" json:"due"`   // Unix milliseconds
}

// Kinds of timers.
const (
	TimerTrade = "trade_deadline"
	TimerBank  = "bank"
	TimerHold  = "hold_expiry"
)

// DueIndex is the index of one kind's timers, ordered by their moment. Each
// kind has its own, so that a thousand overdue of one hide nothing of another.
func DueIndex(kind string) string { return "timer.due." + kind }

// Timers are the records of what is due.
var Timers = engine.Kind[Timer]{Name: "timer", Terms: func(_ string, t Timer) []store.Term {
	return []store.Term{{Index: DueIndex(t.Kind), Sort: sortable(t.Due)}}
}}

func timerID(kind, about string) string { return kind + "/" + about }

func setTimer(tx *engine.Tx, kind, about string, due int64) {
	Timers.Put(tx, timerID(kind, about), Timer{Kind: kind, About: about, Due: due})
}

func dropTimer(tx *engine.Tx, kind, about string) { Timers.Delete(tx, timerID(kind, about)) }

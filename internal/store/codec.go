package store

import (
	"fmt"

	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/wire"
)

// CodecVersion is the layout that AppendEntry writes. docs/journal-format.md
// tells it byte by byte; another layout is another number. ReadEntry reads the one before as
// well, which had no hasOwn; and AppendEntry writes it where there may be readers that know no other.
const (
	CodecVersion    = 3
	OldCodecVersion = 2
)

// What an entry has beside who asked for what.
const (
	hasRefusal = 1 << iota
	hasResult
	hasLegs
	hasRecords
	hasStates
	hasMentions
	hasEvents
	hasOwn // its answer, records and events say the name of a record that it makes, which is written once
)

// What a record in an entry is.
const (
	recordBulk    = 1 << iota
	recordOwn     // its origin is the entry's own command
	recordOrigin  // its origin is another command, and stands here
	recordDeleted // it has no value
	recordTerms
	recordNamed // its id is the entry's own name
)

// whys are the words that legs commonly have, by the number that stands for each;
// 0 stands for any other word. Stored: only ever appended to.
var whys = [...]ledger.Why{"", ledger.Payment, ledger.Settlement, ledger.Split, ledger.Fee, ledger.FeeRefund, ledger.Refund,
	ledger.Transfer, ledger.TopUp, ledger.Withdrawal, ledger.Unexplained, ledger.Correction, ledger.OpeningBalance}

// AppendEntry encodes an entry for the journal in one of the layouts, but for its position,
// which is where it stands. Times are told from base on, which stands beside.
func AppendEntry(b []byte, e *Entry, base int64, version byte) []byte {
	has := uint64(0)
	set := func(is bool, bit uint64) {
		if is {
			has |= bit
		}
	}
	set(e.Refused != "", hasRefusal)
	set(len(e.Result) > 0, hasResult)
	set(len(e.Legs) > 0, hasLegs)
	set(len(e.Records) > 0, hasRecords)
	set(len(e.States) > 0, hasStates)
	set(len(e.Mentions) > 0, hasMentions)
	set(len(e.Events) > 0, hasEvents)
	own := ""
	if version > OldCodecVersion {
		own = ownName(e)
	}
	set(own != "", hasOwn)

	b = wire.Uint(b, has)
	b = wire.Int(b, e.At-base)
	b = wire.Text(b, e.Command)
	b = wire.Text(b, e.Name)
	b = wire.Bytes(b, e.Body)
	b = wire.Text(b, e.Actor)
	b = wire.Text(b, e.Request)
	if own != "" {
		b = wire.Text(b, own)
	}
	if has&hasRefusal != 0 {
		b = wire.Text(wire.Text(wire.Text(b, e.Refused), e.Message), e.Field)
	}
	if has&hasResult != 0 {
		b = appendBytes(b, e.Result, own)
	}
	if has&hasLegs != 0 {
		b = wire.Uint(b, uint64(len(e.Legs)))
		for i := range e.Legs {
			b = appendLeg(b, &e.Legs[i], e.Position)
		}
	}
	if has&hasRecords != 0 {
		b = wire.Uint(b, uint64(len(e.Records)))
		for i := range e.Records {
			b = appendRecord(b, &e.Records[i], e.Stamp, own)
		}
	}
	if has&hasStates != 0 {
		b = wire.Uint(b, uint64(len(e.States)))
		for i := range e.States {
			s := &e.States[i]
			b = appendAccountOf(b, s.Account, e.Legs)
			b = append(wire.Int(b, int64(s.Held)), byte(s.Tier))
			b = appendMeter(b, &s.Meter)
		}
	}
	if has&hasMentions != 0 {
		b = wire.Uint(b, uint64(len(e.Mentions)))
		for i := range e.Mentions {
			b = appendAccountOf(b, e.Mentions[i].Account, e.Legs)
			b = wire.Uint(b, back(e.Position, e.Mentions[i].Previous))
		}
	}
	if has&hasEvents != 0 {
		b = appendBytes(b, e.Events, own)
	}
	return b
}

// ownName is the id of the first record that the entry's command makes. A payment says
// its trade's five times: in what it answers, as the id, within the record, in the order
// number's, and in its event.
func ownName(e *Entry) string {
	for i := range e.Records {
		if key := &e.Records[i].Key; key.Origin == e.Stamp && key.Origin != 0 && len(key.ID) < 1<<7 {
			return key.ID
		}
	}
	return ""
}

// ownWithin is how far into bytes the own name is looked for.
const ownWithin = 12

// appendBytes writes bytes; where they say the own name near their beginning, as a text,
// where that was cut out.
func appendBytes(b, v []byte, own string) []byte {
	if own == "" {
		return wire.Bytes(b, v)
	}
	for i := 0; i < ownWithin && i+1+len(own) <= len(v); i++ {
		if end := i + 1 + len(own); v[i] == byte(len(own)) && string(v[i+1:end]) == own {
			b = wire.Uint(wire.Uint(b, uint64(i+1)), uint64(len(v)-1-len(own)))
			return append(append(b, v[:i]...), v[end:]...)
		}
	}
	return wire.Bytes(wire.Uint(b, 0), v)
}

// back is how far a link goes back, and one; 0 where there is none. A second leg
// on the same account goes back to the entry itself.
func back(position, previous uint64) uint64 {
	if previous == 0 {
		return 0
	}
	return position - previous + 1
}

func linked(position, back uint64) uint64 {
	if back == 0 {
		return 0
	}
	return position - back + 1
}

func appendLeg(b []byte, leg *ledger.Leg, position uint64) []byte {
	b = appendAccount(b, leg.Account)
	b = wire.Int(b, int64(leg.Amount))
	b = appendWhy(b, leg.Why)
	b = wire.Int(b, int64(leg.After))
	b = wire.Int(b, int64(leg.Held))
	b = wire.Uint(b, leg.Number)
	return wire.Uint(b, back(position, leg.Previous))
}

func appendWhy(b []byte, why ledger.Why) []byte {
	for i := 1; i < len(whys); i++ {
		if whys[i] == why {
			return append(b, byte(i))
		}
	}
	return wire.Text(append(b, 0), string(why))
}

func appendAccount(b []byte, id ledger.AccountID) []byte {
	b = append(b, byte(id.Kind))
	b = wire.Uint(b, uint64(id.Currency))
	return wire.Uint(b, id.Owner)
}

// appendAccountOf writes an account, by the number of a leg that has it where
// one does.
func appendAccountOf(b []byte, id ledger.AccountID, legs []ledger.Leg) []byte {
	for i := range legs {
		if legs[i].Account == id {
			return wire.Uint(b, uint64(i+1))
		}
	}
	return appendAccount(append(b, 0), id)
}

func appendRecord(b []byte, r *Record, stamp uint64, own string) []byte {
	is := uint64(0)
	if r.Bulk {
		is |= recordBulk
	}
	switch r.Key.Origin {
	case 0:
	case stamp:
		is |= recordOwn
	default:
		is |= recordOrigin
	}
	if r.Value == nil {
		is |= recordDeleted
	}
	if len(r.Terms) > 0 {
		is |= recordTerms
	}
	if own != "" && r.Key.ID == own {
		is |= recordNamed
	}
	b = wire.Uint(b, is)
	b = wire.Text(b, r.Key.Kind)
	if is&recordNamed == 0 {
		b = wire.Text(b, r.Key.ID)
	}
	if is&recordOrigin != 0 {
		b = wire.Fixed(b, r.Key.Origin)
	}
	if is&recordDeleted == 0 {
		b = appendBytes(b, r.Value, own)
	}
	if is&recordTerms != 0 {
		b = AppendTerms(b, r.Terms)
	}
	return b
}

// AppendTerms encodes a record's rows.
func AppendTerms(b []byte, terms []Term) []byte {
	b = wire.Uint(b, uint64(len(terms)))
	for _, term := range terms {
		b = wire.Text(wire.Text(b, term.Index), term.Sort)
	}
	return b
}

// ReadTerms decodes what AppendTerms wrote.
func ReadTerms(r *wire.Reader) []Term {
	n := r.Count()
	if n == 0 {
		return nil
	}
	terms := make([]Term, n)
	for i := range terms {
		terms[i] = Term{Index: r.Text(), Sort: r.Text()}
	}
	return terms
}

func appendMeter(b []byte, m *ledger.Meter) []byte {
	b = wire.Int(wire.Int(b, int64(m.Day.Number)), int64(m.Day.Year))
	b = wire.Int(wire.Int(wire.Int(b, int64(m.Today)), int64(m.ThisYear)), int64(m.Ever))
	return wire.Uint(b, uint64(m.TimesADay))
}

// ReadEntry decodes what AppendEntry wrote, at its position. The entry shares no
// memory with b.
func ReadEntry(b []byte, position uint64, base int64) (e Entry, err error) {
	r := wire.Over(b)
	err = readEntry(&e, &r, new(Room), position, base)
	return e, err
}

func readEntry(e *Entry, r *wire.Reader, room *Room, position uint64, base int64) error {
	has := r.Uint()
	*e = Entry{Position: position, At: base + r.Int(), Command: r.Text(), Name: text(r), Body: r.Bytes(), Actor: text(r), Request: r.Text()}
	e.Stamp = Stamp(e.Command)
	own := ""
	if has&hasOwn != 0 {
		if own = r.Text(); own == "" || len(own) >= 1<<7 {
			r.Fail()
		}
	}
	if has&hasRefusal != 0 {
		e.Refused, e.Message, e.Field = text(r), r.Text(), text(r)
	}
	if has&hasResult != 0 {
		e.Result = readBytes(r, room, own)
	}
	if has&hasLegs != 0 {
		e.Legs = take(&room.legs, r.Count())
		for i := range e.Legs {
			e.Legs[i] = readLeg(r, position)
		}
	}
	if has&hasRecords != 0 {
		e.Records = take(&room.records, r.Count())
		for i := range e.Records {
			e.Records[i] = readRecord(r, room, e.Stamp, own)
		}
	}
	if has&hasStates != 0 {
		e.States = take(&room.states, r.Count())
		for i := range e.States {
			e.States[i] = AccountChange{Account: readAccountOf(r, e.Legs), Held: money.Amount(r.Int()), Tier: ledger.Tier(r.Byte()), Meter: readMeter(r)}
		}
	}
	if has&hasMentions != 0 {
		e.Mentions = take(&room.mentions, r.Count())
		for i := range e.Mentions {
			e.Mentions[i] = Mention{Account: readAccountOf(r, e.Legs), Previous: linked(position, r.Uint())}
		}
	}
	if has&hasEvents != 0 {
		e.Events = readBytes(r, room, own)
	}
	if err := r.End(); err != nil {
		return fmt.Errorf("entry %d: %w", position, err)
	}
	return nil
}

// readBytes reads what appendBytes wrote.
func readBytes(r *wire.Reader, room *Room, own string) []byte {
	if own == "" {
		return r.Bytes()
	}
	at := r.Uint()
	if at == 0 {
		return r.Bytes()
	}
	rest := r.View()
	if at--; at > uint64(len(rest)) {
		r.Fail()
		return nil
	}
	whole := take(&room.bytes, 1+len(own)+len(rest))
	n := copy(whole, rest[:at])
	whole[n] = byte(len(own))
	n += 1 + copy(whole[n+1:], own)
	copy(whole[n:], rest[at:])
	return whole
}

// text reads one of the few words that entries have by the million, without a
// copy of its own.
func text(r *wire.Reader) string {
	if r.InPlace() {
		return r.Text()
	}
	view := r.View()
	if word, ok := words[string(view)]; ok {
		return word
	}
	return string(view)
}

// words are such: they only spare memory, and a missing one costs nothing else.
var words = func() map[string]string {
	m := map[string]string{}
	for _, w := range []string{"", "open_trade", "pay_trade", "bench_move", "bench", "trade", "order_no", "event", "timer", "message", "insufficient_balance",
		"tier_limit_exceeded", "amount"} {
		m[w] = w
	}
	return m
}()

func readLeg(r *wire.Reader, position uint64) ledger.Leg {
	leg := ledger.Leg{Account: readAccount(r), Amount: money.Amount(r.Int())}
	if why := int(r.Byte()); why > 0 && why < len(whys) {
		leg.Why = whys[why]
	} else {
		leg.Why = ledger.Why(r.Text())
	}
	leg.After, leg.Held, leg.Number = money.Amount(r.Int()), money.Amount(r.Int()), r.Uint()
	leg.Previous = linked(position, r.Uint())
	return leg
}

func readAccount(r *wire.Reader) ledger.AccountID {
	return ledger.AccountID{Kind: ledger.Kind(r.Byte()), Currency: money.Currency(r.Uint()), Owner: r.Uint()}
}

func readAccountOf(r *wire.Reader, legs []ledger.Leg) ledger.AccountID {
	i := r.Uint()
	if i == 0 {
		return readAccount(r)
	}
	if i > uint64(len(legs)) {
		return ledger.AccountID{}
	}
	return legs[i-1].Account
}

func readRecord(r *wire.Reader, room *Room, stamp uint64, own string) Record {
	is := r.Uint()
	record := Record{Key: Key{Kind: text(r), ID: own}, Bulk: is&recordBulk != 0}
	switch {
	case is&recordNamed == 0:
		record.Key.ID = r.Text()
	case own == "":
		r.Fail()
	}
	switch {
	case is&recordOwn != 0:
		record.Key.Origin = stamp
	case is&recordOrigin != 0:
		record.Key.Origin = r.Fixed()
	}
	if is&recordDeleted == 0 {
		if record.Value = readBytes(r, room, own); record.Value == nil {
			record.Value = []byte{}
		}
	}
	if is&recordTerms != 0 {
		record.Terms = ReadTerms(r)
	}
	return record
}

func readMeter(r *wire.Reader) ledger.Meter {
	return ledger.Meter{Day: ledger.Day{Number: int32(r.Int()), Year: int32(r.Int())},
		Today: money.Amount(r.Int()), ThisYear: money.Amount(r.Int()), Ever: money.Amount(r.Int()), TimesADay: uint32(r.Uint())}
}

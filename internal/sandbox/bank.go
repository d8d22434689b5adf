// Package sandbox is the pretend outside world: a bank that moves pretend money
// and can be told to misbehave in each way that real ones do, the directory of
// real card numbers, and phones that show the messages sent to them. It is a
// world of its own: it keeps its own files, remembers what it said when
// everything else is restarted, and refuses to know Tongbao beyond the contracts
// that a real bank or text message service would fulfil.
package sandbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"tongbao/internal/bank"
	"tongbao/internal/money"
	"tongbao/internal/refusal"
)

// Behaviour is how the bank treats an instruction.
type Behaviour string

const (
	OK            Behaviour = "ok"
	Refuse        Behaviour = "refuse"
	TimeoutPaid   Behaviour = "timeout_paid"   // carries it out, and the answer is lost
	TimeoutUnpaid Behaviour = "timeout_unpaid" // the instruction is lost; asked later, the bank never heard of it
	Slow          Behaviour = "slow"           // carries it out and takes its time to say so
	Pending       Behaviour = "pending"        // says that it is still at it, and carries it out when asked the second time
	Doubled       Behaviour = "doubled"        // says the same once more, unasked
	LateSuccess   Behaviour = "late_success"   // refuses, and later says unasked that it was carried out after all
)

// Behaviours lists them all.
var Behaviours = []Behaviour{OK, Refuse, TimeoutPaid, TimeoutUnpaid, Slow, Pending, Doubled, LateSuccess}

// Cards whose last four digits make the bank behave, whatever was asked of it.
var magicCards = map[string]Behaviour{
	"0002": Refuse,
	"0003": TimeoutPaid,
	"0004": TimeoutUnpaid,
	"0005": Slow,
	"0006": Pending,
	"0007": Doubled,
	"0008": LateSuccess,
}

// MagicCard tells how the bank treats a card that ends with these digits.
func MagicCard(last4 string) (Behaviour, bool) {
	b, ok := magicCards[last4]
	return b, ok
}

// BankNumber is the pretend bank's number in the books.
const BankNumber = 9001

// errNoAnswer is all that a caller learns when the line goes dead.
var errNoAnswer = errors.New("the bank did not answer in time")

// Bank is a bank.Channel. What it was told and what it said are on disk before
// it says it.
type Bank struct {
	file *lines
	slow func(context.Context) error

	mu     sync.Mutex
	orders map[string]order
	next   []Behaviour
	spoke  chan struct{} // there may be something to say unasked
}

// Word is what the bank says without having been asked.
type Word struct {
	Ref    string
	Answer bank.Answer
}

// Key names the command that keeps the word: the same word told twice is one.
func (w Word) Key() string { return "bank/" + w.Ref + "/unasked/" + string(w.Answer.Outcome) }

// order is a line of the bank's file: what is true of a Ref from there on.
type order struct {
	Ref      string         `json:"ref"`
	Contents string         `json:"contents,omitempty"` // digest of the instruction; empty for a Ref that was only asked about
	Amount   money.Amount   `json:"amount,omitempty"`   // into client funds; negative for out of them
	Currency money.Currency `json:"currency,omitempty"`
	Outcome  bank.Outcome   `json:"outcome"`
	Code     string         `json:"code,omitempty"`
	Detail   string         `json:"detail,omitempty"`
	Asked    int            `json:"asked,omitempty"`
	Unsaid   bool           `json:"unsaid,omitempty"` // the bank means to say this without being asked
}

// OpenBank opens the bank's folder, or founds the bank there.
func OpenBank(dir string) (*Bank, error) {
	b := &Bank{orders: map[string]order{}, slow: wait(3 * time.Second), spoke: make(chan struct{}, 1)}
	var err error
	if b.file, err = openLines(filepath.Join(dir, "orders.jsonl"), func(o order) { b.orders[o.Ref] = o }); err != nil {
		return nil, fmt.Errorf("open the pretend bank: %w", err)
	}
	return b, nil
}

func wait(d time.Duration) func(context.Context) error {
	return func(ctx context.Context) error {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Close lets go of the file.
func (b *Bank) Close() error { return b.file.close() }

// Behave makes the bank treat the next n new instructions so, after those that
// were asked for before. Refusals: invalid_field (behaviour, next).
func (b *Bank) Behave(behaviour Behaviour, n int) error {
	if n < 1 || n > 1000 {
		return refusal.In("next", refusal.InvalidField, "from 1 to 1000 instructions can be arranged for")
	}
	for _, known := range Behaviours {
		if behaviour == known {
			b.mu.Lock()
			defer b.mu.Unlock()
			for range n {
				b.next = append(b.next, behaviour)
			}
			return nil
		}
	}
	return refusal.In("behaviour", refusal.InvalidField, "the bank can't behave like that")
}

// Number is bank.Channel's.
func (b *Bank) Number() uint64 { return BankNumber }

// Instruct is bank.Channel's.
func (b *Bank) Instruct(ctx context.Context, i bank.Instruction) (bank.Answer, error) {
	answer, behaviour, err := b.take(i)
	if err != nil {
		return bank.Answer{}, err
	}
	switch behaviour {
	case TimeoutPaid, TimeoutUnpaid:
		return bank.Answer{}, errNoAnswer
	case Slow:
		if err := b.slow(ctx); err != nil {
			return bank.Answer{}, err
		}
	}
	return answer, nil
}

// take decides a new instruction, once; a repeated one is answered as before.
func (b *Bank) take(i bank.Instruction) (bank.Answer, Behaviour, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if known, ok := b.orders[i.Ref]; ok {
		if known.Contents != "" && known.Contents != contentsOf(i) {
			return bank.Answer{Outcome: bank.Refused, Code: "ref_taken", Detail: "this number was used for another instruction"}, OK, nil
		}
		return known.answer(), OK, nil
	}
	behaviour := b.behaviourFor(i.Card)
	if behaviour == TimeoutUnpaid {
		return bank.Answer{}, behaviour, nil // never arrived
	}

	o := order{Ref: i.Ref, Contents: contentsOf(i), Amount: i.Amount, Currency: i.Currency, Outcome: bank.Succeeded}
	if i.Direction == bank.Out {
		o.Amount = -o.Amount
	}
	switch behaviour {
	case Refuse, LateSuccess:
		o.Outcome, o.Code, o.Detail = bank.Refused, "card_declined", "the card's bank declines"
	case Pending:
		o.Outcome, o.Detail = bank.Unknown, "the bank is still at it"
	}
	said := o.answer()
	switch behaviour {
	case Doubled:
		o.Unsaid = true
	case LateSuccess:
		o.Outcome, o.Code, o.Detail, o.Unsaid = bank.Succeeded, "", "", true
	}
	if err := b.keep(o); err != nil {
		return bank.Answer{}, behaviour, err
	}
	if o.Unsaid {
		b.remind()
	}
	return said, behaviour, nil
}

func (b *Bank) remind() {
	select {
	case b.spoke <- struct{}{}:
	default:
	}
}

func (b *Bank) behaviourFor(card string) Behaviour {
	if last := card[strings.LastIndexByte(card, '_')+1:]; magicCards[last] != "" {
		return magicCards[last]
	}
	if len(b.next) == 0 {
		return OK
	}
	behaviour := b.next[0]
	b.next = b.next[1:]
	return behaviour
}

// Query is bank.Channel's. A Ref that it has called unknown it refuses from
// then on, as the contract wants.
func (b *Bank) Query(_ context.Context, ref string) (bank.Answer, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	o, ok := b.orders[ref]
	if !ok {
		o = order{Ref: ref, Outcome: bank.Refused, Code: "said_unknown", Detail: "the instruction came after the bank had said that it never came"}
		if err := b.keep(o); err != nil {
			return bank.Answer{}, err
		}
		return bank.Answer{Outcome: bank.NotFound, Detail: "the bank never heard of it"}, nil
	}
	if o.Contents == "" {
		return bank.Answer{Outcome: bank.NotFound, Detail: "the bank never heard of it"}, nil
	}
	if o.Outcome == bank.Unknown {
		if o.Asked++; o.Asked > 1 {
			o.Outcome, o.Detail = bank.Succeeded, ""
		}
		if err := b.keep(o); err != nil {
			return bank.Answer{}, err
		}
	}
	return o.answer(), nil
}

// SpeakUp tells what the bank has to say unasked, oldest number first. What tell
// fails at is said again the next time, after a restart too.
func (b *Bank) SpeakUp(ctx context.Context, tell func(context.Context, Word) error) error {
	b.mu.Lock()
	var refs []string
	for ref, o := range b.orders {
		if o.Unsaid {
			refs = append(refs, ref)
		}
	}
	b.mu.Unlock()
	slices.Sort(refs)
	var unheard []error
	for _, ref := range refs {
		b.mu.Lock()
		o := b.orders[ref]
		b.mu.Unlock()
		if err := tell(ctx, Word{Ref: ref, Answer: o.answer()}); err != nil {
			unheard = append(unheard, fmt.Errorf("the bank tells of %s: %w", ref, err))
			continue
		}
		o.Unsaid = false
		b.mu.Lock()
		err := b.keep(o)
		b.mu.Unlock()
		if err != nil {
			return err
		}
	}
	return errors.Join(unheard...)
}

// Run speaks up until the context ends, each time that there is something to say.
func (b *Bank) Run(ctx context.Context, tell func(context.Context, Word) error) {
	again := time.NewTicker(10 * time.Second) // what nobody heard
	defer again.Stop()
	for b.remind(); ; {
		select {
		case <-ctx.Done():
			return
		case <-b.spoke:
		case <-again.C:
		}
		_ = b.SpeakUp(ctx, tell) // said again above
	}
}

// ClientFunds is what lies at the bank by its own count, to hold the books
// against.
func (b *Bank) ClientFunds(currency money.Currency) money.Amount {
	b.mu.Lock()
	defer b.mu.Unlock()
	var sum money.Amount
	for o := range maps.Values(b.orders) {
		if o.Outcome == bank.Succeeded && o.Currency == currency {
			sum += o.Amount
		}
	}
	return sum
}

// keep makes it true: on disk first.
func (b *Bank) keep(o order) error {
	if err := b.file.append(o); err != nil {
		return fmt.Errorf("the pretend bank cannot write: %w", err)
	}
	b.orders[o.Ref] = o
	return nil
}

func (o order) answer() bank.Answer {
	return bank.Answer{Outcome: o.Outcome, BankRef: "SB" + strings.ToUpper(digestOf(o.Ref)[:14]), Code: o.Code, Detail: o.Detail}
}

func contentsOf(i bank.Instruction) string {
	return digestOf(fmt.Sprintf("%s\x00%s\x00%s\x00%d\x00%s", i.Direction, i.Card, i.Holder, i.Amount, i.Currency))
}

func digestOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:16])
}

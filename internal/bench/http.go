package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"time"

	"tongbao/internal/engine"
	"tongbao/internal/identity"
	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
)

// Platform is a running platform as the bench reaches it.
type Platform struct {
	URL   string
	Close func() error
}

// HTTP measures payments over HTTP: each is one request to create a payment
// that hands in a buyer's payment code, which pays it at once. The platform must
// be a sandbox: the codes come from its API too, a round of them at a time,
// before the requests that are measured.
func HTTP(ctx context.Context, o Options, start func(context.Context) (Platform, error)) (Report, error) {
	if o.Clients == 0 {
		o.Clients = 64
	}
	if o.Rate > 0 {
		return Report{}, errors.New("http has no open loop; leave the rate out")
	}
	o = o.withDefaults()
	if err := o.check(); err != nil {
		return Report{}, err
	}
	p := &payments{accounts: o.Accounts}
	if err := p.enough(o.Count + o.warmup); err != nil {
		return Report{}, err
	}
	s, e, err := begin(ctx, o)
	if err != nil {
		return Report{}, err
	}
	l := &requests{accounts: o.Accounts}
	if err := errors.Join(l.prepare(ctx, s, e, o.Tell), shut(s, e)); err != nil {
		return Report{}, fmt.Errorf("open the accounts: %w", err)
	}
	before, err := sizeOf(o.Folder)
	if err != nil {
		return Report{}, err
	}

	platform, err := start(ctx)
	if err != nil {
		return Report{}, fmt.Errorf("start the platform: %w", err)
	}
	defer l.hangUp()
	t, err := l.measure(ctx, o, platform.URL)
	memory := peakMemory()
	if err := errors.Join(err, platform.Close()); err != nil {
		return Report{}, err
	}
	return conclude(ctx, o, t, before, memory)
}

// requests is the load.
type requests struct {
	accounts int
	lines    chan *line // that nobody uses now
	keys     []string   // of the merchants
	run      string
	from     uint64
	codes    []string // of the items from from on
}

// sellers is how many merchants sell over HTTP.
const sellers = 10

func (l *requests) prepare(ctx context.Context, s store.Store, e *engine.Engine, tell Tell) error {
	wallet := func(n int) ledger.AccountID { return ledger.Of(ledger.User, personID(n), money.CNY) }
	if err := openAll(ctx, e, "buyers", l.accounts, wallet, ledger.TierIII, wealth, tell); err != nil {
		return err
	}
	if err := joinAll(ctx, s, e, l.accounts, tell); err != nil {
		return err
	}
	if err := takeOnAll(ctx, s, e, sellers, tell); err != nil {
		return err
	}
	who := identity.New(e, identity.Options{Mode: party.Test})
	for n := range sellers {
		_, secret, err := who.CreateKey(ctx, identity.Ask{By: by}, merchantID(n), "bench", party.Full)
		if err != nil {
			return err
		}
		l.keys = append(l.keys, secret.Reveal())
	}
	head, err := s.Head(ctx)
	l.run = strconv.FormatUint(head.Position, 10)
	return err
}

// round is how many codes are drawn at a time: they are good for a minute.
const round = 10_000

func (l *requests) measure(ctx context.Context, o Options, url string) (*tally, error) {
	host, plain := strings.CutPrefix(url, "http://")
	if !plain {
		return nil, fmt.Errorf("the platform is at %s; the load speaks plain HTTP", url)
	}
	l.lines = make(chan *line, o.Clients)
	for range o.Clients {
		l.lines <- &line{host: host}
	}
	warm, t := newTally(o.warmup), newTally(o.Count)
	if err := l.rounds(ctx, warm, 0, o.warmup, o, func(int, string) {}); err != nil {
		return nil, err
	}
	if o.Profile != nil {
		if err := pprof.StartCPUProfile(o.Profile); err != nil {
			return nil, err
		}
		defer pprof.StopCPUProfile()
	}
	return t, l.rounds(ctx, t, o.warmup, o.Count, o, o.Tell)
}

func (l *requests) rounds(ctx context.Context, t *tally, from, count int, o Options, tell Tell) error {
	for done := 0; done < count; {
		n := min(round, count-done)
		l.from, l.codes = uint64(from+done), make([]string, n)
		if err := together(ctx, n, o.Clients, func(i int) error { return l.drawCode(ctx, i) }, func(int) {}); err != nil {
			return fmt.Errorf("draw payment codes: %w", err)
		}
		if err := closedLoop(ctx, []load{l}, t, from+done, n, o, tell); err != nil {
			return err
		}
		done += n
	}
	return nil
}

func (l *requests) touches(uint64) (accounts []ledger.AccountID, names int) { return nil, 0 }

func (l *requests) start(*engine.Engine, string) {}

// doAll is not asked for: a request is one payment.
func (l *requests) doAll(ctx context.Context, n uint64, outcomes []outcome) {
	for i := range outcomes {
		outcomes[i].as, outcomes[i].err = l.do(ctx, n+uint64(i))
	}
}

func (l *requests) drawCode(ctx context.Context, i int) (err error) {
	n := l.from + uint64(i)
	buyer := party.FormatID(personID(int(dice(n, 1) % uint64(l.accounts))))
	l.codes[i], err = l.post(ctx, "/v1/sandbox/payment-codes", n, "code-", map[string]string{"buyer_id": buyer}, "payment_code")
	return err
}

// newPayment is what the load asks for.
type newPayment struct {
	OrderNo     string `json:"order_no"`
	Amount      uint64 `json:"amount"`
	Currency    string `json:"currency"`
	Subject     string `json:"subject"`
	Kind        string `json:"kind"`
	Goods       string `json:"goods"`
	PaymentCode string `json:"payment_code"`
}

func (l *requests) do(ctx context.Context, n uint64) (as bool, err error) {
	status, err := l.post(ctx, "/v1/payments", n, "pay-", newPayment{OrderNo: l.run + "-" + strconv.FormatUint(n, 10), Amount: 1_00 + dice(n, 2)%200_00, Currency: "CNY",
		Subject: "Bench", Kind: "instant", Goods: "virtual", PaymentCode: l.codes[n-l.from]}, "status")
	return err == nil && status == "TRADE_SUCCESS", err
}

// post asks as the merchant of item n, and reads out of the answer the text that is wanted.
func (l *requests) post(ctx context.Context, path string, n uint64, prefix string, in any, want string) (string, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return "", err
	}
	free := <-l.lines
	defer func() { l.lines <- free }()
	status, answer, err := free.post(ctx, path, l.keys[dice(n, 3)%sellers], prefix+l.run+"-"+strconv.FormatUint(n, 10), body)
	if err != nil {
		return "", err
	}
	if status/100 == 2 {
		return textIn(answer, want)
	}
	var problem struct {
		Code   string `json:"code"`
		Detail string `json:"detail"`
	}
	if json.Unmarshal(answer, &problem) == nil && problem.Code != "" {
		return "", refusal.New(refusal.Code(problem.Code), "%s", problem.Detail)
	}
	return "", fmt.Errorf("%s answered %d", path, status)
}

func (l *requests) hangUp() {
	for range cap(l.lines) {
		(<-l.lines).hangUp()
	}
}

// line is one connection of the load's. net/http's client has two goroutines for each,
// and hands every request and answer from one to another: on the same two cores that
// took as much as a third of the platform's own work. Here a request is one write, and
// of an answer's head only the status and the length are read.
type line struct {
	host   string
	conn   net.Conn  // nil until it is needed
	until  time.Time // when the connection gives up
	in     *bufio.Reader
	out    []byte
	answer []byte
}

// patience is how long an answer may take at most, and half as long at least.
const patience = 2 * time.Minute

// post returns the status and the body, which is good until the next.
func (l *line) post(ctx context.Context, path, key, id string, body []byte) (status int, answer []byte, err error) {
	if l.conn == nil {
		if l.conn, err = new(net.Dialer).DialContext(ctx, "tcp", l.host); err != nil {
			return 0, nil, err
		}
		l.in, l.until = bufio.NewReader(l.conn), time.Time{}
	}
	defer func() {
		if err != nil {
			l.hangUp()
		}
	}()
	l.out = append(append(append(l.out[:0], "POST "...), path...), " HTTP/1.1\r\nHost: "...)
	l.out = append(append(append(l.out, l.host...), "\r\nAuthorization: Bearer "...), key...)
	l.out = append(append(append(l.out, "\r\nContent-Type: application/json\r\nIdempotency-Key: "...), id...), "\r\nContent-Length: "...)
	l.out = append(append(strconv.AppendInt(l.out, int64(len(body)), 10), "\r\n\r\n"...), body...)
	if now := time.Now(); l.until.Sub(now) < patience/2 {
		l.until = now.Add(patience)
		if err := l.conn.SetDeadline(l.until); err != nil {
			return 0, nil, err
		}
	}
	if _, err := l.conn.Write(l.out); err != nil {
		return 0, nil, err
	}
	status, length, err := readHead(l.in)
	if err != nil {
		return 0, nil, err
	}
	l.answer = slices.Grow(l.answer[:0], length)[:length]
	_, err = io.ReadFull(l.in, l.answer)
	return status, l.answer, err
}

// readHead reads an answer up to its body, of which it wants to be told the length.
func readHead(in *bufio.Reader) (status, length int, err error) {
	length = -1
	for number := 0; ; number++ {
		row, err := in.ReadSlice('\n')
		if err != nil {
			return 0, 0, err
		}
		row = bytes.TrimRight(row, "\r\n")
		if number == 0 {
			rest, plain := bytes.CutPrefix(row, []byte("HTTP/1.1 "))
			code, _, _ := bytes.Cut(rest, []byte(" "))
			if status, err = strconv.Atoi(string(code)); err != nil || !plain {
				return 0, 0, fmt.Errorf("an answer begins with %q", row)
			}
			continue
		}
		if len(row) == 0 {
			break
		}
		if name, value, _ := bytes.Cut(row, []byte(":")); bytes.EqualFold(name, []byte("Content-Length")) {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil || length < 0 {
				return 0, 0, fmt.Errorf("an answer has %q", row)
			}
		}
	}
	if length < 0 {
		return 0, 0, errors.New("an answer does not tell its length")
	}
	return status, length, nil
}

// textIn is the first text of that name in an answer. The load asks for what stands
// there once, and has no time to read the rest.
func textIn(answer []byte, name string) (string, error) {
	_, rest, found := bytes.Cut(answer, []byte(`"`+name+`":"`))
	text, _, whole := bytes.Cut(rest, []byte(`"`))
	if !found || !whole {
		return "", fmt.Errorf("the answer has no text %s: %.200s", name, answer)
	}
	return string(text), nil
}

func (l *line) hangUp() {
	if l.conn != nil {
		l.conn.Close()
		l.conn = nil
	}
}

// join is the bench's own command: it makes the records of a row of people.
type join struct {
	Key    string         `cbor:"1,keyasint"`
	People []party.Person `cbor:"-"`
}

func (c join) ID() string   { return c.Key }
func (c join) Name() string { return "bench_join" }
func (c join) Touches(t *store.Touched) {
	for _, p := range c.People {
		t.Record(identity.People.Key(party.FormatID(p.ID)))
	}
}

func (c join) Apply(tx *engine.Tx) (any, error) {
	for _, p := range c.People {
		identity.People.Put(tx, party.FormatID(p.ID), p)
	}
	return nil, nil
}

func joinAll(ctx context.Context, s store.Store, e *engine.Engine, count int, tell Tell) error {
	rows := (count + row - 1) / row
	return together(ctx, rows, 4096, func(r int) error {
		c := join{Key: fmt.Sprintf("bench/join/%d", r)}
		for n := r * row; n < min(count, (r+1)*row); n++ {
			if _, known, err := identity.People.Read(ctx, s, party.FormatID(personID(n))); err != nil || known {
				if err != nil {
					return err
				}
				continue
			}
			c.People = append(c.People, party.Person{ID: personID(n), Phone: fmt.Sprintf("199%08d", n), Tier: ledger.TierIII, Created: e.Now().UnixMilli()})
		}
		if len(c.People) == 0 {
			return nil
		}
		c.Key += "/" + party.FormatID(c.People[0].ID)
		_, err := e.Submit(ctx, c, by)
		return err
	}, func(share int) { tell(share, fmt.Sprintf("%d people join", count)) })
}

package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime/pprof"
	"strconv"
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
	s, e, err := open(ctx, o)
	if err != nil {
		return Report{}, err
	}
	l := &requests{accounts: o.Accounts, client: &http.Client{Transport: &http.Transport{MaxConnsPerHost: o.Clients, MaxIdleConnsPerHost: o.Clients}, Timeout: time.Minute}}
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
	client   *http.Client
	url      string
	keys     []string // of the merchants
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
	l.url = url
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

func (l *requests) drawCode(ctx context.Context, i int) error {
	n := l.from + uint64(i)
	var code struct {
		PaymentCode string `json:"payment_code"`
	}
	buyer := party.FormatID(personID(int(dice(n, 1) % uint64(l.accounts))))
	err := l.post(ctx, "/v1/sandbox/payment-codes", n, "code-", map[string]any{"buyer_id": buyer}, &code)
	l.codes[i] = code.PaymentCode
	return err
}

func (l *requests) do(ctx context.Context, n uint64) (as bool, err error) {
	var made struct {
		Status string `json:"status"`
	}
	err = l.post(ctx, "/v1/payments", n, "pay-", map[string]any{"order_no": l.run + "-" + strconv.FormatUint(n, 10), "amount": 1_00 + dice(n, 2)%200_00, "currency": "CNY",
		"subject": "Bench", "kind": "instant", "goods": "virtual", "payment_code": l.codes[n-l.from]}, &made)
	return err == nil && made.Status == "TRADE_SUCCESS", err
}

// post asks as the merchant of item n.
func (l *requests) post(ctx context.Context, path string, n uint64, prefix string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, l.url+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+l.keys[dice(n, 3)%sellers])
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", prefix+l.run+"-"+strconv.FormatUint(n, 10))
	response, err := l.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode/100 == 2 {
		return json.Unmarshal(answer, out)
	}
	var problem struct {
		Code   string `json:"code"`
		Detail string `json:"detail"`
	}
	if json.Unmarshal(answer, &problem) == nil && problem.Code != "" {
		return refusal.New(refusal.Code(problem.Code), "%s", problem.Detail)
	}
	return fmt.Errorf("%s answered %s", path, response.Status)
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

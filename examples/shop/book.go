package shop

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// book keeps the orders: in memory to read, in orders.jsonl to last. Each
// change is one line, written and synced before anyone hears of it; a line is
// whole or it is not there, so what it holds becomes true together.
//
// A known gap: the file only grows (about 2 KB a change), and all orders stay
// in memory. A shop with real traffic would use a database.
type book struct {
	mu        sync.RWMutex
	file      *os.File
	size      int64 // of the whole lines
	broken    error // set when the file could not be brought back to whole lines
	now       func() time.Time
	id        string
	orders    map[string]*Order
	byShopper map[string][]string // order numbers, oldest first
	byPayment map[string]string
	handled   map[string]bool // webhook ids
	endpoints map[string]Endpoint
}

// line is what one line of the file says.
type line struct {
	At       time.Time `json:"at"`
	Name     string    `json:"name,omitempty"`    // first line: this folder's own name
	Orders   []Order   `json:"orders,omitempty"`  // as they are from now on
	Webhook  string    `json:"webhook,omitempty"` // handled from now on
	Endpoint *Endpoint `json:"endpoint,omitempty"`
}

func openBook(dir string, now func() time.Time) (*book, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("shop: make the data folder: %w", err)
	}
	path := filepath.Join(dir, "orders.jsonl")
	content, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("shop: read the orders: %w", err)
	}
	b := &book{
		now:       now,
		orders:    map[string]*Order{},
		byShopper: map[string][]string{},
		byPayment: map[string]string{},
		handled:   map[string]bool{},
		endpoints: map[string]Endpoint{},
	}
	for n, rest := 1, content; ; n++ {
		text, after, whole := bytes.Cut(rest, []byte("\n"))
		if !whole {
			break // an unfinished last line was never true: the power went before its sync
		}
		var l line
		if err := json.Unmarshal(text, &l); err != nil {
			return nil, fmt.Errorf("shop: line %d of %s is damaged (%v); restore the file from a copy, or move it away to start empty", n, path, err)
		}
		b.take(l)
		rest = after
		b.size += int64(len(text)) + 1
	}
	b.file, err = os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("shop: open the orders for writing: %w", err)
	}
	if err := b.file.Truncate(b.size); err != nil {
		b.file.Close()
		return nil, fmt.Errorf("shop: drop the unfinished last line: %w", err)
	}
	if b.id == "" {
		if err := b.write(line{Name: random(5)}); err != nil {
			b.file.Close()
			return nil, err
		}
		if err := syncDir(dir); err != nil {
			b.file.Close()
			return nil, err
		}
	}
	return b, nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

var errClosed = errors.New("shop: the order file is closed")

func (b *book) close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.broken == errClosed {
		return nil
	}
	b.broken = errClosed
	return b.file.Close()
}

// place adds new orders, all or none. check runs under the book's lock, with
// the stock as it is then, and refuses by answering an error.
func (b *book) place(orders []Order, check func(taken map[string]int64) error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := check(b.taken()); err != nil {
		return err
	}
	return b.write(line{Orders: orders})
}

// update changes one order, and with it marks the webhook that caused the
// change as handled. It answers the order as it is now.
func (b *book) update(no, webhook string, change func(*Order)) (Order, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	old, found := b.orders[no]
	if !found {
		return Order{}, fmt.Errorf("shop: no order %s", no)
	}
	o := *old
	change(&o)
	if err := b.write(line{Orders: []Order{o}, Webhook: webhook}); err != nil {
		return Order{}, err
	}
	return o, nil
}

// markHandled remembers a webhook that concerned no order of ours.
func (b *book) markHandled(webhook string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.write(line{Webhook: webhook})
}

func (b *book) keepEndpoint(e Endpoint) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.write(line{Endpoint: &e})
}

// write makes a line durable, then true.
func (b *book) write(l line) error {
	if b.broken != nil {
		return b.broken
	}
	l.At = b.now().UTC()
	text, err := json.Marshal(l)
	if err != nil {
		return err
	}
	text = append(text, '\n')
	_, err = b.file.WriteAt(text, b.size)
	if err == nil {
		err = b.file.Sync()
	}
	if err != nil {
		// The disk may hold a part of the line, or all of it. Cut it off, so
		// that what we refused now does not come true at the next start.
		if cut := errors.Join(b.file.Truncate(b.size), b.file.Sync()); cut != nil {
			b.broken = fmt.Errorf("shop: the order file needs a restart: %w", cut)
		}
		return fmt.Errorf("shop: write the order file: %w", err)
	}
	b.size += int64(len(text))

	// The line is durable; from here it is true.
	b.take(l)
	return nil
}

func (b *book) take(l line) {
	if l.Name != "" {
		b.id = l.Name
	}
	for _, o := range l.Orders {
		if _, known := b.orders[o.No]; !known {
			b.byShopper[o.Shopper] = append(b.byShopper[o.Shopper], o.No)
		}
		b.orders[o.No] = &o
		if o.Payment != nil {
			b.byPayment[o.Payment.ID] = o.No
		}
	}
	if l.Webhook != "" {
		b.handled[l.Webhook] = true
	}
	if l.Endpoint != nil {
		b.endpoints[l.Endpoint.MerchantID] = *l.Endpoint
	}
}

func (b *book) order(no string) (Order, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	o, found := b.orders[no]
	if !found {
		return Order{}, false
	}
	return *o, true
}

// ordersOf answers a shopper's orders, newest first.
func (b *book) ordersOf(shopper string) []Order {
	b.mu.RLock()
	defer b.mu.RUnlock()
	var list []Order
	for _, no := range slices.Backward(b.byShopper[shopper]) {
		list = append(list, *b.orders[no])
	}
	return list
}

// ordersIn answers the orders of one checkout, in the order in which they are paid.
func (b *book) ordersIn(shopper, checkout string) []Order {
	var list []Order
	for _, o := range slices.Backward(b.ordersOf(shopper)) {
		if o.Checkout == checkout {
			list = append(list, o)
		}
	}
	return list
}

// find answers the order that a payment is for: by its id or, when our own
// request never got its answer, by the order number.
func (b *book) find(paymentID, no string) (Order, bool) {
	b.mu.RLock()
	known, found := b.byPayment[paymentID]
	b.mu.RUnlock()
	if found {
		no = known
	}
	return b.order(no)
}

func (b *book) wasHandled(webhook string) bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.handled[webhook]
}

func (b *book) waitingForDelivery() []string {
	b.mu.RLock()
	defer b.mu.RUnlock()
	var list []string
	for no, o := range b.orders {
		if o.Virtual && o.State() == ToShip {
			list = append(list, no)
		}
	}
	return list
}

// stockTaken answers how many of each good are off the shelf.
func (b *book) stockTaken() map[string]int64 {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.taken()
}

func (b *book) taken() map[string]int64 {
	now, taken := b.now(), map[string]int64{}
	for _, o := range b.orders {
		if !o.keepsGoods(now) {
			continue
		}
		for _, l := range o.Lines {
			taken[l.SKU] += l.Quantity
		}
	}
	return taken
}

func (b *book) endpoint(merchantID string) (Endpoint, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	e, found := b.endpoints[merchantID]
	return e, found
}

func (b *book) name() string {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.id
}

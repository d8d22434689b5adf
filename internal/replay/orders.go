// Package replay runs recorded real data through the platform's own desks on a
// simulated clock, and reports where everything ended. It refuses to know any
// shortcut: whoever appears in a record signs up, tops up and pays as anybody
// would.
package replay

import (
	"encoding/csv"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"sort"
	"strconv"
	"time"

	"tongbao/internal/money"
)

// Order is one order's recorded life. A zero time is a step that never came.
type Order struct {
	ID        string
	Customer  int    // 1 for the first customer in the file, and so on
	Status    string // as the file has it: delivered, shipped, canceled, ...
	Purchased time.Time
	Approved  time.Time // paid
	Shipped   time.Time // handed to the carrier
	Delivered time.Time
	Estimated time.Time
}

// Amount is derived from the order's id, since the record has none: from 1.00
// to 500.99 yuan, the id's first eight hexadecimal digits modulo 50,000.
func (o Order) Amount() (money.Amount, error) {
	if len(o.ID) < 8 {
		return 0, fmt.Errorf("order %q has no id of eight digits", o.ID)
	}
	n, err := strconv.ParseUint(o.ID[:8], 16, 32)
	if err != nil {
		return 0, fmt.Errorf("order %q: %w", o.ID, err)
	}
	return money.Amount(100 + n%50_000), nil
}

// Seller picks one of n sellers by the order's id.
func (o Order) Seller(n int) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(o.ID)) // never fails
	return int(h.Sum32() % uint32(n))
}

// ordersHeader is the file's first line, by which it is recognised.
var ordersHeader = []string{"order_id", "customer_id", "order_status", "order_purchase_timestamp", "order_approved_at",
	"order_delivered_carrier_date", "order_delivered_customer_date", "order_estimated_delivery_date"}

// ReadOrders reads the records (the Olist sample of the shared data folder).
// Lines that repeat the header are passed over.
func ReadOrders(from io.Reader) ([]Order, error) {
	lines := csv.NewReader(from)
	header, err := lines.Read()
	if err != nil {
		return nil, fmt.Errorf("read the first line: %w", err)
	}
	if fmt.Sprint(header) != fmt.Sprint(ordersHeader) {
		return nil, fmt.Errorf("not a file of order lives: its first line is %v, wanted is %v", header, ordersHeader)
	}
	customers := map[string]int{}
	var orders []Order
	for {
		line, err := lines.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read order %d: %w", len(orders)+1, err)
		}
		o := Order{ID: line[0], Status: line[2]}
		if customers[line[1]] == 0 {
			customers[line[1]] = len(customers) + 1
		}
		o.Customer = customers[line[1]]
		for i, at := range []*time.Time{&o.Purchased, &o.Approved, &o.Shipped, &o.Delivered, &o.Estimated} {
			if text := line[3+i]; text != "" {
				if *at, err = time.Parse("1/2/2006 15:04", text); err != nil {
					return nil, fmt.Errorf("order %s: %w", o.ID, err)
				}
			}
		}
		if o.Purchased.IsZero() {
			return nil, fmt.Errorf("order %s was never placed", o.ID)
		}
		orders = append(orders, o)
	}
	return orders, nil
}

// step is one thing that somebody does, at its time.
type step struct {
	at    time.Time
	order int // index into the orders
	act   string
}

// The steps of an order's life.
const (
	stepOpen    = "open"
	stepPay     = "pay"
	stepShip    = "ship"
	stepDeliver = "deliver" // the parcel arrives: an even-numbered buyer confirms, an odd one says nothing
	stepCancel  = "cancel"  // the seller closes an unpaid order, or gives a paid one's money back
)

// cancelAfter is when a cancelled order's seller acts, the record being silent
// about it: two days after the last thing that it does tell.
const cancelAfter = 48 * time.Hour

// stepsOf lays out the steps of all orders in the order of their time. Where
// clocks of the record disagree (a parcel handed over before its payment), a
// step waits for the one before it.
func stepsOf(orders []Order) []step {
	var steps []step
	for i, o := range orders {
		last := o.Purchased
		add := func(act string, at time.Time) {
			if at.Before(last) {
				at = last
			}
			last = at
			steps = append(steps, step{at: at, order: i, act: act})
		}
		add(stepOpen, o.Purchased)
		if !o.Approved.IsZero() {
			add(stepPay, o.Approved)
		}
		if !o.Shipped.IsZero() && !o.Approved.IsZero() {
			add(stepShip, o.Shipped)
		}
		if !o.Delivered.IsZero() && !o.Shipped.IsZero() {
			add(stepDeliver, o.Delivered)
		}
		switch o.Status {
		case "canceled":
			add(stepCancel, last.Add(cancelAfter))
		case "unavailable":
			add(stepCancel, o.Estimated)
		}
	}
	sort.SliceStable(steps, func(i, j int) bool { return steps[i].at.Before(steps[j].at) })
	return steps
}

// Progress is told how much of the work is done, in thousandths, and what is
// being done.
type Progress func(share int, what string)

// Sellers is how many sellers the orders are spread over, each with its rate.
var sellers = []struct {
	name string
	rate money.Rate
}{
	{"Lake Tea", 6000}, {"Celadon House", 5500}, {"Mountain Books", 6000}, {"Cloud Software", 10_000}, {"North Star Tools", 0},
}

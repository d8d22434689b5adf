package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/pay"
	"tongbao/internal/store"
)

// What can be done beside the load, to see what each does to the other.
const (
	BesideReading = "reading" // a buyer's newest 20 entries and a payment by its order number, 200 times a second each
	BesideBackup  = "backup"  // an online backup, one after another
)

// Beside tells what was done beside the load.
type Beside struct {
	What     string
	Times    int
	P50, P99 float64 // ms
	Max      float64 // ms
	Copy     string  // folder of the last backup
}

const readsASecond = 200

// beside does it until stop is called, which returns what came of it.
func beside(ctx context.Context, o Options, l load, s store.Store) (stop func() (Beside, error)) {
	ctx, cancel := context.WithCancel(ctx)
	b, took := Beside{What: o.Beside}, histogram{}
	var failed error
	var done sync.WaitGroup
	done.Go(func() {
		for n := uint64(0); ctx.Err() == nil; n++ {
			began := time.Now()
			if failed = besideOnce(ctx, o, l, s, n, &b, &took); failed != nil {
				return
			}
			select {
			case <-ctx.Done():
			case <-time.After(time.Second/readsASecond - time.Since(began)):
			}
		}
	})
	return func() (Beside, error) {
		cancel()
		done.Wait()
		b.P50, b.P99, b.Max = ms(took.quantile(0.5)), ms(took.quantile(0.99)), ms(took.max())
		if errors.Is(failed, context.Canceled) {
			failed = nil // it was stopped in the middle of one
		}
		return b, failed
	}
}

func besideOnce(ctx context.Context, o Options, l load, s store.Store, n uint64, b *Beside, took *histogram) error {
	if o.Beside == BesideBackup {
		dir := filepath.Join(filepath.Dir(o.Folder), fmt.Sprintf("copy-%d", n))
		began := time.Now()
		if err := s.Backup(ctx, dir); err != nil {
			os.RemoveAll(dir)
			return err
		}
		took.add(time.Since(began))
		if b.Copy != "" {
			os.RemoveAll(b.Copy)
		}
		b.Copy = dir
		b.Times++
		return nil
	}
	p, ok := l.(*payments)
	if !ok {
		return fmt.Errorf("reading goes beside payments alone")
	}
	began := time.Now()
	if _, err := s.History(ctx, ledger.Of(ledger.User, personID(int(dice(n, 5)%uint64(p.accounts))), money.CNY), 0, 20); err != nil {
		return err
	}
	took.add(time.Since(began))
	item := dice(n, 6) % uint64(max(1, o.warmup)) // of those that are surely there
	_, asked := p.item(item)
	began = time.Now()
	number, found, err := pay.OrderNos.Read(ctx, s, pay.OrderNoID(asked.Asked.Order.Merchant, asked.Asked.Order.OrderNo))
	if err == nil && found {
		_, _, err = pay.Trades.Read(ctx, s, number.Trade)
	}
	took.add(time.Since(began))
	b.Times += 2
	return err
}

package pebblestore

import (
	"fmt"
	"testing"
)

// Transfers with a record and a row each, synced, through everything but the
// engine; four batches in flight, as many as there may be.
func BenchmarkTransfers(b *testing.B) {
	for _, batch := range []int{1, 100, 4096} {
		b.Run(fmt.Sprintf("batch=%d", batch), func(b *testing.B) {
			s := mustOpen(b, Options{Dir: b.TempDir()})
			defer s.Close()
			b.ResetTimer()
			var pending []interface{ Wait() error }
			for done := 0; done < b.N; done += batch {
				p, err := transfers(s, done, batch)
				if err != nil {
					b.Fatal(err)
				}
				pending = append(pending, p)
				if batch == 1 || len(pending) > 3 { // a lone client waits for each answer
					if err := pending[0].Wait(); err != nil {
						b.Fatal(err)
					}
					pending = pending[1:]
				}
			}
			for _, p := range pending {
				if err := p.Wait(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "transfers/s")
		})
	}
}

package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"sort"
	"strings"
	"time"

	"tongbao/internal/audit"
	"tongbao/internal/cores"
)

// Report is what was measured. Its JSON is a contract: scripts rely on the
// names, and where the store is a folder on there being no others.
type Report struct {
	Count        int     `json:"count"`
	Seconds      float64 `json:"seconds"`
	PerSecond    float64 `json:"per_second"`
	P50          float64 `json:"p50_ms"`
	P99          float64 `json:"p99_ms"`
	Max          float64 `json:"max_ms"`
	BytesOnDisk  int64   `json:"bytes_on_disk"` // of the whole store, closed
	BytesPerItem float64 `json:"bytes_per_item"`
	RSSBytes     int64   `json:"rss_bytes"` // of this process, load included; the most there was until the end of the measured part
	Fsync        bool    `json:"fsync"`
	Store        string  `json:"store"`
	Cores        int     `json:"cores"`
	Go           string  `json:"go"`

	// On a database: what the bare probe did in the same run, and how much of it this is.
	BarePerSecond float64 `json:"bare_per_second,omitempty"`
	OfBare        float64 `json:"of_bare,omitempty"`

	Refused   map[string]int `json:"-"` // on purpose, by code; among Count
	Surprises map[string]int `json:"-"` // answers that no item was made to get
	Speeds    []float64      `json:"-"` // items a second, in each tenth of the run
	Processor time.Duration  `json:"-"` // spent on each item, by the whole process, the load included
	Offered   float64        `json:"-"` // items a second that arrived, in an open loop
	Together  int            `json:"-"` // items in a request at most
	Books     audit.Report   `json:"-"`
	Beside    Beside         `json:"-"`
	Bare      Bare           `json:"-"`
	Copy      audit.Report   `json:"-"` // of the last backup made beside the load
}

// OK says that every item got the answer that it was made to get, and that the
// books agree.
func (r Report) OK() bool { return len(r.Surprises) == 0 && r.Books.OK() && r.Copy.OK() }

func (t *tally) report(o Options) Report {
	seconds := t.wall.Seconds()
	return Report{
		Count: t.count, Seconds: seconds, PerSecond: float64(t.count) / seconds,
		P50: ms(t.took.quantile(0.5)), P99: ms(t.took.quantile(0.99)), Max: ms(t.took.max()),
		Fsync: true, Store: o.Store, Cores: cores.Count, Go: runtime.Version(),
		Refused: t.refused, Surprises: t.surprise, Speeds: t.speeds(), Offered: o.Rate, Together: o.Together,
		Processor: t.spent / time.Duration(t.count),
	}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// Print writes the report for people.
func (r Report) Print(out io.Writer) {
	how := "each client waits for its answer"
	if r.Offered > 0 {
		how = fmt.Sprintf("open loop: %.0f a second arrive, and time runs from the planned moment", r.Offered)
	}
	if r.Together > 1 {
		how += fmt.Sprintf("; up to %d items in a request", r.Together)
	}
	fmt.Fprintf(out, "%d in %.2f s: %.0f a second (%s)\n", r.Count, r.Seconds, r.PerSecond, how)
	fmt.Fprintf(out, "latency    p50 %.3f ms, p99 %.3f ms, longest %.3f ms\n", r.P50, r.P99, r.Max)
	if len(r.Speeds) > 0 {
		fmt.Fprintf(out, "by tenths  %s a second\n", strings.Trim(fmt.Sprintf("%.0f", r.Speeds), "[]"))
	}
	if r.Processor > 0 {
		fmt.Fprintf(out, "processor  %s for each item, of all cores together\n", r.Processor.Round(100*time.Nanosecond))
	}
	if b := r.Bare; b.PerSecond > 0 {
		fmt.Fprintf(out, "bare       %.0f a second: the same rows of %d items, %d in a transaction, on the same database halfway through, nothing decided and no others asking; above is %.2f of it\n",
			b.PerSecond, b.Count, b.Batch, r.OfBare)
	}
	if r.BytesOnDisk > 0 {
		fmt.Fprintf(out, "on disk    %d bytes, closed; %.1f for each item\n", r.BytesOnDisk, r.BytesPerItem)
	}
	fmt.Fprintf(out, "memory     %d MiB at most, the load's own included\n", r.RSSBytes>>20)
	fmt.Fprintf(out, "machine    %d cores, %s, store %s; every answer was durable (fsync) before it was given, and the load was made on the same cores\n", r.Cores, r.Go, r.Store)
	printCounts(out, "refused on purpose, among them", r.Refused)
	printCounts(out, "NOT AS MEANT", r.Surprises)
	if b := r.Beside; b.What != "" {
		fmt.Fprintf(out, "beside     %s, %d times: p50 %.3f ms, p99 %.3f ms, longest %.3f ms\n", b.What, b.Times, b.P50, b.P99, b.Max)
	}
	if r.Copy.Position > 0 {
		fmt.Fprintf(out, "copy       %d entries, verifies: %t\n", r.Copy.Position, r.Copy.OK())
	}
	mark := "verify"
	if !r.Books.OK() {
		mark = "DO NOT VERIFY"
	}
	fmt.Fprintf(out, "books      %s: %d entries, %d checks, in %s\n", mark, r.Books.Position, len(r.Books.Checks), r.Books.Took.Round(time.Millisecond))
	for _, c := range r.Books.Checks {
		for _, fault := range c.Faults {
			fmt.Fprintf(out, "           %s: %s\n", c.Name, fault)
		}
	}
}

func printCounts(out io.Writer, title string, counts map[string]int) {
	total := 0
	var parts []string
	for what, n := range counts {
		total += n
		parts = append(parts, fmt.Sprintf("%s %d", what, n))
	}
	if total == 0 {
		return
	}
	sort.Strings(parts)
	fmt.Fprintf(out, "%s: %d (%s)\n", title, total, strings.Join(parts, ", "))
}

// WriteJSON writes the contract's line.
func (r Report) WriteJSON(out io.Writer) error { return json.NewEncoder(out).Encode(r) }

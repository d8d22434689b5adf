package tongbao

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"tongbao/internal/mysqlstore"
)

// metrics are the server's figures for Prometheus. docs/operate-on-tidb.md names
// those that matter on a database.
type metrics struct {
	registry   *prometheus.Registry
	statements *prometheus.HistogramVec
}

func newMetrics() *metrics {
	m := &metrics{registry: prometheus.NewRegistry(), statements: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "tongbao_store_statement_seconds", Help: "Statements sent to the database, by kind and outcome; seconds until the answer began.",
		Buckets: []float64{0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 3, 10},
	}, []string{"statement", "outcome"})}
	m.registry.MustRegister(m.statements, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) statement(s mysqlstore.Statement) {
	m.statements.WithLabelValues(s.Kind, s.Outcome).Observe(s.Took.Seconds())
}

// watch adds what the platform tells of itself when it is asked.
func (m *metrics) watch(p *Platform) {
	gauge := func(name, help string, value func() float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
	}
	count := func(name, help string, value func() float64) {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, value))
	}
	gauge("tongbao_commands_waiting", "Commands that are queued and in no batch yet.", func() float64 { return float64(p.engine.Waiting()) })
	count("tongbao_batch_retries_total", "Batches that were made again because others' came first, or the connection broke.", func() float64 { return float64(p.engine.Retries()) })
	gauge("tongbao_head_position", "Entries in the journal when it was last looked at.", func() float64 { return float64(p.api.Health().Head) })
	gauge("tongbao_newest_entry_age_seconds", "Age of the newest of them by business time.", func() float64 { return p.api.Health().Age })
	gauge("tongbao_jobs_behind", "Timers that are due and not done, of all servers; 1000 of a kind at most.", func() float64 { return float64(p.api.Health().JobsBehind) })
	gauge("tongbao_health_age_seconds", "How long ago the last three were looked at: rising while the store is away.", func() float64 { return time.Since(p.api.Health().At).Seconds() })
	gauge("tongbao_servers", "Servers that share the work on this store; 0 where it is this process's alone.", func() float64 { return float64(len(p.jobs.Servers())) })
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

package openapi

import (
	"context"
	"runtime"
	"time"

	"tongbao/internal/party"
)

// System is how this server is, and the store.
type System struct {
	Version       string   `json:"version"`
	Go            string   `json:"go"`
	Server        string   `json:"server" doc:"This process's name among the servers on the store."`
	Servers       []string `json:"servers" doc:"That share the work; none where the store is this process's alone."`
	Store         string   `json:"store" example:"MariaDB 10.11.6"`
	NewestAge     float64  `json:"newest_entry_age_seconds" doc:"How old the journal's newest entry was when the store was last asked."`
	JobsBehind    int      `json:"jobs_behind" doc:"Timers that are due and not done, of all servers; 1000 of a kind at most."`
	AsOf          Time     `json:"as_of" doc:"When the store was asked for these two; it stays behind while that is away."`
	Mode          string   `json:"mode" enum:"test,live"`
	HeadPosition  uint64   `json:"head_position" doc:"Entries in the journal."`
	RatePerSecond float64  `json:"rate_per_second" doc:"Commands, over the last minute."`
	BatchSize     float64  `json:"batch_size" doc:"Commands committed at once, over the newest hundreds."`
	P50MS         float64  `json:"p50_ms" doc:"Of this server's requests in the last minute."`
	P99MS         float64  `json:"p99_ms"`
	Queue         int64    `json:"queue" doc:"Requests under way."`
	UptimeSeconds int64    `json:"uptime_seconds"`
	Clock         Time     `json:"clock" doc:"Business time."`
	Wall          Time     `json:"wall" doc:"The machine's."`
	TimeZone      string   `json:"time_zone"`
	Series        []Second `json:"series" doc:"The last minute, oldest first."`
}

// Second is what happened in one.
type Second struct {
	At       Time    `json:"at"`
	Commands float64 `json:"commands"`
	Requests float64 `json:"requests"`
}

func (s *Server) getSystem(ctx context.Context, _ *struct{}) (*answer[System], error) {
	if _, err := s.operator(ctx, party.View); err != nil {
		return nil, err
	}
	head, err := s.opt.Engine.Store().Head(ctx)
	if err != nil {
		return nil, err
	}
	batch, err := s.batchSize(ctx, head.Position)
	if err != nil {
		return nil, err
	}
	now, health := time.Now(), s.Health()
	v := System{
		Server: health.Server, Servers: health.Servers, NewestAge: health.Age, JobsBehind: health.JobsBehind, AsOf: Time(health.At.UnixMilli()),
		Version: s.opt.Version, Go: runtime.Version(), Store: health.Store, Mode: string(s.mode()), HeadPosition: head.Position, BatchSize: batch,
		Queue: s.lookout.underWay.Load(), UptimeSeconds: int64(now.Sub(s.lookout.started).Seconds()), Clock: Time(s.now().UnixMilli()), Wall: Time(now.UnixMilli()),
		TimeZone: s.opt.Engine.Zone().String(), Series: []Second{},
	}
	v.P50MS, v.P99MS = s.lookout.latency(now)
	samples := s.lookout.lastMinute()
	for i := 1; i < len(samples); i++ {
		was, is := samples[i-1], samples[i]
		seconds := is.at.Sub(was.at).Seconds()
		v.Series = append(v.Series, Second{At: Time(is.at.UnixMilli()), Commands: float64(is.position-was.position) / seconds, Requests: float64(is.served-was.served) / seconds})
	}
	if n := len(samples); n > 1 {
		v.RatePerSecond = float64(samples[n-1].position-samples[0].position) / samples[n-1].at.Sub(samples[0].at).Seconds()
	}
	return &answer[System]{Body: v}, nil
}

// batchSize tells from the newest entries how many were committed at once: those
// of a batch share their moment.
func (s *Server) batchSize(ctx context.Context, head uint64) (float64, error) {
	const newest = 300
	entries, err := s.opt.Engine.Store().Journal(ctx, head-min(head, newest), newest)
	if err != nil || len(entries) == 0 {
		return 0, err
	}
	batches := 1
	for i := 1; i < len(entries); i++ {
		if entries[i].At != entries[i-1].At {
			batches++
		}
	}
	return float64(len(entries)) / float64(batches), nil
}

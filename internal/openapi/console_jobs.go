package openapi

import (
	"context"
	"time"

	"tongbao/internal/jobs"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
)

// Job is something due.
type Job struct {
	ID        string    `json:"id" example:"trade_deadline/2018111112345678901234567890"`
	Kind      string    `json:"kind" example:"trade_deadline"`
	About     string    `json:"about" doc:"The id of the payment, order, hold or delivery."`
	DueAt     Time      `json:"due_at"`
	State     string    `json:"state" enum:"waiting,running,failed"`
	Attempts  int       `json:"attempts" doc:"Faults in a row."`
	LastError *string   `json:"last_error"`
	TriedAt   MaybeTime `json:"tried_at"`
	NextTryAt MaybeTime `json:"next_try_at"`
}

func (s *Server) listJobs(ctx context.Context, in *struct {
	State string `query:"state" enum:"waiting,running,failed"`
}) (*answer[Page[Job]], error) {
	if _, err := s.operator(ctx, party.View); err != nil {
		return nil, err
	}
	page := Page[Job]{Data: []Job{}}
	if s.opt.Jobs == nil {
		return &answer[Page[Job]]{Body: page}, nil
	}
	list, err := s.opt.Jobs.List(ctx, jobs.State(in.State))
	if err != nil {
		return nil, err
	}
	for _, j := range list {
		page.Data = append(page.Data, Job{ID: j.ID, Kind: j.Kind, About: j.About, DueAt: Time(j.Due.UnixMilli()), State: string(j.State), Attempts: j.Attempts,
			LastError: maybe(j.LastError), TriedAt: moment(j.TriedAt), NextTryAt: moment(j.NextTry)})
	}
	return &answer[Page[Job]]{Body: page}, nil
}

func moment(t time.Time) MaybeTime {
	if t.IsZero() {
		return 0
	}
	return MaybeTime(t.UnixMilli())
}

func (s *Server) runJob(ctx context.Context, in *struct {
	ID   string `path:"id" maxLength:"256"`
	Body *Empty
}) (*answer[Empty], error) {
	if _, err := s.operator(ctx, party.RunJob); err != nil {
		return nil, err
	}
	if s.opt.Jobs == nil {
		return nil, notFound("id", "job")
	}
	err := s.opt.Jobs.RunNow(ctx, in.ID)
	if refusal.Of(err) == nil && err != nil {
		s.opt.Logger.Warn("a job run by hand failed", "job", in.ID, "error", err)
		return nil, refusal.New(refusal.Unavailable, "the job failed, and is tried again by itself: %v", err)
	}
	return render(Empty{}, err)
}

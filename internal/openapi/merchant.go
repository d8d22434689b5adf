package openapi

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"tongbao/internal/engine"
	"tongbao/internal/ledger"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/refusal"
	"tongbao/internal/trade"
)

func (s *Server) registerMerchant(api huma.API) {
	const tag = "Merchant"
	add(api, op{ID: "get-merchant", Path: "/v1/merchant", Tag: tag, Who: merchant, Summary: "The merchant who is asking"}, s.getMerchant)
	add(api, op{ID: "summarise-day", Path: "/v1/merchant/summary", Tag: tag, Who: merchant, Summary: "A day's business by the hour", Doc: "Days are those of the business time zone."}, s.summariseDay)
	add(api, op{ID: "list-requests", Path: "/v1/request-log", Tag: tag, Who: merchant, Summary: "The merchant's newest API requests",
		Doc: "Kept in memory, 500 for each merchant; each server process knows those that it answered."}, s.listRequests)
}

// Merchant is who sells.
type Merchant struct {
	ID             string  `json:"id" example:"2088800000000016"`
	Name           string  `json:"name" example:"Lane Market"`
	FeeRate        int64   `json:"fee_rate" example:"6000" doc:"In millionths of every payment."`
	Status         string  `json:"status" enum:"active,frozen" example:"active"`
	CreatedAt      Time    `json:"created_at"`
	Balance        Account `json:"balance"`
	InEscrow       int64   `json:"in_escrow" example:"12800" doc:"Paid by buyers and not settled yet."`
	SettlementCard *string `json:"settlement_card_id" example:"card_abcdefghijkmnpqr"`
	Mode           string  `json:"mode" enum:"test,live" example:"test"`
}

func (s *Server) getMerchant(ctx context.Context, _ *struct{}) (*answer[Merchant], error) {
	who, err := s.merchant(ctx, party.View)
	if err != nil {
		return nil, err
	}
	m, err := s.opt.Identity.Merchant(ctx, who.ID)
	if err != nil {
		return nil, err
	}
	balance, err := s.opt.Engine.Store().Account(ctx, ledger.Of(ledger.Merchant, m.ID, wallet))
	if err != nil {
		return nil, err
	}
	escrow, err := s.opt.Engine.Store().Account(ctx, ledger.Of(ledger.Escrow, m.ID, wallet))
	if err != nil {
		return nil, err
	}
	return render(Merchant{ID: idText(m.ID), Name: m.Name, FeeRate: int64(m.FeeRate), Status: string(m.Status), CreatedAt: Time(m.Created), Balance: s.account(balance),
		InEscrow: int64(escrow.Balance), SettlementCard: maybe(m.SettlementCard), Mode: string(s.mode())}, nil)
}

// DaySummary is a day's business.
type DaySummary struct {
	Day          string    `json:"day" format:"date" example:"2018-11-11"`
	Currency     string    `json:"currency" example:"CNY"`
	ByHour       []HourSum `json:"by_hour" doc:"The 24 hours."`
	Volume       int64     `json:"volume" example:"1280000" doc:"Paid on the day."`
	Count        int       `json:"count" example:"104" doc:"Payments paid on the day."`
	SuccessRate  int64     `json:"success_rate" example:"964000" doc:"Of the payments opened on the day, those paid by now; in millionths."`
	RefundsTotal int64     `json:"refunds_total" example:"12800"`
	ToShip       int       `json:"to_ship" example:"7" doc:"Now; counted as far as 1000."`
	OpenDisputes int       `json:"open_disputes" example:"1" doc:"Now; looked for among the 1000 newest."`
	Complete     bool      `json:"complete" doc:"False where the day has more events than are summed up at once."`
}

// HourSum is one hour, with what was paid in the same one the day before.
type HourSum struct {
	Hour            int   `json:"hour" example:"14"`
	Volume          int64 `json:"volume" example:"128000"`
	Count           int   `json:"count" example:"10"`
	YesterdayVolume int64 `json:"yesterday_volume" example:"96000"`
}

const (
	mostCounted   = 1000
	mostDayEvents = 20_000
)

func (s *Server) summariseDay(ctx context.Context, in *struct {
	Day string `query:"day" format:"date" example:"2018-11-11" doc:"Today by default."`
}) (*answer[DaySummary], error) {
	who, err := s.merchant(ctx, party.View)
	if err != nil {
		return nil, err
	}
	zone := s.opt.Engine.Zone()
	day := s.now().In(zone)
	if in.Day != "" {
		if day, err = time.ParseInLocation("2006-01-02", in.Day, zone); err != nil {
			return nil, refusal.In("day", refusal.InvalidField, "a day is YYYY-MM-DD")
		}
	}
	begin := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, zone)
	v := DaySummary{Day: begin.Format("2006-01-02"), Currency: wallet.String(), ByHour: make([]HourSum, 24), Complete: true}
	for h := range v.ByHour {
		v.ByHour[h].Hour = h
	}
	if err := s.sumDay(ctx, who.ID, begin, &v); err != nil {
		return nil, err
	}
	if err := s.countWork(ctx, who.ID, &v); err != nil {
		return nil, err
	}
	return render(v, nil)
}

// sumDay adds up the merchant's events of the day and the one before.
func (s *Server) sumDay(ctx context.Context, merchant uint64, begin time.Time, v *DaySummary) error {
	opened, paid := 0, 0
	r := pay.Span{Party: merchant, From: begin.AddDate(0, 0, -1).UnixMilli(), Until: begin.AddDate(0, 0, 1).UnixMilli(), Limit: 500}
	for looked := 0; ; looked += r.Limit {
		items, err := pay.ListEvents(ctx, s.opt.Engine.Store(), r)
		if err != nil {
			return err
		}
		if looked >= mostDayEvents {
			v.Complete = len(items) == 0
			break
		}
		for _, item := range items {
			r.After = item.At
			e := item.Value
			if e.Type != pay.PaymentPaid && e.Type != pay.RefundCreated && e.Type != pay.PaymentCreated {
				continue
			}
			t, err := s.opt.Desk.Trade(ctx, e.Object)
			if err != nil {
				return err
			}
			at := time.UnixMilli(e.At).In(begin.Location())
			today := !at.Before(begin)
			switch {
			case e.Type == pay.PaymentPaid && today:
				v.Volume += int64(t.Amount)
				v.Count++
				v.ByHour[at.Hour()].Volume += int64(t.Amount)
				v.ByHour[at.Hour()].Count++
			case e.Type == pay.PaymentPaid:
				v.ByHour[at.Hour()].YesterdayVolume += int64(t.Amount)
			case e.Type == pay.RefundCreated && today:
				if made, ok := t.FindRefund(e.Detail); ok {
					v.RefundsTotal += int64(made.Amount)
				}
			case e.Type == pay.PaymentCreated && today:
				opened++
				if t.Paid != 0 {
					paid++
				}
			}
		}
		if len(items) < r.Limit {
			break
		}
	}
	if opened > 0 {
		v.SuccessRate = int64(paid) * 1_000_000 / int64(opened)
	}
	return nil
}

// countWork counts what waits for the merchant now.
func (s *Server) countWork(ctx context.Context, merchant uint64, v *DaySummary) error {
	toShip := under(pay.TradesOfMerchantIn, idText(merchant)+"/"+trade.WaitSellerSendGoods.String())
	toShip.Limit = mostCounted
	rows, err := s.opt.Engine.Store().Scan(ctx, toShip)
	if err != nil {
		return err
	}
	v.ToShip = len(rows)
	disputes := under(pay.DisputesOfMerchant, idText(merchant))
	disputes.Limit = mostCounted
	items, err := pay.Trades.Scan(ctx, s.opt.Engine.Store(), disputes)
	if err != nil {
		return err
	}
	v.OpenDisputes = countOpen(items)
	return nil
}

func countOpen(items []engine.Item[trade.Trade]) (open int) {
	for _, item := range items {
		if item.Value.Disputed() {
			open++
		}
	}
	return open
}

func (s *Server) listRequests(ctx context.Context, in *struct {
	Limit int `query:"limit" minimum:"1" maximum:"500" default:"100"`
}) (*answer[Page[LoggedRequest]], error) {
	who, err := s.merchant(ctx, party.View)
	if err != nil {
		return nil, err
	}
	return render(Page[LoggedRequest]{Data: s.requests.newest(who.ID, in.Limit)}, nil)
}

package openapi

import (
	"context"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"tongbao/internal/engine"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/refusal"
	"tongbao/internal/trade"
)

func (s *Server) registerShipments(api huma.API) {
	const tag = "Shipments"
	codes := []refusal.Code{refusal.TradeNotFound, refusal.TradeStateRefused, refusal.DisputeOpen, refusal.DeadlinePassed}
	add(api, op{ID: "create-shipment", Method: http.MethodPost, Path: "/v1/shipments", Tag: tag, Who: merchant, Status: http.StatusCreated,
		Summary: "Say that the goods are on their way", Doc: "The buyer's time to confirm begins. Shipping also answers a refund request.", Codes: codes}, s.createShipment)
	add(api, op{ID: "create-shipments", Method: http.MethodPost, Path: "/v1/shipments/batch", Tag: tag, Who: merchant,
		Summary: "Ship many payments at once", Doc: "Each line is an act of its own: one that is refused keeps no other from being done.", Codes: codes}, s.createShipments)
	add(api, op{ID: "list-shipments", Path: "/v1/shipments", Tag: tag, Who: user | merchant | operator, Summary: "List shipments",
		Doc: "Of one payment, or all of the caller's.", Codes: []refusal.Code{refusal.TradeNotFound, refusal.InvalidCursor}}, s.listShipments)
	add(api, op{ID: "get-shipment", Path: "/v1/shipments/{id}", Tag: tag, Who: user | merchant | operator, Summary: "Look at a shipment",
		Codes: []refusal.Code{refusal.NotFound}}, s.getShipment)
}

// Shipment is goods on their way to the buyer. A payment has one at most.
type Shipment struct {
	ID         string `json:"id" example:"sh_2018111112345678901234567890"`
	PaymentID  string `json:"payment_id" example:"2018111112345678901234567890"`
	Carrier    string `json:"carrier" example:"SF Express"`
	TrackingNo string `json:"tracking_no" example:"SF1234567890"`
	ShippedAt  Time   `json:"shipped_at"`
}

// NewShipment says how the goods travel.
type NewShipment struct {
	PaymentID  string `json:"payment_id" maxLength:"64" example:"2018111112345678901234567890"`
	Carrier    string `json:"carrier,omitempty" maxLength:"64" example:"SF Express" doc:"Physical goods need one."`
	TrackingNo string `json:"tracking_no,omitempty" maxLength:"64" example:"SF1234567890"`
	Virtual    bool   `json:"virtual,omitempty" example:"false" doc:"The goods need no carrier. The payment must say so too."`
}

// NewShipments are many at once.
type NewShipments struct {
	Shipments []NewShipment `json:"shipments" minItems:"1" maxItems:"200"`
}

// ShipmentResults say what became of each line.
type ShipmentResults struct {
	Results []ShipmentResult `json:"results"`
}

// ShipmentResult is what became of one line.
type ShipmentResult struct {
	PaymentID string  `json:"payment_id" example:"2018111112345678901234567890"`
	OK        bool    `json:"ok" example:"false"`
	Code      *string `json:"code" example:"payment_state_refused"`
	Field     *string `json:"field" example:"shipments[3].carrier"`
	Detail    *string `json:"detail" example:"the payment is TRADE_CLOSED; this needs WAIT_SELLER_SEND_GOODS"`
}

func shipmentView(t *trade.Trade) Shipment {
	return Shipment{ID: "sh_" + t.ID, PaymentID: t.ID, Carrier: t.Carrier, TrackingNo: t.TrackingNo, ShippedAt: Time(t.Shipped)}
}

func (s *Server) createShipment(ctx context.Context, in *struct{ Body NewShipment }) (*answer[Shipment], error) {
	t, err := s.ship(ctx, s.command(ctx), in.Body)
	if err != nil {
		return nil, err
	}
	return render(shipmentView(&t), nil)
}

func (s *Server) ship(ctx context.Context, command string, n NewShipment) (trade.Trade, error) {
	seen, err := s.act(ctx, "payment_id", n.PaymentID, party.Ship, trade.Seller)
	if err != nil {
		return trade.Trade{}, err
	}
	if n.Virtual && seen.Goods != trade.Virtual {
		return trade.Trade{}, refusal.In("virtual", refusal.InvalidField, "the payment is for %s goods", seen.Goods)
	}
	return s.opt.Desk.Ship(ctx, s.by(ctx), command, seen.ID, n.Carrier, n.TrackingNo)
}

// createShipments does line after line, each under the request's key and its
// number. A space parts the two: no key has one.
func (s *Server) createShipments(ctx context.Context, in *struct{ Body NewShipments }) (*answer[ShipmentResults], error) {
	if _, err := s.merchant(ctx, party.Ship); err != nil {
		return nil, err
	}
	out := ShipmentResults{Results: []ShipmentResult{}}
	command := s.command(ctx)
	for i, n := range in.Body.Shipments {
		result := ShipmentResult{PaymentID: n.PaymentID, OK: true}
		_, err := s.ship(ctx, fmt.Sprintf("%s %d", command, i), n)
		if err != nil {
			no := refusal.Of(err)
			if no == nil {
				return nil, err // what was done stays done; the same key goes on
			}
			code := string(no.Code)
			result.OK, result.Code, result.Detail = false, &code, maybe(no.Message)
			if no.Field != "" {
				result.Field = maybe(fmt.Sprintf("shipments[%d].%s", i, no.Field))
			}
		}
		out.Results = append(out.Results, result)
	}
	return render(out, nil)
}

type shipmentsAsked struct {
	Paging
	Stretch
	PaymentID string `query:"payment_id" maxLength:"64"`
}

func (s *Server) listShipments(ctx context.Context, in *shipmentsAsked) (*answer[Page[Shipment]], error) {
	if in.PaymentID != "" {
		seen, err := s.see(ctx, "payment_id", in.PaymentID)
		if err != nil {
			return nil, err
		}
		page := Page[Shipment]{Data: []Shipment{}}
		if seen.Shipped != 0 {
			page.Data = append(page.Data, shipmentView(&seen.Trade))
		}
		return render(page, nil)
	}
	who, err := s.party(ctx, party.View)
	if err != nil {
		return nil, err
	}
	return listDiary(ctx, s, pay.ListEvents, who.ID, in.Stretch, in.Paging, pay.PaymentShipped,
		func(item engine.Item[pay.Event]) bool { return item.Value.Type == pay.PaymentShipped },
		func(item engine.Item[pay.Event]) (Shipment, error) {
			t, err := s.opt.Desk.Trade(ctx, item.Value.Object)
			return shipmentView(&t), err
		})
}

func (s *Server) getShipment(ctx context.Context, in *ByID) (*answer[Shipment], error) {
	if len(in.ID) != 3+trade.IDDigits || in.ID[:3] != "sh_" {
		return nil, notFound("id", "shipment")
	}
	seen, err := s.see(ctx, "id", in.ID[3:])
	switch {
	case refusal.Of(err) != nil, err == nil && seen.Shipped == 0:
		return nil, notFound("id", "shipment")
	case err != nil:
		return nil, err
	}
	return render(shipmentView(&seen.Trade), nil)
}

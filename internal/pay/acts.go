package pay

import (
	"tongbao/internal/money"
	"tongbao/internal/trade"
)

// The acts on a trade that exists, one small struct each: what the journal
// keeps of the request, and the verb of package trade that it becomes.

type closeTrade struct{}

func (closeTrade) name() string { return "close_trade" }
func (closeTrade) do(t *trade.Trade, at trade.Time) ([]trade.Move, error) {
	return t.Close(at)
}

type ship struct {
	Carrier    string `cbor:"1,keyasint"`
	TrackingNo string `cbor:"2,keyasint"`
}

func (ship) name() string { return "ship" }
func (a ship) do(t *trade.Trade, at trade.Time) ([]trade.Move, error) {
	return t.Ship(at, a.Carrier, a.TrackingNo)
}

type confirm struct{}

func (confirm) name() string { return "confirm" }
func (confirm) do(t *trade.Trade, at trade.Time) ([]trade.Move, error) {
	return t.Confirm(at)
}

type extend struct{}

func (extend) name() string { return "extend" }
func (extend) do(t *trade.Trade, at trade.Time) ([]trade.Move, error) {
	return t.Extend(at)
}

type refund struct {
	ID     string       `cbor:"1,keyasint"`
	Amount money.Amount `cbor:"2,keyasint"`
	Reason string       `cbor:"3,keyasint"`
}

func (refund) name() string { return "refund" }
func (a refund) do(t *trade.Trade, at trade.Time) ([]trade.Move, error) {
	return t.Refund(at, a.ID, a.Amount, a.Reason)
}

type requestRefund struct {
	Amount money.Amount `cbor:"1,keyasint"`
	Words  string       `cbor:"2,keyasint"`
}

func (requestRefund) name() string { return "request_refund" }
func (a requestRefund) do(t *trade.Trade, at trade.Time) ([]trade.Move, error) {
	return t.RequestRefund(at, a.Amount, a.Words)
}

type openDispute struct {
	Claim trade.Claim  `cbor:"1,keyasint"`
	Files []trade.File `cbor:"2,keyasint"`
}

func (openDispute) name() string { return "open_dispute" }
func (a openDispute) do(t *trade.Trade, at trade.Time) ([]trade.Move, error) {
	moves, err := t.OpenDispute(at, a.Claim)
	if err == nil && len(a.Files) > 0 {
		_, err = t.AddEvidence(at, trade.Buyer, "", a.Files...)
	}
	return moves, err
}

type reviseDispute struct {
	Claim trade.Claim `cbor:"1,keyasint"`
}

func (reviseDispute) name() string { return "revise_dispute" }
func (a reviseDispute) do(t *trade.Trade, at trade.Time) ([]trade.Move, error) {
	return t.Revise(at, a.Claim)
}

type addEvidence struct {
	By    trade.Role   `cbor:"1,keyasint"`
	Text  string       `cbor:"2,keyasint"`
	Files []trade.File `cbor:"3,keyasint"`
}

func (addEvidence) name() string { return "add_evidence" }
func (a addEvidence) do(t *trade.Trade, at trade.Time) ([]trade.Move, error) {
	return t.AddEvidence(at, a.By, a.Text, a.Files...)
}

type agree struct {
	Note string `cbor:"1,keyasint"`
}

func (agree) name() string { return "agree" }
func (a agree) do(t *trade.Trade, at trade.Time) ([]trade.Move, error) {
	return t.Agree(at, a.Note)
}

type refuse struct {
	Why string `cbor:"1,keyasint"`
}

func (refuse) name() string { return "refuse" }
func (a refuse) do(t *trade.Trade, at trade.Time) ([]trade.Move, error) {
	return t.Refuse(at, a.Why)
}

type returnShipped struct {
	Carrier    string `cbor:"1,keyasint"`
	TrackingNo string `cbor:"2,keyasint"`
}

func (returnShipped) name() string { return "return_shipped" }
func (a returnShipped) do(t *trade.Trade, at trade.Time) ([]trade.Move, error) {
	return t.ReturnShipped(at, a.Carrier, a.TrackingNo)
}

type returnReceived struct{}

func (returnReceived) name() string { return "return_received" }
func (returnReceived) do(t *trade.Trade, at trade.Time) ([]trade.Move, error) {
	return t.ReturnReceived(at)
}

type escalate struct {
	By trade.Role `cbor:"1,keyasint"`
}

func (escalate) name() string { return "escalate" }
func (a escalate) do(t *trade.Trade, at trade.Time) ([]trade.Move, error) {
	return t.Escalate(at, a.By)
}

type withdrawDispute struct{}

func (withdrawDispute) name() string { return "withdraw_dispute" }
func (withdrawDispute) do(t *trade.Trade, at trade.Time) ([]trade.Move, error) {
	return t.WithdrawDispute(at)
}

type arbitrate struct {
	ToBuyer money.Amount `cbor:"1,keyasint"`
	Why     string       `cbor:"2,keyasint"`
}

func (arbitrate) name() string { return "arbitrate" }
func (a arbitrate) do(t *trade.Trade, at trade.Time) ([]trade.Move, error) {
	return t.Arbitrate(at, a.ToBuyer, a.Why)
}

type deadline struct{}

func (deadline) name() string { return "trade_deadline" }
func (deadline) do(t *trade.Trade, at trade.Time) ([]trade.Move, error) {
	return t.Deadline(at)
}

package trade

import "tongbao/internal/refusal"

// Pay takes the buyer's money: into escrow, or, for an instant trade, straight
// to the seller, the fee and the payees, unless its settlement is held. Whether the buyer has it is the
// ledger's question.
//
// Refusals: payment_state_refused, payment_expired, missing_field (buyer),
// same_payer_and_payee, buyer_mismatch.
func (t *Trade) Pay(at Time, buyer uint64) ([]Move, error) { return t.PayInto(nil, at, buyer) }

// PayInto is Pay, with the moves appended to room.
func (t *Trade) PayInto(room []Move, at Time, buyer uint64) ([]Move, error) {
	if err := t.needStatus(WaitBuyerPay); err != nil {
		return nil, err
	}
	if at >= t.PayBy {
		return nil, refusal.New(refusal.TradeExpired, "the time to pay ended at %s", t.PayBy)
	}
	if buyer == 0 {
		return nil, refusal.In("buyer", refusal.MissingField, "who pays?")
	}
	if buyer == t.Merchant {
		return nil, refusal.In("buyer", refusal.SamePayerAndPayee, "the buyer is the seller")
	}
	if t.Buyer != 0 && t.Buyer != buyer {
		return nil, refusal.In("buyer", refusal.BuyerMismatch, "the payment is for another buyer")
	}

	t.Buyer = buyer
	t.Paid = at
	if t.HoldFor != 0 {
		t.Status = TradeSuccess
		t.SettleBy = at.Add(t.HoldFor)
		return append(room, Move{From: PlaceBuyer, To: PlaceEscrow, Amount: t.Amount, Why: WhyPayment}), nil
	}
	if t.Kind == Instant {
		t.Status = TradeSuccess
		return t.settle(room, at, PlaceBuyer, t.Amount), nil
	}
	t.Status = WaitSellerSendGoods
	if t.Direct {
		t.deliver(at)
	}
	return append(room, Move{From: PlaceBuyer, To: PlaceEscrow, Amount: t.Amount, Why: WhyPayment}), nil
}

// Close ends an unpaid trade; buyer or seller may, also after its time is over.
//
// Refusals: payment_state_refused.
func (t *Trade) Close(at Time) ([]Move, error) {
	if err := t.needStatus(WaitBuyerPay); err != nil {
		return nil, err
	}

	t.close(at)
	return nil, nil
}

// Expire is the timer's Close: nobody paid in time.
//
// Refusals: payment_state_refused, deadline_not_reached.
func (t *Trade) Expire(at Time) ([]Move, error) {
	if err := t.needStatus(WaitBuyerPay); err != nil {
		return nil, err
	}
	if err := needReached(at, t.PayBy); err != nil {
		return nil, err
	}

	t.close(at)
	return nil, nil
}

func (t *Trade) close(at Time) {
	t.Status = TradeClosed
	t.Closed = at
}

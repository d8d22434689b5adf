package jobs_test

import (
	"testing"
	"time"

	"tongbao/internal/ledger"
	"tongbao/internal/trade"
)

const day = 24 * time.Hour

func TestTenDaysOfSilenceConfirm(t *testing.T) {
	w := open(t, 1)
	merchant := w.merchant()
	w.topUp(buyer, 100_00)
	id := w.shipped(merchant, 100_00).ID

	w.pass(10*day - time.Millisecond)
	if got := w.trade(id).Status; got != trade.WaitBuyerConfirmGoods {
		t.Fatalf("a moment before the tenth day is over: %s", got)
	}
	w.pass(time.Millisecond)
	if got := w.trade(id).Status; got != trade.TradeFinished {
		t.Fatalf("after ten days: %s", got)
	}
	if got := w.balance(ledger.Of(ledger.Merchant, merchant, cny)); got != 99_40 {
		t.Errorf("the merchant got %d", got)
	}
}

func TestWhatFellDueWhileNothingRanIsDoneAtTheStart(t *testing.T) {
	w := open(t, 1)
	merchant := w.merchant()
	w.topUp(buyer, 100_00)
	id := w.shipped(merchant, 100_00).ID
	w.restart(0)
	w.pass(11 * day)
	if got := w.trade(id).Status; got != trade.WaitBuyerConfirmGoods {
		t.Fatalf("nobody runs jobs, and it is %s", got)
	}
	w.restart(1)
	w.idle()
	if got := w.trade(id).Status; got != trade.TradeFinished {
		t.Errorf("after the start: %s", got)
	}
}

func TestTwoRunnersDoEachTimerOnce(t *testing.T) {
	w := open(t, 2)
	merchant := w.merchant()
	const trades = 60
	w.topUp(buyer, trades*100)
	for range trades / 2 {
		w.shipped(merchant, 100) // confirmed by silence
		w.opened(merchant, 100)  // closed by silence
	}
	w.pass(16 * day)
	if got := w.balance(ledger.Of(ledger.Escrow, merchant, cny)); got != 0 {
		t.Errorf("%d is left in escrow", got)
	}
	if n := w.entriesNamed("trade_deadline"); n != trades {
		t.Errorf("%d deadlines were carried out, want %d", n, trades)
	}
}

func TestHoldsExpire(t *testing.T) {
	w := open(t, 2)
	w.topUp(buyer, 100_00)
	account := ledger.Of(ledger.User, buyer, cny)
	hold, err := w.desk.Authorise(t.Context(), asks, w.key("hold"), account, 30_00, 3600, "deposit")
	w.must(err)
	w.pass(time.Hour)
	kept, err := w.store.Account(t.Context(), account)
	w.must(err)
	if kept.Held != 0 {
		t.Errorf("%d is still held by %s", kept.Held, hold.ID)
	}
}

package sim

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"tongbao/internal/bank"
	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/refusal"
	"tongbao/internal/trade"
)

// Defects that other payment systems have had, each tried here by its name. Most
// were races between a check and an act, so most are tried by many at once.

// shop is a world with its people and merchants, and the books' first state.
type shop struct {
	*world
	t         *testing.T
	people    []uint64
	merchants []uint64
	acts      atomic.Int64
}

func openShop(t *testing.T) *shop {
	t.Helper()
	r := newRunner(Options{Seed: 1, Calm: 1}, 0, 0)
	if err := r.begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.audit(context.Background()); err != nil {
			t.Error(err)
		}
		r.world.close()
	})
	return &shop{world: r.world, t: t, people: r.load.people, merchants: r.load.merchants}
}

func (s *shop) key() string { return fmt.Sprintf("shop/%d", s.acts.Add(1)) }

func (s *shop) balance(party uint64) (balance, held int64) {
	s.t.Helper()
	a, err := s.store.Account(s.t.Context(), pay.BalanceOf(party, money.CNY))
	if err != nil {
		s.t.Fatal(err)
	}
	return int64(a.Balance), int64(a.Held)
}

// buy makes an instant payment.
func (s *shop) buy(buyer, merchant uint64, amount int64) trade.Trade {
	s.t.Helper()
	key := s.key()
	t, _, err := s.desk.Open(s.t.Context(), by, key, pay.Asked{Payer: buyer, Order: trade.Order{OrderNo: "no-" + key[5:], Merchant: merchant, Kind: trade.Instant,
		Goods: trade.Virtual, Subject: "Defect", Amount: money.Amount(amount), Currency: money.CNY}})
	if err != nil {
		s.t.Fatal(err)
	}
	return t
}

// atOnce runs n at once and counts who was told yes, and who was told what no.
func (s *shop) atOnce(n int, do func(i int) error) (yes int, no map[string]int) {
	s.t.Helper()
	no = map[string]int{}
	var mu sync.Mutex
	var busy sync.WaitGroup
	for i := range n {
		busy.Go(func() {
			err := do(i)
			mu.Lock()
			defer mu.Unlock()
			switch refused := refusal.Of(err); {
			case err == nil:
				yes++
			case refused != nil:
				no[string(refused.Code)]++
			default:
				s.t.Error(err)
			}
		})
	}
	busy.Wait()
	return yes, no
}

func (s *shop) refused(err error, code refusal.Code) {
	s.t.Helper()
	if !errors.Is(err, code) {
		s.t.Errorf("%v, expected %s", err, code)
	}
}

func TestTwoRefundsThatTogetherExceedThePayment(t *testing.T) {
	s := openShop(t)
	buyer, merchant := s.people[0], s.merchants[0]
	before, _ := s.balance(buyer)
	paid := s.buy(buyer, merchant, 100_00)
	yes, no := s.atOnce(40, func(int) error {
		_, err := s.desk.Refund(t.Context(), by, s.key(), paid.ID, 60_00, "")
		return err
	})
	if yes != 1 || no["refund_exceeds_remaining"] != 39 {
		t.Errorf("%d refunds of 60 in 100 succeeded; refused: %v", yes, no)
	}
	if after, _ := s.balance(buyer); after != before-40_00 {
		t.Errorf("the buyer has %d, had %d", after, before)
	}
}

func TestCaptureAfterVoid(t *testing.T) {
	s := openShop(t)
	merchant := s.merchants[0]
	key := s.key()
	h, err := s.desk.Authorise(t.Context(), by, key, pay.BalanceOf(merchant, money.CNY), 50_00, 0, "")
	if err != nil {
		t.Fatal(err)
	}
	before, _ := s.balance(merchant)
	captured := atomic.Int64{}
	s.atOnce(20, func(i int) error {
		if i == 7 {
			_, err := s.desk.VoidHold(t.Context(), by, s.key(), h.ID)
			return err
		}
		_, err := s.desk.CaptureHold(t.Context(), by, s.key(), h.ID, 1_00, false, s.people[0])
		if err == nil {
			captured.Add(1_00)
		}
		return err
	})
	after, held := s.balance(merchant)
	if before-after != captured.Load() || held != 0 {
		t.Errorf("%d was captured, %d is gone, %d is held", captured.Load(), before-after, held)
	}
	_, err = s.desk.CaptureHold(t.Context(), by, s.key(), h.ID, 1_00, false, s.people[0])
	s.refused(err, refusal.HoldEnded)
}

func TestAHoldThatDoesNotCountAgainstTheBalance(t *testing.T) {
	s := openShop(t)
	merchant := s.merchants[0]
	all, _ := s.balance(merchant)
	hold := func(amount int64) error {
		_, err := s.desk.Authorise(t.Context(), by, s.key(), pay.BalanceOf(merchant, money.CNY), money.Amount(amount), 0, "")
		return err
	}
	if yes, no := s.atOnce(10, func(int) error { return hold(all/2 + 1) }); yes != 1 {
		t.Errorf("%d holds of more than half were given; refused: %v", yes, no)
	}
	s.refused(hold(all/2), refusal.InsufficientBalance)
	_, err := s.desk.Transfer(t.Context(), by, s.key(), merchant, s.people[0], money.Amount(all/2), money.CNY, "", "")
	s.refused(err, refusal.InsufficientBalance)
	_, err = s.desk.Withdraw(t.Context(), by, s.key(), merchant, party.BankCard{ID: "card", Token: "token"}, money.Amount(all/2), money.CNY, "")
	s.refused(err, refusal.InsufficientBalance)
	if _, held := s.balance(merchant); held != all/2+1 {
		t.Errorf("%d is held", held)
	}
}

func TestAReplayedWebhookThatCreditsTwice(t *testing.T) {
	s := openShop(t)
	owner := s.people[0]
	before, _ := s.balance(owner)
	o, err := s.desk.TopUp(t.Context(), by, s.key(), owner, party.BankCard{ID: "card", Token: "token"}, 80_00, money.CNY)
	if err != nil {
		t.Fatal(err)
	}
	s.atOnce(30, func(i int) error { // the bank's word again and again, under the same and under other keys
		seen := o
		_, err := s.desk.BankAnswered(t.Context(), fmt.Sprintf("word/%d", i%10), &seen, bank.Answer{Outcome: bank.Succeeded, BankRef: "ref"})
		return err
	})
	if after, _ := s.balance(owner); after != before+80_00 {
		t.Errorf("a top-up of 8000 made %d of %d", after, before)
	}
}

func TestATransferToOneself(t *testing.T) {
	s := openShop(t)
	me := s.people[0]
	before, _ := s.balance(me)
	_, err := s.desk.Transfer(t.Context(), by, s.key(), me, me, 10_00, money.CNY, "", password)
	s.refused(err, refusal.SamePayerAndPayee)
	if after, _ := s.balance(me); after != before {
		t.Errorf("sending money to oneself made %d of %d", after, before)
	}
}

func TestAFeeRoundedIntoExistence(t *testing.T) {
	s := openShop(t)
	buyer, merchant := s.people[0], s.merchants[0] // at 0.6 %
	total := func() int64 {
		sum := int64(0)
		for _, who := range []uint64{buyer, merchant} {
			balance, _ := s.balance(who)
			sum += balance
		}
		return sum
	}
	fees := func() int64 {
		accounts, err := s.store.Account(t.Context(), ledger.Of(ledger.FeeIncome, 0, money.CNY))
		if err != nil {
			t.Fatal(err)
		}
		return int64(accounts.Balance)
	}
	before, feesBefore := total(), fees()
	for amount := int64(1); amount <= 300; amount += 7 {
		paid := s.buy(buyer, merchant, amount)
		if most := (amount*6 + 500) / 1000; int64(paid.FeeCharged) != most {
			t.Errorf("of %d the fee is %d, not %d", amount, paid.FeeCharged, most)
		}
		if before-total() != fees()-feesBefore {
			t.Fatalf("after a payment of %d: %d is gone, and the fees are %d", amount, before-total(), fees()-feesBefore)
		}
		for left := amount; left > 0; { // in parts, down to nothing
			part := min(left, 1+amount/3)
			if _, err := s.desk.Refund(t.Context(), by, s.key(), paid.ID, money.Amount(part), ""); err != nil {
				t.Fatal(err)
			}
			left -= part
		}
		if before != total() || fees() != feesBefore {
			t.Fatalf("a payment of %d that went back wholly left a fee of %d", amount, fees()-feesBefore)
		}
	}
}

func TestAnIdempotencyKeyReusedAcrossMerchants(t *testing.T) {
	s := openShop(t)
	order := func(merchant uint64) error {
		_, _, err := s.desk.Open(t.Context(), by, "the same key", pay.Asked{Payer: s.people[0], Order: trade.Order{OrderNo: "1", Merchant: merchant, Kind: trade.Instant,
			Goods: trade.Virtual, Subject: "Defect", Amount: 5_00, Currency: money.CNY}})
		return err
	}
	before, _ := s.balance(s.people[0])
	yes, no := s.atOnce(len(s.merchants), func(i int) error { return order(s.merchants[i]) })
	if yes != 1 || no["idempotency_conflict"] != len(s.merchants)-1 {
		t.Errorf("%d of %d merchants had one key's answer; refused: %v", yes, len(s.merchants), no)
	}
	if after, _ := s.balance(s.people[0]); after != before-5_00 {
		t.Errorf("the buyer paid %d", before-after)
	}
}

// This one was our own, found by the simulation: the payment's accounts were not
// all named, and the engine stopped itself.
func TestAHeldPaymentThatIsPaidAtOnceStopsNothing(t *testing.T) {
	s := openShop(t)
	order := trade.Order{OrderNo: "held", Merchant: s.merchants[0], Kind: trade.Instant, Goods: trade.Virtual, Subject: "Defect", Amount: 5_00, Currency: money.CNY, HoldFor: trade.Day}
	paid, _, err := s.desk.Open(t.Context(), by, s.key(), pay.Asked{Payer: s.people[0], Order: order})
	if err != nil || paid.Status != trade.TradeSuccess || paid.Settled != 0 {
		t.Fatalf("%s, settled %d, %v", paid.Status, paid.Settled, err)
	}
	s.buy(s.people[0], s.merchants[0], 5_00)
}

package trade

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"pgregory.net/rapid"

	"tongbao/internal/money"
	"tongbao/internal/refusal"
)

// books are the places' balances as the moves make them, for one trade.
type books map[Place]money.Amount

func (b books) post(t *rapid.T, moves []Move) {
	for _, m := range moves {
		if m.Amount <= 0 {
			t.Fatalf("move %s is not positive", m)
		}
		if (m.To == PlacePayee) != (m.Party != 0) {
			t.Fatalf("move %s names the wrong party", m)
		}
		b[m.From] -= m.Amount
		b[m.To] += m.Amount
		if b[PlaceEscrow] < 0 || b[PlaceFee] < 0 || b[PlaceBuyer] > 0 {
			t.Fatalf("after %s: %v", m, b)
		}
	}
}

// check compares the balances with what the record says.
func (b books) check(t *rapid.T, trade *Trade) {
	var paid, royalties, refundedLater money.Amount
	if trade.Paid != 0 {
		paid = trade.Amount
	}
	for i, part := range trade.Royalties() {
		if royalties += part; part < 0 || part > max(trade.Payees[i].Amount, trade.Settled) {
			t.Fatalf("part %d of payee %d", part, i)
		}
	}
	if trade.Settled > 0 {
		refundedLater = trade.Refunded - (trade.Amount - trade.Settled)
		if trade.FeeCharged != trade.FeeRate.Of(trade.Amount-trade.Refunded) {
			t.Fatalf("fee %d isn't the rate's of what was kept", trade.FeeCharged)
		}
	}
	var listed money.Amount
	for _, r := range trade.Refunds {
		listed += r.Amount
	}
	want := books{
		PlaceBuyer:  trade.Refunded - paid,
		PlaceEscrow: trade.InEscrow(),
		PlaceFee:    trade.FeeCharged,
		PlacePayee:  royalties,
		PlaceSeller: trade.Settled - refundedLater - trade.FeeCharged - royalties,
	}
	for place, amount := range want {
		if b[place] != amount {
			t.Fatalf("%s holds %d, the record says %d: %s", place, b[place], amount, picture(trade))
		}
	}
	if listed != trade.Refunded || trade.Refunded < 0 || trade.Refunded > paid || trade.Settled < 0 ||
		paid != trade.InEscrow()+trade.Settled+trade.Refunded-refundedLater {
		t.Fatalf("the record's sums don't fit: %s", picture(trade))
	}
}

func drawOrder(t *rapid.T) Order {
	order := sale()
	order.Kind = rapid.SampledFrom([]Kind{Escrow, Escrow, Escrow, Instant}).Draw(t, "kind")
	order.Goods = rapid.SampledFrom([]Goods{Physical, Virtual}).Draw(t, "goods")
	order.Amount = money.Amount(rapid.OneOf(rapid.Int64Range(1, 20), rapid.Int64Range(1, int64(money.MaxAmount))).Draw(t, "amount"))
	rates := rapid.SampledFrom([]money.Rate{0, 1, 6000, 123_457, 333_333, 500_000, 700_000, money.RateOne})
	order.FeeRate = rates.Draw(t, "fee rate")
	order.Payees = nil
	for i := range rapid.IntRange(0, 4).Draw(t, "payees") {
		p := Payee{Party: uint64(5000 + i), Share: rates.Draw(t, "share")}
		if p.Share == 0 {
			p.Amount = money.Amount(rapid.Int64Range(1, int64(order.Amount)).Draw(t, "part"))
		}
		order.Payees = append(order.Payees, p)
	}
	return order
}

// drawMoment goes on by anything from nothing to years, often to a deadline.
func drawMoment(t *rapid.T, trade *Trade, now Time) Time {
	if due, _, ok := trade.NextDeadline(); ok && rapid.Bool().Draw(t, "to the deadline") {
		return max(now, due+Time(rapid.Int64Range(-1, 1).Draw(t, "offset")))
	}
	return now.Add(rapid.SampledFrom([]Seconds{0, 1, Hour, Day, 5 * Day}).Draw(t, "later"))
}

// drawAct does one act with whatever input, good or bad.
func drawAct(t *rapid.T, trade *Trade, at Time) ([]Move, error) {
	act := Act(rapid.IntRange(1, len(actNames)-1).Draw(t, "act"))
	role := Role(rapid.IntRange(0, len(roleNames)-1).Draw(t, "role"))
	amount := func() money.Amount {
		left := int64(trade.Refundable())
		if trade.Disputed() {
			left = int64(trade.Dispute.OpenClaim())
		}
		return money.Amount(rapid.OneOf(rapid.Just(left), rapid.Int64Range(-1, left+1), rapid.Just(int64(trade.Refundable()))).Draw(t, "amount"))
	}
	claim := func() Claim {
		return Claim{
			Reason: Reason(rapid.IntRange(0, len(reasonNames)).Draw(t, "reason")), Amount: amount(),
			Return: rapid.Bool().Draw(t, "return"),
		}
	}
	switch act {
	case ActPay:
		return trade.Pay(at, rapid.SampledFrom([]uint64{0, shop, shopper, shopper}).Draw(t, "buyer"))
	case ActShip:
		return trade.Ship(at, rapid.SampledFrom([]string{"", "EMS", "EMS"}).Draw(t, "carrier"), "")
	case ActRefund:
		return trade.Refund(at, rapid.SampledFrom([]string{"R-1", trade.freeRefundID()}).Draw(t, "id"), amount(), "")
	case ActRequestRefund:
		return trade.RequestRefund(at, amount(), "")
	case ActOpenDispute:
		return trade.OpenDispute(at, claim())
	case ActRevise:
		return trade.Revise(at, claim())
	case ActEscalate:
		return trade.Escalate(at, role)
	case ActArbitrate:
		return trade.Arbitrate(at, amount(), "so be it")
	case ActAddEvidence:
		return trade.AddEvidence(at, role, "look")
	}
	return attempts[act-1].try(trade, at, role)
}

// TestAnyLifeKeepsTheBooks: whatever is done in whatever order, no money
// appears or is lost, a refused act leaves no trace, an act leaves earlier
// copies alone, and timers bring every trade to rest.
func TestAnyLifeKeepsTheBooks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		trade, err := New(noon, drawOrder(t), DefaultTerms)
		if err != nil {
			if refusal.Of(err).Code != refusal.SplitExceedsAmount {
				t.Fatal(err)
			}
			return
		}
		b, now := books{}, noon
		step := func(do func() ([]Move, error)) {
			copied, before := trade, picture(&trade)
			moves, err := do()
			if err != nil && (refusal.Of(err) == nil || moves != nil || picture(&trade) != before) {
				t.Fatalf("%v, with %v, left %s of %s", err, moves, picture(&trade), before)
			}
			if picture(&copied) != before {
				t.Fatalf("an act changed the copy taken before it: %s was %s", picture(&copied), before)
			}
			b.post(t, moves)
			b.check(t, &trade)
			checkTimer(t, &trade)
		}

		for range rapid.IntRange(1, 40).Draw(t, "acts") {
			now = drawMoment(t, &trade, now)
			step(func() ([]Move, error) { return drawAct(t, &trade, now) })
			if trade.Status == WaitBuyerPay && rapid.IntRange(0, 3).Draw(t, "hurry") > 0 { // else most lives end unpaid
				step(func() ([]Move, error) { return trade.Pay(now, shopper) })
			}
		}
		checkEncodings(t, &trade)

		for range 5 { // the longest chain: answer, return, confirm
			if due, _, ok := trade.NextDeadline(); ok {
				now = max(now, due)
				step(func() ([]Move, error) { return trade.Deadline(now) })
			}
		}
		if _, due, ok := trade.NextDeadline(); ok {
			t.Fatalf("%s is still due: %s", due, picture(&trade))
		}
		waits := trade.Status == WaitSellerSendGoods || (trade.Disputed() && trade.Dispute.Status == AlipayCheck)
		if trade.InEscrow() != 0 && !waits {
			t.Fatalf("money rests in escrow: %s", picture(&trade))
		}
	})
}

// checkTimer: one timer, and that of the present state.
func checkTimer(t *rapid.T, trade *Trade) {
	due, what, ok := trade.NextDeadline()
	if ok && due == 0 || !ok && what != "" {
		t.Fatalf("deadline %q at %d", what, due)
	}
	if d := trade.Dispute; d != nil && (d.Status.Open() != (d.Ended == 0) || (d.Due != 0) != (d.Status < AlipayCheck)) {
		t.Fatalf("dispute %s is due at %d, ended at %d", d.Status, d.Due, d.Ended)
	}
	if trade.Disputed() && trade.Status != WaitSellerSendGoods && trade.Status != WaitBuyerConfirmGoods {
		t.Fatalf("a dispute is open at %s", trade.Status)
	}
}

// checkEncodings: what is written is read again, in both encodings.
func checkEncodings(t *rapid.T, trade *Trade) {
	var fromCBOR, fromJSON Trade
	data, err := cbor.Marshal(trade)
	if err == nil {
		err = cbor.Unmarshal(data, &fromCBOR)
	}
	if err != nil || picture(&fromCBOR) != picture(trade) {
		t.Fatalf("CBOR: %v\n%s\n%s", err, picture(&fromCBOR), picture(trade))
	}
	if err := json.Unmarshal([]byte(picture(trade)), &fromJSON); err != nil || !reflect.DeepEqual(fromJSON, fromCBOR) {
		t.Fatalf("JSON: %v\n%s", err, picture(&fromJSON))
	}
}

// TestStoredNumbersStay: the records on disk know fields by these numbers
// alone. Add to the end; change or reuse none.
func TestStoredNumbersStay(t *testing.T) {
	for _, c := range []struct {
		of   any
		want string
	}{
		{Order{}, "ID1 OrderNo2 Merchant3 Buyer4 Kind5 Goods6 Subject7 Body8 Amount9 Currency10 FeeRate11 Payees12 PayBy13 ReturnURL14 NotifyURL15 Metadata16 HoldFor17 ConfirmWithin18 Direct19 "},
		{Payee{}, "Party1 Amount2 Share3 Note4 "},
		{Trade{}, "Terms20 Status21 Created22 Paid23 Shipped24 ConfirmBy25 Finished26 Closed27 RefundBy28 Carrier29 TrackingNo30 Extended31 Refunded32 Refunds33 Settled34 FeeCharged35 Dispute36 PastDisputes37 SettleBy38 SettledAs39 Splits40 SplitHeld41 "},
		{Terms{}, "PayWithin1 ConfirmWithin2 ConfirmVirtualWithin3 ExtendBy4 AnswerRequestWithin5 AnswerDisputeWithin6 ReactWithin7 ReturnWithin8 CheckReturnWithin9 RefundWindow10 "},
		{Refund{}, "ID1 Amount2 Reason3 At4 By5 Taken6 "},
		{Dispute{}, "No1 Status2 Reason3 Claim4 Return5 Words6 Answer7 Opened8 Due9 Ended10 ReturnCarrier11 ReturnTrackingNo12 ReturnShipped13 EscalatedBy14 Decision15 Refunded16 Evidence17 "},
		{Evidence{}, "By1 At2 Text3 Files4 "},
		{File{}, "Digest1 MediaType2 Size3 "},
		{Split{}, "Request1 Party2 Amount3 Note4 At5 "},
		{Move{}, "From1 To2 Party3 Amount4 Why5 "},
	} {
		got := ""
		kind := reflect.TypeOf(c.of)
		for i := range kind.NumField() {
			f := kind.Field(i)
			if f.Anonymous {
				continue
			}
			var number int
			fmt.Sscanf(f.Tag.Get("cbor"), "%d,keyasint,omitempty", &number)
			got += fmt.Sprintf("%s%d ", f.Name, number)
		}
		if got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", kind, got, c.want)
		}
	}
}

func TestCloneSharesNothing(t *testing.T) {
	order := sale()
	order.Metadata = map[string]string{"cart": "7"}
	trade := after(begin(order), paid, refunded(1), requested, withdrawn, shipped, disputed(damaged),
		func(t *Trade) ([]Move, error) {
			return t.AddEvidence(noon, Buyer, "", File{Digest: fmt.Sprintf("%064x", 1), MediaType: "image/png", Size: 1})
		})
	before, clone := picture(trade), trade.Clone()
	clone.Payees[0].Share++
	clone.Metadata["cart"] = "8"
	clone.Refunds[0].Amount++
	clone.Dispute.Claim++
	clone.Dispute.Evidence[0].Files[0].Size++
	clone.PastDisputes[0].Claim++
	if picture(trade) != before {
		t.Error("the clone's changes show in the trade")
	}
}

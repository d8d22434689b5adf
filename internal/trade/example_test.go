package trade_test

import (
	"fmt"
	"time"

	"tongbao/internal/money"
	"tongbao/internal/trade"
)

var monday = trade.At(time.Date(2018, 6, 18, 9, 0, 0, 0, time.UTC))

func kettle() trade.Trade {
	t, err := trade.New(monday, trade.Order{
		ID: "2018061821001004680500000001", OrderNo: "T-1", Merchant: 1001,
		Kind: trade.Escrow, Goods: trade.Physical, Subject: "a kettle",
		Amount: 128_00, Currency: money.CNY, FeeRate: 6000,
	}, trade.DefaultTerms)
	if err != nil {
		panic(err)
	}
	return t
}

func tell(t *trade.Trade, moves []trade.Move, err error) {
	if err != nil {
		fmt.Println("refused:", err)
		return
	}
	for _, m := range moves {
		fmt.Println(m)
	}
	fmt.Println(t.Status, "holds", money.Format(t.InEscrow(), t.Currency))
}

// The money waits in escrow until the buyer says the goods are there.
func Example() {
	t := kettle()
	act := func(moves []trade.Move, err error) { tell(&t, moves, err) }
	act(t.Pay(monday, 2001))
	act(t.Ship(monday.Add(trade.Day), "SF Express", "SF1234567890"))
	act(t.Confirm(monday.Add(3 * trade.Day)))
	// Output:
	// buyer→escrow payment 12800
	// WAIT_SELLER_SEND_GOODS holds 128.00
	// WAIT_BUYER_CONFIRM_GOODS holds 128.00
	// escrow→seller sale 12723
	// escrow→fee fee 77
	// TRADE_FINISHED holds 0.00
}

// A part can be refunded at any time, never more than is left. After
// settlement the fee shrinks with the sale.
func ExampleTrade_Refund() {
	t := kettle()
	act := func(moves []trade.Move, err error) { tell(&t, moves, err) }
	act(t.Pay(monday, 2001))
	act(t.Refund(monday, "R-1", 28_00, "no lid in stock"))
	act(t.Ship(monday, "SF Express", ""))
	act(t.Confirm(monday))
	act(t.Refund(monday, "R-2", 100_01, ""))
	act(t.Refund(monday, "R-3", 50_00, "scratched"))
	// Output:
	// buyer→escrow payment 12800
	// WAIT_SELLER_SEND_GOODS holds 128.00
	// escrow→buyer refund 2800
	// WAIT_SELLER_SEND_GOODS holds 100.00
	// WAIT_BUYER_CONFIRM_GOODS holds 100.00
	// escrow→seller sale 9940
	// escrow→fee fee 60
	// TRADE_FINISHED holds 0.00
	// refused: refund_exceeds_remaining: 10000 is left of the payment, 10001 was asked
	// fee→seller fee_return 30
	// seller→buyer refund 5000
	// TRADE_FINISHED holds 0.00
}

// A dispute stops the clock, hears both sides and, where they can't agree, is
// decided by an operator.
func ExampleTrade_OpenDispute() {
	t := kettle()
	act := func(moves []trade.Move, err error) { tell(&t, moves, err) }
	act(t.Pay(monday, 2001))
	act(t.Ship(monday, "SF Express", ""))
	act(t.OpenDispute(monday, trade.Claim{Reason: trade.Damaged, Amount: 128_00, Words: "the spout is off"}))
	act(t.Confirm(monday))
	act(t.Refuse(monday, "it left here whole"))
	act(t.AddEvidence(monday, trade.Buyer, "the box was crushed, see the carrier's note"))
	act(t.Escalate(monday, trade.Buyer))
	act(t.Arbitrate(monday, 64_00, "damaged on the way; each side bears half"))
	fmt.Println(t.Dispute.Status)
	// Output:
	// buyer→escrow payment 12800
	// WAIT_SELLER_SEND_GOODS holds 128.00
	// WAIT_BUYER_CONFIRM_GOODS holds 128.00
	// WAIT_BUYER_CONFIRM_GOODS holds 128.00
	// refused: dispute_open: a dispute is open and stands at WAIT_SELLER_AGREE; it must end first
	// WAIT_BUYER_CONFIRM_GOODS holds 128.00
	// WAIT_BUYER_CONFIRM_GOODS holds 128.00
	// WAIT_BUYER_CONFIRM_GOODS holds 128.00
	// escrow→buyer refund 6400
	// escrow→seller sale 6362
	// escrow→fee fee 38
	// TRADE_FINISHED holds 0.00
	// REFUND_SUCCESS
}

// Silence is an answer: against the party that keeps it.
func ExampleTrade_Deadline() {
	t := kettle()
	act := func(moves []trade.Move, err error) { tell(&t, moves, err) }
	act(t.Pay(monday, 2001))
	act(t.RequestRefund(monday, 128_00, "ordered twice"))
	at, due, _ := t.NextDeadline()
	fmt.Println(due, "by", at)
	act(t.Deadline(at - 1))
	act(t.Deadline(at))
	// Output:
	// buyer→escrow payment 12800
	// WAIT_SELLER_SEND_GOODS holds 128.00
	// WAIT_SELLER_SEND_GOODS holds 128.00
	// seller_answer by 2018-06-20 09:00:00.000Z
	// refused: deadline_not_reached: the deadline is 2018-06-20 09:00:00.000Z
	// escrow→buyer refund 12800
	// TRADE_CLOSED holds 0.00
}

// Package pay is the desks where money moves: the cashier where a trade is
// opened, paid and settled, the counter for transfers, and the one for top-ups
// and withdrawals. A desk loads what a decision needs, has the payer's proof
// and the risk rules asked, builds one command, and hands it to the engine;
// the commands are here too, beside the records that they keep. Pay refuses to
// know HTTP, sessions, screens and how a bank is reached.
package pay

import (
	"fmt"
	"strconv"
	"time"

	"tongbao/internal/engine"
	"tongbao/internal/ledger"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/store"
	"tongbao/internal/trade"
)

// BalanceOf is the account that a party spends from and is paid into.
func BalanceOf(id uint64, currency money.Currency) ledger.AccountID {
	if party.IsMerchant(id) {
		return ledger.Of(ledger.Merchant, id, currency)
	}
	return ledger.Of(ledger.User, id, currency)
}

// accountAt maps a place of a trade to the ledger.
func accountAt(t *trade.Trade, place trade.Place, payee uint64) ledger.AccountID {
	switch place {
	case trade.PlaceBuyer:
		return BalanceOf(t.Buyer, t.Currency)
	case trade.PlaceEscrow:
		return ledger.Of(ledger.Escrow, t.Merchant, t.Currency)
	case trade.PlaceSeller:
		return BalanceOf(t.Merchant, t.Currency)
	case trade.PlaceFee:
		return ledger.Of(ledger.FeeIncome, 0, t.Currency)
	case trade.PlacePayee:
		return BalanceOf(payee, t.Currency)
	}
	panic(fmt.Sprintf("pay: trade %s moves money at the unknown place %d", t.ID, place))
}

// whyOf is the books' word for a trade's; empty where there is none.
func whyOf(why string) ledger.Why {
	switch why {
	case trade.WhyPayment:
		return ledger.Payment
	case trade.WhySale:
		return ledger.Settlement
	case trade.WhyFee:
		return ledger.Fee
	case trade.WhyRoyalty, trade.WhyRoyaltyBack:
		return ledger.Split
	case trade.WhyRefund:
		return ledger.Refund
	case trade.WhyFeeReturn:
		return ledger.FeeRefund
	}
	return ""
}

// legsOf turns the moves of one act into one posting, appended to legs.
func legsOf(legs []ledger.Leg, t *trade.Trade, moves []trade.Move) []ledger.Leg {
	for _, m := range moves {
		why := whyOf(m.Why)
		if why == "" {
			panic(fmt.Sprintf("pay: trade %s moves money for %q, which the books have no word for", t.ID, m.Why))
		}
		out := ledger.Leg{Account: accountAt(t, m.From, m.Party), Amount: -m.Amount, Why: why}
		if m.From == trade.PlaceBuyer {
			out.Why = ledger.Payment // an instant trade's buyer pays; how it is shared out is the others' affair
		}
		legs = append(legs, out, ledger.Leg{Account: accountAt(t, m.To, m.Party), Amount: m.Amount, Why: why})
	}
	return mergeBuyer(legs)
}

// mergeBuyer joins the buyer's debits of an instant payment into one line of
// the buyer's history: one payment, however it is shared out.
func mergeBuyer(legs []ledger.Leg) []ledger.Leg {
	merged := legs[:0] // it never gets ahead of what is read
	payment := -1
	for _, leg := range legs {
		if leg.Why == ledger.Payment && leg.Amount < 0 {
			if payment >= 0 { // a trade has one buyer
				merged[payment].Amount += leg.Amount
				continue
			}
			payment = len(merged)
		}
		merged = append(merged, leg)
	}
	return merged
}

// idFor makes the id of an object from the id of the command that makes it, so
// that a repeat names the same object and no two servers have to agree on a counter.
func idFor(prefix, command string) string { return engine.MakeID(prefix, store.Name(command), 0) }

// TradeNo makes a trade's 28 digits: the business day, then the stamp of the
// command in 20 digits.
func TradeNo(at time.Time, zone *time.Location, command string) string {
	return tradeNo(calendarDay(at, zone), store.Stamp(command))
}

func tradeNo(day, stamp uint64) string {
	var b [28]byte
	fillDigits(b[:8], day)
	fillDigits(b[8:], stamp)
	return string(b[:])
}

// calendarDay is a day as trade numbers begin with it: 20181111.
func calendarDay(at time.Time, zone *time.Location) uint64 {
	year, month, day := at.In(zone).Date()
	return uint64(year*10000 + int(month)*100 + day)
}

// fillDigits fills b with a number, zeros before it.
func fillDigits(b []byte, v uint64) {
	for i := len(b) - 1; i >= 0; i-- {
		b[i] = byte('0' + v%10)
		v /= 10
	}
}

// tradeOrigin reads the stamp out of a trade's number.
func tradeOrigin(id string) uint64 {
	if len(id) != 28 {
		return 0
	}
	stamp, err := strconv.ParseUint(id[8:], 10, 64)
	if err != nil {
		return 0
	}
	return stamp
}

// DiaryOf is the account in whose diary a party's events stand, whatever their currency.
func DiaryOf(party uint64) ledger.AccountID { return BalanceOf(party, money.CNY) }

// sortable writes a moment so that text order is time order.
func sortable(milli int64) string { return fmt.Sprintf("%013d", milli) }

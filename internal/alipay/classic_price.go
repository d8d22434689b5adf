package alipay

import (
	"strconv"

	"tongbao/internal/alipay/wire"
	"tongbao/internal/money"
	"tongbao/internal/pay"
	"tongbao/internal/trade"
)

// priced is how an order's amount comes about: price times quantity, plus a
// discount that is below nothing where it is one, plus freight where the buyer
// pays it with the order.
type priced struct {
	each, discount, total money.Amount
	quantity              int64
}

const mostPieces = 1_000_000

// price reads price and quantity, or total_fee in their place where the money
// is paid at once.
func (c *call) price(direct bool) (p priced, err error) {
	total, each := c.params.Get("total_fee"), c.params.Get(metaPrice)
	if p.discount, err = c.sum(metaDiscount, -money.MaxAmount, money.MaxAmount); err != nil {
		return p, err
	}
	switch {
	case direct && total != "" && each != "":
		return p, c.badParameter("total_fee and price exclude one another")
	case direct && total != "":
		p.quantity = 1
		if p.each, err = c.amount("total_fee", text(total)); err != nil {
			return p, err
		}
	default:
		if p.each, err = c.amount(metaPrice, text(each)); err != nil {
			return p, err
		}
		quantity := c.params.Get(metaQuantity)
		n, err := strconv.ParseUint(quantity, 10, 32)
		if err != nil || n < 1 || n > mostPieces || quantity[0] == '+' {
			return p, c.badParameter("quantity is a whole number from 1 to %d", mostPieces)
		}
		p.quantity = int64(n)
	}
	if int64(p.each) > int64(money.MaxAmount)/p.quantity {
		return p, c.failed("TOTAL_FEE_EXCEED", "price times quantity: %v", wire.ErrAmountLarge)
	}
	p.total = p.each*money.Amount(p.quantity) + p.discount
	return p, c.payable(p.total)
}

// postWithin is how long a buyer has to confirm what goes by ordinary post, where
// the merchant names no time; what goes faster has the platform's usual time.
const postWithin = 30 * trade.Day

// asked is the order by the way that was chosen.
func (p priced) asked(o trade.Order, kind trade.Kind, way logistics) pay.Asked {
	o.Kind, o.Amount = kind, way.amount
	if way.Type == "DIRECT" {
		o.Goods = trade.Virtual
		o.Direct = kind == trade.Escrow
	}
	switch {
	case kind == trade.Instant:
		o.ConfirmWithin = 0
	case way.Type == "POST" && o.ConfirmWithin == 0:
		o.ConfirmWithin = postWithin
	}
	if way.Type != "" {
		o.Metadata[metaLogistics], o.Metadata[metaFreight], o.Metadata[metaFreightPaid] = way.Type, wire.FormatAmount(way.Fee), way.Payment
	}
	return pay.Asked{Order: o}
}

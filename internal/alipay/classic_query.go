package alipay

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"

	"tongbao/internal/alipay/wire"
	"tongbao/internal/party"
)

var singleTradeQuery = service(method{name: "single_trade_query", right: party.View}, func(c *call) (any, error) {
	t, err := c.find(tradeIn{TradeNo: text(c.params.Get("trade_no")), OutTradeNo: text(c.classicNumber())})
	if err != nil {
		return nil, err
	}
	fields, err := c.s.classicFields(c.ctx, &t)
	if err != nil {
		return nil, err
	}
	fields["gmt_last_modified_time"] = lastChange(&t)
	fields["to_buyer_fee"], fields["to_seller_fee"] = wire.FormatAmount(t.Refunded), wire.FormatAmount(t.Settled)
	fields["flag_trade_locked"] = "0"
	if t.Disputed() {
		fields["flag_trade_locked"] = "1"
	}
	return xmlAnswer{element: "trade", fields: fields}, nil
})

// classicNumber is the merchant's number, which services call by two names.
func (c *call) classicNumber() string {
	return cmp.Or(c.params.Get("out_trade_no"), c.params.Get("out_order_no"))
}

// queryTimestamp gives the time in a form that only we can have made: a merchant
// that sends it with an order shows that the order is fresh.
var queryTimestamp = service(method{name: "query_timestamp", right: party.View}, func(c *call) (any, error) {
	stamp, err := c.stamp(c.s.opt.Wall())
	return xmlAnswer{element: "timestamp", fields: wire.Params{"encrypt_key": stamp}, unsigned: true}, err
})

// stampLife is how long a timestamp proves an order to be fresh.
const stampLife = time.Hour

func (c *call) stamp(at time.Time) (string, error) {
	root, ok, err := c.s.opt.Identity.KnownAppRoot(c.ctx)
	if err != nil {
		return "", err
	}
	if !ok {
		return "", illegal("ILLEGAL_PARTNER", "the partner has no application")
	}
	raw := binary.BigEndian.AppendUint64(nil, uint64(at.UnixMilli()))
	mac := hmac.New(sha256.New, []byte(root.Key.Reveal()))
	mac.Write([]byte("timestamp\x00"))
	mac.Write(raw)
	return base64.StdEncoding.EncodeToString(mac.Sum(raw)[:20]), nil
}

// freshStamp refuses a timestamp that is not ours, or old. None is asked for.
func (c *call) freshStamp() error {
	given := c.params.Get("anti_phishing_key")
	if given == "" {
		return nil
	}
	raw, err := base64.StdEncoding.DecodeString(given)
	if err != nil || len(raw) != 20 {
		return c.badParameter("anti_phishing_key is none that query_timestamp gave")
	}
	at := time.UnixMilli(int64(binary.BigEndian.Uint64(raw)))
	want, err := c.stamp(at)
	if err != nil {
		return err
	}
	if now := c.s.opt.Wall(); !sameText(want, given) || now.Sub(at) > stampLife {
		return c.badParameter("anti_phishing_key is not ours, or older than an hour")
	}
	return nil
}

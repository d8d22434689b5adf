package alipay

import (
	"tongbao/internal/party"
	"tongbao/internal/trade"
)

type precreateIn struct {
	orderIn
	QRCodeTimeoutExpress text `json:"qr_code_timeout_express"`
}

type precreated struct {
	OutTradeNo string `json:"out_trade_no"`
	QRCode     string `json:"qr_code"` // a link
	PicURL     string `json:"pic_url"` // the picture of it
}

// qrLife is how long a QR code's order can be paid where the merchant names no time.
const qrLife = 2 * trade.Hour

var tradePrecreate = of(method{name: "alipay.trade.precreate", right: party.CreatePayment}, func(c *call, in *precreateIn) (any, error) {
	usual := qrLife
	if in.QRCodeTimeoutExpress != "" {
		var err error
		if usual, err = c.length("qr_code_timeout_express", string(in.QRCodeTimeoutExpress)); err != nil {
			return nil, err
		}
	}
	asked, err := c.asked(&in.orderIn, usual)
	if err != nil {
		return nil, err
	}
	t, _, err := c.open(asked)
	if err != nil {
		return nil, err
	}
	return precreated{OutTradeNo: t.OrderNo, QRCode: c.s.qrLink(t.ID), PicURL: c.s.opt.BaseURL + picturePath + t.ID}, nil
})

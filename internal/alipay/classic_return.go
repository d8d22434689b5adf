package alipay

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strconv"
	"strings"
	"time"

	"tongbao/internal/alipay/wire"
	"tongbao/internal/party"
	"tongbao/internal/trade"
)

// classicReturn adds to a return_url what the old protocol says there. Programs
// ask about its notify_id as they do about a notice's, so it is one that proves
// itself.
func (s *Server) classicReturn(a *app, t *trade.Trade, to *url.URL) (string, error) {
	charset, signType := classicWords(t)
	now := s.now()
	said := wire.Params{
		"is_success": "T", "exterface": t.Metadata[metaMethod], "payment_type": "1", "notify_type": tradeSync, "notify_time": moment(now), "notify_id": returnID(a, t.ID, s.opt.Wall()),
		"out_trade_no": t.OrderNo, "trade_no": t.ID, "trade_status": t.Status.String(), "total_fee": wire.FormatAmount(t.Amount), "subject": t.Subject, "body": t.Body,
		"seller_id": party.FormatID(t.Merchant), "buyer_id": party.FormatID(t.Buyer), metaCommonParam: t.Metadata[metaCommonParam],
	}
	for name, value := range said {
		if strings.TrimSpace(value) == "" {
			delete(said, name)
		}
	}
	sign, err := signClassic(a, signType, charset.Encode(said.Classic()))
	if err != nil {
		return "", err
	}
	said["sign"], said["sign_type"] = sign, string(signType)
	query := url.Values{}
	for name, value := range said {
		query.Set(name, charset.Encode(value))
	}
	if to.RawQuery != "" {
		to.RawQuery += "&"
	}
	to.RawQuery += query.Encode()
	return to.String(), nil
}

// returnLife is for how long a return's id is known.
const returnLife = 24 * time.Hour

// returnID is a notify_id of a return: the trade, the moment, and a proof.
func returnID(a *app, tradeNo string, now time.Time) string {
	body := "r" + tradeNo + strconv.FormatInt(now.UnixMilli(), 36)
	return body + "." + returnProof(a, body)
}

func returnProof(a *app, body string) string {
	mac := hmac.New(sha256.New, []byte(a.PlatformKey.Reveal()))
	mac.Write([]byte("notify_id\x00" + body))
	return hex.EncodeToString(mac.Sum(nil)[:12])
}

// verifiesNotice says whether a notice or a return with that id was the
// partner's.
func (s *Server) verifiesNotice(c *call) bool {
	partner, err := party.ParseID(c.params.Get("partner"))
	if err != nil {
		return false
	}
	id := c.params.Get("notify_id")
	if strings.HasPrefix(id, "r") {
		return s.verifiesReturn(c, partner, id)
	}
	if s.opt.Notices == nil {
		return false
	}
	known, err := s.opt.Notices.Known(c.ctx, partner, id)
	return err == nil && known
}

func (s *Server) verifiesReturn(c *call, partner uint64, id string) bool {
	body, proof, ok := strings.Cut(id, ".")
	if !ok || len(body) < 1+trade.IDDigits {
		return false
	}
	made, err := strconv.ParseInt(body[1+trade.IDDigits:], 36, 64)
	if err != nil || s.opt.Wall().Sub(time.UnixMilli(made)) > returnLife {
		return false
	}
	t, err := s.opt.Desk.Trade(c.ctx, body[1:1+trade.IDDigits])
	if err != nil || t.Merchant != partner {
		return false
	}
	a, err := s.app(c.ctx, t.Metadata[metaApp])
	return err == nil && a != nil && sameText(proof, returnProof(a, body))
}

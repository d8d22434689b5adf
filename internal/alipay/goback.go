package alipay

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"

	"tongbao/internal/alipay/wire"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/trade"
)

const returnPath = "/gateway/return"

// returnURL is where the cashier sends the browser back to: to us, who know by
// then what to sign. The key in it keeps others from asking what became of an
// order whose number they have guessed.
func (s *Server) returnURL(a *app, seller uint64, orderNo string) string {
	q := url.Values{"app_id": {a.ID}, "out_trade_no": {orderNo}}
	nameMerchant(a, seller, q)
	q.Set("key", returnKey(a, whose(q)+orderNo))
	return s.opt.BaseURL + returnPath + "?" + q.Encode()
}

// nameMerchant puts into an address whose business it is about, where that is not
// the application's own merchant.
func nameMerchant(a *app, merchant uint64, q url.Values) {
	if merchant != a.Merchant {
		q.Set("merchant", party.FormatID(merchant))
	}
}

// whose is what of that goes into the address's key.
func whose(q url.Values) string {
	if m := q.Get("merchant"); m != "" {
		return m + "\x00"
	}
	return ""
}

// namedMerchant is whose business an address is about, once its key is checked.
func namedMerchant(a *app, q url.Values) uint64 {
	if id, err := party.ParseID(q.Get("merchant")); err == nil {
		return id
	}
	return a.Merchant
}

func returnKey(a *app, orderNo string) string {
	mac := hmac.New(sha256.New, []byte(a.PlatformKey.Reveal()))
	mac.Write([]byte("return\x00" + orderNo))
	return hex.EncodeToString(mac.Sum(nil)[:12])
}

// sameText compares in constant time.
func sameText(a, b string) bool { return hmac.Equal([]byte(a), []byte(b)) }

// goBack sends the browser on to the merchant's return_url, with a signed word
// of a payment where there was one; else to where quitting leads. It proves
// nothing to the merchant's buyer: the notice and the query do.
func (s *Server) goBack(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	a, err := s.app(r.Context(), q.Get("app_id"))
	if err != nil || a == nil || !sameText(q.Get("key"), returnKey(a, whose(q)+q.Get("out_trade_no"))) {
		showRefusal(w, refuse(invalidArguments, "isv.invalid-parameter", "this address leads nowhere"))
		return
	}
	t, err := s.orderOf(r, namedMerchant(a, q), q.Get("out_trade_no"))
	if err != nil {
		showRefusal(w, err)
		return
	}
	if t.Metadata[metaMethod] == appPay {
		s.showAppResult(w, a, &t)
		return
	}
	to, err := s.backTo(r.Context(), a, &t)
	if err != nil {
		showRefusal(w, err)
		return
	}
	if to == "" {
		to = "/wallet/orders/" + t.ID
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusSeeOther)
}

func (s *Server) orderOf(r *http.Request, merchant uint64, orderNo string) (t trade.Trade, err error) {
	known, ok, err := pay.OrderNos.Read(r.Context(), s.opt.Engine.Store(), pay.OrderNoID(merchant, orderNo))
	if err == nil && !ok {
		err = refuse(businessFailed, "ACQ.TRADE_NOT_EXIST", "there is no such order")
	}
	if err != nil {
		return t, err
	}
	return s.opt.Desk.Trade(r.Context(), known.Trade)
}

// backTo is the merchant's address with what is said there.
func (s *Server) backTo(ctx context.Context, a *app, t *trade.Trade) (string, error) {
	to := t.Metadata[metaReturn]
	if t.Paid == 0 {
		if quit := t.Metadata[metaQuit]; quit != "" {
			return webAddress(quit), nil
		}
		return webAddress(to), nil
	}
	u, err := url.Parse(webAddress(to))
	if to == "" || err != nil || u.Host == "" {
		return "", nil
	}
	if begunClassic(t) {
		return s.classicReturn(a, t, u)
	}
	auth, _, err := s.authApp(ctx, a, t.Merchant)
	if err != nil {
		return "", err
	}
	charset, signType := wordsOf(t)
	said := wire.Params{
		"app_id": a.ID, "auth_app_id": auth, "method": t.Metadata[metaMethod] + ".return", "charset": string(charset), "version": "1.0",
		"timestamp": moment(s.now()), "out_trade_no": t.OrderNo, "trade_no": t.ID, "total_amount": wire.FormatAmount(t.Amount),
		"seller_id": party.FormatID(t.Merchant), "sign_type": string(signType),
	}
	sign, err := wire.Sign(a.platform, signType, []byte(said.Canonical(wire.DropEmpty, "sign", "sign_type")))
	if err != nil {
		return "", err
	}
	said["sign"] = sign
	query := url.Values{}
	for name, value := range said {
		query.Set(name, value)
	}
	if u.RawQuery != "" {
		u.RawQuery += "&"
	}
	u.RawQuery += query.Encode()
	return u.String(), nil
}

// webAddress keeps anything but web addresses out of redirects.
func webAddress(text string) string {
	if u, err := url.Parse(text); err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	return text
}

// showAppResult answers a wallet that opened an app's order: the result that it
// hands back to the app.
func (s *Server) showAppResult(w http.ResponseWriter, a *app, t *trade.Trade) {
	out := struct {
		Memo   string `json:"memo"`
		Result string `json:"result"`
		Status string `json:"resultStatus"`
	}{Status: "6001"}
	if t.Paid != 0 {
		charset, signType := wordsOf(t)
		c := &call{s: s, app: a, method: tradeAppPay, charset: charset, signType: signType}
		out.Status = "9000"
		said := c.envelope(struct {
			numbers
			AppID       string `json:"app_id"`
			TotalAmount string `json:"total_amount"`
			SellerID    string `json:"seller_id"`
			Charset     string `json:"charset"`
			Timestamp   string `json:"timestamp"`
		}{numbersOf(t), a.ID, wire.FormatAmount(t.Amount), party.FormatID(t.Merchant), string(charset), at(t.Paid)}, nil)
		out.Result = string(said[:len(said)-1]) + `,"sign_type":"` + string(signType) + `"}`
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	json.NewEncoder(w).Encode(out)
}

// wordsOf are the charset and the sign type in which the merchant's program asked.
func wordsOf(t *trade.Trade) (wire.Charset, wire.SignType) { return spokenIn(t.Metadata) }

func spokenIn(kept map[string]string) (wire.Charset, wire.SignType) {
	charset, signType := wire.Charset(kept[metaCharset]), wire.SignType(kept[metaSignType])
	if charset != wire.GBK {
		charset = wire.UTF8
	}
	if signType != wire.RSA {
		signType = wire.RSA2
	}
	return charset, signType
}

package alipay

import (
	"context"
	"crypto/rand"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"tongbao/internal/alipay/wire"
	"tongbao/internal/money"
	"tongbao/internal/trade"
)

const choosePath = "/gateway/choose"

// choice is the page on which a buyer chooses, where the merchant leaves it to
// them: by trade_create_by_buyer whether the money is held or paid at once, and
// by several groups of logistics how the goods travel. The page carries the
// merchant's request as it came, signature and all, and the server keeps nothing.
type choice struct {
	call  *call
	from  offer
	order *trade.Order
}

type picked struct{ kind, way int }

// picked is what the buyer has chosen; asks says that they have yet to.
func (c *call) picked(from offer) (picked, bool) {
	p := picked{}
	if c.chosen == nil {
		return p, len(from.kinds) > 1 || len(from.ways) > 1
	}
	n, err := strconv.Atoi(c.chosen.Get("kind"))
	if err == nil && n >= 0 && n < len(from.kinds) {
		p.kind = n
	}
	n, err = strconv.Atoi(c.chosen.Get("way"))
	if err == nil && n >= 0 && n < len(from.ways) {
		p.way = n
	}
	return p, false
}

var choicePage = template.Must(template.New("").Parse(`<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>选择付款方式 · {{.Subject}}</title>
<style nonce="{{.Nonce}}">
body { margin: 0; background: #f5f6f8; color: #1f2329; font: 16px/1.5 system-ui, "PingFang SC", "Noto Sans CJK SC", sans-serif }
main { max-width: 28rem; margin: 0 auto; padding: 1.5rem 1rem }
h1 { margin: 0 0 1rem; font-size: 1.25rem; overflow-wrap: anywhere }
fieldset { margin: 0 0 1rem; padding: .25rem 1rem .5rem; border: 0; border-radius: .75rem; background: #fff }
legend { float: left; width: 100%; padding: .75rem 0 .25rem; color: #5c6470; font-size: .875rem }
label { display: flex; clear: both; gap: .75rem; align-items: center; min-height: 3rem; border-bottom: 1px solid #eceef1 }
label:last-child { border: 0 }
input { width: 1.25rem; height: 1.25rem; accent-color: #0958d9; flex: none }
span { display: block }
small { display: block; color: #5c6470 }
button { width: 100%; min-height: 3rem; border: 0; border-radius: .75rem; background: #0958d9; color: #fff; font: inherit; font-weight: 600 }
</style></head>
<body><main><h1>{{.Subject}}</h1><form method="post" action="` + choosePath + `"><input type="hidden" name="request" value="{{.Request}}">
{{if .Kinds}}<fieldset><legend>付款方式 · How to pay</legend>{{range .Kinds}}<label><input type="radio" name="kind" value="{{.No}}"{{if eq .No 0}} checked{{end}}><span>{{.Words}}<small>{{.Note}}</small></span></label>{{end}}</fieldset>{{end}}
{{if .Ways}}<fieldset><legend>送货方式 · Delivery</legend>{{range .Ways}}<label><input type="radio" name="way" value="{{.No}}"{{if eq .No 0}} checked{{end}}><span>{{.Words}}<small>{{.Note}}</small></span></label>{{end}}</fieldset>{{end}}
<button type="submit">去付款 · Continue</button></form></main></body></html>
`))

type option struct {
	No          int
	Words, Note string
}

var (
	kindWords = map[trade.Kind]option{trade.Escrow: {Words: "担保交易：收到货再放款", Note: "Held until you confirm receipt"}, trade.Instant: {Words: "即时到账：马上付给卖家", Note: "Paid to the seller at once"}}
	wayWords  = map[string]string{"EXPRESS": "快递 Express", "POST": "平邮 Post", "EMS": "EMS", "DIRECT": "无需物流 Nothing is sent"}
)

func (ch choice) show(w http.ResponseWriter) {
	view := struct {
		Subject, Request, Nonce string
		Kinds, Ways             []option
	}{Subject: ch.order.Subject, Request: asSent(ch.call.sent), Nonce: rand.Text()}
	for i, k := range ch.from.kinds {
		view.Kinds = append(view.Kinds, option{i, kindWords[k].Words, kindWords[k].Note})
	}
	if len(view.Kinds) == 1 {
		view.Kinds = nil
	}
	for i, way := range ch.from.ways {
		view.Ways = append(view.Ways, option{i, wayWords[way.Type], "合计 In all ¥" + money.Format(way.amount, money.CNY)})
	}
	if len(view.Ways) == 1 {
		view.Ways = nil
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'nonce-"+view.Nonce+"'; frame-ancestors 'none'; base-uri 'none'")
	_ = choicePage.Execute(w, view) // a browser that has gone sees nothing
}

// asSent is a request as one text, its bytes as they came.
func asSent(p wire.Params) string {
	v := url.Values{}
	for name, value := range p {
		v.Set(name, value)
	}
	return v.Encode()
}

// choose takes what the buyer chose, with the merchant's request, which is
// checked as if it came now.
func (s *Server) choose(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), timeout)
	defer cancel()
	c := &call{s: s, ctx: ctx, id: strings.ToLower(rand.Text()), started: time.Now(), charset: wire.UTF8, signType: wire.RSA2}
	as(w.Header(), "trace_id", c.id)
	w.Header().Set("Cache-Control", "no-store")
	form, _, err := wire.ParseBody(r.Header.Get("Content-Type"), http.MaxBytesReader(w, r.Body, maxBody))
	if err == nil {
		c.sent, err = wire.ParseForm(form.Get("request"))
	}
	if err == nil {
		c.chosen = form
		err = c.decode()
	} else {
		err = c.unread(err)
	}
	if m := serviceNamed(c.sent.Get("service")); m == nil || !m.browser || !spokenClassic(c.sent) {
		showRefusal(w, illegal("ILLEGAL_SERVICE", "there is no such service here"))
		return
	}
	s.classic(w, c, err)
}

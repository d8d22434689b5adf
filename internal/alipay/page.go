package alipay

import (
	"html/template"
	"net/http"
)

// refusalPage is what a buyer sees when the merchant's request is no good. It
// holds no script and no style, and says no more than the code and its meaning.
var refusalPage = template.Must(template.New("").Parse(`<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>付款请求有误 · {{.Code}}</title></head>
<body><main><h1>商家发来的付款请求有误，没有扣款</h1>
<p>请返回商家页面重试，或联系商家。<br>The merchant's payment request is not valid. Nothing was paid.</p>
<p><code>{{.Code}}</code></p><p>{{.Message}}</p></main></body></html>
`))

// showRefusal answers a browser, with 200 as the original does.
func showRefusal(w http.ResponseWriter, err error) {
	view := struct{ Code, Message string }{"isp.unknow-error", "服务暂时不可用，请稍后再试。 Please try again later."}
	if n := refusalOf(err); n != nil {
		view.Code, view.Message = n.sub, n.message
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_ = refusalPage.Execute(w, view) // a browser that has gone sees nothing
}

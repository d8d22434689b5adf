package sdk

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/smartwalle/alipay/v3"
)

func TestNoticesAreVerifiedAndRepeated(t *testing.T) {
	for _, m := range modes {
		t.Run(m.name, func(t *testing.T) {
			ctx, c := context.Background(), open(t, m, alipay.WithHTTPClient(&http.Client{Transport: toGateway{}}))
			heard, answers := make(chan *alipay.Notification, 8), make(chan string, 8)
			shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				must(t, r.ParseForm())
				n, err := c.DecodeNotification(ctx, r.PostForm)
				if err != nil {
					t.Errorf("a notice is not verified: %v in %v", err, r.PostForm)
				}
				for name, values := range r.PostForm {
					if len(values) != 1 || values[0] == "" || name == "alipay_cert_sn" {
						t.Errorf("the field %s is empty or repeated: %q", name, values)
					}
				}
				io.WriteString(w, <-answers)
				heard <- n
			}))
			defer shop.Close()
			next := func(answer string) *alipay.Notification {
				t.Helper()
				answers <- answer
				select {
				case n := <-heard:
					return n
				case <-time.After(20 * time.Second):
					t.Fatal("no notice came")
					return nil
				}
			}

			// later is next, four minutes on: from when the first try was noted, which may
			// be after the clock was moved.
			later := func(answer string) *alipay.Notification {
				t.Helper()
				answers <- answer
				for range 5 {
					pass(t, 4*time.Minute)
					select {
					case n := <-heard:
						return n
					case <-time.After(4 * time.Second):
					}
				}
				t.Fatal("no notice came again")
				return nil
			}

			no := orderNo()
			ask := alipay.TradePay{Trade: trade(no, "8.00"), Scene: "bar_code", AuthCode: paymentCode(t)}
			ask.NotifyURL = shop.URL + "/notify?shop=1"
			paid, err := c.TradePay(ctx, ask)
			must(t, err)
			first := next("success\n") // not exactly success
			equal(t, "notice", []any{first.TradeStatus, first.OutTradeNo, first.TradeNo, first.TotalAmount, first.Subject, first.SellerId, first.AppId, first.PassbackParams},
				[]any{"TRADE_SUCCESS", no, paid.TradeNo, "8.00", ask.Subject, sandbox.Merchant.ID, sandbox.Merchant.AppID, "a%3D1"})
			second := later("success")
			equal(t, "the id over repeats", second.NotifyId, first.NotifyId)
			if !c.NotifyVerify(ctx, sandbox.Merchant.ID, first.NotifyId) || c.NotifyVerify(ctx, sandbox.Merchant.ID, "made-up") {
				t.Error("notify_verify knows the notice by another name, or one that is none")
			}

			_, err = c.TradeRefund(ctx, alipay.TradeRefund{OutTradeNo: no, RefundAmount: "3.00", OutRequestNo: "r9"})
			must(t, err)
			back := next("success")
			equal(t, "notice of a refund", []any{back.TradeStatus, back.RefundFee, back.OutBizNo}, []any{"TRADE_SUCCESS", "3.00", "r9"})
			if back.NotifyId == first.NotifyId {
				t.Error("two notices have one id")
			}
		})
	}
}

// toGateway sends what the SDK asks of its built-in hosts to the sandbox.
type toGateway struct{}

func (toGateway) RoundTrip(r *http.Request) (*http.Response, error) {
	to, err := url.Parse(sandbox.GatewayURL)
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host, r.Host = to.Scheme, to.Host, to.Host
	return http.DefaultTransport.RoundTrip(r)
}

package alipay

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"tongbao/internal/engine"
	"tongbao/internal/party"
	"tongbao/internal/pay"
)

const (
	billPath = "/gateway/bill"
	billLife = 30 * time.Second
)

// The bills that there are: trades, and the entries of the balance.
const (
	tradeBill   = "trade"
	accountBill = "signcustomer"
)

type billIn struct {
	BillType text `json:"bill_type"`
	BillDate text `json:"bill_date"`
	Smid     text `json:"smid"`
}

type billOut struct {
	BillDownloadURL string `json:"bill_download_url"`
	BillFileCode    string `json:"bill_file_code,omitempty"`
}

var billDownload = of(method{name: "alipay.data.dataservice.bill.downloadurl.query", v3: []string{"GET"}, right: party.View, prefix: noPrefix}, func(c *call, in *billIn) (any, error) {
	switch in.BillType {
	case tradeBill, accountBill:
	case "":
		return nil, c.badParameter("bill_type is missing")
	default:
		return nil, c.failed("TYPE_NOT_SUPPORTED", "bill_type is trade or signcustomer")
	}
	from, until, err := billTime(string(in.BillDate))
	if err != nil {
		return nil, c.badParameter("bill_date looks like 2018-11-11 or 2018-11")
	}
	if until.After(c.s.now()) {
		return nil, c.failed("BILL_NOT_EXIST", "the day or month is not over yet")
	}
	any, err := c.s.anyLine(c.ctx, c.merchant(), from, until)
	if err != nil {
		return nil, err
	}
	if !any {
		return nil, c.failed("NO_BILL_DATA", "nothing happened in that time")
	}
	q := url.Values{"app_id": {c.app.ID}, "type": {string(in.BillType)}, "date": {string(in.BillDate)}, "until": {strconv.FormatInt(c.s.opt.Wall().Add(billLife).Unix(), 10)}}
	nameMerchant(c.app, c.merchant(), q)
	q.Set("key", billKey(c.app, q))
	return billOut{BillDownloadURL: c.s.opt.BaseURL + billPath + "?" + q.Encode()}, nil
})

func billKey(a *app, q url.Values) string {
	return returnKey(a, "bill\x00"+whose(q)+q.Get("type")+"\x00"+q.Get("date")+"\x00"+q.Get("until"))
}

// billTime is the day or month in Beijing's time.
func billTime(date string) (from, until time.Time, err error) {
	if from, err = time.ParseInLocation(time.DateOnly, date, engine.Shanghai); err == nil {
		return from, from.AddDate(0, 0, 1), nil
	}
	from, err = time.ParseInLocation("2006-01", date, engine.Shanghai)
	return from, from.AddDate(0, 1, 0), err
}

// anyLine says that anything happened: to the balance, or, for what escrow still
// keeps, to a trade.
func (s *Server) anyLine(ctx context.Context, merchant uint64, from, until time.Time) (found bool, err error) {
	events, err := pay.ListEvents(ctx, s.opt.Engine.Store(), pay.Span{Party: merchant, From: from.UnixMilli(), Until: until.UnixMilli(), Limit: 1})
	if err != nil || len(events) > 0 {
		return len(events) > 0, err
	}
	err = s.lines(ctx, merchant, from, until, func(line) (bool, error) { found = true; return false, nil })
	return found, err
}

// bill is the download: the address is the permission, for half a minute.
func (s *Server) bill(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	a, err := s.app(r.Context(), q.Get("app_id"))
	expires, err2 := strconv.ParseInt(q.Get("until"), 10, 64)
	from, until, err3 := billTime(q.Get("date"))
	if err != nil || err2 != nil || err3 != nil || a == nil || !sameText(q.Get("key"), billKey(a, q)) || s.opt.Wall().Unix() > expires {
		http.Error(w, "this address is not valid, or not any more; ask for another", http.StatusForbidden)
		return
	}
	merchant := namedMerchant(a, q)
	name := party.FormatID(merchant) + "_" + q.Get("date") + ".csv.zip"
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	w.Header().Set("Cache-Control", "no-store")
	b := &billFile{s: s, ctx: r.Context(), merchant: merchant, from: from, until: until}
	if err := b.write(w, q.Get("type")); err != nil {
		s.opt.Logger.Error("bill", "app", a.ID, "error", err)
		panic(http.ErrAbortHandler) // the file broke off, and the reader must see that
	}
}

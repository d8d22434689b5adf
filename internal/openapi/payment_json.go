package openapi

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"
	"sync"
	"time"
	"unicode/utf8"
)

// The answer to a payment is written by hand: it is asked for most, and
// encoding/json takes four times as long over its fifty members. A payment that
// has more to it, a dispute or a refund, is left to encoding/json. That both write
// the same is tested member by member.

// quickJSON is what may write itself; ok says that it has.
type quickJSON interface {
	appendJSON(b []byte) (all []byte, ok bool)
}

var jsonRooms = sync.Pool{New: func() any { return new([]byte) }}

func writeQuick(w io.Writer, v quickJSON) error {
	room := jsonRooms.Get().(*[]byte)
	defer jsonRooms.Put(room)
	b, ok := v.appendJSON((*room)[:0])
	if !ok {
		return plainJSON(w, v)
	}
	*room = append(b, '\n')
	_, err := w.Write(*room)
	return err
}

// plainJSON is encoding/json's writing, as all answers have it.
func plainJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

func (p Payment) appendJSON(b []byte) ([]byte, bool) {
	if p.Shipment != nil || p.Dispute != nil || len(p.Refunds) > 0 || len(p.Payees) > 0 || len(p.Metadata) > 0 {
		return b, false
	}
	b = member(b, '{', "id", p.ID)
	b = member(b, ',', "order_no", p.OrderNo)
	b = append(b, `,"merchant":`...)
	b = member(b, '{', "id", p.Merchant.ID)
	b = append(member(b, ',', "name", p.Merchant.Name), '}')
	if p.Buyer != nil {
		b = append(b, `,"buyer":`...)
		b = member(b, '{', "id", p.Buyer.ID)
		b = member(b, ',', "nickname", p.Buyer.Nickname)
		b = append(member(b, ',', "phone_masked", p.Buyer.PhoneMasked), '}')
	}
	b = member(b, ',', "kind", p.Kind)
	b = member(b, ',', "goods", p.Goods)
	b = member(b, ',', "subject", p.Subject)
	b = member(b, ',', "body", p.Body)
	b = numberMember(b, "amount", p.Amount)
	b = member(b, ',', "currency", p.Currency)
	b = member(b, ',', "status", p.Status)
	b = numberMember(b, "in_escrow", p.InEscrow)
	b = numberMember(b, "refunded", p.Refunded)
	b = numberMember(b, "settled", p.Settled)
	b = numberMember(b, "fee", p.Fee)
	b = numberMember(b, "fee_rate", p.FeeRate)
	b = append(b, `,"payees":`...)
	b = emptyList(b, p.Payees == nil)
	b = timeMember(b, "created_at", p.CreatedAt)
	b = timeMember(b, "pay_by", p.PayBy)
	b = maybeTimeMember(b, "paid_at", p.PaidAt)
	b = maybeTimeMember(b, "shipped_at", p.ShippedAt)
	b = maybeTimeMember(b, "confirm_by", p.ConfirmBy)
	b = strconv.AppendBool(append(b, `,"extended":`...), p.Extended)
	b = maybeTimeMember(b, "finished_at", p.FinishedAt)
	b = maybeTimeMember(b, "closed_at", p.ClosedAt)
	b = maybeTimeMember(b, "refund_by", p.RefundBy)
	b = maybeMember(b, "dispute_id", p.DisputeID)
	b = append(b, `,"refunds":`...)
	b = emptyList(b, p.Refunds == nil)
	if p.NextDeadline != nil {
		b = append(b, `,"next_deadline":{"at":`...)
		b = appendTime(b, p.NextDeadline.At)
		b = append(member(b, ',', "what", p.NextDeadline.What), '}')
	}
	b = append(b, `,"allowed":`...)
	b = emptyList(b, p.Allowed == nil)
	for i, act := range p.Allowed {
		b = reopen(b, i)
		b = append(appendText(b, act), ']')
	}
	b = append(b, `,"timeline":`...)
	b = emptyList(b, p.Timeline == nil)
	for i := range p.Timeline {
		h := &p.Timeline[i]
		b = reopen(b, i)
		b = append(b, `{"at":`...)
		b = appendTime(b, h.At)
		b = member(b, ',', "what", h.What)
		b = member(b, ',', "by", h.By)
		b = append(b, `,"amount":`...)
		if h.Amount == nil {
			b = append(b, "null"...)
		} else {
			b = strconv.AppendInt(b, *h.Amount, 10)
		}
		b = append(member(b, ',', "note", h.Note), '}', ']')
	}
	b = member(b, ',', "cashier_url", p.CashierURL)
	b = member(b, ',', "qr_text", p.QRText)
	b = maybeMember(b, "return_url", p.ReturnURL)
	b = append(b, `,"metadata":`...)
	if p.Metadata == nil {
		b = append(b, "null"...)
	} else {
		b = append(b, "{}"...)
	}
	b = member(b, ',', "channel", p.Channel)
	if p.StepUp {
		b = append(b, `,"step_up":true`...)
	}
	return append(b, '}'), true
}

func member(b []byte, before byte, name, text string) []byte {
	return appendText(memberName(b, before, name), text)
}

func memberName(b []byte, before byte, name string) []byte {
	b = append(append(b, before, '"'), name...)
	return append(b, '"', ':')
}

func maybeMember(b []byte, name string, text *string) []byte {
	b = memberName(b, ',', name)
	if text == nil {
		return append(b, "null"...)
	}
	return appendText(b, *text)
}

func numberMember(b []byte, name string, n int64) []byte {
	return strconv.AppendInt(memberName(b, ',', name), n, 10)
}

func timeMember(b []byte, name string, t Time) []byte { return appendTime(memberName(b, ',', name), t) }

func maybeTimeMember(b []byte, name string, t MaybeTime) []byte {
	b = memberName(b, ',', name)
	if t == 0 {
		return append(b, "null"...)
	}
	return appendTime(b, Time(t))
}

// emptyList writes a list without its items; none at all is null.
func emptyList(b []byte, none bool) []byte {
	if none {
		return append(b, "null"...)
	}
	return append(b, "[]"...)
}

// reopen makes room for item i of a list that was closed.
func reopen(b []byte, i int) []byte {
	b = b[:len(b)-1]
	if i > 0 {
		b = append(b, ',')
	}
	return b
}

func appendTime(b []byte, t Time) []byte {
	b = time.UnixMilli(int64(t)).UTC().AppendFormat(append(b, '"'), timeForm)
	return append(b, '"')
}

// appendText writes a text. What needs escaping, or might, is left to encoding/json.
func appendText(b []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			var w bytes.Buffer
			_ = plainJSON(&w, text) // a text can be written, and a buffer takes all
			return append(b, bytes.TrimSuffix(w.Bytes(), []byte("\n"))...)
		}
	}
	b = append(append(b, '"'), text...)
	return append(b, '"')
}

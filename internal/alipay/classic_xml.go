package alipay

import (
	"bytes"
	"encoding/xml"
	"io"
	"net/http"
	"slices"

	"tongbao/internal/alipay/wire"
)

// xmlAnswer is what a service says to a program: the fields of one element.
type xmlAnswer struct {
	element  string // empty for an answer that only says yes
	fields   wire.Params
	unsigned bool
}

// writeXML answers as the old protocol does: is_success, what was asked, the
// answer, and a signature over its fields. A refusal is a word.
func (c *call) writeXML(w http.ResponseWriter, done any, err error) {
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="` + string(c.charset) + `"?>` + "\n<alipay>")
	answer, _ := done.(xmlAnswer)
	var sign string
	if err == nil && answer.element != "" && !answer.unsigned {
		sign, err = signClassic(c.app, c.signType, c.charset.Encode(answer.fields.Classic()))
	}
	if err != nil {
		code := "SYSTEM_ERROR" // the outcome is open
		if n := refusalOf(err); n != nil {
			code = classicCode(n.sub)
		}
		element(&b, "is_success", "F")
		element(&b, "error", code)
	} else {
		element(&b, "is_success", "T")
		c.writeRequest(&b)
		if answer.element != "" {
			b.WriteString("<response><" + answer.element + ">")
			for _, name := range namesOf(answer.fields) {
				element(&b, name, answer.fields[name])
			}
			b.WriteString("</" + answer.element + "></response>")
		}
		if sign != "" {
			element(&b, "sign", sign)
			element(&b, "sign_type", string(c.signType))
		}
	}
	b.WriteString("</alipay>")
	w.Header().Set("Content-Type", "text/xml;charset="+string(c.charset))
	io.WriteString(w, c.charset.Encode(b.String()))
}

// writeRequest says again what was asked.
func (c *call) writeRequest(b *bytes.Buffer) {
	b.WriteString("<request>")
	for _, name := range namesOf(c.params) {
		if name == "sign" || name == "sign_type" {
			continue
		}
		b.WriteString(`<param name="`)
		escape(b, name)
		b.WriteString(`">`)
		escape(b, c.params[name])
		b.WriteString("</param>")
	}
	b.WriteString("</request>")
}

func element(b *bytes.Buffer, name, value string) {
	b.WriteString("<" + name + ">")
	escape(b, value)
	b.WriteString("</" + name + ">")
}

// escape writes text for XML; what XML has no sign for becomes a replacement.
func escape(b *bytes.Buffer, text string) { _ = xml.EscapeText(b, []byte(text)) } // a buffer takes everything

func namesOf(p wire.Params) []string {
	names := make([]string, 0, len(p))
	for name := range p {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

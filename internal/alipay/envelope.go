package alipay

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"tongbao/internal/alipay/wire"
)

// head begins every answer of a method.
type head struct {
	Code    string `json:"code"`
	Msg     string `json:"msg"`
	SubCode string `json:"sub_code,omitempty"`
	SubMsg  string `json:"sub_msg,omitempty"`
}

// reply is an answer with another code than success.
type reply struct {
	code   string
	fields any
}

// bare is an answer of one of the old methods that say no code on success.
type bare struct{ fields any }

// redirect is an answer to a browser.
type redirect string

// envelope is the whole body: the answer first, then the platform's certificate
// where the caller uses certificates, then the signature over the answer's bytes
// as they stand. The order and the lack of blanks are what the known programs
// cut by. Who is no application gets no signature.
func (c *call) envelope(fields any, err error) []byte {
	answer := c.said(fields, err)
	if c.charset == wire.GBK {
		answer = ascii(answer)
	}
	if c.encrypted {
		text, err := wire.Encrypt(c.app.EncryptKey.Reveal(), answer)
		if err != nil {
			panic(fmt.Sprintf("alipay: the key that decrypted the request does not encrypt: %v", err))
		}
		answer = []byte(`"` + text + `"`)
	}
	var b bytes.Buffer
	b.WriteString(`{"` + c.responseKey() + `":`)
	b.Write(answer)
	if c.app != nil {
		if c.certified() {
			b.WriteString(`,"alipay_cert_sn":"` + c.app.PlatformSerialNo + `"`)
		}
		sign, err := wire.Sign(c.app.platform, c.signType, answer)
		if err != nil {
			panic(fmt.Sprintf("alipay: the platform's key for application %s does not sign: %v", c.app.ID, err))
		}
		b.WriteString(`,"sign":"` + sign + `"`)
	}
	b.WriteByte('}')
	return b.Bytes()
}

// certified says that the request was one of certificate mode, whose answers name
// the platform's certificate; so do refusals, however early.
func (c *call) certified() bool { return c.sent.Get("app_cert_sn") != "" }

func (c *call) responseKey() string {
	if c.method == nil {
		return "error_response"
	}
	return strings.ReplaceAll(c.method.name, ".", "_") + "_response"
}

// said is the answer proper, as JSON.
func (c *call) said(fields any, err error) []byte {
	if err != nil {
		n := refusalOf(err)
		if n == nil { // a fault: the outcome is open, and so it is said
			n = &no{code: unavailable, sub: "isp.unknow-error", message: "the outcome is unknown; ask again with the same numbers"}
		}
		return join(head{Code: n.code, Msg: words[n.code], SubCode: n.sub, SubMsg: n.message}, n.beside)
	}
	switch f := fields.(type) {
	case bare:
		return encode(f.fields)
	case reply:
		return join(head{Code: f.code, Msg: words[f.code]}, f.fields)
	}
	return join(head{Code: success, Msg: words[success]}, fields)
}

// join writes two structs as one object.
func join(h head, fields any) []byte {
	first := encode(h)
	if fields == nil {
		return first
	}
	second := encode(fields)
	if len(second) <= 2 { // {}
		return first
	}
	return append(append(first[:len(first)-1], ','), second[1:]...)
}

// encode writes JSON without blanks, with < > and & escaped: the answer's type
// is HTML's, and what it repeats came from outside.
func encode(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("alipay: an answer does not encode: %v", err))
	}
	return text
}

// ascii escapes all that is not ASCII, so that the text is the same in GBK.
func ascii(text []byte) []byte {
	var b bytes.Buffer
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case r < utf8.RuneSelf:
			b.WriteByte(byte(r))
		case r > 0xffff:
			r -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		text = text[size:]
	}
	return b.Bytes()
}

package wire

import (
	"errors"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// Charset is how a request's text is written.
type Charset string

// The charsets. GB 2312 is a part of GBK, and that of GB 18030.
const (
	UTF8 Charset = "utf-8"
	GBK  Charset = "gbk"
)

// ErrCharset says that a charset is unknown, or that text is not written in it.
var ErrCharset = errors.New("not in that charset")

// ParseCharset reads a charset's name; empty means UTF-8.
func ParseCharset(name string) (Charset, error) {
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "", "utf-8", "utf8":
		return UTF8, nil
	case "gbk", "gb2312", "gb18030":
		return GBK, nil
	}
	return "", ErrCharset
}

// Decode turns text of the charset into UTF-8.
func (c Charset) Decode(text string) (string, error) {
	if c == GBK {
		decoded, err := simplifiedchinese.GB18030.NewDecoder().String(text)
		if err != nil || strings.ContainsRune(decoded, utf8.RuneError) {
			return "", ErrCharset
		}
		return decoded, nil
	}
	if !utf8.ValidString(text) {
		return "", ErrCharset
	}
	return text, nil
}

// Encode turns UTF-8 into text of the charset. What GBK has no sign for becomes
// a question mark.
func (c Charset) Encode(text string) string {
	if c != GBK {
		return text
	}
	encoder := simplifiedchinese.GBK.NewEncoder()
	if encoded, err := encoder.String(text); err == nil {
		return encoded
	}
	var b strings.Builder
	for _, r := range text {
		if encoded, err := encoder.String(string(r)); err == nil {
			b.WriteString(encoded)
		} else {
			b.WriteByte('?')
		}
	}
	return b.String()
}

// Decode turns all parameters into UTF-8.
func (p Params) Decode(c Charset) (Params, error) {
	decoded := make(Params, len(p))
	for name, value := range p {
		var err error
		if decoded[name], err = c.Decode(value); err != nil {
			return nil, err
		}
	}
	return decoded, nil
}

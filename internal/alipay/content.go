package alipay

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"

	"tongbao/internal/alipay/wire"
)

// maxDepth is how deep a content may nest; the protocol's own goes to six.
const maxDepth = 32

// content reads biz_content into a struct, decrypted where it came encrypted.
// An empty member is an absent one, and unknown ones are passed over.
func (c *call) content(into any) error {
	text := c.params.Get("biz_content")
	switch kind := c.params.Get("encrypt_type"); {
	case kind == "":
	case kind != "AES":
		return refuse(invalidArguments, "isv.invalid-encrypt-type", "contents are encrypted by AES")
	case text != "":
		plain, err := wire.Decrypt(c.app.EncryptKey.Reveal(), text)
		switch {
		case errors.Is(err, wire.ErrAESKey):
			return refuse(invalidArguments, "isv.decryption-error-not-valid-encrypt-key", "the application has no encryption key")
		case err != nil:
			return refuse(invalidArguments, "isv.decryption-error-unknown", "the content does not decrypt with the application's key")
		}
		text, c.encrypted = string(plain), true
	}
	if text == "" {
		return nil
	}
	if c.params.Get("encrypt_type") == "" && wire.LooksEncrypted(text) {
		return refuse(missingArguments, "isv.decryption-error-missing-encrypt-type", "biz_content looks encrypted, and encrypt_type, which is AES, is missing")
	}
	raw := []byte(text)
	if !json.Valid(raw) || !strings.HasPrefix(strings.TrimSpace(text), "{") || depth(raw) > maxDepth {
		return refuse(invalidArguments, "isv.illegal-json", "biz_content is not a JSON object, or nests too deep")
	}
	if err := json.Unmarshal(raw, into); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) {
			return c.badParameter("%s is of another type", wrong.Field)
		}
		return c.badParameter("the content has a member of another type")
	}
	return nil
}

// depth is how deep valid JSON nests.
func depth(text []byte) (deepest int) {
	now, inText, escaped := 0, false, false
	for _, b := range text {
		switch {
		case escaped:
			escaped = false
		case inText && b == '\\':
			escaped = true
		case b == '"':
			inText = !inText
		case inText:
		case b == '{' || b == '[':
			now++
			deepest = max(deepest, now)
		case b == '}' || b == ']':
			now--
		}
	}
	return deepest
}

// text is a scalar however it is written: programs send numbers for texts and
// texts for numbers. A number keeps the digits it came with.
type text string

func (t *text) UnmarshalJSON(raw []byte) error {
	switch {
	case bytes.Equal(raw, []byte("null")):
		*t = ""
	case raw[0] == '"':
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return err
		}
		if strings.TrimSpace(s) == "" {
			s = ""
		}
		*t = text(s)
	case raw[0] == '{' || raw[0] == '[':
		return &json.UnmarshalTypeError{Value: "a composite"}
	default:
		*t = text(raw)
	}
	return nil
}

// nested is an object, or a text that holds one as some older programs send it.
type nested[T any] struct {
	Value T
	Given bool
}

func (n *nested[T]) UnmarshalJSON(raw []byte) error {
	if bytes.Equal(raw, []byte("null")) {
		return nil
	}
	if raw[0] == '"' {
		var inner string
		if err := json.Unmarshal(raw, &inner); err != nil {
			return err
		}
		if strings.TrimSpace(inner) == "" {
			return nil
		}
		if depth([]byte(inner)) > maxDepth {
			return &json.UnmarshalTypeError{Value: "a deep text"}
		}
		raw = []byte(inner)
	}
	if err := json.Unmarshal(raw, &n.Value); err != nil {
		return err
	}
	n.Given = true
	return nil
}

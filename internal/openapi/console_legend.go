package openapi

import (
	"encoding"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"tongbao/internal/alipay/notify"
	"tongbao/internal/clock"
	"tongbao/internal/engine"
	"tongbao/internal/identity"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/webhook"
)

// The journal knows a command's fields by number. Their names are in the
// commands' own types, which their packages list; a command that no list has is
// shown under its numbers.
var legend = sync.OnceValue(func() map[string]reflect.Type {
	types := map[string]reflect.Type{}
	for _, list := range [][]engine.Command{pay.Commands(), identity.Commands(), webhook.Commands(), notify.Commands(), clock.Commands(), {makeSecret{}}} {
		for _, c := range list {
			t := reflect.TypeOf(c)
			if t.Kind() == reflect.Pointer {
				t = t.Elem()
			}
			types[c.Name()] = t
		}
	}
	return types
})

// results are the types of answers that are more than one value.
var results = sync.OnceValue(func() map[string]reflect.Type {
	types := map[string]reflect.Type{}
	for _, list := range []map[string]any{pay.Answers(), identity.Answers(), clock.Answers()} {
		for name, answer := range list {
			types[name] = reflect.TypeOf(answer)
		}
	}
	return types
})

func contentsOf(name string, body []byte) any { return unrolled(legend()[name], body) }
func resultOf(name string, body []byte) any   { return unrolled(results()[name], body) }

// unrolled shows what is encoded in the journal as a JSON value.
func unrolled(as reflect.Type, body []byte) any {
	if len(body) == 0 {
		return nil
	}
	if as != nil {
		typed := reflect.New(as)
		if err := engine.Decode(body, typed.Interface()); err == nil {
			return shown("", typed.Elem())
		}
	}
	var loose any
	if err := engine.Decode(body, &loose); err != nil {
		return fmt.Sprintf("%d bytes that do not decode: %v", len(body), err)
	}
	return shown("", reflect.ValueOf(loose))
}

// shown turns a value into what JSON can say, under snake_case names. field is
// the path to it: a field that is secret or private is masked.
func shown(field string, v reflect.Value) any {
	if !v.IsValid() {
		return nil
	}
	if v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		return shown(field, v.Elem())
	}
	if mask := maskOf(field); mask != nil && v.Kind() == reflect.String {
		return mask(v.String())
	}
	if v.CanInterface() {
		switch own := v.Interface().(type) {
		case json.Marshaler:
			text, err := own.MarshalJSON()
			if err == nil {
				return json.RawMessage(text)
			}
		case encoding.TextMarshaler:
			text, err := own.MarshalText()
			if err == nil {
				return string(text)
			}
		case fmt.Stringer: // an account's name, a moment
			return own.String()
		}
	}
	switch v.Kind() {
	case reflect.Struct:
		return shownStruct(field, v)
	case reflect.Map:
		object := map[string]any{}
		for _, key := range v.MapKeys() {
			name := fmt.Sprint(key.Interface())
			object[name] = shown(within(field, name), v.MapIndex(key))
		}
		return object
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return shownBytes(v)
		}
		list := make([]any, v.Len())
		for i := range list {
			list[i] = shown(field, v.Index(i))
		}
		return list
	case reflect.Uint64:
		if v.Uint() > 1<<53 { // JavaScript has no such numbers
			return strconv.FormatUint(v.Uint(), 10)
		}
		if party.ValidID(v.Uint()) {
			return party.FormatID(v.Uint())
		}
	}
	return v.Interface()
}

func shownStruct(field string, v reflect.Value) any {
	object := map[string]any{}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() || f.Tag.Get("cbor") == "-" {
			continue
		}
		name := snake(f.Name)
		object[name] = shown(within(field, name), v.Field(i))
	}
	return object
}

func shownBytes(v reflect.Value) any {
	data := make([]byte, v.Len())
	reflect.Copy(reflect.ValueOf(data), v)
	if len(data) > 64 {
		return fmt.Sprintf("%d bytes", len(data))
	}
	return hex.EncodeToString(data)
}

func within(field, name string) string {
	if field == "" {
		return name
	}
	return field + "." + name
}

func hidden(string) string { return "***" }

func maskOf(field string) func(string) string {
	if mask, ok := masks[field]; ok {
		return mask
	}
	return masks[field[strings.LastIndexByte(field, '.')+1:]]
}

// masks are for what an operator need not read to explain a balance, by the
// field's name or its whole path.
var masks = map[string]func(string) string{
	"phone":        maskPhoneIn,
	"login":        maskPhoneIn,
	"holder":       party.MaskGivenName,
	"real_name":    party.MaskGivenName,
	"asked.code":   hidden, // a payment code: whoever has it pays with it
	"digits":       hidden,
	"payment_code": hidden,
	"token":        hidden, // what the bank calls a card
	"order.card":   hidden,
	"secret":       hidden,
	"session":      hidden,
	"sessions":     hidden,
	"keep":         hidden,
}

// maskPhoneIn masks every run of eleven digits, as phone numbers are.
func maskPhoneIn(text string) string {
	const length = 11
	var out strings.Builder
	for i := 0; i < len(text); {
		end := i
		for end < len(text) && text[end] >= '0' && text[end] <= '9' {
			end++
		}
		switch {
		case end == i:
			out.WriteByte(text[i])
			end++
		case end-i == length:
			out.WriteString(party.MaskPhone(text[i:end]))
		default:
			out.WriteString(text[i:end])
		}
		i = end
	}
	return out.String()
}

// snake writes TrackingNo as tracking_no, and CardID as card_id.
func snake(name string) string {
	runes := []rune(name)
	var out strings.Builder
	for i, r := range runes {
		begins := unicode.IsUpper(r) && i > 0 && (unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1]))
		if begins {
			out.WriteByte('_')
		}
		out.WriteRune(unicode.ToLower(r))
	}
	return out.String()
}

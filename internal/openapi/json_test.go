package openapi

import (
	"bytes"
	"reflect"
	"testing"
	"unicode/utf8"
)

// What the quick reader reads is what encoding/json reads.
func FuzzPlainJSON(f *testing.F) {
	for _, seed := range []string{`{"order_no":"b-1","amount":12800,"currency":"CNY","subject":"Tea, 250 g","payees":[{"share":1},{}],"metadata":{"table":"7"}}`,
		`[1,-1,-0,01,1.0,1e3,1E3,9223372036854775807,999999999999999999,-,--1]`, `{"a":1,"a":2}`, `{"a":1,}`, `[1,]`, `{"a" : [ true,false , null,"\u00e9é\ud800","" ] } `,
		`"a`, `{"a"1}`, `tru`, `truee`, `nulls`, ``, ` `, `[`, `{`, `{"`, `{"a":`, `1 1`, `[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]`, "\"\t\"", "\"\x7f\"", "[1\v]", `{"a":1]`, `{1:1}`, `-`, `[-]`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		v, ok := readPlain(body)
		if !ok || !utf8.Valid(body) { // readJSON asks that first
			return
		}
		slow, err := readTokens(body)
		if err != nil || !reflect.DeepEqual(v, slow) {
			t.Errorf("%q is read as %#v, by encoding/json as %#v, %v", body, v, slow, err)
		}
	})
}

// A payment that writes itself writes what encoding/json would, each member in turn
// with and without something in it.
func TestAPaymentWritesItselfAsEncodingJSONDoes(t *testing.T) {
	texts := []string{"", "plain", `a "quoted" <b>&amp;\ back`, "西湖茶舍", "line\nand\ttab", "\u2028 \xff \x7f"}
	check := func(what string, p Payment) {
		t.Helper()
		b, ok := p.appendJSON([]byte("before"))
		if !ok {
			return
		}
		var w bytes.Buffer
		if err := plainJSON(&w, p); err != nil {
			t.Fatal(err)
		}
		if want := "before" + w.String(); string(b)+"\n" != want {
			t.Errorf("%s: written\n%s\nby encoding/json\n%s", what, b, want)
		}
	}
	for _, filled := range []bool{false, true} {
		for n := range reflect.TypeFor[Payment]().NumField() {
			for turn := range texts {
				p := Payment{}
				if filled {
					fillWith(reflect.ValueOf(&p).Elem(), texts[1], 1)
					p.Shipment, p.Dispute, p.Refunds, p.Payees, p.Metadata = nil, nil, []Refund{}, []PaymentPayee{}, map[string]string{}
				}
				fillWith(reflect.ValueOf(&p).Elem().Field(n), texts[turn], int64(turn)*1541894400123)
				check(reflect.TypeFor[Payment]().Field(n).Name, p)
			}
		}
	}
	var p Payment
	fillWith(reflect.ValueOf(&p).Elem(), "x", 1)
	p.Shipment, p.Dispute, p.Refunds, p.Payees, p.Metadata = nil, nil, nil, nil, nil
	if _, ok := p.appendJSON(nil); !ok {
		t.Error("a plain payment doesn't write itself")
	}
}

// fillWith puts something into all that there is; two items into each list.
func fillWith(v reflect.Value, text string, n int64) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Int64, reflect.Int:
		v.SetInt(n)
	case reflect.Bool:
		v.SetBool(n != 0)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillWith(v.Elem(), text, n)
	case reflect.Struct:
		for i := range v.NumField() {
			fillWith(v.Field(i), text, n)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fillWith(v.Index(0), text, n)
		fillWith(v.Index(1), text, n+1)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		if n != 0 {
			v.SetMapIndex(reflect.ValueOf(text), reflect.ValueOf(text))
		}
	default:
		panic("what is a " + v.Kind().String())
	}
}

package engine_test

import (
	"testing"

	"tongbao/internal/engine"
	"tongbao/internal/store"
)

func TestDecodingInPlaceLeavesNothingOfWhatWasThere(t *testing.T) {
	type label struct {
		Text string `cbor:"1,keyasint,omitempty"`
		Fee  int64  `cbor:"2,keyasint,omitempty"`
	}
	labels := engine.Kind[label]{Name: "label"}
	v := label{Fee: 31}
	if err := labels.DecodeInPlace(&store.Record{Value: engine.Encode(label{Text: "free"})}, &v); err != nil {
		t.Fatal(err)
	}
	if v != (label{Text: "free"}) {
		t.Errorf("%+v", v)
	}
}

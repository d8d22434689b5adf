package bench

import (
	"encoding/json"
	"testing"
)

// What is read out of an answer is what encoding/json would read.
func TestTextInAnAnswer(t *testing.T) {
	for _, answer := range []string{`{"status":"TRADE_SUCCESS"}`, ` { "a" : [ 1 , {"status":"x"}, null, true ] , "status" : "a\"b" , "n":-1.5e3}` + "\n",
		`{}`, `{"status":1}`, `{"status":"x"`, `{"status":"x"} x`, `{"a":[1,],"status":"x"}`, `{"a":01,"status":"x"}`, `{"a" 1,"status":"x"}`, `{,"status":"x"}`, `[]`, ``,
		`{"status":"x","a":}`, `{"a":{"b":1,},"status":"x"}`, `{"a":tru,"status":"x"}`, `{"other":"x"}`, `{"status":"x","a":"`, `{"status":"x","a":[}`} {
		var want struct{ Status *string }
		err := json.Unmarshal([]byte(answer), &want)
		got, gotErr := textIn([]byte(answer), "status")
		if there := err == nil && want.Status != nil; there != (gotErr == nil) || there && got != *want.Status {
			t.Errorf("%s: %q, %v", answer, got, gotErr)
		}
	}
}

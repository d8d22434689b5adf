package openapi

import (
	"context"
	"encoding/json"
	"regexp"
	"testing"
)

// legible says that the console can show all that the test's journal holds by
// name. Every house asks it at its end, so each command that any test here
// submits is looked at, with its contents and its answer.
func (h *house) legible() {
	h.t.Helper()
	for after := uint64(0); ; {
		entries, err := h.engine.Store().Journal(context.Background(), after, 1000)
		if err != nil {
			h.t.Fatal(err)
		}
		for _, e := range entries {
			after = e.Position
			if legend()[e.Name] == nil {
				h.t.Errorf("the console's legend misses the command %s", e.Name)
			}
			for what, shown := range map[string]any{"contents": contentsOf(e.Name, e.Body), "result": resultOf(e.Name, e.Result)} {
				if text, _ := json.Marshal(shown); numbered.Match(text) {
					h.t.Errorf("the console shows the %s of %s under numbers: %s", what, e.Name, text)
				}
			}
		}
		if len(entries) < 1000 {
			return
		}
	}
}

var numbered = regexp.MustCompile(`[{,]"\d+":`)

func TestAnswersAreOfCommands(t *testing.T) {
	for name := range results() {
		if legend()[name] == nil {
			t.Errorf("an answer is listed for %s, which no package submits", name)
		}
	}
}

package openapi

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"tongbao/internal/refusal"
)

var update = flag.Bool("update", false, "write the documents anew that are made from the code")

// The document is made from the handlers; what is checked in is what clients
// are generated from, and must be the same.
func TestTheCheckedInDocumentsAreFresh(t *testing.T) {
	h := openHouse(t)
	document := append(h.door.Document(), '\n')
	fresh(t, "../../api/openapi.json", document)
	fresh(t, "../../ui/openapi.json", withoutKeys(t, document))
	fresh(t, "../../docs/errors.md", []byte(errorsPage()))
}

func fresh(t *testing.T, path string, want []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is stale (%v): go test ./internal/openapi -run Fresh -update", path, err)
	}
}

// withoutKeys is the document for the screens' client, which puts the
// Idempotency-Key in by itself, and has no use for the lists of codes.
func withoutKeys(t *testing.T, document []byte) []byte {
	var v map[string]any
	if err := json.Unmarshal(document, &v); err != nil {
		t.Fatal(err)
	}
	for _, item := range v["paths"].(map[string]any) {
		for _, operation := range item.(map[string]any) {
			o := operation.(map[string]any)
			delete(o, "x-codes")
			kept := []any{}
			parameters, _ := o["parameters"].([]any)
			for _, p := range parameters {
				if p.(map[string]any)["$ref"] == nil {
					kept = append(kept, p)
				}
			}
			if delete(o, "parameters"); len(kept) > 0 {
				o["parameters"] = kept
			}
		}
	}
	delete(v["components"].(map[string]any), "parameters")
	out, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(out, '\n')
}

// errorsPage prints the reference of refusals.
func errorsPage() string {
	var b strings.Builder
	b.WriteString(`# Errors

A refusal is an ordinary answer: ` + "`application/problem+json`" + ` ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)) with a stable ` + "`code`" + `,
a ` + "`detail`" + ` for a person, the ` + "`field`" + ` where one is to blame, and the ` + "`request_id`" + ` that the log knows. Programs compare the code;
codes are never renamed or reused. After a refusal nothing was done. After ` + "`internal_error`" + `, or no answer at all, repeat the request with the
same Idempotency-Key: it is done once.

This page is printed from ` + "`internal/refusal/codes.go`" + `; ` + "`go test ./internal/openapi -run Fresh -update`" + ` prints it anew.

| code | status | means |
|---|---|---|
`)
	for _, e := range refusal.All {
		fmt.Fprintf(&b, "| `%s` | %d | %s |\n", e.Code, e.Status, e.Means)
	}
	return b.String()
}

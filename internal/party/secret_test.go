package party

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"
)

func containsAny(text string, parts ...string) bool {
	for _, part := range parts {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}

func ExampleSecret() {
	password := Secret("correct horse")
	fmt.Println(password, fmt.Sprintf("%s %v %q %x %+v %#v", password, password, password, password, password, password))
	fmt.Println(password.Reveal())
	// Output:
	// *** *** *** *** *** *** ***
	// correct horse
}

func TestSecretsAndHashesPrintAsStars(t *testing.T) {
	var log bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&log, nil))
	held := struct {
		S Secret
		H Hash
		P *Person
	}{"hunter2hunter2", "hunter2hash", &Person{Payment: "hunter2pay", Login: Credential{Hash: "hunter2login"}}}
	logger.Info("x", "secret", held.S, "hash", held.H, "all", held)
	inJSON, err := json.Marshal(held)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{log.String(), string(inJSON), fmt.Sprintf("%v", held), fmt.Sprintf("%+v %#v", held, held), fmt.Sprintf("%+v", *held.P), fmt.Sprintf("%#v", *held.P)} {
		if strings.Contains(text, "hunter2") {
			t.Errorf("a secret was printed: %s", text)
		}
	}
}

func TestASecretInClearIsNeverWrittenDown(t *testing.T) {
	if data, err := cbor.Marshal(struct{ S Secret }{"hunter2"}); err == nil {
		t.Errorf("a secret was encoded: %q", data)
	}
	data, err := cbor.Marshal(Credential{Hash: "kept"})
	if err != nil || !bytes.Contains(data, []byte("kept")) {
		t.Errorf("a hash must be kept: %q, %v", data, err)
	}
}

package party

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
)

// Secret is a password, code, token or key in clear, on its way through. It
// prints as ***, whoever prints it, and refuses to be encoded into a record or
// a command: what is kept is a Hash.
type Secret string

// Reveal is the secret itself, for hashing, comparing and handing to its owner.
func (s Secret) Reveal() string { return string(s) }

func (Secret) String() string               { return "***" }
func (Secret) Format(f fmt.State, _ rune)   { io.WriteString(f, "***") }
func (Secret) LogValue() slog.Value         { return slog.StringValue("***") }
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"***"`), nil }
func (Secret) MarshalText() ([]byte, error) { return []byte("***"), nil }

// MarshalCBOR keeps secrets out of the journal: the engine takes it as a bug.
func (Secret) MarshalCBOR() ([]byte, error) {
	return nil, errors.New("a secret in clear was about to be written down; hash it first")
}

// Hash is what is kept of a secret. It is written into records, and nowhere
// else: it prints as ***, because guessing can begin with it.
type Hash string

// Reveal is the hash itself, for comparing.
func (h Hash) Reveal() string { return string(h) }

func (Hash) String() string               { return "***" }
func (Hash) Format(f fmt.State, _ rune)   { io.WriteString(f, "***") }
func (Hash) LogValue() slog.Value         { return slog.StringValue("***") }
func (Hash) MarshalJSON() ([]byte, error) { return []byte(`"***"`), nil }
func (Hash) MarshalText() ([]byte, error) { return []byte("***"), nil }

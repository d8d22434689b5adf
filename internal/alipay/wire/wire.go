// Package wire is the form of the merchants' protocol: which parameters came
// with a request, which string is signed, how signatures, certificates and
// encrypted contents are read and made, and what an amount looks like. All of it
// reads bytes from outside and trusts none of them. It is pure, and refuses to
// know methods, applications, and what any of it is for.
package wire

import (
	"errors"
	"sort"
	"strings"
)

// Params are a request's parameters, each once, as the bytes that were sent:
// decoded from their URL form exactly once, and still in the request's charset.
type Params map[string]string

// Get is a parameter with surrounding blanks and emptiness meaning absence.
func (p Params) Get(name string) string {
	value := p[name]
	if strings.TrimSpace(value) == "" {
		return ""
	}
	return value
}

// ErrTwice says that a parameter came twice in one place with two values.
var ErrTwice = errors.New("a parameter came twice with different values")

// Merge puts the parameters of the query and of the body together. The body's
// word counts, as merchants' programs expect (one of them sends charset in both).
func Merge(query, body Params) Params {
	merged := make(Params, len(query)+len(body))
	for name, value := range query {
		merged[name] = value
	}
	for name, value := range body {
		merged[name] = value
	}
	return merged
}

// Canonical is the string that is signed: all parameters but those left out,
// sorted by name, as name=value joined with &, values as they are. keepEmpty
// says whether parameters with an empty value take part: programs differ, and
// Candidates gives both.
func (p Params) Canonical(keepEmpty Empties, leaveOut ...string) string {
	names := make([]string, 0, len(p))
next:
	for name, value := range p {
		for _, out := range leaveOut {
			if name == out {
				continue next
			}
		}
		if keepEmpty == DropEmpty && strings.TrimSpace(value) == "" {
			continue
		}
		names = append(names, name)
	}
	sort.Strings(names)
	var b strings.Builder
	for i, name := range names {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(name)
		b.WriteByte('=')
		b.WriteString(p[name])
	}
	return b.String()
}

// Empties says what becomes of parameters without a value in a signed string.
type Empties int

// The two ways.
const (
	DropEmpty Empties = iota
	KeepEmpty
)

// Candidates are the strings that a request's signature may be over: without
// its empty parameters and, where it has some, with them.
func (p Params) Candidates() []string {
	without, with := p.Canonical(DropEmpty, "sign"), p.Canonical(KeepEmpty, "sign")
	if without == with {
		return []string{without}
	}
	return []string{without, with}
}

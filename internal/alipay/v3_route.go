package alipay

import (
	"net/http"
	"net/url"
	"strings"

	"tongbao/internal/alipay/wire"
)

// addressV3 is a verb and a path of the third version, cut at its strokes. A part
// in braces names a member of the content that stands there.
type addressV3 struct {
	verb   string
	parts  []string
	method *method
}

// The addresses: those that are one text, and those with a member in them.
var (
	exactV3   = map[string]*method{}
	membersV3 []addressV3
)

// routeV3 puts a method where the third version has it: by POST at its name's
// path, or at what its v3 lists, each a verb and, where it is not the name's, a
// path. What a browser brings has no path.
func routeV3(m *method) {
	if m.browser {
		return
	}
	addresses := m.v3
	if addresses == nil {
		addresses = []string{http.MethodPost}
	}
	for _, address := range addresses {
		verb, path, given := strings.Cut(address, " ")
		if !given {
			path = v3Path + strings.ReplaceAll(m.name, ".", "/")
		}
		if strings.Contains(path, "{") {
			membersV3 = append(membersV3, addressV3{verb, strings.Split(path, "/"), m})
			continue
		}
		exactV3[verb+" "+path] = m
	}
}

// methodAt is the method at an address, with the members that stand in its path;
// nil where there is none.
func methodAt(verb, path string) (*method, wire.Params) {
	if m := exactV3[verb+" "+path]; m != nil {
		return m, nil
	}
	parts := strings.Split(path, "/")
	for i := range membersV3 {
		if a := &membersV3[i]; a.verb == verb {
			if in, ok := a.fits(parts); ok {
				return a.method, in
			}
		}
	}
	return nil, nil
}

func (a *addressV3) fits(parts []string) (wire.Params, bool) {
	if len(parts) != len(a.parts) {
		return nil, false
	}
	in := wire.Params{}
	for i, part := range a.parts {
		name, member := strings.CutPrefix(part, "{")
		value, err := url.PathUnescape(parts[i])
		switch {
		case member && err == nil && value != "":
			in[strings.TrimSuffix(name, "}")] = value
		case member || part != parts[i]:
			return nil, false
		}
	}
	return in, true
}

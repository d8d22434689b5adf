package openapi

import (
	"errors"
	"strings"

	"tongbao/internal/refusal"
)

// blame puts the caller's own words for fields in place of the desk's: pairs of
// the desk's name and the body's.
func blame(err error, pairs ...string) error {
	no := refusal.Of(err)
	if no == nil || no.Field == "" {
		return err
	}
	for i := 0; i < len(pairs); i += 2 {
		rest, ok := strings.CutPrefix(no.Field, pairs[i])
		if !ok || rest != "" && rest[0] != '[' && rest[0] != '.' {
			continue
		}
		renamed := *no
		renamed.Field = pairs[i+1] + rest
		var l later
		if errors.As(err, &l) {
			return later{&renamed, l.seconds}
		}
		return &renamed
	}
	return err
}

// named blames a field for a refusal that names none: there was one id to blame.
func named(field string, err error) error {
	no := refusal.Of(err)
	if no == nil || no.Field != "" || no.Code != refusal.NotFound {
		return err
	}
	blamed := *no
	blamed.Field = field
	return &blamed
}

package party

import (
	"slices"
	"strings"

	"tongbao/internal/refusal"
)

// ProviderScope is a part of a merchant's business that it may let a service
// provider's application do: the methods of it.
type ProviderScope struct {
	Name    string
	Methods []string // names, or families that end in a dot
}

// ProviderScopes are all there are. A method of none of them is asked by an
// application for itself alone.
var ProviderScopes = []ProviderScope{
	{"trade", []string{"alipay.trade."}},
	{"deposit", []string{"alipay.fund.auth."}},
	{"agreement", []string{"alipay.user.agreement."}},
	{"complaint", []string{"alipay.merchant.tradecomplain."}},
	{"data", []string{"alipay.data.", "alipay.fund.account.query"}},
	{"transfer", []string{"alipay.fund.trans."}},
}

// ScopeOf is the scope that a method is in; empty for one of none.
func ScopeOf(method string) string {
	for _, s := range ProviderScopes {
		if slices.ContainsFunc(s.Methods, func(m string) bool { return m == method || strings.HasSuffix(m, ".") && strings.HasPrefix(method, m) }) {
			return s.Name
		}
	}
	return ""
}

// ProviderScopes are the scopes in which the application may call anything.
func (a *App) ProviderScopes() (names []string) {
	for _, s := range ProviderScopes {
		if len(a.Methods) == 0 || slices.ContainsFunc(a.Methods, func(allowed string) bool {
			return ScopeOf(strings.TrimSuffix(allowed, "*")) == s.Name || slices.ContainsFunc(s.Methods, a.May)
		}) {
			names = append(names, s.Name)
		}
	}
	return names
}

// CheckProviderScopes refuses what is no scope, and none at all. Refusal: invalid_field.
func CheckProviderScopes(scopes []string) error {
	for _, name := range scopes {
		if !slices.ContainsFunc(ProviderScopes, func(s ProviderScope) bool { return s.Name == name }) {
			return refusal.In("scopes", refusal.InvalidField, "one of them is not a scope")
		}
	}
	if len(scopes) == 0 {
		return refusal.In("scopes", refusal.InvalidField, "a grant has at least one scope")
	}
	return nil
}

package identity

import (
	"tongbao/internal/party"
)

// PrincipalKind is what kind of party is asking.
type PrincipalKind string

const (
	Anonymous PrincipalKind = ""
	User      PrincipalKind = "user"
	Merchant  PrincipalKind = "merchant"
	Operator  PrincipalKind = "operator"
)

// Principal is who is asking. The zero value is nobody in particular.
type Principal struct {
	Kind    PrincipalKind
	ID      uint64 // of the person or the merchant; 0 for operators
	Subject string // who it is at the face: the person's, staff member's or operator's id; empty for keys
	Role    party.Role
	Scope   party.Scope // of the key; Full for sessions
	KeyID   string      // empty for sessions
	Face    party.Face  // empty for keys
	Session string      // the session's record; empty for keys
	Device  string
	Mode    party.Mode
}

// Actor is the principal as the journal writes it: user:2088…,
// merchant:2088…/stf_… or merchant:2088…/key_…, operator:op_…, anonymous.
func (p Principal) Actor() string {
	switch p.Kind {
	case User:
		return "user:" + party.FormatID(p.ID)
	case Merchant:
		by := p.Subject
		if p.KeyID != "" {
			by = p.KeyID
		}
		return "merchant:" + party.FormatID(p.ID) + "/" + by
	case Operator:
		return "operator:" + p.Subject
	}
	return "anonymous"
}

// May says that the principal may do the act to what is theirs; operators, to
// anybody's. That an object is theirs is asked of the object.
func (p Principal) May(act party.Act) bool {
	if p.Scope == party.Read && act != party.View {
		return false
	}
	return p.Role.May(act)
}

// Is says that the principal is the person or merchant of that id.
func (p Principal) Is(kind PrincipalKind, id uint64) bool { return p.Kind == kind && p.ID == id }

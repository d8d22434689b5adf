package identity

import (
	"fmt"

	"tongbao/internal/engine"
	"tongbao/internal/party"
	"tongbao/internal/store"
)

// The kinds of record that this desk keeps. Other desks read people and
// merchants through them, and change none.
var (
	// People by id.
	People = engine.Kind[party.Person]{Name: "person", Terms: func(id string, p party.Person) []store.Term {
		terms := []store.Term{{Index: "person", Sort: at(p.Created)}}
		if p.Name != "" {
			terms = append(terms, store.Term{Index: "person_by_name", Sort: p.Name})
		}
		return terms
	}}
	// Merchants by id.
	Merchants = engine.Kind[party.Merchant]{Name: "merchant", Terms: func(id string, m party.Merchant) []store.Term {
		return []store.Term{{Index: "merchant", Sort: at(m.Created)}, {Index: "merchant_by_name", Sort: m.Name}}
	}}
	// Staff by id.
	Staff = engine.Kind[party.Staff]{Name: "staff", Terms: func(id string, m party.Staff) []store.Term {
		return []store.Term{{Index: "staff_by_merchant", Sort: party.FormatID(m.Merchant) + "/" + at(m.Created)}}
	}}
	// Operators by id.
	Operators = engine.Kind[party.Operator]{Name: "operator", Terms: func(id string, o party.Operator) []store.Term {
		return []store.Term{{Index: "operator", Sort: at(o.Created)}}
	}}
	// Devices by id.
	Devices = engine.Kind[party.Device]{Name: "device", Terms: func(id string, d party.Device) []store.Term {
		return []store.Term{{Index: "device_by_subject", Sort: d.Subject + "/" + at(d.First)}}
	}}
	// Keys, merchants' API keys, by id.
	Keys = engine.Kind[party.APIKey]{Name: "api_key", Terms: func(id string, k party.APIKey) []store.Term {
		return []store.Term{{Index: "api_key_by_merchant", Sort: party.FormatID(k.Merchant) + "/" + at(k.Created)}}
	}}
	// Cards by id.
	Cards = engine.Kind[party.BankCard]{Name: "bank_card", Terms: func(id string, c party.BankCard) []store.Term {
		return []store.Term{{Index: "bank_card_by_owner", Sort: party.FormatID(c.Owner) + "/" + at(c.Created)}}
	}}
	// Messages by id.
	Messages = engine.Kind[party.Message]{Name: "message", Terms: func(id string, m party.Message) []store.Term {
		sort := party.FormatID(m.Person) + "/" + at(m.At)
		terms := []store.Term{{Index: "message_by_person", Sort: sort}}
		if !m.Read {
			terms = append(terms, store.Term{Index: "message_unread", Sort: sort})
		}
		return terms
	}}

	// sessions by the hash of their token.
	sessions = engine.Kind[party.Session]{Name: "session", Terms: func(id string, v party.Session) []store.Term {
		return []store.Term{{Index: "session_by_end", Sort: at(v.Expires)}}
	}}
	// logins say whose a login name is, by face and name.
	logins = engine.Kind[login]{Name: "login"}
	// loginTries count guesses by face and login name, whether there is such a
	// name or not: a lock must not tell.
	loginTries = engine.Kind[party.Tries]{Name: "login_tries"}
	// codes by purpose and phone.
	codes = engine.Kind[party.OneTimeCode]{Name: "code"}
	// residents say whose a resident's number is: the limits are a person's, over
	// all accounts, so a person has one.
	residents = engine.Kind[resident]{Name: "resident"}
)

type login struct {
	Subject string `cbor:"1,keyasint"`
}

type resident struct {
	Person uint64 `cbor:"1,keyasint"`
}

// at makes a time sort as text.
func at(ms int64) string { return fmt.Sprintf("%014d", ms) }

func loginID(face party.Face, name string) string       { return string(face) + ":" + name }
func codeID(purpose party.Purpose, phone string) string { return string(purpose) + ":" + phone }

// under is a page of an index: the rows whose Sort begins with prefix and a slash.
func under(index, prefix, after string, limit int) store.Range {
	return store.Range{Index: index, From: prefix + "/", Until: prefix + "0", After: after, Limit: limit} // 0 follows /
}

package openapi

import (
	"context"
	"strconv"

	"tongbao/internal/party"
	"tongbao/internal/store"
)

// Command is a journal entry unrolled.
type Command struct {
	Position  uint64         `json:"position"`
	At        Time           `json:"at"`
	ID        string         `json:"id"`
	Name      string         `json:"name" example:"pay_trade"`
	Actor     string         `json:"actor" example:"user:2088000000000012"`
	RequestID string         `json:"request_id"`
	Request   *SeenRequest   `json:"request" doc:"Null when this server has not served it, or not lately."`
	Contents  any            `json:"contents" doc:"What was asked, under its names. Secrets are masked."`
	Result    any            `json:"result" doc:"What was answered."`
	Refused   *Refused       `json:"refused" doc:"The refusal, if it was one: then nothing changed."`
	Legs      []CommandLeg   `json:"legs"`
	Accounts  []AccountState `json:"accounts" doc:"Held, tier and what was spent, where they changed."`
	Records   []RecordRef    `json:"records"`
}

// Refused is the no that a command was answered.
type Refused struct {
	Code    string  `json:"code" example:"insufficient_balance"`
	Message string  `json:"message"`
	Field   *string `json:"field"`
}

// CommandLeg is one side of a posting.
type CommandLeg struct {
	Account      string `json:"account"`
	Why          string `json:"why"`
	Debit        int64  `json:"debit"`
	Credit       int64  `json:"credit"`
	BalanceAfter int64  `json:"balance_after" doc:"On the account's normal side."`
	HeldAfter    int64  `json:"held_after"`
	Number       uint64 `json:"number" doc:"In the account's history."`
}

// AccountState is what a command left of an account beside its balance.
type AccountState struct {
	Account    string `json:"account"`
	Held       int64  `json:"held"`
	Tier       string `json:"tier"`
	SpentToday int64  `json:"spent_today"`
	SpentYear  int64  `json:"spent_year"`
	SpentEver  int64  `json:"spent_ever"`
}

// RecordRef names a record that a command wrote.
type RecordRef struct {
	Kind    string `json:"kind" example:"trade"`
	ID      string `json:"id"`
	Deleted bool   `json:"deleted"`
}

func (s *Server) getCommand(ctx context.Context, in *struct {
	ID string `path:"id" maxLength:"512" doc:"The command's id, or its position in the journal."`
}) (*answer[Command], error) {
	if _, err := s.operator(ctx, party.View); err != nil {
		return nil, err
	}
	e, ok, err := s.entry(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, notFound("id", "command")
	}
	return &answer[Command]{Body: s.commandView(e)}, nil
}

// entry finds a journal entry by its command's id, or by its position.
func (s *Server) entry(ctx context.Context, id string) (store.Entry, bool, error) {
	from := s.opt.Engine.Store()
	if e, ok, err := from.Entry(ctx, id); ok || err != nil {
		return e, ok, err
	}
	position, err := strconv.ParseUint(id, 10, 63)
	if err != nil || position == 0 {
		return store.Entry{}, false, nil
	}
	entries, err := from.Journal(ctx, position-1, 1)
	if err != nil || len(entries) == 0 || entries[0].Position != position {
		return store.Entry{}, false, err
	}
	return entries[0], true, nil
}

func (s *Server) commandView(e store.Entry) Command {
	v := Command{
		Position: e.Position, At: Time(e.At / 1000), ID: e.Command, Name: e.Name, Actor: e.Actor, RequestID: e.Request, Request: s.lookout.find(e.Request),
		Contents: contentsOf(e.Name, e.Body), Result: resultOf(e.Name, e.Result), Legs: []CommandLeg{}, Accounts: []AccountState{}, Records: []RecordRef{},
	}
	if e.Refused != "" {
		v.Refused = &Refused{Code: e.Refused, Message: e.Message, Field: maybe(e.Field)}
	}
	for _, leg := range e.Legs {
		v.Legs = append(v.Legs, CommandLeg{Account: leg.Account.String(), Why: string(leg.Why), Debit: int64(max(0, -leg.Amount)), Credit: int64(max(0, leg.Amount)),
			BalanceAfter: int64(leg.After), HeldAfter: int64(leg.Held), Number: leg.Number})
	}
	for _, c := range e.States {
		v.Accounts = append(v.Accounts, AccountState{Account: c.Account.String(), Held: int64(c.Held), Tier: party.TierName(c.Tier),
			SpentToday: int64(c.Meter.Today), SpentYear: int64(c.Meter.ThisYear), SpentEver: int64(c.Meter.Ever)})
	}
	for _, r := range e.Records {
		v.Records = append(v.Records, RecordRef{Kind: r.Key.Kind, ID: recordID(r.Key), Deleted: r.Value == nil})
	}
	return v
}

// recordID shows a record's id. Some ids are themselves what must not be shown:
// a resident's number, a payment code that may still pay, a phone.
func recordID(key store.Key) string {
	switch key.Kind {
	case "resident":
		return party.ResidentID(key.ID).String()
	case "payment_code":
		return "***"
	case "code", "login", "login_tries":
		return maskPhoneIn(key.ID)
	}
	return key.ID
}

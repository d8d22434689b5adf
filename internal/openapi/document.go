package openapi

import (
	"encoding/json"
	"net/http"
	"sync"

	"github.com/danielgtaylor/huma/v2"
)

const idempotencyParam = "IdempotencyKey"

// config is the document before any operation is in it.
func (s *Server) config() huma.Config {
	registry := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	minLength, maxLength := 1, 128
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{Title: "Tongbao", Version: s.opt.Version, Description: introduction,
				License: &huma.License{Name: "Apache 2.0", Identifier: "Apache-2.0"}},
			Servers: []*huma.Server{{URL: s.opt.BaseURL}},
			Tags:    tags,
			Components: &huma.Components{
				Schemas: registry,
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"key":      {Type: "http", Scheme: "bearer", BearerFormat: "sk_test_… or sk_live_…", Description: "A merchant's API key."},
					"wallet":   sessionScheme("wallet", "A person in the wallet"),
					"merchant": sessionScheme("merchant", "A merchant's staff in the portal"),
					"console":  sessionScheme("console", "An operator in the console"),
				},
				Parameters: map[string]*huma.Param{idempotencyParam: {
					Name: keyHeader, In: "header", Required: true, Example: "order-8812-pay",
					Description: "Yours to choose, one for each act: the same key again is the same act, and answers what the first did.",
					Schema:      &huma.Schema{Type: huma.TypeString, MinLength: &minLength, MaxLength: &maxLength},
				}},
			},
		},
		Formats:                      map[string]huma.Format{"application/json": strictJSON, "application/problem+json": strictJSON},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
	}
}

func sessionScheme(face, who string) *huma.SecurityScheme {
	return &huma.SecurityScheme{Type: "apiKey", In: "cookie", Name: cookieStart + face,
		Description: who + ": the session's cookie, the header " + faceHeader + ": " + face + ", and with everything that changes something " + csrfHeader + " as GET /v1/session gave it."}
}

const introduction = `Payments between people who need not trust each other.

Amounts are whole numbers of minor units (fen) beside their currency. Times are RFC 3339 in UTC with milliseconds. Ids are strings.
Lists go newest first: ` + "`limit`" + ` says how many, ` + "`next_cursor`" + ` where to go on.

Every POST carries an ` + "`Idempotency-Key`" + ` of your choice. The same key again is the same act: it is answered as the first was, with the
header ` + "`Idempotency-Replayed: true`" + `. The same key with other contents is refused, and nothing is done.

A refusal is ` + "`application/problem+json`" + ` with a stable ` + "`code`" + `, and the ` + "`field`" + ` where one is to blame. After a fault (5xx, or no answer
at all) repeat the request with the same key: it is done once.`

// tags are the groups of operations, in the order of the reference.
var tags = []*huma.Tag{
	{Name: "Payments", Description: "A payment is a trade: escrow holds the money until the buyer confirms; instant pays at once."},
	{Name: "Codes", Description: "Paying by a picture: a merchant's or person's code that is scanned, and a wallet's code that a till reads."},
	{Name: "Shipments", Description: "Goods on their way. Shipping starts the buyer's time to confirm."},
	{Name: "Refunds", Description: "Money back to the buyer, never more than is left."},
	{Name: "Disputes", Description: "Claims with evidence from both sides, deadlines that speak for the silent, and an operator's decision."},
	{Name: "Top-ups", Description: "Money in from a bank card."},
	{Name: "Withdrawals", Description: "Money out to a bank card, held until the bank has paid."},
	{Name: "Transfers", Description: "Money sent to a person, at once and for good."},
	{Name: "Holds", Description: "Part of a balance set aside."},
	{Name: "Accounts", Description: "Where money stands, now and at any past moment."},
	{Name: "Entries", Description: "Every line of an account, with the balance after it and the command that made it."},
	{Name: "Events", Description: "What has happened, and what happens."},
	{Name: "Webhooks", Description: "Being told of events."},
	{Name: "Merchant", Description: "The merchant who is asking."},
	{Name: "Keys", Description: "The ways in for a merchant's programs."},
	{Name: "Agreements", Description: "A person's consent to be charged by a merchant without being asked each time."},
	{Name: "Deposits", Description: "Money that a merchant asks to have held, and that stays its payer's until some of it is paid."},
	{Name: "Applications", Description: "A merchant's programs that speak the merchants' protocol, and what they are told."},
	{Name: "Team", Description: "The people who work for a merchant."},
	{Name: "Sessions", Description: "Signing up, in and out."},
	{Name: "People", Description: "A person in the wallet: identity, passwords, cards, devices, messages."},
	{Name: "Console", Description: "What the platform's operators see and do."},
	{Name: "Sandbox", Description: "The pretend world around a test platform. Not there where money is real."},
}

// document is the finished description, in both writings.
type document struct {
	once       sync.Once
	json, yaml []byte
}

// Document is the OpenAPI document as JSON.
func (s *Server) Document() []byte {
	s.document.once.Do(func() {
		var err error
		if s.document.json, err = json.MarshalIndent(s.api.OpenAPI(), "", "  "); err != nil {
			panic("openapi: the document can't be written: " + err.Error())
		}
		if s.document.yaml, err = s.api.OpenAPI().YAML(); err != nil {
			panic("openapi: the document can't be written: " + err.Error())
		}
	})
	return s.document.json
}

func (s *Server) serveDocument() {
	s.mux.HandleFunc("GET /openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/openapi+json")
		w.Write(s.Document())
	})
	s.mux.HandleFunc("GET /openapi.yaml", func(w http.ResponseWriter, _ *http.Request) {
		s.Document()
		w.Header().Set("Content-Type", "application/openapi+yaml")
		w.Write(s.document.yaml)
	})
}

package openapi

import (
	"context"
	"strconv"

	"tongbao/internal/party"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
)

// auditNames are the commands that an auditor reads first: who may what, and
// who decided.
var auditNames = map[string]bool{
	"change_password": true, "set_payment_password": true, "verify_identity": true, "remove_device": true,
	"add_card": true, "remove_card": true, "create_merchant": true, "update_merchant": true,
	"add_staff": true, "update_staff": true, "remove_staff": true, "create_operator": true, "create_key": true, "revoke_key": true, "create_app": true, "update_app": true, "reset_encrypt_key": true, "reset_md5_key": true,
	"create_webhook_endpoint": true, "update_webhook_endpoint": true, "delete_webhook_endpoint": true, "rotate_webhook_secret": true,
	"arbitrate": true, "assign_dispute": true, "advance_clock": true, "correct": true, "make_signing_key": true,
}

// auditRefusals are the refusals that tell of somebody trying.
var auditRefusals = map[refusal.Code]bool{refusal.LoginLocked: true, refusal.PaymentPasswordLocked: true, refusal.IdentityTaken: true, refusal.RiskRefused: true, refusal.VelocityExceeded: true}

// Audited is a journal entry that touches safety.
type Audited struct {
	Position  uint64  `json:"position"`
	At        Time    `json:"at"`
	Command   string  `json:"command"`
	Name      string  `json:"name" example:"change_password"`
	Actor     string  `json:"actor" example:"operator:op_abcdefghjkmnpqrs"`
	RequestID string  `json:"request_id"`
	Refused   *string `json:"refused" doc:"The code, if it was refused."`
	Contents  any     `json:"contents"`
}

const auditLooked = 20_000 // entries that one request reads

func (s *Server) listAudit(ctx context.Context, in *struct{ Paging }) (*answer[Page[Audited]], error) {
	if _, err := s.operator(ctx, party.View); err != nil {
		return nil, err
	}
	bound := store.Range{Index: "console audit"}
	before, err := s.numberCursor(ctx, in.Cursor, bound)
	if err != nil {
		return nil, err
	}
	from := s.opt.Engine.Store()
	if before == 0 {
		head, err := from.Head(ctx)
		if err != nil {
			return nil, err
		}
		before = head.Position + 1
	}
	page := Page[Audited]{Data: []Audited{}}
	const chunk = 500
	for looked := 0; before > 1 && len(page.Data) < in.Limit && looked < auditLooked; looked += chunk {
		after := before - 1 - min(before-1, chunk)
		entries, err := from.Journal(ctx, after, int(before-1-after))
		if err != nil {
			return nil, err
		}
		for i := len(entries) - 1; i >= 0 && len(page.Data) < in.Limit; i-- {
			e := entries[i]
			before = e.Position
			if auditNames[e.Name] || auditRefusals[refusal.Code(e.Refused)] {
				page.Data = append(page.Data, Audited{Position: e.Position, At: Time(e.At / 1000), Command: e.Command, Name: e.Name, Actor: e.Actor, RequestID: e.Request,
					Refused: maybe(e.Refused), Contents: contentsOf(e.Name, e.Body)})
			}
		}
		if len(entries) == 0 { // the store has fewer than it said: nothing older is to be found
			before = 1
		}
	}
	if before > 1 {
		if page.NextCursor, err = s.sealCursor(ctx, strconv.FormatUint(before, 10), bound, ""); err != nil {
			return nil, err
		}
	}
	return &answer[Page[Audited]]{Body: page}, nil
}

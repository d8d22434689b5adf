package identity

import (
	"context"

	"tongbao/internal/engine"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
)

// PutMessage sends a person a message from inside any desk's Apply; id and time
// are set here, and nothing need be touched for it.
func PutMessage(tx *engine.Tx, m party.Message) {
	m.ID, m.At = tx.NewID("msg_"), tx.NowMilli()
	Messages.Append(tx, m.ID, m)
}

// MessagesOf lists a person's messages, newest first, from after an Item.At on.
func (s *Service) MessagesOf(ctx context.Context, person uint64, after string, limit int) ([]engine.Item[party.Message], error) {
	r := under("message_by_person", party.FormatID(person), after, limit)
	r.Reverse = true
	return Messages.Scan(ctx, s.engine.Store(), r)
}

// Unread counts a person's unread messages, as far as most.
func (s *Service) Unread(ctx context.Context, person uint64, most int) (int, error) {
	rows, err := s.engine.Store().Scan(ctx, under("message_unread", party.FormatID(person), "", most))
	return len(rows), err
}

// MarkRead marks a person's messages as read, up to the one named and all
// older; all of them where none is named. Repeating it changes nothing.
// Refusal: not_found.
func (s *Service) MarkRead(ctx context.Context, by engine.By, person uint64, upTo string) error {
	r := under("message_unread", party.FormatID(person), "", 256)
	if upTo != "" {
		m, ok, err := Messages.Read(ctx, s.engine.Store(), upTo)
		if err != nil {
			return err
		}
		if !ok || m.Person != person {
			return refusal.In("up_to", refusal.NotFound, "no such message")
		}
		r.Until = party.FormatID(person) + "/" + at(m.At+1)
	}
	for {
		unread, err := Messages.Scan(ctx, s.engine.Store(), r)
		if err != nil || len(unread) == 0 {
			return err
		}
		cmd := markRead{id: s.fresh("mark_read"), Person: person}
		for _, item := range unread {
			cmd.Messages = append(cmd.Messages, item.ID)
		}
		if _, err := s.engine.Submit(ctx, cmd, by); err != nil {
			return err
		}
	}
}

type markRead struct {
	id       string
	Person   uint64   `cbor:"1,keyasint"`
	Messages []string `cbor:"2,keyasint"`
}

func (c markRead) ID() string   { return c.id }
func (c markRead) Name() string { return "mark_read" }
func (c markRead) Touches(t *store.Touched) {
	for _, id := range c.Messages {
		t.Record(Messages.Key(id))
	}
}

func (c markRead) Apply(tx *engine.Tx) (any, error) {
	for _, id := range c.Messages {
		if m, ok := Messages.Get(tx, id); ok && m.Person == c.Person && !m.Read {
			m.Read = true
			Messages.Put(tx, id, m)
		}
	}
	return nil, nil
}

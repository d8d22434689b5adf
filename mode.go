package tongbao

import (
	"context"
	"fmt"
	"path/filepath"

	"tongbao/internal/engine"
	"tongbao/internal/identity"
	"tongbao/internal/party"
)

var starting = engine.By{Actor: "server", Request: "start"}

// keepMode has books that don't say yet what they are for say it, and refuses to
// start on those of the other kind: a sandbox brings people with published
// passwords, operators among them, who must never meet real money. Books that an
// earlier build began don't say it; they are what first opens them, but a sandbox
// must show that they are its own.
func (p *Platform) keepMode(ctx context.Context) error {
	want := party.Live
	if p.cfg.Sandbox {
		want = party.Test
		if err := p.pretends(ctx); err != nil {
			return err
		}
	}
	kept, err := identity.KeepMode(ctx, p.engine, want, starting)
	if err != nil {
		return err
	}
	switch {
	case kept == want:
		return nil
	case p.cfg.Sandbox:
		return p.realBooks()
	}
	return fmt.Errorf("%s are a sandbox's books, with people whose passwords are published: name another data or store", StoreName(p.address))
}

func (p *Platform) realBooks() error {
	return fmt.Errorf("%s are the books of a real platform; the sandbox would put people with known passwords into them: name another --data or --store", StoreName(p.address))
}

// pretends refuses a sandbox that the books are not for, before anything is written.
func (p *Platform) pretends(ctx context.Context) error {
	head, err := p.store.Head(ctx) // before the mode: another server's first entry says it
	if err != nil {
		return fmt.Errorf("read the journal's head: %w", err)
	}
	mode, says, err := identity.ModeOf(ctx, p.store)
	if err != nil {
		return err
	}
	if mode == party.Live {
		return p.realBooks()
	}
	name := filepath.Join(p.cfg.Data, sandboxJSON)
	file, err := readSandboxFile(name)
	if err != nil {
		return err
	}
	if file.Merchant.APIKey != "" { // these are its own books, or the folder was put before others
		known, err := p.knowsKey(ctx, party.Secret(file.Merchant.APIKey))
		if err == nil && !known {
			err = fmt.Errorf("%s is of another sandbox's books: name another --data", name)
		}
		return err
	}
	if !says && head.Position > 0 {
		return fmt.Errorf("%s may be the books of a real platform: an earlier build wrote them, and no %s says that they are this sandbox's; name another --data or --store", StoreName(p.address), name)
	}
	return nil
}

// knowsKey says that the books have the API key, revoked or not.
func (p *Platform) knowsKey(ctx context.Context, secret party.Secret) (bool, error) {
	id, err := party.KeyID(secret, party.Test)
	if err != nil { // it is not one of a sandbox
		return false, nil
	}
	_, known, err := identity.Keys.Read(ctx, p.store, id)
	if err != nil {
		return false, fmt.Errorf("read the sandbox's API key: %w", err)
	}
	return known, nil
}

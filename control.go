package tongbao

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"tongbao/internal/audit"
	"tongbao/internal/engine"
	"tongbao/internal/identity"
	"tongbao/internal/money"
	"tongbao/internal/party"
)

// The control socket is how commands on the same machine reach a running
// platform: a Unix socket in the data folder, which only the folder's owner can
// open. Who can open it can read the store's files too, so it asks for nothing more.

const controlSocket = "control"

// ServeControl answers on the data folder's socket until the context ends.
func (p *Platform) ServeControl(ctx context.Context) error {
	name := filepath.Join(p.cfg.Data, controlSocket)
	if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("take over the control socket: %w", err)
	}
	listener, err := net.Listen("unix", name) // the store's lock says that no other platform runs here
	if err != nil {
		return fmt.Errorf("open the control socket: %w", err)
	}
	if err := os.Chmod(name, 0o600); err != nil {
		return errors.Join(err, listener.Close())
	}
	mux := http.NewServeMux()
	handleControl(mux, "/backup", p.controlBackup)
	handleLong(mux, "/verify", p.controlVerify)
	handleLong(mux, "/move", p.controlMove)
	handleControl(mux, "/operator", p.controlOperator)
	handleControl(mux, "/merchant", p.controlMerchant)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: time.Second}
	p.running.Go(func() { _ = server.Serve(listener) })
	context.AfterFunc(ctx, func() { server.Close() })
	return nil
}

// handleControl answers one call: JSON in, JSON or a sentence out.
func handleControl[In, Out any](mux *http.ServeMux, path string, do func(context.Context, In) (Out, error)) {
	mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
		var in In
		out, err := *new(Out), json.NewDecoder(io.LimitReader(r.Body, 1<<16)).Decode(&in)
		if err == nil {
			out, err = do(r.Context(), in)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
			return
		}
		_ = json.NewEncoder(w).Encode(out) // a caller that has gone hears nothing
	})
}

// told is one line of a long call's answer: how far it is, or what came of it.
type told[Out any] struct {
	Share int    `json:"share"`
	What  string `json:"what,omitempty"`
	Out   *Out   `json:"out,omitempty"`
	Error string `json:"error,omitempty"`
}

// handleLong answers a call that takes its time: with a line now and then, and the
// last tells what came of it.
func handleLong[In, Out any](mux *http.ServeMux, path string, do func(context.Context, In, func(share int, what string)) (Out, error)) {
	mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
		var in In
		if err := json.NewDecoder(io.LimitReader(r.Body, 1<<16)).Decode(&in); err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
			return
		}
		lines, flusher := json.NewEncoder(w), http.NewResponseController(w)
		say := func(line told[Out]) {
			_ = lines.Encode(line) // a caller that has gone hears nothing
			_ = flusher.Flush()
		}
		last := -1
		out, err := do(r.Context(), in, func(share int, what string) {
			if share != last {
				last = share
				say(told[Out]{Share: share, What: what})
			}
		})
		if err != nil {
			say(told[Out]{Error: err.Error()})
			return
		}
		say(told[Out]{Out: &out})
	})
}

// ControlLong is Control for a call that takes its time: progress hears how far it
// is, in thousandths, and what is being done. Where the platform breaks off, what it
// has done is not known.
func ControlLong[Out any](ctx context.Context, data, path string, in any, progress func(share int, what string)) (out Out, err error) {
	body, err := json.Marshal(in)
	if err != nil {
		return out, err
	}
	response, err := controlPost(ctx, data, path, body)
	if err != nil {
		return out, err
	}
	defer response.Body.Close()
	for lines := json.NewDecoder(response.Body); ; {
		var line told[Out]
		if err := lines.Decode(&line); err != nil {
			return out, fmt.Errorf("the platform broke off; ask again to see what is true: %w", err)
		}
		switch {
		case line.Error != "":
			return out, errors.New(line.Error)
		case line.Out != nil:
			return *line.Out, nil
		}
		progress(line.Share, line.What)
	}
}

// ErrNotRunning says that no platform runs on the data folder.
var ErrNotRunning = errors.New("no platform is running on this folder")

// Control asks the platform that runs on a data folder. ErrNotRunning where
// none does.
func Control[Out any](ctx context.Context, data, path string, in any) (out Out, err error) {
	body, err := json.Marshal(in)
	if err != nil {
		return out, err
	}
	response, err := controlPost(ctx, data, path, body)
	if err != nil {
		return out, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return out, fmt.Errorf("the platform broke off: %w", err)
	}
	return out, json.Unmarshal(answer, &out)
}

// controlPost asks, and returns an answer that is none of a refusal. Close its body.
func controlPost(ctx context.Context, data, path string, body []byte) (*http.Response, error) {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", filepath.Join(data, controlSocket))
	}}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://tongbao"+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotRunning, err)
	}
	if response.StatusCode != http.StatusOK {
		defer response.Body.Close()
		answer, err := io.ReadAll(response.Body)
		return nil, errors.Join(errors.New(string(bytes.TrimSpace(answer))), err)
	}
	return response, nil
}

// BackupCall asks for an online backup into a folder, by its absolute path.
type BackupCall struct {
	Dir string `json:"dir"`
}

// BackupDone says how far the copy goes at least.
type BackupDone struct {
	Position uint64 `json:"position"`
}

func (p *Platform) controlBackup(ctx context.Context, c BackupCall) (BackupDone, error) {
	head, err := p.store.Head(ctx)
	if err != nil {
		return BackupDone{}, err
	}
	return BackupDone{Position: head.Position}, p.store.Backup(ctx, c.Dir)
}

func (p *Platform) controlVerify(ctx context.Context, _ struct{}, progress func(int, string)) (audit.Report, error) {
	return audit.Store(ctx, p.store, p.engine.Zone(), func(share int) { progress(share, "verifying") })
}

// Colleague is an operator or a merchant's first owner to be made.
type Colleague struct {
	Login    string     `json:"login"`
	Name     string     `json:"name"`
	Role     string     `json:"role,omitempty"`
	Password string     `json:"password"`
	FeeRate  money.Rate `json:"fee_rate,omitempty"` // a merchant's, in millionths
}

// Made names what was made; APIKey is a merchant's first, told this once.
type Made struct {
	ID     string `json:"id"`
	APIKey string `json:"api_key,omitempty"`
}

var byControl = engine.By{Actor: "control", Request: "control"}

func (p *Platform) controlOperator(ctx context.Context, c Colleague) (Made, error) {
	o, err := p.who.CreateOperator(ctx, identity.Ask{By: byControl}, identity.NewColleague{
		Login: c.Login, Name: c.Name, Role: party.Role(c.Role), Password: party.Secret(c.Password)})
	return Made{ID: o.ID}, err
}

func (p *Platform) controlMerchant(ctx context.Context, c Colleague) (Made, error) {
	m, err := p.who.CreateMerchant(ctx, identity.Ask{By: byControl}, identity.NewMerchant{
		Name: c.Name, FeeRate: c.FeeRate, Login: c.Login, Password: party.Secret(c.Password)})
	if err != nil {
		return Made{}, err
	}
	_, secret, err := p.who.CreateKey(ctx, identity.Ask{By: byControl}, m.ID, "first", party.Full)
	return Made{ID: party.FormatID(m.ID), APIKey: secret.Reveal()}, err
}

// FirstOperator makes the configuration's admin where there is no operator yet.
func (p *Platform) FirstOperator(ctx context.Context) error {
	known, err := p.who.ListOperators(ctx)
	if err != nil || len(known) > 0 {
		return err
	}
	_, err = p.who.CreateOperator(ctx, identity.Ask{Key: "first", By: byControl}, identity.NewColleague{
		Login: p.cfg.Admin.Login, Name: p.cfg.Admin.Login, Role: party.Admin, Password: p.cfg.Admin.Password})
	if err != nil {
		return fmt.Errorf("make the first operator: %w", err)
	}
	return nil
}

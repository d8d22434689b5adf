package sandbox

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"tongbao/internal/party"
)

// TextMessage is a message on a pretend phone. A code stands in it in clear: the
// phone belongs to whoever plays with the sandbox.
type TextMessage struct {
	Phone string    `json:"phone"`
	At    time.Time `json:"at"`
	Text  string    `json:"text"`
	Code  string    `json:"code,omitempty"`
}

// messagesKept is how many messages a phone remembers.
const messagesKept = 50

// Phones are the pretend phones, all of them: a number exists as soon as
// something is sent to it. What a phone shows it shows after a restart too.
type Phones struct {
	now  func() time.Time
	path string

	mu       sync.Mutex
	file     *lines
	messages map[string][]TextMessage // oldest first
	written  int                      // lines in the file
}

// OpenPhones reads the phones' folder, or makes a new one. now is business time.
func OpenPhones(dir string, now func() time.Time) (*Phones, error) {
	p := &Phones{now: now, path: filepath.Join(dir, "messages.jsonl"), messages: map[string][]TextMessage{}}
	var err error
	if p.file, err = openLines(p.path, p.take); err != nil {
		return nil, fmt.Errorf("open the pretend phones: %w", err)
	}
	return p, nil
}

// Close lets go of the file.
func (p *Phones) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.file.close()
}

func (p *Phones) take(m TextMessage) {
	p.written++
	kept := append(p.messages[m.Phone], m)
	if len(kept) > messagesKept {
		kept = slices.Clone(kept[len(kept)-messagesKept:])
	}
	p.messages[m.Phone] = kept
}

// SendCode is the text message service that package identity asks for.
func (p *Phones) SendCode(_ context.Context, phone string, code party.Secret, purpose party.Purpose) error {
	what := map[party.Purpose]string{
		party.SignUp:               "注册 / to sign up",
		party.LoginByCode:          "登录 / to sign in",
		party.ResetPassword:        "重置登录密码 / to reset your password",
		party.ResetPaymentPassword: "重置支付密码 / to reset your payment password",
		party.StepUp:               "确认本次操作 / to confirm",
	}[purpose]
	text := fmt.Sprintf("【通宝】验证码 %s，用于%s，5 分钟内有效，请勿告诉他人。", code.Reveal(), what)
	return p.Send(TextMessage{Phone: phone, Text: text, Code: code.Reveal()})
}

// Send brings a message to a phone; it is on disk when this returns.
func (p *Phones) Send(m TextMessage) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	m.At = p.now().UTC()
	if err := p.file.append(m); err != nil {
		return fmt.Errorf("send a text message: %w", err)
	}
	p.take(m)
	return p.tidy()
}

// tidy writes the file anew where most of it is forgotten already.
func (p *Phones) tidy() error {
	kept := 0
	for messages := range maps.Values(p.messages) {
		kept += len(messages)
	}
	if p.written < 1000 || p.written < 2*kept {
		return nil
	}
	fresh := p.path + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return err
	}
	file, err := openLines(fresh, func(TextMessage) {})
	if err != nil {
		return err
	}
	p.written = 0
	for _, phone := range slices.Sorted(maps.Keys(p.messages)) {
		for _, m := range p.messages[phone] {
			if err := file.append(m); err != nil {
				return err
			}
			p.written++
		}
	}
	if err := os.Rename(fresh, p.path); err != nil { // here the new file is the file
		return err
	}
	old := p.file
	p.file = file
	if err := old.close(); err != nil {
		return err
	}
	return syncDir(filepath.Dir(p.path))
}

// Messages lists what a phone shows, the newest first.
func (p *Phones) Messages(phone string) []TextMessage {
	p.mu.Lock()
	defer p.mu.Unlock()
	messages := slices.Clone(p.messages[phone])
	slices.Reverse(messages)
	return messages
}

// All are the messages of all phones, newest first.
func (p *Phones) All() []TextMessage {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []TextMessage
	for _, messages := range p.messages {
		all = append(all, messages...)
	}
	slices.SortStableFunc(all, func(a, b TextMessage) int { return b.At.Compare(a.At) })
	return all
}

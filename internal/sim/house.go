package sim

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"tongbao/internal/identity"
	"tongbao/internal/money"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/refusal"
	"tongbao/internal/trade"
	"tongbao/internal/webhook"
)

// Acts of many commands, written as scripts: a person's first hour, a merchant's,
// a payment whose settlement is held. Each line of a script is done, or refused as
// the auditor's script says (auditor_house.go).

// line is one thing that is asked, with the word that tells it.
type line struct {
	what string
	do   func() error
}

// play does the lines in order and tells what became of each. A line without an
// answer ends it: all of it is then asked again, with the same keys.
func play(lines []line) (string, error) {
	var said []string
	for _, l := range lines {
		err := l.do()
		switch no := refusal.Of(err); {
		case err == nil:
			said = append(said, l.what)
		case no != nil && no.Code != refusal.Unavailable:
			said = append(said, l.what+"="+string(no.Code))
		default:
			return "", err
		}
	}
	return strings.Join(said, " "), nil
}

// house submits an act that has nothing to do with the payments of others.
func (w *world) house(ctx context.Context, c command, name *string) (string, error) {
	switch c.Act {
	case actGuess:
		return "right", w.who.CheckPaymentPassword(ctx, by, c.Who, party.Secret(c.Text))
	case actJoin:
		return w.join(ctx, c, name)
	case actFound:
		return w.found(ctx, c)
	case actHeld:
		return w.held(ctx, c, name)
	case actDesk:
		return w.papers(ctx, c)
	case actReturn:
		return w.comeBack(ctx, c)
	}
	panic("sim: there is no act " + c.Act)
}

const (
	loginPassword = party.Secret("a long enough password")
	newPassword   = party.Secret("another long password")
)

// join is a person's first hour.
func (w *world) join(ctx context.Context, c command, name *string) (string, error) {
	ask := func(what string) identity.Ask { return identity.Ask{Key: c.Key + "/" + what, By: by} }
	s, phone := w.who, c.Text
	var in, second identity.SignedIn
	var card party.BankCard
	signUp := func(key string, code party.Secret) func() error {
		return func() (err error) {
			in, err = s.SignUp(ctx, ask(key), identity.NewPerson{Phone: phone, Code: code, Password: loginPassword, Device: identity.DeviceHint{ID: "first", Name: "Sim"}})
			return err
		}
	}
	session := func(of *identity.SignedIn) func() error {
		return func() error { _, err := s.Session(ctx, party.Wallet, of.Token, "sim"); return err }
	}
	login := func(password party.Secret) func() error {
		return func() (err error) {
			second, err = s.Login(ctx, by, party.Wallet, phone, password, identity.DeviceHint{ID: "second", Name: "Sim"})
			return err
		}
	}
	said, err := play([]line{
		{"no-text", func() error {
			w.silent = true
			_, err := s.SendCode(ctx, ask("no-text"), phone, party.SignUp)
			if w.silent = false; errors.Is(err, errNoText) {
				return nil
			}
			return fmt.Errorf("the text did not arrive, and the answer is %w", err)
		}},
		{"code", func() error { _, err := s.SendCode(ctx, ask("code"), phone, party.SignUp); return err }},
		{"code-again", func() error { _, err := s.SendCode(ctx, ask("code-again"), phone, party.SignUp); return err }},
		{"guess", signUp("guess", "no code")},
		{"sign-up", func() error { return signUp("sign-up", w.texts[phone])() }},
		{"session", session(&in)},
		{"profile", func() error {
			nickname := "Sim"
			_, err := s.UpdateProfile(ctx, ask("profile"), in.Person.ID, identity.ProfileChange{Nickname: &nickname})
			return err
		}},
		{"verify", func() error {
			born := fmt.Sprintf("19%02d%02d%02d", 50+c.Amount%50, 1+c.Amount/50%12, 1+c.Amount/600%28)
			_, err := s.VerifyIdentity(ctx, ask("verify"), in.Person.ID, "王伟", party.MakeResidentID("330106", born, int(c.Amount%1000)).Reveal(), party.FaceProof)
			return err
		}},
		{"card", func() (err error) {
			card, err = s.AddCard(ctx, ask("card"), in.Person.ID, identity.NewCard{Bank: "ICBC", Number: "4111111111111111", Holder: "王伟"})
			return err
		}},
		{"others-card", func() error {
			_, err := s.AddCard(ctx, ask("others-card"), in.Person.ID, identity.NewCard{Bank: "ICBC", Number: "4111111111111111", Holder: "李娜"})
			return err
		}},
		{"no-card", func() error { return s.RemoveCard(ctx, ask("no-card"), in.Person.ID, card.ID) }},
		{"no-card-again", func() error { return s.RemoveCard(ctx, ask("no-card-again"), in.Person.ID, card.ID) }},
		{"pin", func() error { return s.SetPaymentPassword(ctx, ask("pin"), in.Person.ID, password, "", "") }},
		{"pin-unproved", func() error { return s.SetPaymentPassword(ctx, ask("pin-unproved"), in.Person.ID, "258036", "", "") }},
		{"pin-changed", func() error {
			return s.SetPaymentPassword(ctx, ask("pin-changed"), in.Person.ID, "258036", password, "")
		}},
		{"wrong-login", login("not this password")},
		{"login", login(loginPassword)},
		{"password", func() error {
			return s.ChangePassword(ctx, ask("password"), second.Principal, loginPassword, newPassword)
		}},
		{"first-session", session(&in)},
		{"second-session", session(&second)},
		{"read", func() error { return s.MarkRead(ctx, by, in.Person.ID, "") }},
		{"device", func() error { return s.RemoveDevice(ctx, ask("device"), second.Principal, second.Session.Device) }},
		{"removed-session", session(&second)},
		{"old-login", login(loginPassword)},
		{"new-login", login(newPassword)},
		{"logout", func() error { return s.Logout(ctx, ask("logout"), second.Principal) }},
		{"logged-out", session(&second)},
		{"stay", func() error {
			stays, err := s.Login(ctx, by, party.Wallet, phone, newPassword, identity.DeviceHint{ID: "third", Name: "Sim"})
			w.visits[c.Key] = stays.Token
			return err
		}},
	})
	if err == nil && in.Person != nil {
		*name = party.FormatID(in.Person.ID)
	}
	return said, err
}

var errNoText = errors.New("the telephone company is silent")

// text brings a one-time code to a phone.
func (w *world) text(_ context.Context, phone string, code party.Secret, _ party.Purpose) error {
	if w.silent {
		return errNoText
	}
	w.texts[phone] = code
	return nil
}

// comeBack is who joined some time ago, with the session of then.
func (w *world) comeBack(ctx context.Context, c command) (string, error) {
	in, err := w.who.Session(ctx, party.Wallet, w.visits[c.From], c.Key)
	return fmt.Sprintf("in until %d", in.Session.Expires), err
}

// found is a merchant's first hour.
func (w *world) found(ctx context.Context, c command) (string, error) {
	ask := func(what string) identity.Ask { return identity.Ask{Key: c.Key + "/" + what, By: by} }
	key := func(what string) string { return c.Key + "/" + what }
	s, hooks := w.who, w.hooks
	var m party.Merchant
	var staff party.Staff
	var apiKey party.APIKey
	var secret party.Secret
	var end webhook.Endpoint
	use := func() error { _, err := s.Key(ctx, secret, "sim"); return err }
	off, on := false, true
	enable := func(what string, enabled *bool) func() error {
		return func() error {
			_, err := hooks.Update(ctx, by, key(what), m.ID, end.ID, webhook.Change{Enabled: enabled})
			return err
		}
	}
	var delivery webhook.Delivery
	// attempt sends what there is to send, to a shop that answers so.
	attempt := func(status int, then webhook.State) func() error {
		return func() error {
			list, _, err := hooks.DeliveryList(ctx, webhook.Filter{Merchant: m.ID}, "", 10)
			if err != nil || len(list) != 1 {
				return fmt.Errorf("%d deliveries: %w", len(list), err)
			}
			w.shop = status
			if err := hooks.Attempt(ctx, list[0].ID, list[0].Next); err != nil {
				return err
			}
			delivery, _, err = webhook.Deliveries.Read(ctx, w.store, list[0].ID)
			if err == nil && delivery.State != then {
				err = fmt.Errorf("the delivery is %s, and should be %s", delivery.State, then)
			}
			return err
		}
	}
	var app party.App
	var code party.Secret
	var tokens identity.Tokens
	tradeIn := func(kind string, token *party.Secret) func() error {
		return func() error {
			got, err := s.TradeIn(ctx, by, app.ID, kind, *token)
			if err == nil {
				tokens = got
			}
			return err
		}
	}
	granted := func() error { _, err := s.Granted(ctx, app.ID, tokens.Access); return err }
	return play([]line{
		{"merchant", func() (err error) {
			m, err = s.CreateMerchant(ctx, ask("merchant"), identity.NewMerchant{Name: "Sim " + c.Text, FeeRate: 6000, Login: "boss-" + c.Text + "@x.example", Password: loginPassword})
			return err
		}},
		{"rate", func() error {
			rate := money.Rate(5500)
			_, err := s.UpdateMerchant(ctx, ask("rate"), m.ID, identity.MerchantChange{FeeRate: &rate})
			return err
		}},
		{"staff", func() (err error) {
			staff, err = s.AddStaff(ctx, ask("staff"), m.ID, identity.NewColleague{Login: "till-" + c.Text + "@x.example", Name: "Till", Role: party.Cashier, Password: loginPassword})
			return err
		}},
		{"login-taken", func() error {
			_, err := s.AddStaff(ctx, ask("login-taken"), m.ID, identity.NewColleague{Login: "boss-" + c.Text + "@x.example", Name: "Two", Role: party.Cashier, Password: loginPassword})
			return err
		}},
		{"role", func() error {
			role := party.Manager
			_, err := s.UpdateStaff(ctx, ask("role"), m.ID, staff.ID, identity.StaffChange{Role: &role})
			return err
		}},
		{"gone", func() error { return s.RemoveStaff(ctx, ask("gone"), m.ID, staff.ID) }},
		{"gone-again", func() error { return s.RemoveStaff(ctx, ask("gone-again"), m.ID, staff.ID) }},
		{"operator", func() error {
			_, err := s.CreateOperator(ctx, ask("operator"), identity.NewColleague{Login: "op-" + c.Text + "@x.example", Name: "Op", Role: party.Agent, Password: loginPassword})
			return err
		}},
		{"key", func() (err error) {
			apiKey, secret, err = s.CreateKey(ctx, ask("key"), m.ID, "sim", party.Full)
			return err
		}},
		{"use", use},
		{"revoke", func() error { return s.RevokeKey(ctx, ask("revoke"), m.ID, apiKey.ID) }},
		{"use-again", use},
		{"endpoint", func() (err error) {
			end, err = hooks.Create(ctx, by, key("endpoint"), m.ID, webhook.NewEndpoint{URL: "https://shop.example/" + c.Text})
			return err
		}},
		{"others-endpoint", func() error { _, err := hooks.Rotate(ctx, by, key("others"), m.ID+1, end.ID); return err }},
		{"rotate", func() error { _, err := hooks.Rotate(ctx, by, key("rotate"), m.ID, end.ID); return err }},
		{"try", func() error { _, err := hooks.Trigger(ctx, by, key("try"), m.ID, end.ID, ""); return err }},
		{"fan-out", func() error { return w.fanOut(ctx) }},
		{"shop-fails", attempt(http.StatusServiceUnavailable, webhook.Failed)},
		{"shop-silent", attempt(0, webhook.Failed)},
		{"off", enable("off", &off)},
		{"try-off", func() error { _, err := hooks.Trigger(ctx, by, key("try-off"), m.ID, end.ID, ""); return err }},
		{"quit", attempt(http.StatusOK, webhook.GivenUp)}, // the endpoint is off, so nothing is sent
		{"on", enable("on", &on)},
		{"resend", func() error { _, err := hooks.Resend(ctx, by, key("resend"), m.ID, delivery.ID); return err }},
		{"shop-hears", attempt(http.StatusOK, webhook.Delivered)},
		{"app", func() (err error) {
			app, _, err = s.CreateApp(ctx, ask("app"), m.ID, identity.NewApp{Name: "Sim", PublicKey: publicAppKey()})
			return err
		}},
		{"app-named", func() error {
			called := "Simmed"
			_, err := s.UpdateApp(ctx, ask("app-named"), m.ID, app.ID, identity.AppChange{Name: &called})
			return err
		}},
		{"certificate", func() error { _, err := s.IssueAppCertificate(ctx, ask("certificate"), m.ID, app.ID); return err }},
		{"encrypt-key", func() error { _, _, err := s.ResetEncryptKey(ctx, ask("encrypt-key"), m.ID, app.ID); return err }},
		{"others-md5-key", func() error { _, _, err := s.ResetMD5Key(ctx, ask("others-md5-key"), m.ID+1, app.ID); return err }},
		{"md5-key", func() error { _, _, err := s.ResetMD5Key(ctx, ask("md5-key"), m.ID, app.ID); return err }},
		{"grant", func() (err error) {
			code, err = s.GiveGrant(ctx, ask("grant"), c.Who, app, []string{"auth_user"})
			return err
		}},
		{"trade-in", tradeIn(party.UserGrant.Code, &code)},
		{"granted", granted},
		{"trade-in-again", tradeIn(party.UserGrant.Code, &code)},
		{"refresh", func() error { return tradeIn(party.UserGrant.Refresh, &tokens.Refresh)() }},
		{"granted-anew", granted},
		{"end", func() error { return s.EndGrant(ctx, ask("end"), c.Who, app.ID) }},
		{"end-again", func() error { return s.EndGrant(ctx, ask("end-again"), c.Who, app.ID) }},
		{"granted-no-more", granted},
		{"delete", func() error { return hooks.Delete(ctx, by, key("delete"), m.ID, end.ID) }},
		{"delete-again", func() error { return hooks.Delete(ctx, by, key("delete-again"), m.ID, end.ID) }},
	})
}

func (w *world) fanOut(ctx context.Context) error {
	for {
		head, err := w.store.Head(ctx)
		if err != nil {
			return err
		}
		before := head.Position
		if reached, err := w.hooks.FanOut(ctx); err != nil || reached >= before {
			return err
		}
	}
}

// held is an instant payment whose settlement waits for the seller's word, and of
// which a part then goes to a receiver.
func (w *world) held(ctx context.Context, c command, name *string) (string, error) {
	key := func(what string) string { return c.Key + "/" + what }
	receiver := pay.Receiver{Merchant: c.Whom, Party: firstReceiver, How: "userId", Account: party.FormatID(firstReceiver)}
	part := trade.Part{Party: firstReceiver, Amount: money.Amount(c.Amount / 10)}
	split := func(what, no string) func() error {
		return func() error {
			_, err := w.desk.Split(ctx, by, key(what), *name, no, []trade.Part{part}, true)
			return err
		}
	}
	takeBack := func(what, no string, amount money.Amount) func() error {
		return func() error {
			_, err := w.desk.RefundShared(ctx, by, key(what), *name, no, amount, "", []trade.Part{{Party: firstReceiver, Amount: amount}})
			return err
		}
	}
	order := trade.Order{OrderNo: c.On[17:], Merchant: c.Whom, Kind: trade.Instant, Goods: trade.Virtual, Subject: "Held", Amount: money.Amount(c.Amount), Currency: money.CNY, HoldFor: trade.Day}
	lines := []line{{"pay", func() error {
		t, _, err := w.desk.Open(ctx, by, key("pay"), pay.Asked{Order: order, Payer: c.Who})
		*name = t.ID
		return err
	}}}
	said, err := play(lines)
	if err != nil || said != "pay" {
		return said, err
	}
	rest, err := play([]line{
		{"settle", func() error { _, err := w.desk.Settle(ctx, by, key("settle"), *name, "s1", false); return err }},
		{"settle-again", func() error { _, err := w.desk.Settle(ctx, by, key("settle-again"), *name, "s2", false); return err }},
		{"unbound", split("unbound", "1")},
		{"bind", func() error { return w.desk.BindReceivers(ctx, by, key("bind"), []pay.Receiver{receiver}) }},
		{"split", split("split", "2")},
		{"split-again", split("split-again", "2")},
		{"take-back", takeBack("take-back", "r1", part.Amount)},
		{"take-back-more", takeBack("take-back-more", "r2", 1)},
		{"unbind", func() error { return w.desk.UnbindReceivers(ctx, by, key("unbind"), c.Whom, []uint64{firstReceiver}) }},
		{"sync", func() error {
			return w.desk.SyncOrder(ctx, by, key("sync"), pay.OrderSync{Trade: *name, Request: "1", Type: "SHIPPED"})
		}},
		{"sync-other", func() error {
			return w.desk.SyncOrder(ctx, by, key("sync-other"), pay.OrderSync{Trade: *name, Request: "1", Type: "RETURNED"})
		}},
	})
	return said + " " + rest, err
}

// papers are acts about a payment that move nothing.
func (w *world) papers(ctx context.Context, c command) (string, error) {
	key := func(what string) string { return c.Key + "/" + what }
	seen, err := w.desk.Trade(ctx, w.id(c.On))
	if err != nil {
		return "", err
	}
	file := func(what, contents string) func() error {
		return func() error { _, _, err := w.desk.KeepFile(ctx, by, key(what), c.Key, []byte(contents)); return err }
	}
	return play([]line{
		{"remind", func() error { return w.desk.Remind(ctx, by, key("remind"), &seen) }},
		{"remind-again", func() error { return w.desk.Remind(ctx, by, key("remind-again"), &seen) }},
		{"assign", func() error { return w.desk.Assign(ctx, by, key("assign"), seen.ID+"-1", "op_sim") }},
		{"file", file("file", "%PDF-1.4 sim")},
		{"no-file", file("no-file", "just words")},
	})
}

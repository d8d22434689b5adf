package tongbao

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"tongbao/examples/shop"
	"tongbao/internal/alipay/wire"
	"tongbao/internal/engine"
	"tongbao/internal/identity"
	"tongbao/internal/money"
	"tongbao/internal/openapi"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/refusal"
	"tongbao/internal/sandbox"
	"tongbao/internal/store"
	"tongbao/internal/web"
)

// sandboxJSON is the SandboxFile's name in the data folder.
const sandboxJSON = "sandbox.json"

// SandboxFile is what DIR/sandbox.json says: where everything is and who to be.
// Scripts rely on the names of its members.
type SandboxFile struct {
	APIURL      string            `json:"api_url"`
	GatewayURL  string            `json:"gateway_url"` // of the merchants' protocol
	WalletURL   string            `json:"wallet_url"`
	ShopURL     string            `json:"shop_url"`
	MerchantURL string            `json:"merchant_url"`
	ConsoleURL  string            `json:"console_url"`
	PhoneURL    string            `json:"phone_url"`
	Merchant    SandboxMerchant   `json:"merchant"`
	Buyers      []SandboxBuyer    `json:"buyers"`
	Operators   []SandboxOperator `json:"operators"`
	Sellers     []SandboxMerchant `json:"sellers"` // all of the shop's, Merchant among them
}

// SandboxMerchant is a merchant to be.
type SandboxMerchant struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Login    string `json:"login"`
	Password string `json:"password"`
	APIKey   string `json:"api_key"`
	Shelf    string `json:"shelf"` // in the example shop
	SandboxApp
}

// SandboxApp is a merchant's application of the merchants' protocol: its keys,
// the platform's for it, and the certificates that stand for both.
type SandboxApp struct {
	AppID              string `json:"app_id,omitempty"`
	AppPrivateKey      string `json:"app_private_key,omitempty"`     // PEM, PKCS #1
	PlatformPublicKey  string `json:"platform_public_key,omitempty"` // PEM
	EncryptKey         string `json:"encrypt_key,omitempty"`         // AES, base64
	MD5Key             string `json:"md5_key,omitempty"`             // of the classic protocol
	AppCertificate     string `json:"app_cert,omitempty"`            // PEM, as are the next two
	PlatformCert       string `json:"platform_cert,omitempty"`
	PlatformRootBundle string `json:"platform_root_cert,omitempty"`
}

// SandboxBuyer is a shopper to be.
type SandboxBuyer struct {
	ID              string `json:"id"`
	Nickname        string `json:"nickname"`
	Login           string `json:"login"`
	Password        string `json:"password"`
	PaymentPassword string `json:"payment_password"`
}

// SandboxOperator is an operator to be.
type SandboxOperator struct {
	Login    string `json:"login"`
	Password string `json:"password"`
	Role     string `json:"role"`
}

// Who is in the sandbox. The passwords are public by design: serve knows
// nothing of them, and the sandbox listens on this machine alone unless told.
var (
	pretendSellers = []struct {
		name, shelf, login string
		rate               money.Rate
	}{
		{"西湖茶舍", "lake-tea", "owner@lake-tea.example", 6000},
		{"青瓷坊", "celadon", "owner@celadon.example", 6000},
		{"山野书店", "hill-books", "owner@hill-books.example", 5500},
		{"云端软件", "cloudware", "owner@cloudware.example", 10_000},
		{"暖屋家居", "warm-house", "owner@warm-house.example", 6000},
	}
	pretendBuyers = []struct {
		nickname, phone, name string
		birthday              string
		proof                 party.Proof
		balance               money.Amount
	}{
		{"小雅", "13800000001", "林雅", "19910412", party.FaceProof, 5_000_00},
		{"阿明", "13800000002", "陈明", "19880809", party.FaceProof, 3_000_00},
		{"Grace", "13800000003", "王佳宁", "19950623", party.CardProof, 1_000_00},
	}
	pretendOperators = []struct{ login, name, role string }{
		{"agent@tongbao.example", "客服小周", string(party.Agent)},
		{"auditor@tongbao.example", "审计李工", string(party.Auditor)},
		{"admin@tongbao.example", "管理员", string(party.Admin)},
	}
)

// pretendBanks are those whose cards can be bound: one pretend bank serves all.
func pretendBanks() (banks []openapi.Bank) {
	for _, b := range sandbox.Banks() {
		banks = append(banks, openapi.Bank{Code: b.Code, Name: b.Name})
	}
	return banks
}

const (
	pretendPassword        = "lake-boat-2026"
	pretendPaymentPassword = "258036"
)

// world is the pretend outside of a sandbox.
type world struct {
	bank   *sandbox.Bank
	phones *sandbox.Phones

	mu   sync.Mutex
	file SandboxFile
}

func openWorld(data string, now func() time.Time) (*world, error) {
	b, err := sandbox.OpenBank(data)
	if err != nil {
		return nil, fmt.Errorf("open the pretend bank: %w", err)
	}
	phones, err := sandbox.OpenPhones(data, now)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the pretend phones: %w", err), b.Close())
	}
	return &world{bank: b, phones: phones}, nil
}

func (w *world) close() error { return errors.Join(w.bank.Close(), w.phones.Close()) }

// run has the bank speak up about orders unasked, as real ones do.
func (w *world) run(ctx context.Context, desk *pay.Desk, from store.Reader) {
	w.bank.Run(ctx, func(ctx context.Context, word sandbox.Word) error {
		order, ok, err := pay.BankOrders.Read(ctx, from, word.Ref)
		if err != nil || !ok {
			return err
		}
		_, err = desk.BankAnswered(ctx, word.Key(), &order, word.Answer)
		return err
	})
}

// newestCode is the last one-time code that a pretend phone received.
func (w *world) newestCode(phone string) party.Secret {
	for _, t := range w.phones.Messages(phone) {
		if t.Code != "" {
			return party.Secret(t.Code)
		}
	}
	return ""
}

// texts are what the pretend phones' page shows.
func (w *world) texts() (texts []web.Text) {
	for _, t := range w.phones.All() {
		texts = append(texts, web.Text{Phone: t.Phone, At: t.At, Body: t.Text, Code: t.Code})
	}
	return texts
}

// door is what the native API lets callers do to the pretend world.
func (w *world) door(p *Platform) *openapi.Sandbox {
	return &openapi.Sandbox{
		Advance: func(ctx context.Context, by engine.By, key string, d time.Duration) (time.Time, error) {
			return p.clock.Advance(ctx, p.engine, by, key, d)
		},
		Texts: func(phone string) (texts []openapi.PhoneText) {
			for _, t := range w.phones.Messages(phone) {
				text := openapi.PhoneText{At: openapi.Time(t.At.UnixMilli()), Text: t.Text}
				if t.Code != "" {
					text.Code = &t.Code
				}
				texts = append(texts, text)
			}
			return texts
		},
		Behave: func(behaviour string, next int) error { return w.bank.Behave(sandbox.Behaviour(behaviour), next) },
		Guide: func() any {
			w.mu.Lock()
			defer w.mu.Unlock()
			return w.file.public()
		},
	}
}

// public is the file without what only its reader on this machine should have.
func (f SandboxFile) public() SandboxFile {
	f.Merchant.APIKey, f.Merchant.SandboxApp = "", SandboxApp{}
	f.Sellers = slices.Clone(f.Sellers)
	for i := range f.Sellers {
		f.Sellers[i].APIKey, f.Sellers[i].SandboxApp = "", SandboxApp{}
	}
	return f
}

func (w *world) guide() web.Guide {
	w.mu.Lock()
	defer w.mu.Unlock()
	g := web.Guide{ShopURL: w.file.ShopURL}
	for _, b := range w.file.Buyers {
		g.Logins = append(g.Logins, web.Login{Face: "wallet", Who: b.Nickname, Login: b.Login, Password: b.Password, PaymentPassword: b.PaymentPassword})
	}
	for _, m := range w.file.Sellers {
		g.Logins = append(g.Logins, web.Login{Face: "merchant", Who: m.Name, Login: m.Login, Password: m.Password})
	}
	for _, o := range w.file.Operators {
		g.Logins = append(g.Logins, web.Login{Face: "console", Who: o.Role, Login: o.Login, Password: o.Password})
	}
	return g
}

// Populate gives a sandbox its people, merchants and goods, unless an earlier
// start did, and writes DIR/sandbox.json. shopURL is where the example shop
// will answer.
func (p *Platform) Populate(ctx context.Context, shopURL string) (SandboxFile, error) {
	name := filepath.Join(p.cfg.Data, sandboxJSON)
	file, err := readSandboxFile(name)
	if err != nil {
		return file, err
	}
	if len(file.Sellers) == 0 {
		if err := p.enrol(ctx, &file); err != nil {
			return file, fmt.Errorf("populate the sandbox: %w; a fresh --data folder starts anew", err)
		}
	}
	if file.Merchant.AppID == "" {
		if file.Merchant.SandboxApp, err = p.enrolApp(ctx, file.Merchant.ID); err != nil {
			return file, fmt.Errorf("register the sandbox's application: %w", err)
		}
	}
	base := p.cfg.BaseURL + "/"
	file.GatewayURL = p.gate.GatewayURL()
	file.APIURL, file.WalletURL, file.MerchantURL, file.ConsoleURL = p.cfg.BaseURL, base+"wallet/", base+"merchant/", base+"console/"
	file.PhoneURL, file.ShopURL = base+"sandbox/phone", shopURL
	p.world.mu.Lock()
	p.world.file = file
	p.world.mu.Unlock()
	return file, writeFile(name, file)
}

func readSandboxFile(name string) (file SandboxFile, err error) {
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return file, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &file)
	}
	if err != nil {
		return file, fmt.Errorf("read %s: %w", name, err)
	}
	return file, nil
}

// writeFile replaces the file as a whole, or not at all.
func writeFile(name string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	temp := name + ".new"
	if err := os.WriteFile(temp, append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return os.Rename(temp, name)
}

var enrolling = engine.By{Actor: "sandbox", Request: "populate"}

// enrol has everybody join as they would in life: by one-time code, with an
// identity and a card, and money from the pretend bank.
func (p *Platform) enrol(ctx context.Context, file *SandboxFile) error {
	file.Sellers = make([]SandboxMerchant, len(pretendSellers))
	file.Buyers = make([]SandboxBuyer, len(pretendBuyers))
	file.Operators = make([]SandboxOperator, len(pretendOperators))
	var wg sync.WaitGroup
	var mu sync.Mutex
	var failed error
	start := func(what string, f func() error) {
		wg.Go(func() {
			if err := f(); err != nil {
				mu.Lock()
				failed = errors.Join(failed, fmt.Errorf("%s: %w", what, err))
				mu.Unlock()
			}
		})
	}
	for i := range pretendSellers {
		start(pretendSellers[i].name, func() (err error) { file.Sellers[i], err = p.enrolSeller(ctx, i); return })
	}
	for i := range pretendBuyers {
		start(pretendBuyers[i].nickname, func() (err error) { file.Buyers[i], err = p.enrolBuyer(ctx, i); return })
	}
	for i := range pretendOperators {
		start(pretendOperators[i].login, func() error {
			o := pretendOperators[i]
			file.Operators[i] = SandboxOperator{Login: o.login, Password: pretendPassword, Role: o.role}
			_, err := p.who.CreateOperator(ctx, ask("operator", o.login), identity.NewColleague{Login: o.login, Name: o.name, Role: party.Role(o.role), Password: pretendPassword})
			return once(err)
		})
	}
	wg.Wait()
	file.Merchant = file.Sellers[0]
	return failed
}

func ask(what, whom string) identity.Ask {
	return identity.Ask{Key: "sandbox/" + what + "/" + whom, By: enrolling}
}

// once forgives what an earlier, interrupted start has done already.
func once(err error) error {
	if no := refusal.Of(err); no != nil && (no.Code == refusal.LoginTaken || no.Code == refusal.PhoneTaken) {
		return nil
	}
	return err
}

func (p *Platform) enrolSeller(ctx context.Context, i int) (SandboxMerchant, error) {
	s := pretendSellers[i]
	m, err := p.who.CreateMerchant(ctx, ask("merchant", s.login), identity.NewMerchant{Name: s.name, FeeRate: s.rate, Login: s.login, Password: pretendPassword})
	if err != nil {
		return SandboxMerchant{}, err
	}
	// A key's secret is told once, so a start after an interrupted one makes another.
	_, secret, err := p.who.CreateKey(ctx, identity.Ask{By: enrolling}, m.ID, "sandbox", party.Full)
	if err != nil {
		return SandboxMerchant{}, err
	}
	if _, err := p.who.AddCard(ctx, ask("card", s.login), m.ID, identity.NewCard{Bank: "ICBC", Number: pretendCard(i), Holder: s.name}); err != nil {
		return SandboxMerchant{}, err
	}
	return SandboxMerchant{ID: party.FormatID(m.ID), Name: s.name, Login: s.login, Password: pretendPassword, APIKey: secret.Reveal(), Shelf: s.shelf}, nil
}

// enrolApp registers an application that may use everything: both kinds of
// signature, and certificates beside its key.
func (p *Platform) enrolApp(ctx context.Context, merchant string) (SandboxApp, error) {
	id, err := party.ParseID(merchant)
	if err != nil {
		return SandboxApp{}, err
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return SandboxApp{}, err
	}
	public, err := wire.FormatPublicKey(&key.PublicKey)
	if err != nil {
		return SandboxApp{}, err
	}
	all := identity.Ask{By: enrolling} // the key is new each time, so a start after an interrupted one makes another
	a, secret, err := p.who.CreateApp(ctx, all, id, identity.NewApp{Name: "sandbox", PublicKey: public})
	if err != nil {
		return SandboxApp{}, err
	}
	old := true
	if _, err = p.who.UpdateApp(ctx, all, id, a.ID, identity.AppChange{SHA1: &old}); err != nil {
		return SandboxApp{}, err
	}
	if a, err = p.who.IssueAppCertificate(ctx, all, id, a.ID); err != nil {
		return SandboxApp{}, err
	}
	_, md5Key, err := p.who.ResetMD5Key(ctx, all, id, a.ID)
	if err != nil {
		return SandboxApp{}, err
	}
	root, err := p.who.AppRoot(ctx, enrolling)
	return SandboxApp{AppID: a.ID, AppPrivateKey: wire.FormatPrivateKey(key), PlatformPublicKey: a.PlatformPublicKey, EncryptKey: secret.Reveal(), MD5Key: md5Key.Reveal(),
		AppCertificate: a.Certificate, PlatformCert: a.PlatformCertificate, PlatformRootBundle: root.Certificate}, err
}

func (p *Platform) enrolBuyer(ctx context.Context, i int) (SandboxBuyer, error) {
	b := pretendBuyers[i]
	person, err := p.who.PersonByPhone(ctx, b.phone)
	if err != nil {
		if person, err = p.signUp(ctx, b.phone, b.nickname); err != nil {
			return SandboxBuyer{}, err
		}
	}
	buyer := SandboxBuyer{ID: party.FormatID(person.ID), Nickname: b.nickname, Login: b.phone, Password: pretendPassword, PaymentPassword: pretendPaymentPassword}
	if !person.HasPaymentPassword() {
		if err := p.who.SetPaymentPassword(ctx, ask("payment-password", b.phone), person.ID, pretendPaymentPassword, "", ""); err != nil {
			return buyer, err
		}
	}
	number := party.MakeResidentID("330106", b.birthday, 100+i)
	if _, err := p.who.VerifyIdentity(ctx, ask("identity", b.phone), person.ID, b.name, number.Reveal(), b.proof); err != nil {
		return buyer, err
	}
	card, err := p.who.AddCard(ctx, ask("card", b.phone), person.ID, identity.NewCard{Bank: "ICBC", Number: pretendCard(10 + i), Holder: b.name})
	if err != nil {
		return buyer, err
	}
	order, err := p.desk.TopUp(ctx, enrolling, "sandbox/top-up/"+b.phone, person.ID, card, b.balance, money.CNY)
	if err != nil {
		return buyer, err
	}
	_, err = p.desk.AskBank(ctx, order.ID)
	return buyer, err
}

func (p *Platform) signUp(ctx context.Context, phone, nickname string) (party.Person, error) {
	if _, err := p.who.SendCode(ctx, identity.Ask{By: enrolling}, phone, party.SignUp); err != nil {
		return party.Person{}, err
	}
	in, err := p.who.SignUp(ctx, ask("sign-up", phone), identity.NewPerson{
		Phone: phone, Code: p.world.newestCode(phone), Password: pretendPassword, Nickname: nickname, Device: identity.DeviceHint{Name: "pretend phone"}})
	if err != nil {
		return party.Person{}, err
	}
	return *in.Person, nil
}

// pretendCard is the number of the nth pretend card: a real bank's first
// digits, none of the endings that make the pretend bank misbehave, and the
// check digit of ISO/IEC 7812.
func pretendCard(n int) party.Secret {
	digits := fmt.Sprintf("62220202001%05d10", 11223+n)
	for check := '0'; check <= '9'; check++ {
		number, err := party.ParseCardNumber(party.Secret(digits + string(check)))
		if err == nil {
			return number
		}
	}
	panic("tongbao: no check digit fits " + digits)
}

// Shop opens the example shop as a customer of this platform, which it reaches
// over HTTP alone, as any customer's shop does.
func Shop(file SandboxFile, data string, log *slog.Logger) (*shop.Shop, error) {
	cfg := shop.Config{TongbaoURL: file.APIURL, PublicURL: strings.TrimSuffix(file.ShopURL, "/"), WalletURL: file.WalletURL, DataDir: filepath.Join(data, "shop"), Logger: log}
	for _, s := range file.Sellers {
		cfg.Sellers = append(cfg.Sellers, shop.Seller{MerchantID: s.ID, Name: s.Name, APIKey: s.APIKey, Shelf: s.Shelf})
	}
	return shop.New(cfg)
}

var _ http.Handler = (*shop.Shop)(nil)

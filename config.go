package tongbao

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"tongbao/internal/door"
	"tongbao/internal/mysqlstore"
	"tongbao/internal/party"
)

// Config says how the platform runs. serve reads it from a TOML file; sandbox
// fills it in itself. docs/configuration.md explains each member.
type Config struct {
	Listen  string `toml:"listen"`   // address to listen on, such as 127.0.0.1:8888
	BaseURL string `toml:"base_url"` // how browsers and merchants reach the platform; https, but on loopback
	Data    string `toml:"data"`     // the folder for everything that is kept
	Server  string `toml:"server"`   // this server's name among those on one store; default: the machine's
	Store   string `toml:"store"`    // where accounts, records and the journal are; empty: in the data folder

	TLS struct {
		Certificate string `toml:"certificate"` // PEM files; the certificate with its chain
		Key         string `toml:"key"`
	} `toml:"tls"`
	Proxy struct {
		// Trusted are the networks of the proxies before us, in CIDR form: their
		// X-Forwarded-For is believed, and TLS is theirs.
		Trusted []string `toml:"trusted"`
	} `toml:"proxy"`

	// Limits say how much comes in at once; see package door.
	Limits door.Limits `toml:"limits"`

	// Codes is the service that brings one-time codes to phones.
	Codes CodeService `toml:"codes"`

	Journal struct {
		// Key is a PEM file with the Ed25519 key that signs the journal's head at each
		// checkpoint; empty: one is made and kept beside the store.
		Key string `toml:"key"`
	} `toml:"journal"`

	// Operations is for those who run the servers.
	Operations struct {
		// Token opens /metrics and the whole of /healthz, as "Authorization: Bearer TOKEN".
		// Empty: nobody may see them.
		Token party.Secret `toml:"token"`
	} `toml:"operations"`

	// Admin is the first operator, made when there is none yet.
	Admin struct {
		Login    string       `toml:"login"`
		Password party.Secret `toml:"password"`
	} `toml:"admin"`

	Sandbox  bool         `toml:"-"`
	NoLimits bool         `toml:"-"` // no rate limits, for measuring
	Logger   *slog.Logger `toml:"-"`
}

// CodeService takes POST requests with {"phone","text","code","purpose"}, signed
// in the header Tongbao-Signature: hexadecimal HMAC-SHA256 of the body by Secret.
// Any 2xx means that the message is on its way.
type CodeService struct {
	URL    string       `toml:"url"`
	Secret party.Secret `toml:"secret"`
}

// ReadConfig reads a file of serve's. A member that it does not know is
// refused: a typing error in a setting must not go unnoticed.
func ReadConfig(file string) (Config, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return Config{}, fmt.Errorf("the configuration cannot be read: %w", err)
	}
	var cfg Config
	seen, err := toml.Decode(string(text), &cfg)
	if err != nil {
		return Config{}, fmt.Errorf("the configuration %s is not TOML as expected: %w", file, err)
	}
	if unknown := seen.Undecoded(); len(unknown) > 0 {
		return Config{}, fmt.Errorf("the configuration %s sets %v, which does not exist", file, unknown)
	}
	return cfg, nil
}

// check refuses what would start and not be safe.
func (c *Config) check() error {
	if c.Data == "" {
		return errors.New("data is not set: the folder for everything that is kept")
	}
	if len(c.Server) > 64 || strings.ContainsFunc(c.Server, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return errors.New("server is a name of at most 64 letters, digits and signs, without spaces")
	}
	if c.Sandbox {
		return nil
	}
	if mysqlstore.Unsafe(c.Store) {
		return errors.New("store has the option durable=no: serve keeps real money, and starts on no database that may lose what it has acknowledged")
	}
	base, err := url.Parse(c.BaseURL)
	if err != nil || base.Host == "" || (base.Scheme != "https" && base.Scheme != "http") {
		return errors.New("base_url is not set to the address by which browsers and merchants reach the platform, such as https://pay.example.com")
	}
	if (c.TLS.Certificate == "") != (c.TLS.Key == "") {
		return errors.New("tls needs both certificate and key")
	}
	if base.Scheme == "http" && !loopback(base.Hostname()) {
		return errors.New("base_url is http on an address that is not this machine: money and passwords travel by https; set tls, or a proxy that does it")
	}
	if base.Scheme == "https" && c.TLS.Certificate == "" && len(c.Proxy.Trusted) == 0 {
		return errors.New("base_url is https, but neither tls (a certificate and key) nor proxy.trusted (the networks of the proxy that has them) is set")
	}
	for _, cidr := range c.Proxy.Trusted {
		if _, err := netip.ParsePrefix(cidr); err != nil {
			return fmt.Errorf("proxy.trusted: %q is not a network such as 10.0.0.0/8", cidr)
		}
	}
	if err := strongSecret("admin.password", c.Admin.Password, 12); err != nil {
		return err
	}
	if c.Admin.Login == "" {
		return errors.New("admin.login is not set: the first operator's login name")
	}
	if c.Codes.URL == "" {
		return errors.New("codes.url is not set: the service that brings one-time codes to phones; without it nobody can sign up")
	}
	if u, err := url.Parse(c.Codes.URL); err != nil || u.Scheme != "https" && !loopback(u.Hostname()) {
		return errors.New("codes.url must be https: one-time codes pass through it")
	}
	if c.Operations.Token != "" {
		if err := strongSecret("operations.token", c.Operations.Token, 24); err != nil {
			return err
		}
	}
	return strongSecret("codes.secret", c.Codes.Secret, 32)
}

// weakWords are what stands in examples and in the sandbox.
var weakWords = []string{"changeme", "change-me", "change_me", "password", "secret", "example", "default", "tongbao", "sandbox", "demo", "admin", "123456"}

func strongSecret(name string, s party.Secret, least int) error {
	text := strings.ToLower(s.Reveal())
	if text == "" {
		return fmt.Errorf("%s is not set; serve starts with no default secret: `openssl rand -base64 32` makes one", name)
	}
	if len(text) < least {
		return fmt.Errorf("%s has %d characters, at least %d are needed: `openssl rand -base64 32` makes one", name, len(text), least)
	}
	for _, word := range weakWords {
		if strings.Contains(text, word) {
			return fmt.Errorf("%s contains %q: it looks like one from an example; `openssl rand -base64 32` makes a real one", name, word)
		}
	}
	return nil
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// proxies are the networks of the proxies before us.
func (c *Config) proxies() (trusted []netip.Prefix) {
	for _, cidr := range c.Proxy.Trusted {
		if p, err := netip.ParsePrefix(cidr); err == nil {
			trusted = append(trusted, p)
		}
	}
	return trusted
}

// clientIP reads the caller's address: the connection's, or, behind trusted
// proxies, the last one in X-Forwarded-For that is none of theirs.
func (c *Config) clientIP() func(*http.Request) string {
	trusted := c.proxies()
	if len(trusted) == 0 {
		return nil
	}
	isProxy := func(text string) bool {
		ip, err := netip.ParseAddr(strings.TrimSpace(text))
		if err != nil {
			return false
		}
		for _, p := range trusted {
			if p.Contains(ip.Unmap()) {
				return true
			}
		}
		return false
	}
	return func(r *http.Request) string {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		if err != nil || !isProxy(host) {
			return host
		}
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		for i := len(hops) - 1; i >= 0; i-- {
			if hop := strings.TrimSpace(hops[i]); hop != "" && !isProxy(hop) {
				return hop
			}
		}
		return host
	}
}

// codeWords are the message that carries a one-time code.
const codeWords = "【通宝】您的验证码是 %s，5 分钟内有效。任何人向您索要都是诈骗。Your Tongbao code is %[1]s, valid for 5 minutes. Never tell it to anyone."

// sendCodeTo brings codes through a service.
func sendCodeTo(service CodeService) func(context.Context, string, party.Secret, party.Purpose) error {
	client := &http.Client{Timeout: 10 * time.Second}
	return func(ctx context.Context, phone string, code party.Secret, purpose party.Purpose) error {
		body, err := json.Marshal(map[string]string{"phone": phone, "code": code.Reveal(), "purpose": string(purpose), "text": fmt.Sprintf(codeWords, code.Reveal())})
		if err != nil {
			return err
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, service.URL, bytes.NewReader(body))
		if err != nil {
			return err
		}
		mac := hmac.New(sha256.New, []byte(service.Secret.Reveal()))
		mac.Write(body)
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Tongbao-Signature", hex.EncodeToString(mac.Sum(nil)))
		response, err := client.Do(request)
		if err != nil {
			return fmt.Errorf("the message service did not answer: %w", err)
		}
		defer response.Body.Close()
		_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<16))
		if response.StatusCode/100 != 2 {
			return errors.New("the message service answered " + strconv.Itoa(response.StatusCode))
		}
		return nil
	}
}

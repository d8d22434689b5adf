package mysqlstore

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-sql-driver/mysql"
)

// address is a parsed URL of a store:
//
//	mysql://USER:PASSWORD@HOST[:PORT][,HOST[:PORT]...]/DATABASE[?durable=no][&archive=FOLDER]
//	mysql+tls://…[?ca=FILE]
//
// With several hosts the first that answers and is fit is taken, and kept until it
// fails or is no longer fit (connector).
type address struct {
	config    *mysql.Config
	hosts     []string
	archive   string // folder of the journal's archives, where they are not where they were written
	unsafe    bool   // durable=no: the database need not keep what it acknowledges
	preferred atomic.Int64
}

// Is says that an address is this store's.
func Is(text string) bool {
	scheme, _, ok := strings.Cut(text, "://")
	return ok && (scheme == "mysql" || scheme == "mysql+tls")
}

// Where is an address without its user and password, for who reads it on a screen.
func Where(text string) string {
	a, err := parseAddress(text)
	if err != nil {
		return ""
	}
	return strings.Join(a.hosts, ",") + "/" + a.config.DBName
}

// Unsafe says that an address allows a database that loses what it has
// acknowledged.
func Unsafe(text string) bool {
	a, err := parseAddress(text)
	return err == nil && a.unsafe
}

const shape = "wanted is mysql://USER:PASSWORD@HOST:PORT/DATABASE, or mysql+tls://"

// parseAddress never repeats the address, which holds a password.
func parseAddress(text string) (*address, error) {
	scheme, rest, _ := strings.Cut(text, "://")
	rest, query, _ := strings.Cut(rest, "?")
	who, where, ok := cutLast(rest, "@")
	hosts, database, ok2 := strings.Cut(where, "/")
	if !ok || !ok2 || hosts == "" {
		return nil, fmt.Errorf("the store's address is not understood: %s", shape)
	}
	if database == "" || strings.Contains(database, "/") {
		return nil, fmt.Errorf("the store's address names no database: %s", shape)
	}
	user, password, _ := strings.Cut(who, ":")
	config := mysql.NewConfig()
	var errs [3]error
	config.User, errs[0] = url.PathUnescape(user)
	config.Passwd, errs[1] = url.PathUnescape(password)
	config.DBName, errs[2] = url.PathUnescape(database)
	if errors.Join(errs[:]...) != nil || config.User == "" {
		return nil, fmt.Errorf("the store's address has no user, or a part that is not escaped as URLs are: %s", shape)
	}
	a := &address{config: config}
	for host := range strings.SplitSeq(hosts, ",") {
		if host = strings.TrimSpace(host); host == "" {
			return nil, fmt.Errorf("the store's address has a comma with no host beside it: %s", shape)
		}
		if _, _, err := net.SplitHostPort(host); err != nil {
			host = net.JoinHostPort(strings.Trim(host, "[]"), "3306")
		}
		a.hosts = append(a.hosts, host)
	}
	options, err := url.ParseQuery(query)
	if err != nil {
		return nil, errors.New("the options of the store's address are not understood")
	}
	ca := options.Get("ca")
	a.archive = options.Get("archive")
	for _, durable := range options["durable"] {
		if durable != "no" {
			return nil, fmt.Errorf("the store's address has durable=%s; only durable=no is allowed, to try things out, and without it the database must keep what it acknowledges", durable)
		}
		a.unsafe = true
	}
	for name := range options {
		if !slices.Contains([]string{"ca", "durable", "archive"}, name) {
			return nil, fmt.Errorf("the store's address has the option %q, which does not exist; durable=no, archive=FOLDER and ca=FILE do", name)
		}
	}
	if scheme == "mysql+tls" {
		if config.TLS, err = secured(a.hosts, ca); err != nil {
			return nil, err
		}
	} else if ca != "" {
		return nil, errors.New("the store's address has the option ca, and not the scheme mysql+tls")
	}

	config.Net, config.Addr = "tcp", a.hosts[0]
	config.DialFunc = a.dial
	config.Timeout = 5 * time.Second
	config.ReadTimeout, config.WriteTimeout = slowest, slowest
	config.Collation, config.InterpolateParams, config.RejectReadOnly = "binary", true, true
	config.MaxAllowedPacket = 0 // the server's
	config.Logger = silent{}
	return a, nil
}

// silent passes over what the driver would log: it comes back as an error as well.
type silent struct{}

func (silent) Print(...any) {}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// secured is what a host must show: a certificate for one of the address's hosts, by an
// authority of the system's or by the one in a file.
func secured(hosts []string, ca string) (*tls.Config, error) {
	var names []string
	for _, host := range hosts {
		name, _, err := net.SplitHostPort(host)
		if err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	var roots *x509.CertPool // the system's
	if ca != "" {
		text, err := os.ReadFile(ca)
		if err != nil {
			return nil, fmt.Errorf("the store's certificate authority cannot be read: %w", err)
		}
		roots = x509.NewCertPool()
		if !roots.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("%s holds no certificate in PEM", ca)
		}
	}
	// The driver doesn't tell which of the hosts it speaks with, so all of it is verified
	// here and nothing by crypto/tls.
	return &tls.Config{MinVersion: tls.VersionTLS12, ServerName: names[0], InsecureSkipVerify: true, VerifyConnection: func(shown tls.ConnectionState) (err error) {
		options := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool()}
		for _, c := range shown.PeerCertificates[1:] {
			options.Intermediates.AddCert(c)
		}
		for _, options.DNSName = range names {
			if _, err = shown.PeerCertificates[0].Verify(options); err == nil {
				break
			}
		}
		return err
	}}, nil
}

// reached is where dial notes, for who asks, which host it was.
type reached struct{}

// leave has others tried first from now on, where a host was the preferred one: it
// answers, and cannot be used.
func (a *address) leave(host int64) {
	a.preferred.CompareAndSwap(host, (host+1)%int64(len(a.hosts)))
}

// dial tries the hosts, the one that answered last first.
func (a *address) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	var errs []error
	first := a.preferred.Load()
	for i := range a.hosts {
		n := (int(first) + i) % len(a.hosts)
		var dialer net.Dialer
		c, err := dialer.DialContext(ctx, network, a.hosts[n])
		if err == nil {
			a.preferred.CompareAndSwap(first, int64(n))
			if told, asked := ctx.Value(reached{}).(*int64); asked {
				*told = int64(n)
			}
			return c, nil
		}
		errs = append(errs, err)
		if ctx.Err() != nil {
			break
		}
	}
	return nil, errors.Join(errs...)
}

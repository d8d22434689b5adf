package webhook

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"

	"tongbao/internal/party"
	"tongbao/internal/refusal"
)

// A merchant's address must not become a way into our own network. In live mode
// it is looked at twice: when it is registered, so that the merchant hears of
// it, and at every dial, on the very address that is dialled, because a name can
// lead elsewhere a moment later (DNS rebinding).

const longestURL = 2048

// checkURL refuses what can't be an endpoint. Refusal: webhook_url_refused.
func (s *Service) checkURL(ctx context.Context, text string) error {
	no := func(why string) error { return refusal.In("url", refusal.WebhookURLRefused, "%s", why) }
	u, err := url.Parse(text)
	if err != nil || len(text) > longestURL || u.Hostname() == "" || u.Opaque != "" {
		return no("not the address of a web server")
	}
	if u.Scheme != "https" && (u.Scheme != "http" || s.opt.Mode == party.Live) {
		return no("the address must begin with https://")
	}
	if u.User != nil || u.Fragment != "" {
		return no("the address must not carry a user name, a password or a fragment")
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return no("not the number of a port")
		}
	}
	if s.opt.Mode != party.Live {
		return nil
	}
	if !publicName(u.Hostname()) {
		return no("the address must be on the public internet")
	}
	addrs, err := s.opt.Lookup(ctx, "ip", u.Hostname())
	if err != nil || len(addrs) == 0 {
		return no("the name leads to no address")
	}
	for _, addr := range addrs {
		if !public(addr) {
			return no("the address must be on the public internet")
		}
	}
	return nil
}

// publicName refuses what is no name of the public internet, whatever it may
// lead to: names of our own network, and the odd ways of writing an address.
func publicName(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		return public(addr)
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	last := host[strings.LastIndexByte(host, '.')+1:]
	switch last {
	case host, "", "localhost", "local", "internal", "intranet", "lan", "home", "corp", "arpa", "test", "invalid", "onion":
		return false // a single label, and names that are never public (RFC 6761, 6762, 8375; ICANN on .internal)
	}
	return last[0] < '0' || last[0] > '9' // 127.1, 0x7f.1, 2130706433: addresses in disguise
}

// notPublic are the stretches that the methods of netip.Addr don't name.
var notPublic = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),        // this network
	netip.MustParsePrefix("100.64.0.0/10"),    // carriers' own; a cloud's metadata at 100.100.100.200
	netip.MustParsePrefix("168.63.129.16/32"), // a cloud's metadata
	netip.MustParsePrefix("192.0.0.0/24"),     // protocols' own
	netip.MustParsePrefix("192.0.2.0/24"),     // examples, as the next two
	netip.MustParsePrefix("198.51.100.0/24"),  //
	netip.MustParsePrefix("203.0.113.0/24"),   //
	netip.MustParsePrefix("192.88.99.0/24"),   // 6to4 relays
	netip.MustParsePrefix("198.18.0.0/15"),    // benchmarks
	netip.MustParsePrefix("240.0.0.0/4"),      // reserved, broadcast
	netip.MustParsePrefix("64:ff9b::/96"),     // IPv4 in disguise, as the next four
	netip.MustParsePrefix("64:ff9b:1::/48"),   //
	netip.MustParsePrefix("2002::/16"),        //
	netip.MustParsePrefix("2001::/23"),        //
	netip.MustParsePrefix("::/96"),            //
	netip.MustParsePrefix("100::/64"),         // discard
	netip.MustParsePrefix("2001:db8::/32"),    // examples, as the next
	netip.MustParsePrefix("3fff::/20"),        //
	netip.MustParsePrefix("5f00::/16"),        // segment routing
	netip.MustParsePrefix("fec0::/10"),        // sites' own, of old
}

// public says that the address is on the public internet.
func public(addr netip.Addr) bool {
	if addr.Zone() != "" {
		return false
	}
	addr = addr.Unmap()
	if !addr.IsGlobalUnicast() || addr.IsPrivate() {
		return false // loopback, link-local (169.254.169.254), multicast, unspecified, 10/8, 172.16/12, 192.168/16, fc00::/7
	}
	for _, p := range notPublic {
		if p.Contains(addr) {
			return false
		}
	}
	return true
}

// CheckAddress refuses an address that a merchant's program cannot be told at,
// without looking its name up: whoever dials looks again.
// Refusal: webhook_url_refused.
func (s *Service) CheckAddress(text string) error {
	no := func(why string) error { return refusal.In("notify_url", refusal.WebhookURLRefused, "%s", why) }
	u, err := url.Parse(text)
	if err != nil || len(text) > longestURL || u.Hostname() == "" || u.Opaque != "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil {
		return no("not the address of a web server")
	}
	if s.opt.Mode == party.Live && !publicName(u.Hostname()) {
		return no("the address must be on the public internet")
	}
	return nil
}

var errPrivate = errors.New("the name led into a private network; nothing was sent")

// dial connects to a name as Lookup resolves it now.
func (s *Service) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	addrs := []netip.Addr{}
	if addr, err := netip.ParseAddr(host); err == nil {
		addrs = append(addrs, addr)
	} else if addrs, err = s.opt.Lookup(ctx, "ip", host); err != nil {
		return nil, fmt.Errorf("look %s up: %w", host, err)
	}
	dialer := net.Dialer{Timeout: dialTimeout, Control: s.control}
	var failed error = &net.DNSError{Err: "no address", Name: host, IsNotFound: true}
	for _, addr := range addrs {
		conn, err := dialer.DialContext(ctx, network, net.JoinHostPort(addr.String(), port))
		if err == nil {
			return conn, nil
		}
		failed = err
	}
	return nil, failed
}

// control is asked between resolving and connecting, with the address itself.
func (s *Service) control(_, address string, _ syscall.RawConn) error {
	if s.opt.Mode != party.Live {
		return nil
	}
	at, err := netip.ParseAddrPort(address)
	if err != nil || !public(at.Addr()) {
		return errPrivate
	}
	return nil
}

package mysqlstore

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tongbao/test/servers"
)

// authority makes an authority and a certificate of its for 127.0.0.1 alone, and returns
// the authority's file and the options by which a server shows the certificate.
func authority(t *testing.T) (ca string, options []string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "tongbao-tls-") // where the server, as another user, may read
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, der []byte) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o644); err != nil {
			t.Fatal(err)
		}
		return file
	}
	key := func() *ecdsa.PrivateKey {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	root := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	rootKey, serverKey := key(), key()
	rootDER, err := x509.CreateCertificate(rand.Reader, root, root, rootKey.Public(), rootKey)
	if err != nil {
		t.Fatal(err)
	}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "database"}, NotBefore: root.NotBefore, NotAfter: root.NotAfter,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, root, serverKey.Public(), rootKey)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(serverKey)
	if err != nil {
		t.Fatal(err)
	}
	ca = write("ca.pem", "CERTIFICATE", rootDER)
	return ca, []string{"--ssl-ca=" + ca, "--ssl-cert=" + write("cert.pem", "CERTIFICATE", leafDER), "--ssl-key=" + write("key.pem", "PRIVATE KEY", keyDER)}
}

func TestEncryptedOnMariaDB(t *testing.T) {
	ca, options := authority(t)
	encrypted(t, servers.MariaDB(t, options...), ca)
}

func TestEncryptedOnMySQL(t *testing.T) {
	ca, options := authority(t)
	server := servers.MySQL(t, options...)
	encrypted(t, server, ca)

	// Without TLS a password that the server has not seen before goes through its public key.
	var plugin string
	root, err := server.Root()
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if err := root.QueryRow("SELECT plugin FROM mysql.user WHERE user = ?", servers.User).Scan(&plugin); err != nil || plugin != "caching_sha2_password" {
		t.Fatalf("the user signs in by %q, %v", plugin, err)
	}
	server.Exec(t, "FLUSH PRIVILEGES") // it has seen none
	if err := mustOpen(t, Options{Address: server.Database(t)}).Close(); err != nil {
		t.Error(err)
	}
}

// encrypted opens the store by TLS: the host must show a certificate of the authority,
// for one of the address's hosts.
func encrypted(t *testing.T, server *servers.Server, ca string) {
	url := strings.Replace(server.Database(t), "mysql://", "mysql+tls://", 1)
	_, port, _ := net.SplitHostPort(server.Addr)
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := silent.Addr().(*net.TCPAddr)
	silent.Close()
	for _, c := range []struct {
		name, hosts, options string
		want                 []string // in why it is refused; empty for opened
	}{
		{"as it should be", server.Addr, "?ca=" + ca, nil},
		{"an authority that nobody knows", server.Addr, "", []string{"unknown authority", "by ?ca=FILE"}},
		{"another host's certificate", net.JoinHostPort("localhost", port), "?ca=" + ca, []string{"localhost", "a certificate that names the hosts of the address"}},
		{"the second host's", "localhost:" + strings.TrimPrefix(nobody.String(), "127.0.0.1:") + ", " + server.Addr, "?ca=" + ca, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := Open(context.Background(), Options{Address: strings.Replace(url, server.Addr, c.hosts, 1) + c.options})
			if c.want != nil {
				if err == nil {
					s.Close()
					t.Fatal("it was opened")
				}
				for _, want := range c.want {
					if !strings.Contains(err.Error(), want) {
						t.Errorf("%v: it lacks %q", err, want)
					}
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			var name, cipher string
			if err := s.write.QueryRow("SHOW SESSION STATUS LIKE 'Ssl_cipher'").Scan(&name, &cipher); err != nil || cipher == "" {
				t.Errorf("the connection is not encrypted (%q, %v)", cipher, err)
			}
		})
	}
}

package wire

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"tongbao/internal/money"
)

var testKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func TestAmountsAreExact(t *testing.T) {
	for text, want := range map[string]money.Amount{"0.01": 1, "1": 100, "1.5": 150, "12.34": 1234, "100000000": money.MaxAmount, "100000000.00": money.MaxAmount, "007.10": 710} {
		if got, err := ParseAmount(text); err != nil || got != want {
			t.Errorf("%q is %d (%v), want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "0", "0.00", "0.001", "1e3", "-1", "-0", "+1", " 1", "1 ", "１", "1.", ".5", "1,000", "0x10", "NaN", "Inf", "1_0"} {
		if got, err := ParseAmount(text); !errors.Is(err, ErrAmount) {
			t.Errorf("%q is %d (%v), want a refusal", text, got, err)
		}
	}
	for _, text := range []string{"100000000.01", "99999999999999999999999"} {
		if got, err := ParseAmount(text); !errors.Is(err, ErrAmountLarge) {
			t.Errorf("%q is %d (%v), want a refusal for its size", text, got, err)
		}
	}
}

func TestFormsAreDecodedOnceAndHoldEachNameOnce(t *testing.T) {
	p, err := ParseForm("b=%2B%2525&a=%E8%8C%B6+x&&c=&d")
	if err != nil || p["a"] != "茶 x" || p["b"] != "+%25" || p["c"] != "" || len(p) != 4 {
		t.Errorf("got %q, %v", p, err)
	}
	if got := p.Canonical(DropEmpty); got != "a=茶 x&b=+%25" {
		t.Errorf("signed without empty ones: %s", got)
	}
	if got := p.Canonical(KeepEmpty, "b"); got != "a=茶 x&c=&d=" {
		t.Errorf("signed with empty ones: %s", got)
	}
	if _, err := ParseForm("a=1&a=2"); !errors.Is(err, ErrTwice) {
		t.Errorf("two values of one name: %v", err)
	}
	if _, err := ParseForm("charset=utf-8&charset=utf-8"); err != nil {
		t.Errorf("the same value twice: %v", err)
	}
	if m := Merge(Params{"charset": "gbk", "x": "1"}, Params{"charset": "utf-8"}); m["charset"] != "utf-8" || m["x"] != "1" {
		t.Errorf("the body's word does not count: %v", m)
	}
	for _, bad := range []string{"a=%zz", "%=1", strings.Repeat("x", 200) + "=1"} {
		if _, err := ParseForm(bad); !errors.Is(err, ErrForm) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestAMultipartBodyIsAFormWithFiles(t *testing.T) {
	body := "--x\r\nContent-Disposition: form-data; name=\"biz_content\"\r\n\r\n{\"a\":\"茶\"}\r\n" +
		"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\nPNG\r\n--x--\r\n"
	p, files, err := ParseBody(`multipart/form-data; boundary=x`, strings.NewReader(body))
	if err != nil || p["biz_content"] != `{"a":"茶"}` || len(files) != 1 || string(files[0].Data) != "PNG" || files[0].Name != "a.png" {
		t.Errorf("got %q %v %v", p, files, err)
	}
	if _, _, err := ParseBody("application/json", strings.NewReader("{}")); !errors.Is(err, ErrMediaType) {
		t.Errorf("JSON is no form: %v", err)
	}
	if _, _, err := ParseBody("multipart/form-data", strings.NewReader(body)); !errors.Is(err, ErrForm) {
		t.Errorf("no boundary: %v", err)
	}
}

func TestCharsets(t *testing.T) {
	gbk := GBK.Encode("春茶€")
	if back, err := GBK.Decode(gbk); err != nil || back != "春茶€" && back != "春茶?" {
		t.Errorf("got %q, %v", back, err)
	}
	if _, err := UTF8.Decode(gbk); !errors.Is(err, ErrCharset) {
		t.Errorf("GBK passes for UTF-8: %v", err)
	}
	if c, err := ParseCharset("GB2312"); c != GBK || err != nil {
		t.Errorf("got %v, %v", c, err)
	}
	if _, err := ParseCharset("latin-1"); !errors.Is(err, ErrCharset) {
		t.Errorf("an unknown charset: %v", err)
	}
}

func TestSignaturesFitOneStringOneKeyAndOneType(t *testing.T) {
	key := testKey()
	for _, how := range []SignType{RSA, RSA2} {
		s, err := Sign(key, how, []byte("a=1"))
		if err != nil {
			t.Fatal(err)
		}
		if err := Verify(&key.PublicKey, how, []byte("a=1"), s); err != nil {
			t.Errorf("%s: %v", how, err)
		}
		if err := Verify(&key.PublicKey, how, []byte("a=2"), s); !errors.Is(err, ErrSignature) {
			t.Errorf("%s fits another string: %v", how, err)
		}
		if err := Verify(&key.PublicKey, map[SignType]SignType{RSA: RSA2, RSA2: RSA}[how], []byte("a=1"), s); !errors.Is(err, ErrSignature) {
			t.Errorf("%s fits the other type: %v", how, err)
		}
	}
	if err := Verify(&key.PublicKey, RSA2, nil, "not base64!"); !errors.Is(err, ErrSignatureForm) {
		t.Errorf("got %v", err)
	}
}

func TestContentsAreEncryptedAsPublished(t *testing.T) {
	const key = "AAAAAAAAAAAAAAAAAAAAAA==" // FIPS 197's all-zero key: its block of zeros is known
	block, err := Encrypt(key, make([]byte, 16))
	if err != nil || !strings.HasPrefix(block, "ZulL1O+KLDuITPpZyjQrLg"[:20]) {
		t.Errorf("got %s, %v", block, err)
	}
	for n := range 40 {
		plain := strings.Repeat("x", n)
		text, err := Encrypt(key, []byte(plain))
		if err != nil {
			t.Fatal(err)
		}
		if back, err := Decrypt(key, text); err != nil || string(back) != plain {
			t.Errorf("%d bytes come back as %q, %v", n, back, err)
		}
	}
	for _, bad := range []string{"", "AAAA", "!", "AAAAAAAAAAAAAAAAAAAAAA=="} {
		if _, err := Decrypt(key, bad); !errors.Is(err, ErrCiphertext) {
			t.Errorf("%q decrypts: %v", bad, err)
		}
	}
	for _, bad := range []string{"", "AAAA", "x"} {
		if CheckAESKey(bad) == nil {
			t.Errorf("%q passes for a key", bad)
		}
	}
}

func TestKeysAreReadInEveryForm(t *testing.T) {
	key := testKey()
	private, public := FormatPrivateKey(key), must(FormatPublicKey(&key.PublicKey))
	if strings.HasSuffix(private, "\n") || strings.HasSuffix(public, "\n") {
		t.Error("a key ends with a line's end, over which one SDK stumbles")
	}
	bare := strings.Join(strings.Split(public, "\n")[1:len(strings.Split(public, "\n"))-1], "")
	for _, text := range []string{public, bare} {
		if got, err := ParsePublicKey(text); err != nil || !got.Equal(&key.PublicKey) {
			t.Errorf("%.40s: %v", text, err)
		}
	}
	if got, err := ParsePrivateKey(private); err != nil || !got.Equal(key) {
		t.Error(err)
	}
	pkcs8, _ := x509.MarshalPKCS8PrivateKey(key)
	if got, err := ParsePrivateKey(armour("PRIVATE KEY", pkcs8)); err != nil || !got.Equal(key) {
		t.Error(err)
	}
	for _, bad := range []string{"", "x", private, strings.Repeat("A", 1<<20)} {
		if _, err := ParsePublicKey(bad); err == nil {
			t.Errorf("%.20q passes for a public key", bad)
		}
	}
}

func TestSerialNumbersFollowTheRule(t *testing.T) {
	text := testCertificate(big.NewInt(1234567890))
	cert, _, err := ParseCertificate(text)
	if err != nil {
		t.Fatal(err)
	}
	// md5 of "CN=Root,OU=Unit,O=Org,C=CN1234567890"
	if got := SerialNo(cert); got != "751e5ffb1833ed470927ba40d3c64565" {
		t.Errorf("got %s", got)
	}
	if got, want := RootSerialNo(text+"\n"+text), SerialNo(cert)+"_"+SerialNo(cert); got != want {
		t.Errorf("a bundle of two is %s, want %s", got, want)
	}
}

func testCertificate(serial *big.Int) string {
	key := testKey()
	template := &x509.Certificate{SerialNumber: serial, NotAfter: time.Now().Add(time.Hour), SignatureAlgorithm: x509.SHA256WithRSA,
		Subject: pkix.Name{CommonName: "Root", OrganizationalUnit: []string{"Unit"}, Organization: []string{"Org"}, Country: []string{"CN"}}}
	return FormatCertificate(must(x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)))
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func FuzzParameters(f *testing.F) {
	for _, seed := range []string{"a=1&b=2", "a=%E8%8C%B6+%2B", "a&b=&=c", "a=1&a=1", "%zz=1", "biz_content=%7B%22a%22%3A1%7D", "a=\xff%ff", "&&&", "a==b=c"} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, query, body string) {
		q, err := ParseForm(query)
		if err != nil {
			return
		}
		b, _, err := ParseBody("application/x-www-form-urlencoded", strings.NewReader(body))
		if err != nil {
			return
		}
		merged := Merge(q, b)
		values := url.Values{}
		for name, value := range merged {
			values.Set(name, value)
		}
		again, err := ParseForm(values.Encode())
		if err != nil || again.Canonical(KeepEmpty) != merged.Canonical(KeepEmpty) {
			t.Errorf("written and read again it is %q, not %q (%v)", again, merged, err)
		}
	})
}

func FuzzMultipart(f *testing.F) {
	f.Add("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--x--\r\n")
	f.Add("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"a\"; filename=\"b\"\r\n\r\n1\r\n--x--\r\n")
	f.Add("multipart/form-data", "--")
	f.Add("text/plain; charset=utf-8", "a=1")
	f.Add("; =", "a=1")
	f.Fuzz(func(_ *testing.T, contentType, body string) {
		_, _, _ = ParseBody(contentType, strings.NewReader(body))
	})
}

func FuzzCanonical(f *testing.F) {
	f.Add("a", "1", "sign", "x", "")
	f.Add("a1", "", "a", "b=c&d", " ")
	f.Fuzz(func(t *testing.T, name1, value1, name2, value2, value3 string) {
		p := Params{name1: value1, name2: value2, "sign": value3}
		for _, text := range p.Candidates() {
			if strings.HasPrefix(text, "sign=") && name1 != "sign" && name2 != "sign" {
				t.Errorf("the signature is part of what is signed: %q", text)
			}
		}
		kept := p.Canonical(KeepEmpty)
		for name, value := range p {
			if !strings.Contains(kept, name+"="+value) {
				t.Errorf("%q=%q is missing in %q", name, value, kept)
			}
		}
	})
}

func FuzzDecrypt(f *testing.F) {
	const key = "AAECAwQFBgcICQoLDA0ODw=="
	f.Add(key, must(Encrypt(key, []byte(`{"out_trade_no":"1"}`))))
	f.Add(key, "")
	f.Add("AAAA", "AAAAAAAAAAAAAAAAAAAAAA==")
	f.Add(key, "AAAAAAAAAAAAAAAAAAAAAA==")
	f.Fuzz(func(t *testing.T, key, text string) {
		plain, err := Decrypt(key, text)
		if err != nil {
			return
		}
		again, err := Encrypt(key, plain)
		if back, err2 := Decrypt(key, again); err != nil || err2 != nil || string(back) != string(plain) {
			t.Errorf("%q comes back as %q (%v, %v)", plain, back, err, err2)
		}
	})
}

func FuzzCertificate(f *testing.F) {
	good := testCertificate(big.NewInt(7))
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Add(good + "\n" + good)
	f.Add("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----")
	f.Add(must(FormatPublicKey(&testKey().PublicKey)))
	f.Fuzz(func(t *testing.T, text string) {
		if cert, key, err := ParseCertificate(text); err == nil && (key == nil || len(SerialNo(cert)) != 32) {
			t.Error("a certificate without a key or number passes")
		}
		_ = RootSerialNo(text)
		_, _ = ParsePublicKey(text)
		_, _ = ParsePrivateKey(text)
	})
}

func FuzzAmount(f *testing.F) {
	for _, seed := range []string{"0.01", "100000000.00", "0.001", "1e3", "-1", " 1", "１", "100000000.01", "1.", "00.10"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		amount, err := ParseAmount(text)
		if err != nil {
			return
		}
		if amount < 1 || amount > money.MaxAmount || strings.Trim(text, "0123456789.") != "" {
			t.Errorf("%q passes as %d", text, amount)
		}
		if again, err := ParseAmount(FormatAmount(amount)); err != nil || again != amount {
			t.Errorf("%q is %d, and written again %d (%v)", text, amount, again, err)
		}
	})
}

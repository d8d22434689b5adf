package wire

import (
	"strings"
	"testing"
)

func FuzzParseAuthorization(f *testing.F) {
	for _, seed := range []string{"ALIPAY-SHA256withRSA app_id=1,nonce=n,timestamp=2,sign=AA==", "ALIPAY-SHA256withRSA app_id=1,app_cert_sn=a,nonce=n,timestamp=2,expired_seconds=60,more=x=y,sign=,sign=A",
		"ALIPAY-SHA256withRSA ,sign=", "Bearer x", "ALIPAY-SHA256withRSA app_id=1,app_id=2,sign=A", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		a, err := ParseAuthorization(header)
		if err != nil {
			return
		}
		if header != authorizationScheme+a.Said+",sign="+a.Sign {
			t.Fatalf("%q was read as %q and %q", header, a.Said, a.Sign)
		}
		for name, value := range a.Fields {
			if !strings.Contains(a.Said, name+"="+value) {
				t.Fatalf("%q does not say %s=%s", a.Said, name, value)
			}
		}
		if text := string(a.Signed("POST", "/v3/x", []byte("{}"), "")); !strings.HasSuffix(text, "\nPOST\n/v3/x\n{}\n") {
			t.Fatalf("signed is %q", text)
		}
	})
}

func TestAuthorizationsOfAnotherFormAreRefused(t *testing.T) {
	for _, bad := range []string{"", "ALIPAY-SHA256withRSA", "ALIPAY-SHA256withRSA app_id=1", "alipay-sha256withrsa app_id=1,sign=A", "ALIPAY-SHA256withRSA app_id,sign=A",
		"ALIPAY-SHA256withRSA app_id=1,app_id=2,sign=A", "ALIPAY-SHA256withRSA " + strings.Repeat("a=1,", 2000) + "sign=A"} {
		if a, err := ParseAuthorization(bad); err == nil {
			t.Errorf("%.60q was read as %+v", bad, a)
		}
	}
}

package alipay

import (
	"encoding/base64"

	"tongbao/internal/party"
)

type certIn struct {
	SerialNo text `json:"alipay_cert_sn"`
}

type certOut struct {
	Content string `json:"alipay_cert_content"` // base64 of the PEM
}

var certDownload = of(method{name: "alipay.open.app.alipaycert.download", right: party.View}, func(c *call, in *certIn) (any, error) {
	number := string(in.SerialNo)
	if number == "" { // some programs send it beside the content
		number = c.params.Get("alipay_cert_sn")
	}
	if number != c.app.PlatformSerialNo {
		return nil, refuse(invalidArguments, "isv.alipay-cert-not-exist", "there is no certificate of that serial number for this application")
	}
	return certOut{Content: base64.StdEncoding.EncodeToString([]byte(c.app.PlatformCertificate))}, nil
})

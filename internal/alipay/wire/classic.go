package wire

import (
	"crypto/hmac"
	"crypto/md5"
	"encoding/hex"
)

// Classic is the string that the classic protocol signs: all parameters but
// sign, sign_type and those without a value.
func (p Params) Classic() string { return p.Canonical(DropEmpty, "sign", "sign_type") }

// SumMD5 is the classic protocol's sum of a string and a shared key, in lower
// case hex.
func SumMD5(key, text string) string {
	sum := md5.Sum([]byte(text + key))
	return hex.EncodeToString(sum[:])
}

// SumMD5Fits says whether sum is one of the text with the key. An empty key fits
// nothing. It takes as long for every wrong sum.
func SumMD5Fits(key, text, sum string) bool {
	return key != "" && hmac.Equal([]byte(SumMD5(key, text)), []byte(sum))
}

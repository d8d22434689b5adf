// Package party is who takes part: people, merchants and their staff, the
// platform's operators; how each proves to be who they say (passwords, one-time
// codes, sessions, API keys); and which rules all that is under: what a phone
// number, a resident's number and a good password are, how often one may guess,
// who may do what. Values in, values out: it refuses to know how anything is
// hashed, stored or sent, and what time it is.
//
// Times are Unix milliseconds of business time. Records are encoded by their
// numbered tags: never renumber.
package party

import (
	"strconv"

	"tongbao/internal/refusal"
)

// Every party's id is 16 digits and begins with 2088, as merchants know it from
// the protocol: 2088 and twelve digits. Merchants' go on with an 8 or 9, so that
// an id alone says whether its balance is a person's or a merchant's.
const (
	firstID       uint64 = 2088_0000_0000_0000
	firstMerchant uint64 = 2088_8000_0000_0000
	idRange       uint64 = 1_0000_0000_0000
)

// IDFrom makes a person's id of a random number.
func IDFrom(random uint64) uint64 { return firstID + random%(firstMerchant-firstID) }

// MerchantIDFrom makes a merchant's id of a random number.
func MerchantIDFrom(random uint64) uint64 {
	return firstMerchant + random%(firstID+idRange-firstMerchant)
}

// IsMerchant says that id is a merchant's and not a person's.
func IsMerchant(id uint64) bool { return id >= firstMerchant && id < firstID+idRange }

// ValidID says that id has the form of a party's.
func ValidID(id uint64) bool { return id >= firstID && id < firstID+idRange }

// FormatID is the id as people, records and the API write it.
func FormatID(id uint64) string { return strconv.FormatUint(id, 10) }

// ParseID reads what FormatID wrote. Refusal: invalid_field.
func ParseID(text string) (uint64, error) {
	id, err := strconv.ParseUint(text, 10, 64)
	if err != nil || len(text) != 16 || !ValidID(id) {
		return 0, refusal.New(refusal.InvalidField, "a party's id is 16 digits and begins with 2088")
	}
	return id, nil
}

// Face is a door of the platform: which screen somebody signs in at, and so
// what kind of party it can be.
type Face string

const (
	Wallet       Face = "wallet"   // people
	MerchantFace Face = "merchant" // a merchant's staff
	Console      Face = "console"  // the platform's operators
)

// Valid says that there is such a face.
func (f Face) Valid() bool { return f == Wallet || f == MerchantFace || f == Console }

// Mode says whether money is pretend or real. Keys of one mode are unknown in
// the other.
type Mode string

const (
	Test Mode = "test"
	Live Mode = "live"
)

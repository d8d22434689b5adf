package sandbox

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"tongbao/internal/party"
	"tongbao/internal/refusal"
)

// The numbers by which real cards are told apart, of 122 banks: the bank list of
// the npm package bankcardinfo 2.0.6 (ISC).
//
//go:embed data/card-bins.csv
var cardBins string

// BankName is a bank in the directory.
type BankName struct {
	Code string
	Name string
}

// CardType is what a card's first digits say of it.
type CardType struct {
	Bank BankName
	Kind party.CardKind
}

type bin struct {
	card   CardType
	length int
}

// directory is the file, read once.
var directory = sync.OnceValue(func() (d struct {
	bins  map[string][]bin
	banks []BankName
}) {
	d.bins = map[string][]bin{}
	rows, err := csv.NewReader(strings.NewReader(cardBins)).ReadAll()
	if err != nil {
		panic(fmt.Sprintf("sandbox: the card directory cannot be read: %v", err))
	}
	for _, row := range rows[1:] {
		length, err := strconv.Atoi(row[4])
		if err != nil {
			panic(fmt.Sprintf("sandbox: the card directory has the length %q", row[4]))
		}
		bank, kind := BankName{Code: row[0], Name: row[1]}, party.Debit
		if row[2] == "CC" || row[2] == "SCC" { // credit, and credit with a deposit; DC and PC are debit and prepaid
			kind = party.Credit
		}
		d.bins[row[3]] = append(d.bins[row[3]], bin{card: CardType{Bank: bank, Kind: kind}, length: length})
		// Two banks stand there under two names; the first is the one.
		if !slices.ContainsFunc(d.banks, func(b BankName) bool { return b.Code == bank.Code }) {
			d.banks = append(d.banks, bank)
		}
	}
	slices.SortFunc(d.banks, func(a, b BankName) int { return strings.Compare(a.Code, b.Code) })
	return d
})

// Banks lists the banks of the directory by their codes.
func Banks() []BankName { return slices.Clone(directory().banks) }

// FindBank finds a bank by its code.
func FindBank(code string) (BankName, bool) {
	banks := directory().banks
	i, ok := slices.BinarySearchFunc(banks, code, func(b BankName, code string) int { return strings.Compare(b.Code, code) })
	if !ok {
		return BankName{}, false
	}
	return banks[i], true
}

// Recognise tells whose card a number is by the longest known beginning of it.
// Refusal: invalid_field (card_number), of what is no card's number.
func Recognise(number party.Secret) (CardType, bool, error) {
	number, err := party.ParseCardNumber(number)
	if err != nil {
		return CardType{}, false, err
	}
	digits := number.Reveal()
	for n := min(len(digits), 10); n >= 2; n-- {
		for _, b := range directory().bins[digits[:n]] {
			if b.length == len(digits) {
				return b.card, true, nil
			}
		}
	}
	return CardType{}, false, nil
}

// BankOf is the code of the bank that the directory knows a card to be of.
func BankOf(number party.Secret) (code string, known bool) {
	card, known, err := Recognise(number)
	return card.Bank.Code, known && err == nil
}

// BindCard is the pretend bank's counter for cards, in the form in which package
// identity asks: it knows every card that the directory knows, and gives a token
// from which the number cannot be read, but for the last four digits by which a
// card makes the bank behave. Refusal: invalid_field (card_number, bank_code).
func BindCard(_ context.Context, bank string, number party.Secret, _ string) (token string, err error) {
	card, known, err := Recognise(number)
	if err != nil {
		return "", err
	}
	if !known {
		return "", refusal.In("card_number", refusal.InvalidField, "no bank in the directory has a card like this")
	}
	if card.Bank.Code != bank {
		return "", refusal.In("bank_code", refusal.InvalidField, "the card is one of %s", card.Bank.Code)
	}
	digits := number.Reveal()
	sum := sha256.Sum256([]byte("sandbox card " + digits))
	return "sbx_" + hex.EncodeToString(sum[:10]) + "_" + digits[len(digits)-4:], nil
}

// CardNumber makes a number that the directory knows as a debit card of the
// bank's, and that ends with the four digits: one to bind in the sandbox.
func CardNumber(bank, last4 string) (party.Secret, bool) {
	prefixes := make([]string, 0, len(directory().bins))
	for prefix := range directory().bins {
		prefixes = append(prefixes, prefix)
	}
	slices.Sort(prefixes)
	for _, prefix := range prefixes {
		for _, b := range directory().bins[prefix] {
			if b.card.Bank.Code != bank || b.card.Kind != party.Debit || b.length < len(prefix)+5 {
				continue
			}
			// One of ten digits in the middle makes the check digit right.
			for d := range 10 {
				middle := strings.Repeat("0", b.length-len(prefix)-5)
				number := party.Secret(prefix + middle + strconv.Itoa(d) + last4)
				if card, known, err := Recognise(number); err == nil && known && card.Bank.Code == bank {
					return number, true
				}
			}
		}
	}
	return "", false
}

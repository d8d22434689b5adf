package shop

import (
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

//go:embed catalogue.json
var catalogueJSON []byte

//go:embed pictures/*.svg
var pictures embed.FS

// Text is a text in the market's two languages.
type Text struct {
	ZH string `json:"zh"`
	EN string `json:"en"`
}

func (t Text) in(lang string) string {
	if lang == "zh" {
		return t.ZH
	}
	return t.EN
}

// Shelf is what the market says of a seller.
type Shelf struct {
	Shelf   string `json:"shelf"`
	Name    Text   `json:"name"`
	About   Text   `json:"about"`
	Place   Text   `json:"place"`
	Since   int    `json:"since"`
	Rating  int    `json:"rating"` // tenths of a star
	Ratings int    `json:"ratings"`
	Goods   []Good `json:"goods"`
}

// Good is one thing for sale. Prices are in fen.
type Good struct {
	SKU     string    `json:"sku"`
	Name    Text      `json:"name"`
	Brief   Text      `json:"brief"`
	Story   Text      `json:"story"`
	Facts   [][2]Text `json:"facts"`
	Price   int64     `json:"price"`
	Stock   int64     `json:"stock"` // as delivered by the seller; orders take from it
	Virtual bool      `json:"virtual,omitempty"`
	Rating  int       `json:"rating"`
	Ratings int       `json:"ratings"`
	Shelf   string    `json:"shelf"`
}

const currency = "CNY"

// catalogue is the shelves that have a seller behind them.
type catalogue struct {
	shelves []Shelf
	sellers []Seller // same order as shelves
	bySKU   map[string]Good
	byShelf map[string]int
}

// openCatalogue puts each seller behind a shelf: the named one, else the one
// whose name is in the seller's, else the next free one. Shelves without a
// seller stay closed.
func openCatalogue(sellers []Seller) (*catalogue, error) {
	var all []Shelf
	if err := json.Unmarshal(catalogueJSON, &all); err != nil {
		return nil, fmt.Errorf("shop: catalogue.json: %w", err)
	}
	behind := map[string]Seller{}
	var rest []Seller
	for _, seller := range sellers {
		if seller.MerchantID == "" || seller.APIKey == "" {
			return nil, fmt.Errorf("shop: seller %q needs a merchant id and an API key", seller.Name)
		}
		at := slices.IndexFunc(all, func(sh Shelf) bool {
			if seller.Shelf != "" {
				return sh.Shelf == seller.Shelf
			}
			name := strings.ToLower(seller.Name)
			return strings.Contains(name, sh.Name.ZH) || strings.Contains(name, strings.ToLower(sh.Name.EN))
		})
		switch {
		case at < 0 && seller.Shelf != "":
			return nil, fmt.Errorf("shop: there is no shelf %q", seller.Shelf)
		case at < 0:
			rest = append(rest, seller)
		case behind[all[at].Shelf].MerchantID != "":
			return nil, fmt.Errorf("shop: shelf %q has two sellers", all[at].Shelf)
		default:
			seller.Shelf = all[at].Shelf
			behind[seller.Shelf] = seller
		}
	}
	c := &catalogue{bySKU: map[string]Good{}, byShelf: map[string]int{}}
	for _, shelf := range all {
		seller, taken := behind[shelf.Shelf]
		if !taken {
			if len(rest) == 0 {
				continue
			}
			seller, rest = rest[0], rest[1:]
			seller.Shelf = shelf.Shelf
			if seller.Name != "" {
				shelf.Name = Text{seller.Name, seller.Name}
			}
		}
		if seller.Name == "" {
			seller.Name = shelf.Name.EN
		}
		for i := range shelf.Goods {
			shelf.Goods[i].Shelf = shelf.Shelf
			c.bySKU[shelf.Goods[i].SKU] = shelf.Goods[i]
		}
		c.byShelf[shelf.Shelf] = len(c.shelves)
		c.shelves = append(c.shelves, shelf)
		c.sellers = append(c.sellers, seller)
	}
	return c, nil
}

func (c *catalogue) seller(shelf string) Seller {
	if at, found := c.byShelf[shelf]; found {
		return c.sellers[at]
	}
	return Seller{}
}

func (c *catalogue) key(shelf string) string { return c.seller(shelf).APIKey }

func (c *catalogue) name(shelf string) Text {
	if at, found := c.byShelf[shelf]; found {
		return c.shelves[at].Name
	}
	return Text{shelf, shelf}
}

// left answers the shelves with the stock that is left.
func (c *catalogue) left(taken map[string]int64) []Shelf {
	shelves := slices.Clone(c.shelves)
	for i := range shelves {
		goods := slices.Clone(shelves[i].Goods)
		for j := range goods {
			goods[j].Stock = max(0, goods[j].Stock-taken[goods[j].SKU])
		}
		shelves[i].Goods = goods
	}
	return shelves
}

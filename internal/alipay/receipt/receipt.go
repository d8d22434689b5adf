// Package receipt draws a receipt as a PDF of one page or more: a title and rows
// of a label and a value. The file carries the signs that it uses of two fonts, so
// that it looks the same everywhere, prints, and can be searched; it has about 40
// kilobytes. The package is pure, and refuses to know what a receipt is for.
package receipt

import (
	_ "embed" // the font
	"fmt"
	"strings"
	"unicode"

	"github.com/klauspost/compress/zstd"
	"github.com/signintech/gopdf"
	"golang.org/x/image/font/gofont/goregular"
)

// Row is one line of a receipt.
type Row struct{ Label, Value string }

// Receipt is what is drawn.
type Receipt struct {
	Title string
	Rows  []Row
	Notes []string // small, at the end
}

// The page is A4, in points, from the top.
const (
	left, valueAt, right = 56.0, 186.0, 539.0
	top, bottom          = 82.0, 772.0
	lineHeight           = 18.0
	titleSize            = 18.0
	size                 = 10.5
	noteSize, noteHeight = 8.5, 14.0
)

// The fonts: the first that has a sign draws it.
const (
	latin = "latin" // and Greek, Cyrillic, and signs
	han   = "han"
)

//go:embed fonts/han.ttf.zst
var packedHan []byte

// hanFont unpacks the font, which takes a few milliseconds: receipts are rare, and
// three megabytes kept for them would not be.
func hanFont() []byte {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		panic(fmt.Sprintf("receipt: no decompressor: %v", err))
	}
	defer d.Close()
	font, err := d.DecodeAll(packedHan, nil)
	if err != nil {
		panic(fmt.Sprintf("receipt: the font in the program is broken: %v", err))
	}
	return font
}

// PDF draws the receipt. Any text does: control characters become blanks, and
// what neither font has a sign for a square.
func (r Receipt) PDF() []byte {
	p := newPage()
	p.write(left, top, titleSize, r.Title)
	p.rule(top + 14)
	y := top + 40
	for _, row := range r.Rows {
		for i, line := range p.wrap(row.Value, size, right-valueAt) {
			y = p.room(y)
			if i == 0 {
				p.write(left, y, size, row.Label)
			}
			p.write(valueAt, y, size, line)
			y += lineHeight
		}
		p.rule(y - lineHeight/2 - 1)
		y += 6
	}
	y += lineHeight
	for _, note := range r.Notes {
		for _, line := range p.wrap(note, noteSize, right-left) {
			y = p.room(y)
			p.write(left, y, noteSize, line)
			y += noteHeight
		}
	}
	file, err := p.pdf.GetBytesPdfReturnErr()
	must("write the file", err)
	return file
}

// page is what is drawn on, with the pages before it.
type page struct {
	pdf gopdf.GoPdf
	has map[rune]string // which font has a sign
}

func newPage() *page {
	p := &page{has: map[rune]string{}}
	p.pdf.Start(gopdf.Config{PageSize: *gopdf.PageSizeA4})
	must("read the Latin font", p.pdf.AddTTFFontData(latin, goregular.TTF))
	must("read the Han font", p.pdf.AddTTFFontData(han, hanFont()))
	p.turn()
	return p
}

func (p *page) turn() {
	p.pdf.AddPage()
	p.pdf.SetLineWidth(0.5)
	p.pdf.SetStrokeColor(204, 204, 204)
}

// room is y, or the top of a new page where there is no room for a line.
func (p *page) room(y float64) float64 {
	if y <= bottom {
		return y
	}
	p.turn()
	return top
}

func (p *page) rule(y float64) { p.pdf.Line(left, y, right, y) }

// run is a piece of text in one font.
type run struct{ font, text string }

// runs cuts a text where the font changes.
func (p *page) runs(text string) (cut []run) {
	for _, r := range text {
		font := p.fontOf(r)
		if font == "" {
			r, font = square, latin
		}
		if n := len(cut); n > 0 && cut[n-1].font == font {
			cut[n-1].text += string(r)
		} else {
			cut = append(cut, run{font, string(r)})
		}
	}
	return cut
}

const square = '□'

// fontOf is the font that has a sign; empty where none has.
func (p *page) fontOf(r rune) string {
	font, known := p.has[r]
	if known {
		return font
	}
	for _, name := range []string{latin, han} {
		must("choose a font", p.pdf.SetFont(name, "", size))
		if has, err := p.pdf.IsCurrFontContainGlyph(r); err == nil && has {
			font = name
			break
		}
	}
	p.has[r] = font
	return font
}

// write draws a line of text; y is its baseline.
func (p *page) write(x, y, size float64, text string) {
	for _, piece := range p.runs(clean(text)) {
		must("choose a font", p.pdf.SetFont(piece.font, "", size))
		p.pdf.SetXY(x, y)
		must("write", p.pdf.Text(piece.text))
		x += p.width(piece, size)
	}
}

func (p *page) width(piece run, size float64) float64 {
	must("choose a font", p.pdf.SetFont(piece.font, "", size))
	width, err := p.pdf.MeasureTextWidth(piece.text)
	must("measure", err)
	return width
}

// wrap cuts a text into lines no wider than most.
func (p *page) wrap(text string, size, most float64) (lines []string) {
	var line strings.Builder
	used := 0.0
	for _, r := range clean(text) {
		width := p.width(p.runs(string(r))[0], size)
		if used+width > most {
			lines = append(lines, line.String())
			line.Reset()
			used = 0
		}
		line.WriteRune(r)
		used += width
	}
	return append(lines, line.String())
}

func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}

// must ends the program's mistakes: into memory and with fonts of our own,
// nothing of this can fail.
func must(what string, err error) {
	if err != nil {
		panic(fmt.Sprintf("receipt: %s: %v", what, err))
	}
}

// Package receipt draws a receipt as a PDF of one page or more: a title and rows
// of a label and a value. It writes the few objects that this takes itself, and
// names the fonts that every reader knows, Helvetica for Latin and STSong-Light of
// the Adobe-GB1 collection for Chinese, in place of carrying megabytes of them:
// the file is three kilobytes, and its text can be searched. It is pure, and
// refuses to know what a receipt is for.
package receipt

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf16"
)

// Row is one line of a receipt.
type Row struct{ Label, Value string }

// Receipt is what is drawn.
type Receipt struct {
	Title string
	Rows  []Row
	Notes []string // small, at the end
}

// The page is A4, in points.
const (
	width, height        = 595, 842
	left, valueAt, right = 56, 186, 539
	top, bottom          = 760, 70
	lineHeight           = 18
	size                 = 10.5
)

// PDF draws the receipt. Any text does: control characters become blanks, and
// signs beyond the basic plane a square.
func (r Receipt) PDF() []byte {
	p := &page{}
	p.text(left, top, 18, r.Title)
	p.rule(top - 14)
	y := top - 40
	for _, row := range r.Rows {
		lines := wrap(row.Value, (right-valueAt)/size)
		for i, line := range lines {
			if y < bottom {
				p.turn()
				y = top
			}
			if i == 0 {
				p.text(left, y, size, row.Label)
			}
			p.text(valueAt, y, size, line)
			y -= lineHeight
		}
		p.rule(y + lineHeight/2 - 2)
		y -= 4
	}
	y -= lineHeight
	for _, note := range r.Notes {
		for _, line := range wrap(note, (right-left)/8.5) {
			if y < bottom {
				p.turn()
				y = top
			}
			p.text(left, y, 8.5, line)
			y -= 14
		}
	}
	p.turn()
	return assemble(p.done)
}

// wrap cuts a text into lines of so many ems; a Latin letter is taken as 0.56 of one.
func wrap(text string, ems float64) (lines []string) {
	var line strings.Builder
	used := 0.0
	for _, r := range clean(text) {
		wide := 1.0
		if r < 0x80 {
			wide = 0.56
		}
		if used+wide > ems {
			lines = append(lines, line.String())
			line.Reset()
			used = 0
		}
		line.WriteRune(r)
		used += wide
	}
	return append(lines, line.String())
}

func clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r < 0x20 || r == 0x7f || utf16.IsSurrogate(r):
			return ' '
		case r > 0xffff:
			return '□'
		}
		return r
	}, text)
}

// page collects what is drawn on one, and the pages before it.
type page struct {
	now  bytes.Buffer
	done [][]byte
}

func (p *page) turn() {
	p.done = append(p.done, bytes.Clone(p.now.Bytes()))
	p.now.Reset()
}

func (p *page) rule(y int) { fmt.Fprintf(&p.now, "0.8 G 0.5 w %d %d m %d %d l S\n", left, y, right, y) }

// text writes a line: runs of ASCII in the one font, all else in the other.
func (p *page) text(x, y int, size float64, text string) {
	fmt.Fprintf(&p.now, "BT %d %d Td ", x, y)
	for text = clean(text); text != ""; {
		ascii := text[0] < 0x80
		end := strings.IndexFunc(text, func(r rune) bool { return (r < 0x80) != ascii })
		if end < 0 {
			end = len(text)
		}
		if ascii {
			fmt.Fprintf(&p.now, "/L %g Tf (%s) Tj ", size, escaper.Replace(text[:end]))
		} else {
			fmt.Fprintf(&p.now, "/C %g Tf <", size)
			for _, unit := range utf16.Encode([]rune(text[:end])) {
				fmt.Fprintf(&p.now, "%04X", unit)
			}
			p.now.WriteString("> Tj ")
		}
		text = text[end:]
	}
	p.now.WriteString("ET\n")
}

var escaper = strings.NewReplacer(`\`, `\\`, `(`, `\(`, `)`, `\)`)

// assemble writes the file: its objects, and where each begins.
func assemble(pages [][]byte) []byte {
	const before = 6 // objects in front of the pages'
	var kids strings.Builder
	for i := range pages {
		fmt.Fprintf(&kids, "%d 0 R ", before+1+2*i)
	}
	objects := []string{
		"<</Type/Catalog/Pages 2 0 R>>",
		fmt.Sprintf("<</Type/Pages/Count %d/Kids[%s]>>", len(pages), kids.String()),
		"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
		"<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UCS2-H/DescendantFonts[5 0 R]>>",
		"<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 5>>/DW 1000/FontDescriptor 6 0 R>>",
		"<</Type/FontDescriptor/FontName/STSong-Light/Flags 6/FontBBox[-25 -254 1000 880]/ItalicAngle 0/Ascent 880/Descent -120/CapHeight 737/StemV 93>>",
	}
	for i, content := range pages {
		objects = append(objects,
			fmt.Sprintf("<</Type/Page/Parent 2 0 R/MediaBox[0 0 %d %d]/Resources<</Font<</L 3 0 R/C 4 0 R>>>>/Contents %d 0 R>>", width, height, before+2+2*i),
			fmt.Sprintf("<</Length %d>>stream\n%sendstream", len(content), content))
	}
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
	starts := make([]int, len(objects))
	for i, object := range objects {
		starts[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	at := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, start := range starts {
		fmt.Fprintf(&b, "%010d 00000 n \n", start)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, at)
	return b.Bytes()
}

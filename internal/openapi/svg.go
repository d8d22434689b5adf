package openapi

import (
	"fmt"
	"strings"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/code128"
	"github.com/boombuler/barcode/qr"
)

// qrSVG draws a text as a QR code with the quiet zone that scanners need. It
// has no size of its own: the page gives it one.
func qrSVG(text string) (string, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return "", fmt.Errorf("draw a QR code: %w", err)
	}
	return drawBars(code, 4, 1, code.Bounds().Dy()), nil
}

// code128SVG draws a text as a Code 128 barcode.
func code128SVG(text string) (string, error) {
	code, err := code128.Encode(text)
	if err != nil {
		return "", fmt.Errorf("draw a barcode: %w", err)
	}
	return drawBars(code, 10, 32, 1), nil
}

// drawBars draws the dark modules of so many rows, each row so high, run by
// run, on white: it must be read in a dark theme too.
func drawBars(code barcode.Barcode, quiet, rowHeight, rows int) string {
	var path strings.Builder
	width := code.Bounds().Dx()
	for y := range rows {
		for x := 0; x < width; x++ {
			start := x
			for x < width && dark(code, x, y) {
				x++
			}
			if x > start {
				fmt.Fprintf(&path, "M%d %dh%dv%dh-%dz", start+quiet, y*rowHeight+quietTop(quiet, rowHeight), x-start, rowHeight, x-start)
			}
		}
	}
	w, h := width+2*quiet, rows*rowHeight+2*quietTop(quiet, rowHeight)
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h%dv%dH0z"/><path d="%s"/></svg>`, w, h, w, h, path.String())
}

// quietTop is the quiet zone above: bars need less than squares.
func quietTop(quiet, rowHeight int) int {
	if rowHeight > 1 {
		return 2
	}
	return quiet
}

func dark(code barcode.Barcode, x, y int) bool {
	r, _, _, _ := code.At(x, y).RGBA()
	return r == 0
}

package alipay

import (
	"image"
	"image/draw"
	"image/png"
	"net/http"
	"strings"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"
)

// Where the pictures of orders' and deposits' QR codes are.
const (
	picturePath        = "/gateway/qr/"
	depositPicturePath = "/gateway/qr/deposits/"
)

// pictureSide is as many pixels as tills' screens show well.
const pictureSide = 300

// quietZone is the white around a code without which scanners don't find it:
// four of its smallest squares, generously.
const quietZone = 30

// qrLink is what an order's QR code says.
func (s *Server) qrLink(trade string) string { return s.opt.BaseURL + "/q/p/" + trade }

// qrPicture draws the code of a number. Whether there is anything of that number
// is not looked at, and not told.
func (s *Server) qrPicture(link func(id string) string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { s.drawQR(w, r, link) }
}

func (s *Server) drawQR(w http.ResponseWriter, r *http.Request, link func(id string) string) {
	id := r.PathValue("id")
	if len(id) != 28 || strings.Trim(id, "0123456789") != "" {
		http.NotFound(w, r)
		return
	}
	code, err := qr.Encode(link(id), qr.M, qr.Auto)
	if err == nil {
		code, err = barcode.Scale(code, pictureSide-2*quietZone, pictureSide-2*quietZone)
	}
	if err != nil {
		s.opt.Logger.Error("a QR code could not be drawn", "error", err)
		http.Error(w, "the picture could not be drawn", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "image/png")
	w.Header().Set("Cache-Control", "public, max-age=86400")
	picture := image.NewGray(image.Rect(0, 0, pictureSide, pictureSide))
	draw.Draw(picture, picture.Bounds(), image.White, image.Point{}, draw.Src)
	draw.Draw(picture, code.Bounds().Add(image.Pt(quietZone, quietZone)), code, code.Bounds().Min, draw.Src)
	_ = png.Encode(w, picture) // whoever has gone sees nothing
}

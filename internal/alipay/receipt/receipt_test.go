package receipt

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// whole checks that the file's table leads to its objects, and gives all its
// streams, opened.
func whole(t *testing.T, file []byte) (streams []string) {
	t.Helper()
	end := bytes.LastIndex(file, []byte("startxref\n"))
	at, err := strconv.Atoi(strings.Fields(string(file[end:]))[1])
	if err != nil || !bytes.HasPrefix(file, []byte("%PDF-")) || !bytes.HasPrefix(file[at:], []byte("xref\n")) {
		t.Fatal("startxref leads nowhere")
	}
	for i, row := range regexp.MustCompile(`(\d{10}) 00000 n `).FindAllSubmatch(file[at:], -1) {
		start, _ := strconv.Atoi(string(row[1]))
		if !bytes.HasPrefix(file[start:], fmt.Appendf(nil, "%d 0 obj\n", i+1)) {
			t.Errorf("object %d is not where the table says", i+1)
		}
	}
	for rest := file; ; {
		_, after, found := bytes.Cut(rest, []byte("stream\n"))
		if !found {
			return streams
		}
		if opened, err := zlib.NewReader(bytes.NewReader(after)); err == nil {
			text, err := io.ReadAll(opened)
			if err != nil {
				t.Errorf("a stream does not open: %v", err)
			}
			streams = append(streams, string(text))
		} else {
			streams = append(streams, string(after[:max(0, bytes.Index(after, []byte("endstream")))]))
		}
		_, rest, _ = bytes.Cut(after, []byte("endstream"))
	}
}

func TestAReceiptCarriesItsFontsAndHoldsTogether(t *testing.T) {
	r := Receipt{Title: "电子回单 Receipt", Rows: []Row{{"金额", "¥128.00 — 壹佰贰拾捌元整"}, {"事由", strings.Repeat("明前龙井 (spring) 囍 喆 ①", 60)}, {"空", ""}, {"别的", "Ω я é 𠮷 \x00"}}, Notes: []string{"本回单由平台生成。"}}
	file := r.PDF()
	streams := strings.Join(whole(t, file), "\n")
	if bytes.Contains(file, []byte("STSong")) || bytes.Count(file, []byte("/FontFile2")) != 2 {
		t.Error("it does not carry its two fonts")
	}
	for _, r := range "电额壹囍喆" { // what is drawn can be searched
		if !strings.Contains(strings.ToUpper(streams), fmt.Sprintf("<%04X>", r)) {
			t.Errorf("%c has no entry in the table from glyphs to text", r)
		}
	}
	if len(file) > 100<<10 {
		t.Errorf("the file has %d bytes", len(file))
	}
	if name := os.Getenv("TONGBAO_RECEIPT"); name != "" { // for eyes
		if err := os.WriteFile(name, file, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for range 200 {
		r.Rows = append(r.Rows, Row{"行", "值"})
	}
	long := r.PDF()
	whole(t, long)
	if n := len(regexp.MustCompile(`/Type /Page\b[^s]`).FindAll(long, -1)); n < 3 {
		t.Errorf("a long receipt has %d pages", n)
	}
}

func TestASignOfNeitherFontIsASquare(t *testing.T) {
	p := newPage()
	if got := fmt.Sprint(p.runs("a𠮷茶①")); got != "[{latin a□} {han 茶} {latin □}]" || p.fontOf(square) != latin {
		t.Errorf("got %v", got)
	}
}

func TestNoLineIsWiderThanItsPlace(t *testing.T) {
	p := newPage()
	text := strings.Repeat("龙 WWW iii ", 100)
	lines := p.wrap(text, size, 100)
	for _, line := range lines {
		width := 0.0
		for _, piece := range p.runs(line) {
			width += p.width(piece, size)
		}
		if line == "" || width > 100.01 {
			t.Errorf("%q is %g wide", line, width)
		}
	}
	if strings.Join(lines, "") != text {
		t.Error("something was lost")
	}
}

func FuzzReceipt(f *testing.F) {
	f.Add("电子回单", "金额 (", `\`)
	f.Add("\x00\xff", "𠮷", strings.Repeat("x", 5000))
	f.Add("\u200f\u0301", "¥…—·Ωя\u00ad\ufeff", "\U0010ffff")
	f.Fuzz(func(t *testing.T, title, value, note string) {
		whole(t, Receipt{Title: title, Rows: []Row{{title, value}}, Notes: []string{note}}.PDF())
	})
}

func BenchmarkReceipt(b *testing.B) {
	r := Receipt{Title: "电子回单 Receipt", Rows: []Row{{"金额", "¥128.00"}, {"事由", "明前龙井 (spring)"}}, Notes: []string{"本回单由平台生成。"}}
	for b.Loop() {
		r.PDF()
	}
}

package receipt

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// whole checks that the file's table leads to its objects, and its streams are
// as long as they say.
func whole(t *testing.T, file []byte) {
	t.Helper()
	end := bytes.LastIndex(file, []byte("startxref\n"))
	at, err := strconv.Atoi(strings.Fields(string(file[end:]))[1])
	if err != nil || !bytes.HasPrefix(file[at:], []byte("xref\n")) {
		t.Fatal("startxref leads nowhere")
	}
	for i, row := range regexp.MustCompile(`(\d{10}) 00000 n `).FindAllSubmatch(file[at:], -1) {
		start, _ := strconv.Atoi(string(row[1]))
		if !bytes.HasPrefix(file[start:], fmt.Appendf(nil, "%d 0 obj\n", i+1)) {
			t.Errorf("object %d is not where the table says", i+1)
		}
	}
	for _, found := range regexp.MustCompile(`<</Length (\d+)>>stream\n`).FindAllSubmatchIndex(file, -1) {
		long, _ := strconv.Atoi(string(file[found[2]:found[3]]))
		if !bytes.HasPrefix(file[found[1]+long:], []byte("endstream")) {
			t.Error("a stream is not as long as it says")
		}
	}
}

func TestAReceiptIsOneFileThatHoldsTogether(t *testing.T) {
	r := Receipt{Title: "电子回单 Receipt", Rows: []Row{{"金额", "¥128.00"}, {"事由", strings.Repeat("明前龙井 (spring) ", 60)}, {"空", ""}}, Notes: []string{"本回单由平台生成。"}}
	file := r.PDF()
	whole(t, file)
	if !bytes.Contains(file, []byte(`\(spring\)`)) || !bytes.Contains(file, []byte("<75355B5056DE5355>")) {
		t.Error("the texts are not there")
	}
	if name := os.Getenv("TONGBAO_RECEIPT"); name != "" { // for eyes
		if err := os.WriteFile(name, file, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for range 200 {
		r.Rows = append(r.Rows, Row{"行", "值"})
	}
	if file := r.PDF(); bytes.Count(file, []byte("/Type/Page/")) < 3 {
		t.Error("a long receipt has one page")
	} else {
		whole(t, file)
	}
}

func FuzzReceipt(f *testing.F) {
	f.Add("电子回单", "金额 (", `\`)
	f.Add("\x00\xff", "𠮷", strings.Repeat("x", 5000))
	f.Fuzz(func(t *testing.T, title, value, note string) {
		whole(t, Receipt{Title: title, Rows: []Row{{title, value}}, Notes: []string{note}}.PDF())
	})
}

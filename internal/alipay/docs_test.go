package alipay

import (
	"os"
	"regexp"
	"slices"
	"testing"
)

// The page's table lists exactly the methods that there are.
func TestThePageListsTheMethods(t *testing.T) {
	page, err := os.ReadFile("../../docs/alipay.md")
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for _, row := range regexp.MustCompile("(?m)^\\| `(alipay\\.[a-z.]+)` \\|").FindAllSubmatch(page, -1) {
		listed = append(listed, string(row[1]))
	}
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| [A-Z]").FindAllSubmatch(page, -1) {
		listed = append(listed, string(row[1]))
	}
	have := append(Methods(), Services()...)
	slices.Sort(listed)
	slices.Sort(have)
	if !slices.Equal(listed, have) {
		t.Errorf("docs/alipay.md lists\n%v\nand there are\n%v", listed, have)
	}
}

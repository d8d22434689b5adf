package alipay

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
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

// The portal says of each code what to do.
func TestThePortalKnowsTheCodes(t *testing.T) {
	help, err := os.ReadFile("../../ui/merchant/apps/codes.ts")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	codes := regexp.MustCompile(`"((?:isv|aop|isp)\.[a-z-]+)"|failed\("([A-Z_]+)"|refusal\.[A-Za-z]+: +"([A-Z_]+)"`)
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range codes.FindAllSubmatch(text, -1) {
			code := string(found[1]) + string(found[2]) + string(found[3])
			if !strings.Contains(string(help), "code: '"+code+"'") {
				t.Errorf("%s answers %s, of which ui/merchant/apps/codes.ts says nothing", path, code)
			}
		}
	}
}

package party

import (
	"fmt"
	"strings"
	"testing"
)

func ExampleMaskName() {
	for _, name := range []string{"王伟", "王小明", "欧阳娜娜", "阿依古丽·买买提"} {
		fmt.Println(MaskName(name), MaskGivenName(name))
	}
	// Output:
	// *伟 王*
	// *小明 王**
	// **娜娜 欧阳**
	// *依古丽·买买提 阿*******
}

func ExampleNameMatches() {
	fmt.Println(NameMatches("欧阳娜娜", "欧阳"), NameMatches("欧阳娜娜", "娜"), NameMatches("欧阳娜娜", "欧阳娜娜"))
	fmt.Println(NameMatches("欧阳娜娜", "欧"), NameMatches("欧阳娜娜", ""), NameMatches("", "王"))
	// Output:
	// true true true
	// false false false
}

func TestNames(t *testing.T) {
	for text, want := range map[string]string{
		" 王伟 ":                   "王伟",
		"阿依古丽•买买提":               "阿依古丽·买买提",
		"王":                      "",
		"John Smith":             "",
		"王伟1":                    "",
		"·王伟":                    "",
		"王\u200b伟":               "",
		strings.Repeat("王", 31):  "",
		"":                       "",
		"\xff\xfe王伟":             "",
		"王<script>":              "",
		strings.Repeat("王伟", 15): strings.Repeat("王伟", 15),
	} {
		if got, err := ParseName(text); got != want || (err != nil) != (want == "") {
			t.Errorf("ParseName(%q) = %q, %v; want %q", text, got, err, want)
		}
	}
	for text, good := range map[string]bool{
		"小明": true, "Tom 🐈": true, "": false, "   ": false, "a\nb": false, "a\u202eb": false, strings.Repeat("好", 20): true, strings.Repeat("好", 21): false,
	} {
		if _, err := ParseNickname(text); (err == nil) != good {
			t.Errorf("ParseNickname(%q): %v", text, err)
		}
	}
}

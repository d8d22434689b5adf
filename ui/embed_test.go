package ui

import (
	"io/fs"
	"strings"
	"testing"
)

func TestEveryFaceIsEmbeddedBuiltOrNot(t *testing.T) {
	for _, name := range Faces {
		face := Face(name)
		if !Built(name) {
			t.Logf("%s is not built", name)
			continue
		}
		index, err := fs.ReadFile(face, "index.html")
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(index), NoncePlaceholder) {
			t.Errorf("%s/index.html has no %s for the server to fill", name, NoncePlaceholder)
		}
		if strings.Contains(string(index), "<style") || strings.Contains(string(index), "onload=") {
			t.Errorf("%s/index.html has inline styles or handlers that the content security policy forbids", name)
		}
	}
}

func TestAnUnknownFaceIsABug(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("Face of an unknown name did not panic")
		}
	}()
	Face("shop")
}

// Package ui holds the three faces as files inside the binary: the wallet, the
// merchant portal and the operations console, built by `npm run build`. It
// refuses to know HTTP: who serves the files, with which headers and nonce, is
// the business of package web. A checkout without a front-end build still
// compiles; Built then says so, and the server can answer with a sentence.
package ui

import (
	"embed"
	"fmt"
	"io/fs"
)

//go:embed all:wallet/dist all:merchant/dist all:console/dist
var files embed.FS

// Faces lists the names that Face knows.
var Faces = []string{"wallet", "merchant", "console"}

// NoncePlaceholder stands in each index.html where the server writes the nonce
// of its Content-Security-Policy.
const NoncePlaceholder = "__CSP_NONCE__"

// Face is the built files of one face, index.html at the root and everything
// else named by its contents under assets/. Asking for a face that does not
// exist is a bug.
func Face(name string) fs.FS {
	face, err := fs.Sub(files, name+"/dist")
	if err == nil {
		_, err = fs.Stat(face, ".")
	}
	if err != nil {
		panic(fmt.Sprintf("ui: no face %q; the faces are %v", name, Faces))
	}
	return face
}

// Built tells whether the face was built before the binary was.
func Built(name string) bool {
	_, err := fs.Stat(Face(name), "index.html")
	return err == nil
}

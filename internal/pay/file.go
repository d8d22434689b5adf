package pay

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"

	"tongbao/internal/engine"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
	"tongbao/internal/trade"
)

// MaxFile is how large a piece of evidence may be.
const MaxFile = 5 << 20

// File is a piece of evidence at rest: a picture or a document that a party
// of a dispute handed in. It is named by its contents and its owner, so the
// same file twice is kept once, and nobody can name another's.
type File struct {
	Owner     string `cbor:"1,keyasint"`
	MediaType string `cbor:"2,keyasint"`
	Bytes     []byte `cbor:"3,keyasint"`
	Digest    string `cbor:"4,keyasint"` // SHA-256, hexadecimal
}

// Files are found by id.
var Files = engine.Kind[File]{Name: "file"}

// Reference is what a dispute keeps of the file.
func (f File) Reference() trade.File {
	return trade.File{Digest: f.Digest, MediaType: f.MediaType, Size: int64(len(f.Bytes))}
}

// FileID names the file of an owner.
func FileID(owner, digest string) string { return idFor("file_", owner+"\x00"+digest) }

type keepFile struct {
	Key  string `cbor:"1,keyasint"`
	File string `cbor:"2,keyasint"` // its id, which its contents decide
	file File
}

func (c keepFile) ID() string                     { return c.Key }
func (c keepFile) Name() string                   { return "keep_file" }
func (c keepFile) Touches(touched *store.Touched) { touched.Record(Files.Key(c.File)) }
func (c keepFile) Apply(tx *engine.Tx) (any, error) {
	if _, known := Files.Get(tx, c.File); !known {
		Files.Put(tx, c.File, c.file)
	}
	return nil, nil
}

// The kinds of file that can be shown as evidence, as their first bytes tell:
// what the sender calls them is not asked.
var evidenceTypes = map[string]bool{"image/png": true, "image/jpeg": true, "image/webp": true, "application/pdf": true}

// KeepFile keeps a piece of evidence and returns its id.
// Refusals: evidence_too_large (its kind included).
func (d *Desk) KeepFile(ctx context.Context, by engine.By, key, owner string, contents []byte) (id string, f File, err error) {
	mediaType := http.DetectContentType(contents)
	if len(contents) == 0 || len(contents) > MaxFile {
		return "", File{}, refusal.In("file", refusal.EvidenceTooLarge, "a file has 1 to %d bytes", MaxFile)
	}
	if !evidenceTypes[mediaType] {
		return "", File{}, refusal.In("file", refusal.EvidenceTooLarge, "evidence is a PNG, JPEG or WebP picture, or a PDF")
	}
	sum := sha256.Sum256(contents)
	f = File{Owner: owner, MediaType: mediaType, Bytes: bytes.Clone(contents), Digest: hex.EncodeToString(sum[:])}
	id = FileID(owner, f.Digest)
	_, err = d.engine.Submit(ctx, keepFile{Key: key, File: id, file: f}, by)
	return id, f, err
}

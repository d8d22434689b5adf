package trade

import (
	"fmt"
	"slices"
	"strings"

	"tongbao/internal/refusal"
)

// Bounds of evidence.
const (
	MaxEvidence  = 20      // pieces a side and dispute
	MaxFiles     = 9       // files a piece
	MaxFileBytes = 8 << 20 // one file
)

// EvidenceTypes are the media types that a file may have: pictures, documents
// and short films, nothing a browser would run.
var EvidenceTypes = []string{"image/jpeg", "image/png", "image/webp", "application/pdf", "video/mp4"}

// Evidence is what one side says and shows in a dispute. Nobody can change or
// remove it once it is there.
type Evidence struct {
	By    Role   `cbor:"1,keyasint,omitempty" json:"by"`
	At    Time   `cbor:"2,keyasint,omitempty" json:"at"`
	Text  string `cbor:"3,keyasint,omitempty" json:"text,omitempty"`
	Files []File `cbor:"4,keyasint,omitempty" json:"files,omitempty"`
}

// File points to a stored file by its contents.
type File struct {
	Digest    string `cbor:"1,keyasint,omitempty" json:"digest"` // SHA-256, 64 lower-case hexadecimal digits
	MediaType string `cbor:"2,keyasint,omitempty" json:"media_type"`
	Size      int64  `cbor:"3,keyasint,omitempty" json:"size"` // bytes
}

// AddEvidence puts a piece into the file of an open dispute, at any stage.
//
// Refusals: dispute_not_open, forbidden (neither buyer nor seller),
// deadline_passed, missing_field (neither text nor file), invalid_field (text),
// evidence_too_large (pieces, files), and for each file invalid_field (digest,
// size) and evidence_too_large (size, media_type).
func (t *Trade) AddEvidence(at Time, by Role, text string, files ...File) ([]Move, error) {
	if err := t.needDispute(); err != nil {
		return nil, err
	}
	if by != Buyer && by != Seller {
		return nil, refusal.New(refusal.Forbidden, "evidence comes from buyer or seller")
	}
	if err := t.needNothingDue(at); err != nil {
		return nil, err
	}
	if strings.TrimSpace(text) == "" && len(files) == 0 {
		return nil, refusal.In("text", refusal.MissingField, "evidence needs a text or a file")
	}
	if err := checkText("text", text, MaxWords); err != nil {
		return nil, err
	}
	if t.Dispute.piecesOf(by) >= MaxEvidence {
		return nil, refusal.New(refusal.EvidenceTooLarge, "the %s has given %d pieces; that is all there can be", by, MaxEvidence)
	}
	if len(files) > MaxFiles {
		return nil, refusal.In("files", refusal.EvidenceTooLarge, "at most %d files a piece", MaxFiles)
	}
	for i, f := range files {
		if err := f.check(fmt.Sprintf("files[%d]", i)); err != nil {
			return nil, err
		}
	}

	d := t.changeDispute()
	d.Evidence = append(slices.Clip(d.Evidence), Evidence{By: by, At: at, Text: text, Files: slices.Clone(files)})
	return nil, nil
}

func (f File) check(field string) error {
	if len(f.Digest) != 64 || strings.Trim(f.Digest, "0123456789abcdef") != "" {
		return refusal.In(field+".digest", refusal.InvalidField, "a digest is 64 lower-case hexadecimal digits")
	}
	if f.Size < 1 {
		return refusal.In(field+".size", refusal.InvalidField, "the file is empty")
	}
	if f.Size > MaxFileBytes {
		return refusal.In(field+".size", refusal.EvidenceTooLarge, "a file has at most %d bytes", MaxFileBytes)
	}
	if !slices.Contains(EvidenceTypes, f.MediaType) {
		return refusal.In(field+".media_type", refusal.EvidenceTooLarge, "a file is one of %s", strings.Join(EvidenceTypes, ", "))
	}
	return nil
}

func (d *Dispute) piecesOf(by Role) int {
	count := 0
	for _, e := range d.Evidence {
		if e.By == by {
			count++
		}
	}
	return count
}

package openapi

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"tongbao/internal/identity"
	"tongbao/internal/party"
	"tongbao/internal/pay"
	"tongbao/internal/refusal"
	"tongbao/internal/trade"
)

func (s *Server) registerFiles(api huma.API) {
	const tag = "Disputes"
	add(api, op{ID: "create-file", Method: http.MethodPost, Path: "/v1/files", Tag: tag, Who: user | merchant, Status: http.StatusCreated, MaxBody: maxFileBody,
		Summary: "Hand in a picture or a document", Doc: "PNG, JPEG, WebP or PDF, at most 5 MB. The file is shown to nobody until evidence names it.",
		Codes: []refusal.Code{refusal.EvidenceTooLarge}}, s.createFile)
	add(api, op{ID: "get-file", Path: "/v1/files/{id}", Tag: tag, Who: user | merchant | operator, Summary: "Look at a file",
		Doc:   "For who handed it in, the parties of a dispute whose evidence shows it (named by dispute_id), and operators. A browser's picture element names its face in the query.",
		Codes: []refusal.Code{refusal.NotFound}}, s.getFile)
}

// File is what was handed in.
type File struct {
	ID        string `json:"id" example:"file_0a1b2c3d4e5f60718293a4b5"`
	MediaType string `json:"media_type" example:"image/png"`
	Size      int64  `json:"size" example:"48211"`
}

type fileForm struct {
	File huma.FormFile `form:"file" required:"true" doc:"The picture or document."`
}

func (s *Server) createFile(ctx context.Context, in *struct {
	RawBody huma.MultipartFormFiles[fileForm]
}) (*answer[File], error) {
	who, err := s.party(ctx, party.View)
	if err != nil {
		return nil, err
	}
	if !who.May(party.OpenDispute) && !who.May(party.AnswerDispute) {
		return nil, refusal.New(refusal.Forbidden, "the role %q hands in no evidence", who.Role)
	}
	form := in.RawBody.Data().File
	contents, err := io.ReadAll(io.LimitReader(form, pay.MaxFile+1))
	if err != nil {
		return nil, refusal.In("file", refusal.InvalidRequest, "the file did not arrive whole")
	}
	id, f, err := s.opt.Desk.KeepFile(ctx, s.by(ctx), s.command(ctx), scopeOf(who), contents)
	if err != nil {
		return nil, err
	}
	return render(File{ID: id, MediaType: f.MediaType, Size: int64(len(contents))}, nil)
}

// fileAnswer is a file on its way to a browser: it runs nothing, frames
// nothing, and is what it says it is.
type fileAnswer struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Policy      string `header:"Content-Security-Policy"`
	Resource    string `header:"Cross-Origin-Resource-Policy"`
	Cache       string `header:"Cache-Control"`
	Body        []byte
}

var fileNames = map[string]string{"image/png": "evidence.png", "image/jpeg": "evidence.jpg", "image/webp": "evidence.webp", "application/pdf": "evidence.pdf"}

func (s *Server) getFile(ctx context.Context, in *struct {
	ByID
	DisputeID string `query:"dispute_id" maxLength:"64" doc:"The dispute whose evidence shows it."`
	Face      string `query:"face" enum:"wallet,merchant,console" doc:"In place of the header Tongbao-Face."`
}) (*fileAnswer, error) {
	f, ok, err := pay.Files.Read(ctx, s.opt.Engine.Store(), in.ID)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, notFound("id", "file")
	}
	if err := s.showFile(ctx, f, in.DisputeID); err != nil {
		return nil, err
	}
	how := "inline"
	if f.MediaType == "application/pdf" {
		how = "attachment"
	}
	return &fileAnswer{ContentType: f.MediaType, Disposition: fmt.Sprintf("%s; filename=%q", how, fileNames[f.MediaType]), Policy: "default-src 'none'; sandbox",
		Resource: "same-origin", Cache: "private, max-age=3600, immutable", Body: f.Bytes}, nil
}

// showFile refuses who may not see the file. Refusal: not_found.
func (s *Server) showFile(ctx context.Context, f pay.File, disputeID string) error {
	who := s.caller(ctx)
	if f.Owner == scopeOf(who) || who.Kind == identity.Operator && who.May(party.View) {
		return nil
	}
	seen, d, err := s.seeDispute(ctx, disputeID)
	if err != nil && refusal.Of(err) == nil {
		return err
	}
	if err == nil && slices.ContainsFunc(d.Evidence, func(e trade.Evidence) bool {
		return ownerOf(&seen.Trade, e.By) == f.Owner && slices.ContainsFunc(e.Files, func(r trade.File) bool { return r.Digest == f.Digest })
	}) {
		return nil
	}
	return notFound("id", "file")
}

// filesOf reads files that the caller handed in. Refusal: not_found.
func (s *Server) filesOf(ctx context.Context, ids []string) ([]trade.File, error) {
	var files []trade.File
	for i, id := range ids {
		f, ok, err := pay.Files.Read(ctx, s.opt.Engine.Store(), id)
		if err != nil {
			return nil, err
		}
		if !ok || f.Owner != scopeOf(s.caller(ctx)) {
			return nil, notFound(fmt.Sprintf("file_ids[%d]", i), "file of yours")
		}
		files = append(files, f.Reference())
	}
	return files, nil
}

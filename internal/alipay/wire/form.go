package wire

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/url"
	"strings"
)

// Bounds of a request. Names and numbers of parameters are small in every known
// program; contents may be long.
const (
	maxParams    = 200
	maxNameBytes = 128
)

var (
	// ErrForm says that a query or body is not a form.
	ErrForm = errors.New("not a form")
	// ErrMediaType says that a body is of a kind that no form has.
	ErrMediaType = errors.New("a body of this type is not a form")
)

// ParseForm reads a=b&c=d, percent-encoded. It decodes once, and leaves the
// bytes in whatever charset they are. Of a name with two values it keeps the
// first beside the error, and reads on: who asks can still be told.
func ParseForm(text string) (params Params, twice error) {
	params = Params{}
	for text != "" {
		var pair string
		pair, text, _ = strings.Cut(text, "&")
		if pair == "" {
			continue
		}
		key, value, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(key)
		if err != nil {
			return params, fmt.Errorf("%w: a name is badly escaped", ErrForm)
		}
		if value, err = url.QueryUnescape(value); err != nil {
			return params, fmt.Errorf("%w: the value of %s is badly escaped", ErrForm, clip(name))
		}
		switch err := params.add(name, value); {
		case errors.Is(err, ErrTwice):
			twice = err
		case err != nil:
			return params, err
		}
	}
	return params, twice
}

func (p Params) add(name, value string) error {
	if known, twice := p[name]; twice {
		if known != value {
			return fmt.Errorf("%w: %s", ErrTwice, clip(name))
		}
		return nil
	}
	if name == "" || len(name) > maxNameBytes || len(p) >= maxParams {
		return fmt.Errorf("%w: too many parameters, or a name that is none", ErrForm)
	}
	p[name] = value
	return nil
}

// File is an uploaded file: a part of a multipart body, which is not signed.
type File struct {
	Param, Name, Type string
	Data              []byte
}

// ParseBody reads a body of the type that its header names: urlencoded, which
// is also what no type means, or multipart. Call it with a reader that ends.
func ParseBody(contentType string, body io.Reader) (Params, []File, error) {
	media, options, err := mime.ParseMediaType(contentType)
	if contentType == "" {
		media, err = "application/x-www-form-urlencoded", nil
	}
	if err != nil && media == "" {
		return Params{}, nil, ErrMediaType
	}
	switch media {
	case "multipart/form-data":
		return parseMultipart(multipart.NewReader(body, options["boundary"]), options["boundary"])
	case "application/x-www-form-urlencoded", "text/plain":
		text, err := io.ReadAll(body)
		if err != nil {
			return Params{}, nil, err
		}
		params, err := ParseForm(string(text))
		return params, nil, err
	}
	return Params{}, nil, ErrMediaType
}

func parseMultipart(parts *multipart.Reader, boundary string) (Params, []File, error) {
	params, files := Params{}, []File(nil)
	if boundary == "" {
		return params, nil, fmt.Errorf("%w: multipart without a boundary", ErrForm)
	}
	for {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return params, files, nil
		}
		if err != nil {
			return params, files, multipartFault(err)
		}
		data, err := io.ReadAll(part)
		if err != nil {
			return params, files, multipartFault(err)
		}
		if name := part.FileName(); name != "" {
			files = append(files, File{Param: part.FormName(), Name: name, Type: part.Header.Get("Content-Type"), Data: data})
			continue
		}
		if err := params.add(part.FormName(), string(data)); err != nil {
			return params, files, err
		}
	}
}

// multipartFault keeps the reader's own limit visible, and calls all else a bad form.
func multipartFault(err error) error { return fmt.Errorf("%w: %w", ErrForm, err) }

func clip(text string) string {
	if len(text) > 40 {
		return text[:40] + "…"
	}
	return text
}

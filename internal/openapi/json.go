package openapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
)

// maxDepth is how deep a body may be nested: the deepest that any operation
// takes is five.
const maxDepth = 16

// strictJSON reads bodies as they were meant: one value, UTF-8, no member twice,
// numbers whole. What several programs on the way could read differently is
// refused (RFC 8259 leaves it open), since the amounts are in it.
var strictJSON = huma.Format{
	Marshal: func(w io.Writer, v any) error {
		if quick, ok := v.(quickJSON); ok {
			return writeQuick(w, quick)
		}
		return plainJSON(w, v)
	},
	Unmarshal: func(data []byte, into any) error {
		any, first := into.(*any)
		if !first { // read before, by the branch below
			return json.Unmarshal(data, into)
		}
		v, err := readJSON(data)
		*any = v
		return err
	},
}

func readJSON(data []byte) (any, error) {
	if !utf8.Valid(data) {
		return nil, errors.New("the body is not UTF-8")
	}
	if v, ok := readPlain(data); ok {
		return v, nil
	}
	return readTokens(data)
}

// readTokens is readJSON of any body in UTF-8.
func readTokens(data []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	v, err := readValue(decoder, 0)
	if err != nil {
		return nil, fmt.Errorf("the body is not JSON as this operation takes it: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("the body goes on after its end")
	}
	return v, nil
}

func readValue(decoder *json.Decoder, depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("nested deeper than %d", maxDepth)
	}
	token, err := decoder.Token()
	if errors.Is(err, io.EOF) {
		return nil, io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, err
	}
	switch token := token.(type) {
	case json.Delim:
		if token == '{' {
			return readObject(decoder, depth)
		}
		return readArray(decoder, depth)
	case json.Number:
		// A number with a fraction or an exponent, or one beyond 64 bits, stays
		// what no schema of ours takes: its field is then blamed for it.
		if n, err := strconv.ParseInt(token.String(), 10, 64); err == nil {
			return n, nil
		}
	}
	return token, nil
}

func readObject(decoder *json.Decoder, depth int) (any, error) {
	object := map[string]any{}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		name := token.(string) // the decoder has seen to it
		if _, twice := object[name]; twice {
			return nil, fmt.Errorf("the member %.40q stands there twice", name)
		}
		if object[name], err = readValue(decoder, depth+1); err != nil {
			return nil, err
		}
	}
	_, err := decoder.Token()
	return object, err
}

func readArray(decoder *json.Decoder, depth int) (any, error) {
	array := []any{}
	for decoder.More() {
		v, err := readValue(decoder, depth+1)
		if err != nil {
			return nil, err
		}
		array = append(array, v)
	}
	_, err := decoder.Token()
	return array, err
}

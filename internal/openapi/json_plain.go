package openapi

import "strconv"

// readPlain reads what nearly every body is: texts without escapes and numbers of
// at most 18 digits, a sixth of the time that encoding/json takes token by token.
// What it doesn't know it leaves, and readJSON looks at the body again and says
// what is wrong with it, if anything is. So it need not know why: it must only
// never read anything otherwise (FuzzPlainJSON).
func readPlain(data []byte) (v any, ok bool) {
	p := plainBody{text: string(data)}
	v, ok = p.value(0)
	p.space()
	return v, ok && p.at == len(p.text)
}

// plainBody is a body, read up to a place. The texts that it returns are part of it.
type plainBody struct {
	text string
	at   int
}

func (p *plainBody) space() {
	for p.at < len(p.text) {
		switch p.text[p.at] {
		case ' ', '\t', '\n', '\r':
			p.at++
		default:
			return
		}
	}
}

// next takes a byte, where it is the next.
func (p *plainBody) next(b byte) bool {
	p.space()
	if p.at == len(p.text) || p.text[p.at] != b {
		return false
	}
	p.at++
	return true
}

func (p *plainBody) value(depth int) (v any, ok bool) {
	p.space()
	if depth > maxDepth || p.at == len(p.text) {
		return nil, false
	}
	switch p.text[p.at] {
	case '"':
		return p.quoted()
	case '{':
		return p.object(depth)
	case '[':
		return p.array(depth)
	case 't':
		return true, p.word("true")
	case 'f':
		return false, p.word("false")
	case 'n':
		return nil, p.word("null")
	}
	return p.number()
}

func (p *plainBody) word(word string) bool {
	rest := p.text[p.at:]
	if len(rest) < len(word) || rest[:len(word)] != word {
		return false
	}
	p.at += len(word)
	return true
}

func (p *plainBody) quoted() (text string, ok bool) {
	p.at++
	for from := p.at; p.at < len(p.text); p.at++ {
		switch b := p.text[p.at]; {
		case b == '"':
			p.at++
			return p.text[from : p.at-1], true
		case b == '\\' || b < ' ':
			return "", false
		}
	}
	return "", false
}

func (p *plainBody) number() (v any, ok bool) {
	from := p.at
	if p.text[p.at] == '-' {
		p.at++
	}
	first := p.at
	for p.at < len(p.text) && '0' <= p.text[p.at] && p.text[p.at] <= '9' {
		p.at++
	}
	switch digits := p.at - first; {
	case digits == 0, digits > 18, digits > 1 && p.text[first] == '0':
		return nil, false
	case p.at < len(p.text) && (p.text[p.at] == '.' || p.text[p.at]|0x20 == 'e'):
		return nil, false
	}
	n, err := strconv.ParseInt(p.text[from:p.at], 10, 64)
	return n, err == nil
}

func (p *plainBody) object(depth int) (v any, ok bool) {
	p.at++
	object := make(map[string]any, 8)
	if p.next('}') {
		return object, true
	}
	for {
		p.space()
		if p.at == len(p.text) || p.text[p.at] != '"' {
			return nil, false
		}
		name, ok := p.quoted()
		if _, twice := object[name]; !ok || twice || !p.next(':') {
			return nil, false
		}
		if object[name], ok = p.value(depth + 1); !ok {
			return nil, false
		}
		if p.next('}') {
			return object, true
		}
		if !p.next(',') {
			return nil, false
		}
	}
}

func (p *plainBody) array(depth int) (v any, ok bool) {
	p.at++
	array := []any{}
	if p.next(']') {
		return array, true
	}
	for {
		v, ok := p.value(depth + 1)
		if !ok {
			return nil, false
		}
		array = append(array, v)
		if p.next(']') {
			return array, true
		}
		if !p.next(',') {
			return nil, false
		}
	}
}

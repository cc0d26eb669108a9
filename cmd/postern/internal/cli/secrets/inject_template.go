package secrets

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/cmd/postern/internal/values"
	"github.com/postern-project/postern/runtime/secret"
	"github.com/postern-project/postern/runtime/suggest"
)

// piece is a part of a template: bytes to copy, and the placeholder after them.
type piece struct {
	literal []byte
	ref     *values.Reference // nil in the last piece and in front of an escape
	line    int               // of the reference, from 1
	column  int               // in bytes, from 1
}

const (
	opening = "{{"
	closing = "}}"
	blanks  = " \t"
)

// parseTemplate splits a template into pieces, whose literals are parts of b. A
// placeholder is
//
//	{{ postern://KEY?... }}  or  {{ secret "KEY" }}
//
// on one line, with or without blanks. Two more braces in front turn it into text:
// "{{{{ secret ..." stands for "{{ secret ...". Everything else is text, unless it
// was clearly meant as a placeholder; that is an error. The error names the line
// and column of every mistake, after name.
func parseTemplate(name string, b []byte) ([]piece, error) {
	t := template{name: name, text: b, line: 1}
	for at := 0; ; {
		next := bytes.Index(b[at:], []byte(opening))
		if next < 0 {
			break
		}
		at = t.braces(at + next)
	}
	t.emit(len(b), nil)
	return t.pieces, errors.Join(t.faults...)
}

// template is the state of parseTemplate.
type template struct {
	name   string
	text   []byte
	pieces []piece
	from   int // where the literal of the next piece begins
	faults []error

	line, lineStart, counted int // the line of the offset counted, and the offset where that line starts
}

// braces reads the run of braces at i and what follows it. It returns where to
// continue.
func (t *template) braces(i int) int {
	body := i
	for body < len(t.text) && t.text[body] == '{' {
		body++
	}
	if !meant(t.text[body:]) {
		return body
	}
	if body-i >= 4 {
		t.emit(body-2, nil)
		t.from = body
		return body
	}
	open := body - 2
	t.count(open)
	end, ref, err := placeholder(t.text[body:])
	if err != nil {
		t.fault(err)
		return body
	}
	t.emit(open, ref)
	t.from = body + end
	return t.from
}

func (t *template) emit(to int, ref *values.Reference) {
	t.pieces = append(t.pieces, piece{t.text[t.from:to], ref, t.line, to - t.lineStart + 1})
}

// count advances the line to that of i.
func (t *template) count(i int) {
	t.line += bytes.Count(t.text[t.counted:i], []byte("\n"))
	if n := bytes.LastIndexByte(t.text[t.counted:i], '\n'); n >= 0 {
		t.lineStart = t.counted + n + 1
	}
	t.counted = i
}

func (t *template) fault(err error) {
	if len(t.faults) < app.MaxListed {
		t.faults = append(t.faults, placed(t.name, t.line, t.counted-t.lineStart+1, err))
	}
}

func placed(name string, line, column int, err error) error {
	return fmt.Errorf("%s:%d:%d: %w", name, line, column, err)
}

// meant reports whether the text after braces was meant as a placeholder.
func meant(body []byte) bool {
	body = body[:min(len(body), 256)]
	body = bytes.TrimLeft(body, blanks)
	if len(body) > 1 && body[0] == '-' {
		body = bytes.TrimLeft(body[1:], blanks)
	}
	if bytes.HasPrefix(body, []byte(values.Scheme)) || foreign(body) {
		return true
	}
	rest, ok := bytes.CutPrefix(body, []byte("secret"))
	rest = bytes.TrimLeft(rest, blanks)
	return ok && len(rest) > 0 && bytes.IndexByte([]byte("\"'`"), rest[0]) >= 0
}

// foreign reports whether body begins with a reference of another tool.
func foreign(body []byte) bool {
	name, _, ok := bytes.Cut(body, []byte("://"))
	name = bytes.TrimPrefix(name, []byte("secret"))
	kind, ref := bytes.CutPrefix(name, []byte("ref+"))
	return ok && (string(name) == "op" || ref && len(bytes.Trim(kind, "abcdefghijklmnopqrstuvwxyz0123456789")) == 0)
}

// placeholder parses the text between the braces. end is the offset after the
// closing braces.
func placeholder(body []byte) (end int, ref *values.Reference, err error) {
	line, _, _ := bytes.Cut(body, []byte("\n"))
	inner, _, closed := bytes.Cut(line, []byte(closing))
	if !closed {
		return 0, nil, badTemplate(`unclosed placeholder; want "}}" on the same line`)
	}
	text := strings.Trim(string(inner), blanks)
	if strings.HasPrefix(text, "-") {
		return 0, nil, badTemplate(`"{{-" is not supported; use "{{"`)
	}
	if rest, ok := strings.CutPrefix(text, "secret"); ok && !strings.HasPrefix(text, "secretref+") {
		key := strings.TrimLeft(rest, blanks)
		if len(key) < 2 || key[0] != '"' || strings.IndexByte(key[1:], '"') != len(key)-2 {
			return 0, nil, badTemplate(`want one key in double quotes after "secret"`)
		}
		text = key[1 : len(key)-1]
	}
	r, err := values.ParseReference(text)
	return len(inner) + len(closing), &r, err
}

func badTemplate(text string) error {
	return (&secret.Error{Code: secret.ErrInvalidKey, Detail: text}).Wrap(suggest.Hint("postern help inject"))
}

package secrets

import (
	"bytes"
	"errors"
	"fmt"
	"html"
	"strings"
	"unicode"
	"unicode/utf8"

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
// and column of the first mistakes, after name.
func parseTemplate(name string, b []byte) ([]piece, error) {
	t := template{name: name, text: b, line: 1}
	for at := 0; len(t.faults) < app.MaxListed; {
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
	t.faults = append(t.faults, placed(t.name, t.line, t.counted-t.lineStart+1, err))
}

func placed(name string, line, column int, err error) error {
	return fmt.Errorf("%s:%d:%d: %w", name, line, column, err)
}

// meant reports whether the text after braces was meant as a placeholder: what
// begins like one and is misspelt must be an error, not part of the result.
func meant(body []byte) bool {
	body = bytes.TrimLeftFunc(body, unicode.IsSpace)
	if len(body) > 1 && (body[0] == '-' || body[0] == '~') {
		body = bytes.TrimLeftFunc(body[1:], unicode.IsSpace)
	}
	body = body[:min(len(body), 256)]
	return calls(body) || begins(body) || begins(unescaped(body))
}

// escapedQuotes are what is left of quotes, colons and slashes in the strings of JSON,
// programming languages and URLs.
var escapedQuotes = strings.NewReplacer(
	`\"`, `"`, `\'`, `'`, `\u0022`, `"`, `\u0027`, `'`, `\x22`, `"`, `\x27`, `'`, `\/`, `/`,
	"%20", " ", "%22", `"`, "%27", "'", "%3A", ":", "%3a", ":", "%2F", "/", "%2f", "/",
)

// unescaped returns the text after braces as it was before it became part of a string of
// JSON, YAML or a program, of HTML or of a URL.
func unescaped(body []byte) []byte {
	return []byte(escapedQuotes.Replace(html.UnescapeString(string(body))))
}

// begins reports whether the text after braces begins like a placeholder.
func begins(body []byte) bool {
	if foreign(body) || quotedReference(body) {
		return true
	}
	body = bytes.TrimLeft(body, "( \t\r\n")
	for _, word := range []string{"secret", "postern"} {
		if len(body) >= len(word) && strings.EqualFold(string(body[:len(word)]), word) {
			return argument(body[len(word):])
		}
	}
	return false
}

// quotedReference reports whether the text after braces is a reference of postern or of
// another tool as a string.
func quotedReference(body []byte) bool {
	inner := bytes.TrimLeft(body, "(\"'` \t\r\n")
	return len(inner) < len(body) && (foreign(inner) || len(inner) >= len(values.Scheme) && strings.EqualFold(string(inner[:len(values.Scheme)]), values.Scheme))
}

// calls reports whether the text after braces calls secret with a string somewhere, as
// the templates of other tools do: with secret "k", $x := secret "k", print (secret "k").
// Strings and comments in it are text.
func calls(body []byte) bool {
	body, _, _ = bytes.Cut(body, []byte(closing))
	if bytes.HasPrefix(body, []byte("/*")) || bytes.HasPrefix(body, []byte("!")) {
		return false
	}
	const word = "secret"
	quote := byte(0)
	for i, c := range body {
		switch {
		case quote != 0:
			if c == quote && (quote == '`' || body[i-1] != '\\') {
				quote = 0
			}
		case c == '"' || c == '\'' || c == '`':
			quote = c
		case i > 0 && strings.IndexByte(" \t\r\n(=|,", body[i-1]) >= 0 && len(body)-i > len(word) && strings.EqualFold(string(body[i:i+len(word)]), word):
			rest := bytes.TrimLeft(body[i+len(word):], "( \t\r\n")
			if len(rest) > 0 && strings.IndexByte("\"'`", rest[0]) >= 0 {
				return true
			}
		}
	}
	return false
}

// argument reports whether the text after a word names a key: it begins with a
// quote, a parenthesis, a colon or a slash, or after a blank with a character of a key or
// what stands for a key in other templates. On another line than the word, a key without
// quotes must be all that is left.
func argument(rest []byte) bool {
	inner := bytes.TrimLeftFunc(rest, unicode.IsSpace)
	first, _ := utf8.DecodeRune(inner)
	switch {
	case len(inner) == 0:
		return false
	case unicode.In(first, unicode.Pi, unicode.Pf) || strings.ContainsRune("\"'`(", first):
		return true
	case bytes.ContainsAny(rest[:len(rest)-len(inner)], "\r\n"):
		word, _, closed := bytes.Cut(inner, []byte(closing))
		return closed && len(bytes.Fields(word)) == 1 && secret.Key(bytes.TrimSpace(word)).Check() == nil
	case len(inner) == len(rest):
		return first == ':' || first == '/'
	case bytes.HasPrefix(inner, []byte("-"+closing)):
		return false // a trim marker
	}
	switch second := inner[1:]; first {
	case '/', '.', '$', '{':
		return true
	case '<': // <KEY>, and not a comparison
		return len(second) > 0 && secret.Key(second[:1]).Check() == nil
	case '=':
		second = bytes.TrimLeft(second, blanks)
		return len(second) > 0 && strings.IndexByte("\"'`", second[0]) >= 0
	}
	return secret.Key(string(first)).Check() == nil
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
	inner, _, closed := bytes.Cut(body, []byte(closing))
	if !closed || bytes.IndexByte(inner, '\n') >= 0 {
		return 0, nil, badTemplate(`unclosed placeholder; want "}}" on the same line`)
	}
	text := strings.Trim(string(inner), blanks)
	if strings.HasPrefix(text, "-") {
		return 0, nil, badTemplate(`"{{-" is not supported; use "{{"`)
	}
	rest, function := strings.CutPrefix(text, "secret")
	switch {
	case foreign([]byte(text)):
	case function:
		key := strings.TrimLeft(rest, blanks)
		if len(key) < 2 || key[0] != '"' || strings.IndexByte(key[1:], '"') != len(key)-2 {
			return 0, nil, badTemplate(`want one key in double quotes after "secret"`)
		}
		text = key[1 : len(key)-1]
	case !strings.HasPrefix(text, values.Scheme):
		return 0, nil, badTemplate(`want {{ postern://KEY }} or {{ secret "KEY" }}; for a literal "{{", write "{{{{"`)
	}
	r, err := values.ParseReference(text)
	return len(inner) + len(closing), &r, err
}

func badTemplate(text string) error { return errors.New(text) }

// templateFailure is the error of a template that does not parse. No key need be
// invalid in it.
func templateFailure(err error) error {
	hint := suggest.Hint("postern help inject")
	errors.As(err, &hint)
	return &app.Failure{Exit: app.ExitData, Text: err.Error(), Hint: string(hint)}
}

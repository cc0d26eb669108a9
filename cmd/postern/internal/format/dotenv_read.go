package format

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Assignment is one assignment of a dotenv document.
type Assignment struct {
	Name, Value string
	Line        int // that it begins in, from 1
}

// ReadDotenv parses a dotenv document as the module dotenv does; its DIALECT.md has
// the grammar. It returns all assignments in their order; if a name occurs twice,
// the last one counts. Unlike the module it also returns names that are not keys.
// The error has the line and the column, in bytes from 1, and no text of the
// document.
func ReadDotenv(document []byte) ([]Assignment, error) {
	if !utf8.Valid(document) {
		return nil, errors.New("not UTF-8")
	}
	r := dotenvReader{text: string(bytes.TrimPrefix(document, []byte("\ufeff"))), line: 1}
	var all []Assignment
	for r.at < len(r.text) {
		r.blanks()
		if r.at < r.end() && r.text[r.at] != '#' {
			a, err := r.assignment()
			if err != nil {
				return nil, err
			}
			all = append(all, a)
		}
		r.nextLine()
	}
	return all, nil
}

// dotenvReader reads a text from its first byte to its last.
type dotenvReader struct {
	text  string
	at    int
	line  int // of at, from 1
	start int // of the line
}

func (r *dotenvReader) blanks() {
	for r.at < len(r.text) && isBlank(r.text[r.at]) {
		r.at++
	}
}

func isBlank(b byte) bool { return b == ' ' || b == '\t' }

// end returns the end of the line, before its line break.
func (r *dotenvReader) end() int {
	if i := strings.IndexAny(r.text[r.at:], "\r\n"); i >= 0 {
		return r.at + i
	}
	return len(r.text)
}

// nextLine moves past the line break: LF, CRLF or a lone CR.
func (r *dotenvReader) nextLine() {
	r.at = r.end()
	if strings.HasPrefix(r.text[r.at:], "\r\n") {
		r.at++
	}
	r.at = min(r.at+1, len(r.text))
	r.line, r.start = r.line+1, r.at
}

func (r *dotenvReader) problem(what string) error {
	return fmt.Errorf("line %d, column %d: %s", r.line, r.at-r.start+1, what)
}

// assignment reads NAME=value and the blanks after it.
func (r *dotenvReader) assignment() (a Assignment, err error) {
	line := r.text[r.at:r.end()]
	if rest, ok := strings.CutPrefix(line, "export"); ok && rest != "" && isBlank(rest[0]) {
		r.at += len("export")
		r.blanks()
		line = r.text[r.at:r.end()]
	}
	name, _, found := strings.Cut(line, "=")
	a = Assignment{Name: strings.TrimRight(name, " \t"), Line: r.line}
	if !found || a.Name == "" || strings.ContainsAny(a.Name, " \t'\"`#") {
		return a, r.problem("not an assignment")
	}
	r.at += len(name) + 1
	a.Value, err = r.value()
	return a, err
}

// value reads a value and leaves the reader in its last line.
func (r *dotenvReader) value() (string, error) {
	bare := r.text[r.at:r.end()]
	r.blanks()
	if r.at < r.end() && strings.IndexByte("'\"`", r.text[r.at]) >= 0 {
		value, err := r.quoted(r.text[r.at])
		if err != nil {
			return "", err
		}
		r.blanks()
		if r.at < r.end() && r.text[r.at] != '#' {
			return "", r.problem("text after the closing quote")
		}
		return value, nil
	}
	for i := 1; i < len(bare); i++ {
		if bare[i] == '#' && isBlank(bare[i-1]) {
			bare = bare[:i]
		}
	}
	return strings.Trim(bare, " \t"), nil
}

// quoted reads a value in quotes, which may have several lines.
func (r *dotenvReader) quoted(quote byte) (string, error) {
	var value strings.Builder
	open := *r
	for r.at++; r.at < len(r.text); r.at++ {
		b := r.text[r.at]
		switch {
		case b == quote:
			r.at++
			return value.String(), nil
		case b == '\\' && quote == '"' && r.at+1 < len(r.text):
			r.at++
			if escaped, ok := dotenvEscape(r.text[r.at]); ok {
				value.WriteByte(escaped)
				continue
			}
			value.WriteByte(b) // it stands for itself, and so does what follows
			b = r.text[r.at]
		}
		value.WriteByte(b)
		if b == '\n' || b == '\r' && !strings.HasPrefix(r.text[r.at+1:], "\n") {
			r.line, r.start = r.line+1, r.at+1
		}
	}
	*r = open
	return "", r.problem("unclosed quote")
}

// dotenvEscape returns what a backslash and b mean in double quotes.
func dotenvEscape(b byte) (meaning byte, ok bool) {
	switch b {
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case 't':
		return '\t', true
	case '"', '\\', '$', '`':
		return b, true
	}
	return 0, false
}

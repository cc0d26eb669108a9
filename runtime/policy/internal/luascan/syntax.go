package luascan

import (
	"errors"
	"fmt"
	"strings"

	"github.com/yuin/gopher-lua/parse"
)

// SyntaxError describes an error of the parser. It keeps the line, but drops the
// token unless it is punctuation or a keyword: a path that points to the wrong file
// must not print its words.
func SyntaxError(src []byte, err error) *Error {
	var pe *parse.Error
	if !errors.As(err, &pe) {
		return &Error{0, "syntax error"}
	}
	what, opened, unclosed := unclosed(src)
	switch {
	case pe.Pos.Line == parse.EOF && unclosed:
		return &Error{opened, fmt.Sprintf("syntax error: unexpected end of file; %s is not closed", what)}
	case pe.Pos.Line == parse.EOF:
		return &Error{1 + strings.Count(strings.TrimRight(string(src), "\n"), "\n"), "syntax error: unexpected end of file"}
	case strings.Contains(pe.Message, "multiline") && unclosed:
		return &Error{opened, fmt.Sprintf("syntax error: %s is not closed", what)}
	}
	e := &Error{pe.Pos.Line, "syntax error"}
	if shown := harmlessToken(pe.Token); shown != "" {
		e.Msg = fmt.Sprintf("syntax error near %q", shown)
	}
	if text := cause(src, e.Line, pe.Token); text != "" {
		e.Msg += "; " + text
	}
	return e
}

func harmlessToken(tok string) string {
	switch tok {
	case "and", "break", "do", "else", "elseif", "end", "for", "function", "goto", "if", "in",
		"local", "nil", "not", "or", "repeat", "return", "then", "until", "while", "true", "false":
		return tok
	}
	if len(tok) > 0 && len(tok) <= 3 && !isWordByte(tok[0]) && tok[0] > ' ' && tok[0] < 0x7f {
		return tok
	}
	return ""
}

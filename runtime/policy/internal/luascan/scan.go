// Package luascan prepares Lua source for the parser and the compiler. It bounds the
// work of the parser beforehand, finds the probable cause of a syntax error
// afterwards, and groups statements for the compiler. Start with [Check].
package luascan

import (
	"bytes"
	"fmt"
	"strings"
)

// maxTokens bounds the work of the parser, which takes about a microsecond per token.
// A policy of 3,000 rules has half as many.
const maxTokens = 100_000

// Error is a reason not to parse a file.
type Error struct {
	Line int // 0 if the error is not about one line
	Msg  string
}

// Error returns Msg.
func (e *Error) Error() string { return e.Msg }

// Check bounds the depth of the parser's stack. Each open bracket or block, prefix
// operator and right-associative operator adds to it. This is a coarse lexer; the
// exact nesting is to be checked on the syntax tree. size is the largest size of the
// file in bytes. The error is an *Error.
func Check(src []byte, size, nesting int) error {
	if len(src) > size {
		return &Error{0, fmt.Sprintf("the file is larger than %d bytes", size)}
	}
	if bytes.HasPrefix(src, []byte("\ufeff")) {
		return &Error{1, "the file begins with a byte order mark; save it as UTF-8 without one"}
	}
	s := scanner{src: src, line: 1}
	depth, run := 0, 0
	for tokens := 0; ; tokens++ {
		if tokens > maxTokens {
			return &Error{s.line, fmt.Sprintf("the file has more than %d tokens", maxTokens)}
		}
		switch s.next() {
		case "":
			return nil
		case "(", "[", "{", "function", "do", "then", "repeat":
			depth++
			run = 0
		case ")", "]", "}", "end", "until":
			depth = max(depth-1, 0)
			run = 0
		case "elseif": // closes one "then", opens another
			depth = max(depth-1, 0)
			run = 0
		case "not", "-", "#", "..", "^":
			run++
		case ",", ";", "=", "local", "return", "if", "while", "for":
			run = 0
		}
		if depth > 2*nesting || run > 2*nesting {
			return &Error{s.line, "nested too deeply"}
		}
	}
}

// scanner splits Lua source into words, numbers, operators and strings.
type scanner struct {
	src   []byte
	pos   int
	start int // of the last token
	line  int
	open  int // line of a long string or comment that is not closed, 0 for none
}

// next returns the next token, or "" at the end. Every string literal is
// returned as `"`. The token begins at s.start.
func (s *scanner) next() string {
	for s.pos < len(s.src) {
		c := s.src[s.pos]
		s.start = s.pos
		switch {
		case c == '\n':
			s.line++
			s.pos++
		case c == ' ' || c == '\t' || c == '\r':
			s.pos++
		case c == '-' && s.at(1) == '-':
			s.skipComment()
		case c == '"' || c == '\'':
			s.skipString(c)
			return `"`
		case c == '[' && (s.at(1) == '[' || s.at(1) == '='):
			if s.skipLong() {
				return `"`
			}
			s.pos++
			return "["
		case isWordByte(c):
			for s.pos < len(s.src) && isWordByte(s.src[s.pos]) {
				s.pos++
			}
			return string(s.src[s.start:s.pos])
		case c == '.' && s.at(1) == '.':
			s.pos += 2
			return ".."
		default:
			s.pos++
			return string(rune(c))
		}
	}
	return ""
}

// Token is a word, number, operator or string literal of a file.
type Token struct {
	Text       string // of a string literal with its quotes
	Start, End int    // offsets in the source
	Line       int    // of its end
}

// Tokens returns all tokens of a file, without comments.
func Tokens(src []byte) []Token {
	var out []Token
	s := scanner{src: src, line: 1}
	for s.next() != "" {
		out = append(out, Token{string(src[s.start:s.pos]), s.start, s.pos, s.line})
	}
	return out
}

func (s *scanner) at(ahead int) byte {
	if s.pos+ahead < len(s.src) {
		return s.src[s.pos+ahead]
	}
	return 0
}

func (s *scanner) skipComment() {
	s.pos += 2
	if s.at(0) == '[' && s.skipLong() {
		return
	}
	for s.pos < len(s.src) && s.src[s.pos] != '\n' {
		s.pos++
	}
}

func (s *scanner) skipString(quote byte) {
	for s.pos++; s.pos < len(s.src); s.pos++ {
		switch s.src[s.pos] {
		case '\\':
			s.pos++
		case quote, '\n':
			s.pos++
			return
		}
	}
}

// skipLong skips [[...]] or [=[...]=] and reports whether one starts here.
func (s *scanner) skipLong() bool {
	i := s.pos + 1
	for i < len(s.src) && s.src[i] == '=' {
		i++
	}
	if i >= len(s.src) || s.src[i] != '[' {
		return false
	}
	end := []byte("]" + strings.Repeat("=", i-s.pos-1) + "]")
	rest := s.src[i+1:]
	n := bytes.Index(rest, end)
	if n < 0 {
		n, s.open = len(rest), s.line
	} else {
		n += len(end)
	}
	s.line += bytes.Count(rest[:n], []byte{'\n'})
	s.pos = i + 1 + n
	return true
}

func isWordByte(c byte) bool {
	return c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

package luabox

import (
	"bytes"
	"fmt"
	"strings"
)

// prescan bounds the depth of the parser's stack before the parser runs. Each
// open bracket or block, prefix operator and right-associative operator adds to
// it. This is a coarse lexer; the exact nesting is checked on the syntax tree.
func prescan(file string, src []byte, limits Limits) error {
	if len(src) > limits.Source {
		return &Error{File: file, Msg: fmt.Sprintf("the file is larger than %d bytes", limits.Source)}
	}
	s := scanner{src: src, line: 1}
	depth, run := 0, 0
	for tokens := 0; ; tokens++ {
		if tokens > maxTokens {
			return &Error{File: file, Line: s.line, Msg: fmt.Sprintf("the file has more than %d tokens", maxTokens)}
		}
		word := s.next()
		switch word {
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
		if depth > 2*limits.Nesting || run > 2*limits.Nesting {
			return &Error{File: file, Line: s.line, Msg: "nested too deeply"}
		}
	}
}

// scanner splits Lua source into words, numbers, operators and strings.
type scanner struct {
	src  []byte
	pos  int
	line int
}

// next returns the next token, or "" at the end. Every string literal is
// returned as `"`.
func (s *scanner) next() string {
	for s.pos < len(s.src) {
		c := s.src[s.pos]
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
			start := s.pos
			for s.pos < len(s.src) && isWordByte(s.src[s.pos]) {
				s.pos++
			}
			return string(s.src[start:s.pos])
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
		n = len(rest)
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

package luascan

import (
	"fmt"
	"slices"
)

// cause returns the probable cause of a syntax error, or "". token is where the
// parser stopped, in that line.
func cause(src []byte, line int, token string) string {
	words := wordsOf(src, line)
	for i, word := range words {
		if text := causeAt(words, i, word); text != "" {
			return text
		}
	}
	switch {
	case token == "}" && slices.Contains(words, "function"):
		return `the "end" of a function is missing`
	case token == "=" && slices.Contains(words, "return"):
		return `a comparison is written ==`
	case token == "==" || token == "~=":
		return `a condition needs "return" before it`
	case token == "[":
		return `a list is written { "a", "b" }`
	}
	for i, word := range words {
		if i > 0 && word == "=" && i > 1 && words[i-2] == `"` {
			return "a comma is missing before " + shorten(words[i-1])
		}
	}
	return ""
}

// causeAt looks at one token, and at those around it.
func causeAt(words []string, i int, word string) string {
	next := func(n int) string {
		if i+n < len(words) {
			return words[i+n]
		}
		return ""
	}
	switch {
	case word == "\u00ef" && next(1) == "\u00bb": // the bytes EF BB BF
		return "there is a byte order mark; save the file as UTF-8 without one"
	case word == "\u00e2" && next(1) == "\u0080":
		return "quotes and dashes are written in ASCII"
	case len(word) > 1 && word[0] >= 0x80:
		return "there is a character that is not ASCII outside of a text"
	case word == "!" && next(1) == "=":
		return `"not equal" is written ~=`
	case word == "!":
		return `"!" is written not`
	case word == "&" && next(1) == "&":
		return `"&&" is written and`
	case word == "|" && next(1) == "|":
		return `"||" is written or`
	case word == "=" && next(1) == ">":
		return "a function is written function(req) return ... end"
	case (word == "+" || word == "-") && next(1) == "=":
		return "write x = x " + word + " ..."
	case word == ":" && i > 0 && (next(1) == `"` || next(1) == "[" || next(1) == "{" || next(1) == ":"):
		return "a field is written NAME = VALUE"
	case word == "/" && next(1) == "/":
		return "division without a remainder is math.floor(a / b)"
	case word == "&" || word == "|" || word == "~" && next(1) != "=" || word == "<" && next(1) == "<" || word == ">" && next(1) == ">":
		return "there are no operators for bits"
	case word == "=" && next(1) == "[" && next(2) != "[":
		return `a list is written { "a", "b" }`
	}
	return ""
}

func shorten(word string) string {
	if len(word) > 64 {
		word = word[:64]
	}
	return word
}

// wordsOf returns the tokens of one line.
func wordsOf(src []byte, line int) []string {
	var words []string
	s := scanner{src: src, line: 1}
	for {
		word := s.next()
		if word == "" || s.line > line {
			return words
		}
		if s.line == line {
			words = append(words, word)
		}
	}
}

// unclosed returns what the file opens and does not close, and its line. ok is false
// if everything is closed.
func unclosed(src []byte) (what string, line int, ok bool) {
	type opener struct {
		word string
		line int
	}
	var open []opener
	s := scanner{src: src, line: 1}
	for word := s.next(); word != ""; word = s.next() {
		switch word {
		case "(", "[", "{", "function", "do", "then", "repeat":
			open = append(open, opener{word, s.line})
		case ")", "]", "}", "end", "until", "elseif":
			if len(open) > 0 {
				open = open[:len(open)-1]
			}
		}
	}
	switch {
	case s.open > 0:
		return "a long comment or string", s.open, true
	case len(open) > 0:
		last := open[len(open)-1]
		return fmt.Sprintf("%q", last.word), last.line, true
	}
	return "", 0, false
}

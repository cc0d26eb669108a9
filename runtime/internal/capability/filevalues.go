package capability

import (
	"bytes"
	"strconv"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// fileValues calls add with each part of a file that could be a value in one of the
// formats that modules read. There are two kinds:
//
//   - tokens: what stands between two separators, at least minToken bytes long
//   - spans that tokens do not cover, because they hold a shorter piece, or an
//     escape that a parser replaces: the content of quotes, a line, what follows the
//     first "=" or ":" of a line, an element of a list or mapping in brackets
//
// The slices are part of data, or new. It reports whether these are all.
func fileValues(data []byte, add func([]byte)) (complete bool) {
	for _, token := range bytes.FieldsFunc(data, separates) {
		if len(token) >= minToken {
			add(token)
		}
	}
	span := func(b []byte) {
		if b = bytes.TrimSpace(b); len(b) >= minToken && !coveredByTokens(b) {
			add(b)
		}
	}
	complete = quotedValues(data, func(b []byte, changed bool) {
		if changed && len(b) >= minToken {
			add(b)
		} else {
			span(b)
		}
	})
	for line := range bytes.Lines(data) {
		span(line)
		afterName(line, span)
		item := bytes.TrimLeft(line, " \t-")
		span(item)
		afterName(item, span)
		for element := range bytes.FieldsFuncSeq(line, func(r rune) bool { return r == ',' || brackets(r) }) {
			span(element)
			afterName(element, span)
		}
	}
	return complete
}

// separates reports whether r ends a value in dotenv, TOML, JSON or YAML.
func separates(r rune) bool {
	switch r {
	case ' ', '\t', '\r', '\n', '"', '\'', '=', ':', ',':
		return true
	}
	return brackets(r)
}

func brackets(r rune) bool { return r == '{' || r == '}' || r == '[' || r == ']' }

// coveredByTokens reports whether all pieces of b between separators are tokens,
// so that masking these leaves only separators of b.
func coveredByTokens(b []byte) bool {
	for piece := range bytes.FieldsFuncSeq(b, separates) {
		if len(piece) < minToken {
			return false
		}
	}
	return true
}

// afterName calls span with what follows the first "=" and the first ":" of a line,
// each with and without a comment at the end.
func afterName(line []byte, span func([]byte)) {
	for _, mark := range []byte("=:") {
		_, value, found := bytes.Cut(line, []byte{mark})
		if !found {
			continue
		}
		span(value)
		if before, _, found := bytes.Cut(value, []byte(" #")); found {
			span(before)
		}
	}
}

// quotedValues calls add with what stands between two quotes of data, and says
// whether it differs from what is written there. Each quote may open one, since an
// apostrophe in a comment looks like one that does. It reports false when data has
// so many quotes that are not closed that looking for their ends takes too long.
func quotedValues(data []byte, add func(content []byte, changed bool)) bool {
	budget := 16*len(data) + 1024
	for i, quote := range data {
		if quote != '"' && quote != '\'' && quote != '`' {
			continue
		}
		content, changed, length := unquote(data[i+1:], quote)
		if length >= 0 {
			add(content, changed)
		} else {
			length = len(data) - i
		}
		if budget -= length; budget < 0 {
			return false
		}
	}
	return true
}

// unquote reads up to the closing quote. It returns the content with its escapes
// replaced, and how many bytes stand before the closing quote, -1 if there is none.
func unquote(b []byte, quote byte) (content []byte, changed bool, length int) {
	start := 0 // of what was not copied to content yet
	for i := 0; i < len(b); {
		switch {
		case b[i] == quote && quote == '\'' && i+1 < len(b) && b[i+1] == quote:
			content, changed = append(content, b[start:i+1]...), true
			i += 2
			start = i
		case b[i] == quote:
			if !changed {
				return b[:i], false, i
			}
			return append(content, b[start:i]...), true, i
		case b[i] == '\\' && quote != '\'':
			content, changed = append(content, b[start:i]...), true
			var n int
			content, n = unescape(content, b[i:])
			i += n
			start = i
		default:
			i++
		}
	}
	return nil, false, -1
}

// unescape appends what the escape at the start of b stands for in JSON, TOML, YAML
// or dotenv, and returns the length of the escape.
func unescape(content, b []byte) ([]byte, int) {
	if len(b) < 2 {
		return append(content, b...), len(b)
	}
	switch c := b[1]; c {
	case 'x':
		return unescapeHex(content, b, 2)
	case 'u':
		return unescapeHex(content, b, 4)
	case 'U':
		return unescapeHex(content, b, 8)
	case '\r', '\n': // the line goes on, behind the space at its start
		rest := bytes.TrimLeftFunc(b[1:], unicode.IsSpace)
		return content, len(b) - len(rest)
	default:
		if i := bytes.IndexByte([]byte("0abefnrtvN_LP"), c); i >= 0 {
			return append(content, []string{"\x00", "\a", "\b", "\x1b", "\f", "\n", "\r", "\t", "\v", "\u0085", "\u00a0", "\u2028", "\u2029"}[i]...), 2
		}
		return append(content, c), 2
	}
}

// unescapeHex appends the character with the code in the digits behind the two
// bytes at the start of b. A pair of surrogates is one character.
func unescapeHex(content, b []byte, digits int) ([]byte, int) {
	code, ok := hexCode(b[2:], digits)
	if !ok {
		return append(content, b[1]), 2
	}
	n := 2 + digits
	if utf16.IsSurrogate(code) && len(b) > n+1 && b[n] == '\\' && b[n+1] == 'u' {
		if low, ok := hexCode(b[n+2:], 4); ok {
			code, n = utf16.DecodeRune(code, low), n+6
		}
	}
	return utf8.AppendRune(content, code), n
}

func hexCode(b []byte, digits int) (rune, bool) {
	if len(b) < digits {
		return 0, false
	}
	code, err := strconv.ParseUint(string(b[:digits]), 16, 32)
	return rune(code), err == nil
}

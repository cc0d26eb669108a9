package config

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf8"
)

const byteOrderMark = "\ufeff"

// checkCharacters returns the line of the first byte that makes editors and parsers
// disagree on what the text is, and says which. Only a line feed ends a line, with or
// without a carriage return before it: at the other line ends of Unicode, some programs
// begin a new line, and others continue a comment.
func checkCharacters(text []byte) (line int, problem string) {
	for _, mark := range []string{"\xff\xfe", "\xfe\xff"} {
		if bytes.HasPrefix(text, []byte(mark)) {
			return 1, "the file is UTF-16 or UTF-32; want UTF-8"
		}
	}
	for at := 0; at < len(text); {
		r, n := utf8.DecodeRune(text[at:])
		problem := ""
		switch {
		case r == utf8.RuneError && n == 1:
			problem = "the file is not UTF-8"
		case r == 0:
			problem = "a NUL byte; want UTF-8 text"
		case r == '\r' && !bytes.HasPrefix(text[at:], []byte("\r\n")):
			problem = "a carriage return without a line feed; want lines that end in a line feed"
		case r == 0xfeff:
			problem = "a byte order mark that is not at the start"
		case r < 0x20 && r != '\t' && r != '\n' && r != '\r', 0x7f <= r && r < 0xa0, r == 0x2028, r == 0x2029, r == 0xfffe, r == 0xffff:
			problem = fmt.Sprintf("the control character %U; in a string, write it as an escape", r)
		}
		if problem != "" {
			return lineAt(text, int64(at)), problem
		}
		at += n
	}
	return 0, ""
}

// loneSurrogate returns the offset of an escape in a JSON text that is half of a
// surrogate pair, or -1. The parser would put another character in its place.
func loneSurrogate(text []byte) int {
	for at := 0; at < len(text); at++ {
		if text[at] != '\\' {
			continue
		}
		switch high := escaped(text[at:]); {
		case high < 0:
			at++ // some other escape: skip its second character, which may be a backslash
		case high < 0xd800 || high > 0xdfff:
			at += 5
		default:
			if low := escaped(text[at+6:]); high > 0xdbff || low < 0xdc00 || low > 0xdfff {
				return at
			}
			at += 11
		}
	}
	return -1
}

// escaped returns the number in an escape of the form \uXXXX at the start of b, or -1.
func escaped(b []byte) int {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return -1
	}
	n, err := strconv.ParseUint(string(b[2:6]), 16, 16)
	if err != nil {
		return -1
	}
	return int(n)
}

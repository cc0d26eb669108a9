package secret

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// MaxKeyLen is the maximum length of a key: 512 bytes.
const MaxKeyLen = 512

// Key is the name of a secret: 1 to [MaxKeyLen] bytes in segments of
// [A-Za-z0-9._@:+-] joined by "/". A segment is not empty and not "." or "..".
// Keys are case sensitive and compare as bytes. An invalid key is rejected and
// never cleaned, so that policy, cache, provider and audit see the same bytes.
//
// Converting a string to Key checks nothing; use [ParseKey] or [Key.Check].
type Key string

// ParseKey returns s as a Key if it is valid. Otherwise the error is an [*Error]
// with [ErrInvalidKey] and a Detail that says what is wrong.
func ParseKey(s string) (Key, error) {
	if reason := invalidKey(s); reason != "" {
		return "", &Error{Code: ErrInvalidKey, Key: Key(clip(s, 64)), Detail: reason}
	}
	return Key(s), nil
}

// Check returns nil if k is a valid key, else the error of [ParseKey].
func (k Key) Check() error {
	_, err := ParseKey(string(k))
	return err
}

// invalidKey returns what makes s an invalid key, "" if it is a valid one.
func invalidKey(s string) string {
	switch {
	case s == "":
		return "the key is empty"
	case len(s) > MaxKeyLen:
		return fmt.Sprintf("the key has %d bytes; the limit is %d", len(s), MaxKeyLen)
	case s[0] == '/' || s[len(s)-1] == '/':
		return `a key must not begin or end with "/"`
	}
	for segment := range strings.SplitSeq(s, "/") {
		if segment == "" || segment == "." || segment == ".." {
			return fmt.Sprintf("the segment %q is not allowed", segment)
		}
	}
	for i := range len(s) {
		if !keyByte(s[i]) {
			// Escaped: a look-alike letter would not be recognized as one.
			r, _ := utf8.DecodeRuneInString(s[i:])
			return fmt.Sprintf("invalid character %+q at byte %d; want letters, digits or ._@:+-/", r, i+1)
		}
	}
	return ""
}

func keyByte(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return strings.IndexByte("._@:+-/", c) >= 0
}

// clip returns the first n bytes of s and "...", or all of s if it is not longer.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return s[:n] + "..."
}

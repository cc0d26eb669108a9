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

// Valid reports whether k is a valid key. It is Check without the reason, for those who go
// through many keys that others have written.
func (k Key) Valid() bool {
	return k != "" && len(k) <= MaxKeyLen && k[0] != '/' && k[len(k)-1] != '/' && fault(string(k)) == len(k)
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
	i := fault(s)
	switch {
	case i == len(s):
		return ""
	case keyBytes[s[i]]:
		segment, _, _ := strings.Cut(s[i:], "/")
		return fmt.Sprintf("the segment %q is not allowed", segment)
	}
	// Escaped: a look-alike letter would not be recognized as one.
	r, _ := utf8.DecodeRuneInString(s[i:])
	return fmt.Sprintf("invalid character %+q at byte %d; want letters, digits or ._@:+-/", r, i+1)
}

// fault returns the place of the first byte that may not be in a key, or where the first
// segment begins that may not be, or len(s) if there is none.
func fault(s string) int {
	begin := 0 // of the segment
	for i := range len(s) {
		switch c := s[i]; {
		case c == '/':
			if emptyOrDots(s[begin:i]) {
				return begin
			}
			begin = i + 1
		case !keyBytes[c]:
			return i
		}
	}
	if emptyOrDots(s[begin:]) {
		return begin
	}
	return len(s)
}

// emptyOrDots reports whether a segment is "", "." or "..".
func emptyOrDots(segment string) bool {
	return len(segment) <= 2 && (segment == "" || segment == "." || segment == "..")
}

// keyBytes are the bytes of keys.
var keyBytes = func() (all [256]bool) {
	for _, c := range []byte("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._@:+-/") {
		all[c] = true
	}
	return all
}()

// clip returns the first n bytes of s and "...", or all of s if it is not longer.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return s[:n] + "..."
}

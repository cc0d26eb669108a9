package secret

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// MaxKeyLen is the largest length of a key in bytes.
const MaxKeyLen = 512

// Key names a secret: segments of [A-Za-z0-9._@:+-] joined by "/", 1 to
// [MaxKeyLen] bytes, no segment empty, "." or "..". A key is rejected or taken
// as it is, never cleaned, so that policy, cache, provider and audit see the
// same bytes. Keys compare as bytes.
type Key string

// ParseKey returns s as a Key. The error is an [*Error] with [ErrInvalidKey]
// that says what is wrong.
func ParseKey(s string) (Key, error) {
	if reason := keyFault(s); reason != "" {
		return "", &Error{Code: ErrInvalidKey, Key: Key(clip(s, 64)), Detail: reason}
	}
	return Key(s), nil
}

// Check reports whether k is canonical: nil, or the error of [ParseKey].
func (k Key) Check() error {
	_, err := ParseKey(string(k))
	return err
}

// keyFault says in words why s is no key, or returns "".
func keyFault(s string) string {
	switch {
	case s == "":
		return "the key is empty"
	case len(s) > MaxKeyLen:
		return fmt.Sprintf("the key has %d bytes, the most is %d", len(s), MaxKeyLen)
	case s[0] == '/' || s[len(s)-1] == '/':
		return `a key does not begin or end with "/"`
	}
	for segment := range strings.SplitSeq(s, "/") {
		if segment == "" || segment == "." || segment == ".." {
			return fmt.Sprintf("the segment %q is not allowed", segment)
		}
	}
	for i := range len(s) {
		if !keyByte(s[i]) {
			// Escaped, because a look-alike letter shown as it is explains nothing.
			r, _ := utf8.DecodeRuneInString(s[i:])
			return fmt.Sprintf("the character at byte %d is %+q; allowed are letters, digits and ._@:+-/", i+1, r)
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

// clip shortens untrusted text for use in an error.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return s[:n] + "..."
}

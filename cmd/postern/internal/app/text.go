package app

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/postern-project/postern/runtime/suggest"
)

// Clean makes a message safe to print: it keeps it on one line and escapes what
// is not printable. Names and reasons in messages come from outside.
func Clean(s string) string {
	var b strings.Builder
	for _, r := range strings.TrimSpace(s) {
		switch {
		case r == '\n':
			b.WriteString("; ")
		case unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			quoted := strconv.QuoteRune(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
	}
	return b.String()
}

// QuotePath returns a path as an argument for the command in a hint: in quotes if
// a shell needs them, and never like an option.
func QuotePath(path string) string {
	word := Clean(path)
	if strings.HasPrefix(word, "-") {
		word = "./" + word
	}
	return suggest.Quote(word)
}

// DidYouMean returns a question such as ` (did you mean "get"?)` for the end of a
// message about an unknown name, or "" if no candidate is close.
func DidYouMean(name string, candidates []string) string {
	if near := suggest.Closest(name, candidates); near != "" {
		return fmt.Sprintf(" (did you mean %q?)", near)
	}
	return ""
}

package app

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"syscall"
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

// Reason returns the text of a system error without the path, for a message
// that names the file itself.
func Reason(err error) string {
	var path *fs.PathError
	var number syscall.Errno
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "there is no such file"
	case errors.As(err, &number):
		return number.Error()
	case errors.As(err, &path):
		return path.Err.Error()
	}
	return err.Error()
}

// DidYouMean returns a question such as `, did you mean "get"?` for the end of a
// message about an unknown name, or "" if no candidate is close.
func DidYouMean(name string, candidates []string) string {
	if near := suggest.Closest(name, candidates); near != "" {
		return fmt.Sprintf(", did you mean %q?", near)
	}
	return ""
}

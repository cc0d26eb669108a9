package redact_test

import (
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/redact"
)

// Any number in an escape is text: one that no character has, or that does not fit, is left
// unchanged, alone and in another escape.
func TestNumbersThatNoCharacterHasAreText(t *testing.T) {
	t.Parallel()
	r := filled(t, redact.AllEncodings, []string{"value-5f0c9a7b", "pa\\ss\n\x01\"'wörd", "\xff\xfe\x00binary\x80", "letters"})
	log := slog.New(redact.NewHandler(io.Discard, r, func(w io.Writer) slog.Handler { return slog.NewJSONHandler(w, nil) }))
	heads := []string{`\U`, `\u`, `\x`, `\X`, `\W`, `\+`, `\o`, `\`, `\N{U+`, `\u{`, `\x{`, `\o{`, `\u[`, `%u`, `%`, `&#x`, `&#`, `=`, `\c`, `\M-`, `\^`, `\#x`, `#x`}
	numbers := []string{
		"", "0", "00000000", "41", "0041", "00000041", "7f", "80", "ff", "377", "400", "777", "d800", "dfff", "fffe", "ffff", "10ffff", "110000",
		"7fffffff", "80000000", "deadbeef", "FFFFFFFF", "ffffff80", "fffffffff", "2147483647", "2147483648", "4294967295", "18446744073709551616", "99999999",
		"{", "{}", "{{", "-", "g", "\xff", "é",
	}
	for _, head := range heads {
		for _, number := range numbers {
			for _, tail := range []string{"", "}", ";", "]", `\`, `\&`, " ", "\n", `"`} {
				for _, escape := range []func(string) string{
					func(s string) string { return s },
					func(s string) string { return strings.ReplaceAll(s, `\`, `\\`) },
					func(s string) string { return strings.ReplaceAll(s, `\`, `\\\\`) },
					func(s string) string { return strings.NewReplacer(`\`, "%5C", "%", "%25", "&", "&amp;").Replace(s) },
					func(s string) string { return "\x1b]0;" + s + "\x07" },
				} {
					text := "a " + escape(head+number+tail) + " b"
					if got := r.String(text); got != text {
						t.Fatalf("%q became %q", text, got)
					}
					if tail == "" {
						log.Info("text", "path", text)
						if got := pass(t, r, []byte(text[:len(text)/2]), []byte(text[len(text)/2:])); string(got) != text {
							t.Fatalf("written in two parts, %q became %q", text, got)
						}
					}
				}
			}
		}
	}
}

package redact_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/testdata/sample"
)

// halves are the escapes by which programs write the halves of characters in UTF-16.
var halves = []string{
	"&#%d;", "&#%05d;", "&#x%x;", "&#X%04X;", `\u%04x`, `\U%04X`, `\u{%x}`, `\x{%x}`, "%%u%04X", `\%x `, `\%d`, `\o{%o}`, `\N{U+%X}`,
}

// TM-156: characters are masked of which programs write each half as an escape, of one kind
// or of several, also in JSON, in a URL and in markup, however the writes are divided.
func TestTM156Halves(t *testing.T) {
	t.Parallel()
	for _, v := range []string{"pass😀word😀zz", "😀in-front-9", "at-the-end-9😀", "x9-\U00020000\U0010ffff漢-z", "😀😁😂🤣"} {
		r := filled(t, redact.AllEncodings, []string{v})
		for i, one := range halves {
			for k, other := range halves {
				if strings.HasSuffix(one, "d") && k != i || strings.HasSuffix(other, "d") && k != i {
					continue // more digits may follow
				}
				n := 0
				write := func(c rune) string {
					if c < 0x80 {
						return string(c)
					}
					var b strings.Builder
					for _, half := range utf16.Encode([]rune{c}) {
						fmt.Fprintf(&b, []string{one, other}[n%2], half)
						n++
					}
					return b.String()
				}
				text := runes("-", write)(v)
				name := fmt.Sprintf("%q and %q", one, other)
				checkSpelling(t, r, v, name, text)
				for outer := range sample.From(t, []func(string) string{jsonOf, keeping("", percentOf), references("&#%d;")}) {
					checkSpelling(t, r, v, name+" escaped again", outer(text))
				}
			}
		}
	}
}

// TM-156: so are bytes that are not UTF-8, which Python writes as second halves.
func TestTM156LoneHalves(t *testing.T) {
	t.Parallel()
	const v = "p\xe4ssw\xf6rd-x9"
	r := filled(t, redact.AllEncodings, []string{v})
	for _, format := range halves {
		if format != `\%d` {
			checkSpelling(t, r, v, format, keeping("-", func(c byte) string { return fmt.Sprintf(format, 0xdc00|rune(c)) })(v))
		}
	}
}

package redact_test

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/testdata/sample"
)

// breaks are what programs print for the end of a line within a text.
var breaks = []string{
	" ", "  ", "\t", " \n", "\r",
	`\n`, `\r\n`, `\r`, `\\n`, `\\r\\n`, `\\\\n`, `\012`, `\015\012`, `\x0a`, `\x0D\x0A`, `\x{a}`, `\u000a`, `\u000D\u000A`, `\u{a}`, `\U0000000a`,
	`\010`, `\013\010`, `\0A`, `\a `, `\00000a `, `\n    `, `\n> `, `\n\t`, `\n\x20\x20`, `\\012`, `\\u000a`, `\u005cn`,
	"%0A", "%0a", "%0D%0A", "%u000a", "%250A", "%5Cn", "%20", "%5cr%5cn",
	"&#10;", "&#xA;", "&#x0a;", "&#13;&#10;", "&NewLine;", "&amp;#10;", "&#92;n", "&#32;",
}

// TM-156: base64, base32 and hex in lines are masked whatever is printed for the line
// breaks.
func TestTM156EscapedLineBreaks(t *testing.T) {
	t.Parallel()
	const mask = "[REDACTED:key/00000]"
	rnd := rand.New(rand.NewPCG(31, 32))
	v := random(rnd, letters+"<>?~+/", 150)
	r := filled(t, redact.AllEncodings, []string{v})
	forms := map[string]func(skip int) string{
		"hex": func(skip int) string { return hex.EncodeToString([]byte(strings.Repeat("x", skip) + v)) },
		"HEX": func(skip int) string {
			return strings.ToUpper(hex.EncodeToString([]byte(strings.Repeat("x", skip) + v)))
		},
		"base32": func(int) string { return base32.StdEncoding.EncodeToString([]byte(v)) },
		"base64": func(skip int) string { return base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", skip) + v)) },
		"raw": func(skip int) string {
			return base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("x", skip) + v + "yy"))
		},
		"url": func(skip int) string { return base64.URLEncoding.EncodeToString([]byte(strings.Repeat("x", skip) + v)) },
		"raw url": func(skip int) string {
			return base64.RawURLEncoding.EncodeToString([]byte(strings.Repeat("x", skip) + v + "y"))
		},
	}
	for form, encode := range forms {
		for _, end := range breaks {
			for column := range sample.Of(t, 41) {
				width := 40 + column
				for skip := range 3 {
					data := encode(skip + 3*rnd.IntN(20))
					in := `{"output":"` + strings.Join(slices.Collect(chunks(data, width)), end) + `"}`
					got := r.String(in)
					left, right, _ := strings.Cut(got, mask)
					if strings.Count(got, mask) != 1 || len(strip(left, end)) > 16+2*62 || len(strip(right, end)) > 8 {
						t.Errorf("%s, width %d, %d before, breaks %q: %q became %q", form, width, skip, end, in, got)
						break
					}
					for range 2 {
						i := rnd.IntN(len(in))
						if cut := pass(t, r, []byte(in[:i]), []byte(in[i:])); string(cut) != got {
							t.Fatalf("%s, width %d, breaks %q, cut at %d: %q, want %q", form, width, end, i, cut, got)
						}
					}
				}
				if t.Failed() {
					break
				}
			}
		}
	}
}

// Each cut of a text into two writes, or into many, gives the same result.
func TestTM156EscapedLineBreaksCut(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(33, 34))
	v := random(rnd, letters, 70)
	r := filled(t, redact.AllEncodings, []string{v})
	for _, end := range breaks {
		data := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", rnd.IntN(40)) + v))
		in := "sent " + strings.Join(slices.Collect(chunks(data, 40+rnd.IntN(37))), end) + `" and more`
		want := r.String(in)
		if !strings.Contains(want, "[REDACTED:key/00000]") {
			t.Errorf("breaks %q: %q became %q", end, in, want)
			continue
		}
		for i := range sample.Of(t, len(in)) {
			if got := pass(t, r, []byte(in[:i]), []byte(in[i:])); string(got) != want {
				t.Errorf("breaks %q, cut at %d of %q: %q, want %q", end, i, in, got, want)
				break
			}
		}
		for size := 1; size < 20; size += 3 {
			if got := pass(t, r, slices.Collect(slices.Chunk([]byte(in), size))...); string(got) != want {
				t.Errorf("breaks %q, pieces of %d of %q: %q, want %q", end, size, in, got, want)
			}
		}
	}
}

// Values that are short words are not put together from what stands on both sides of a
// blank or an escape.
func TestLongWordsStay(t *testing.T) {
	t.Parallel()
	r := filled(t, redact.AllEncodings, []string{"keyboard", "deadbeef-and", "notebook2024"})
	const path = "/usr/share/lib/python/site/packages/module/long/path/"
	for _, gap := range breaks {
		for _, in := range []string{
			path + "key" + gap + "board is a word", path + "notebook" + gap + "2024 was a year", path + "note" + gap + "book2024",
			fmt.Sprintf("%s %s%s%s", path, strings.Repeat("0123456789abcdef", 4), gap, strings.Repeat("0123456789abcdef", 4)),
		} {
			if got := r.String(in); got != in {
				t.Errorf("%q became %q", in, got)
			}
			for _, i := range []int{len(path), len(path) + 4, len(path) + 8} {
				if got := pass(t, r, []byte(in[:i]), []byte(in[i:])); string(got) != in {
					t.Errorf("%q, cut at %d, became %q", in, i, got)
				}
			}
		}
	}
}

package match

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/redact/internal/encodings"
)

// grammar writes a character as one of the escapes that are read, and the signs of this
// escape as others, up to a depth. It knows the formats, not the tables of the reader.
type grammar struct{ rnd *rand.Rand }

func (g grammar) write(c rune, depth int) string {
	if depth == 0 || g.rnd.IntN(3) == 0 {
		return string(c)
	}
	forms := []string{`\x{%x}`, `\u{%X}`, `\U%08x`, "&#%d;", "&#x%x;", `\%x `, `\%06x`,
		`\u[%x]`, `\x%x;`, `\x%X\`, `\x%04x\ `, `\%d\&`, `\o{%o}`, `\N{U+%X}`, `\+%06x`, `\U%06x`, `\U%04x`, `\W%08X`}
	if c < 0x80 {
		forms = append(forms, "%%%02X", "%%%02x", `\x%02x`, `\u%04x`, `\%03o`, `\%03d`, `\X%02x`, `\y%02x`)
	}
	escape := fmt.Sprintf(forms[g.rnd.IntN(len(forms))], c)
	switch i := strings.IndexRune(" !\"#$%&'()*+,-./:;<=>?@[\\]^`{|}~", c); {
	case i >= 0 && g.rnd.IntN(3) == 0:
		escape = `\` + string(c)
	case c == ' ' && g.rnd.IntN(2) == 0:
		escape = "+"
	case c == '"' || c == '\'' || c == '$':
		escape = string(c) + string(c)
	case strings.ContainsRune("&|<>^()!", c) && g.rnd.IntN(2) == 0:
		escape = "^" + string(c)
	}
	// What is escaped once more is what programs escape, and no digit or letter that the
	// last escape would take in.
	var b strings.Builder
	next := g.form(depth - 1)
	for _, c := range escape {
		b.WriteString(next(c))
	}
	return b.String()
}

// form returns an escaper for everything but letters and digits.
func (g grammar) form(depth int) func(rune) string {
	format := []string{"%c", `\x{%x}`, `\u{%X}`, `\U%08x`, "&#%d;", "&#x%x;", `\%x `, `\%06x`, "%%%02X", `\x%02x`, `\u%04x`, `\%03o`, `\%c`, `\x%x;`, `\u[%x]`, `\x%x\`}[g.rnd.IntN(16)]
	if depth == 0 {
		format = "%c"
	}
	next := func(c rune) string { return string(c) }
	if depth > 1 && g.rnd.IntN(2) == 0 {
		next = g.form(depth - 1)
	}
	return func(c rune) string {
		if c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' {
			return string(c)
		}
		var b strings.Builder
		for _, c := range fmt.Sprintf(format, c) {
			b.WriteString(next(c))
		}
		return b.String()
	}
}

// TM-156: what rules out that an escape begins at a place rules out none that is read: a
// search that looks at each place finds nothing more.
func TestTM156NothingIsRuledOut(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(41, 42))
	g := grammar{rnd}
	rounds := 400
	if n, err := strconv.Atoi(os.Getenv("POSTERN_TEST_ROUNDS")); err == nil {
		rounds = n
	}
	found := 0
	for range rounds {
		var vals []Value
		var text strings.Builder
		for range 1 + rnd.IntN(2) {
			const chars = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789abcdefghij!@#$%^&*()-_=+[]{};:,.?/\\`'\"<>|~ é"
			all := []rune(chars)
			var v []rune
			for len(v) < 9 {
				v = append(v, all[rnd.IntN(len(all))])
			}
			if encodings.Classify([]byte(string(v))) != encodings.Searched {
				continue
			}
			vals = append(vals, plainValue(string(v)))
			for range 3 {
				text.WriteString(" text ")
				level := 1 + rnd.IntN(3)
				for _, c := range v {
					text.WriteString(g.write(c, level))
				}
			}
		}
		x := NewIndex(encodings.Options{})
		for _, v := range vals {
			x.Add(v)
		}
		x.Refresh()
		quick, thorough := NewScan(), NewScan()
		thorough.thorough, thorough.spelled.Thorough = true, true
		x.Set().Text(quick, []byte(text.String()))
		x.Set().Text(thorough, []byte(text.String()))
		for _, m := range thorough.Matches {
			found++
			at := m.Start
			for _, q := range quick.Matches {
				if q.Start <= at && at < q.Reach {
					at = q.Reach
				}
			}
			if at < m.Reach {
				t.Errorf("values %q\ntext %q\nnot found: %q", vals, text.String(), text.String()[m.Start:m.Reach])
			}
		}
		x.Reset()
	}
	if found < rounds {
		t.Errorf("%d values found in %d texts", found, rounds)
	}
}

// plainValue is a value that is never wiped.
type plainValue string

func (v plainValue) Expose(f func([]byte) error) error { return f([]byte(v)) }
func (v plainValue) Live() bool                        { return true }
func (v plainValue) Forced() bool                      { return false }
func (v plainValue) Mask() string                      { return "[" + "MASK]" }
func (v plainValue) Hint() (string, string, string)    { return "", v.Mask(), v.Mask() }

package redact_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
	"github.com/postern-project/postern/testdata/sample"
)

// coreutils quotes v as the messages of GNU programs do: in single quotes, which end
// for an apostrophe and around a run of escapes. ascii is for the C locale.
func coreutils(v string, ascii bool) string {
	var b strings.Builder
	b.WriteByte('\'')
	escaped := false
	mode := func(now bool) {
		if now != escaped {
			b.WriteString(map[bool]string{true: "'$'", false: "''"}[now])
		}
		escaped = now
	}
	for _, c := range v {
		text := string(c)
		switch {
		case c == '\'':
			mode(false)
			b.WriteString(`'\''`)
			continue
		case c >= 7 && c <= 13:
			mode(true)
			b.WriteString(`\` + "abtnvfr"[c-7:c-6])
			continue
		case c >= 0x80 && !ascii, c >= ' ' && c < 0x7f:
			mode(false)
			b.WriteString(text)
			continue
		}
		mode(true)
		for _, c := range []byte(text) {
			fmt.Fprintf(&b, `\%03o`, c)
		}
	}
	b.WriteByte('\'')
	return b.String()
}

// pieces quotes v as a shell word of pieces, each of up to longest characters quoted
// in a way of its own. No two in double quotes follow each other if v has no quotes: that
// would have no reason, and is not searched.
func pieces(rnd *rand.Rand, v string, longest int) string {
	var b strings.Builder
	chars := strings.Split(v, "")
	double := false
	for len(chars) > 0 {
		n := min(len(chars), 1+rnd.IntN(longest))
		piece := strings.Join(chars[:n], "")
		chars = chars[n:]
		style := rnd.IntN(4)
		if strings.ContainsFunc(piece, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			style = 2
		}
		if style == 1 && double && !strings.ContainsAny(v, `"'`) {
			style = 3
		}
		double = style == 1
		switch {
		case style == 0 && !strings.Contains(piece, "'"):
			b.WriteString("'" + piece + "'")
		case style == 1:
			b.WriteString(`"` + strings.NewReplacer("\\", "\\\\", `"`, `\"`, "$", `\$`, "`", "\\`").Replace(piece) + `"`)
		default:
			b.WriteString("$'")
			for _, c := range []byte(piece) {
				switch {
				case c == '\'' || c == '\\':
					b.WriteString(`\` + string(rune(c)))
				case c < ' ' || c >= 0x7f:
					fmt.Fprintf(&b, `\%03o`, c)
				default:
					b.WriteByte(c)
				}
			}
			b.WriteByte('\'')
		}
	}
	return b.String()
}

// wordValues are values that a shell has to quote.
var wordValues = []string{
	"pässwörd-2024", "pass\tword-2024", "s3cr3t\nx9y8z7", "\tleading-7x", "trailing-7x\x01", `it's "7u" ` + "\t" + `$H0ME!`, "a$\tb$'c\"d-9",
	"ä's-geheim\x7f", `C:\temp\new` + "\t" + `9x`, "100%s3cr%t\x1b[m", "Ключ-9€-'q'\r\n-end", "x'y\tz", "back`tick`\t7", "&amp;\t'<9>'",
}

// TM-156: a value is masked in shell words that close and open quotes inside it.
func TestTM156ShellWords(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(31, 32))
	bash, _ := exec.LookPath("bash")
	for _, v := range wordValues {
		r := filled(t, redact.AllEncodings, []string{v})
		texts := []string{coreutils(v, true), coreutils(v, false), strings.ReplaceAll(coreutils(v, true), `'\''`, `'"'"'`), pieces(rnd, v, 1), pieces(rnd, v, 2)}
		for range 30 {
			texts = append(texts, pieces(rnd, v, 1+len(v)))
		}
		for _, text := range texts {
			if bash != "" && rnd.IntN(8) == 0 {
				if out, err := exec.Command(bash, "-c", "printf %s "+text).Output(); err != nil || string(out) != v {
					t.Fatalf("bash reads %s as %q, %v, want %q", text, out, err, v)
				}
			}
			checkWord(t, r, v, text)
		}
	}
}

// checkWord fails unless a shell word that is v is masked, however it is cut.
func checkWord(t *testing.T, r *redact.Registry, v, text string) {
	t.Helper()
	const mask = "[REDACTED:key/00000]"
	in := "ls: cannot access " + text + ": No such file\n"
	got := r.String(in)
	left, right, ok := strings.Cut(got, mask)
	if !ok || strings.Trim(strings.TrimPrefix(left, "ls: cannot access "), `'"$\`) != "" || strings.Trim(strings.TrimSuffix(right, ": No such file\n"), `'"$\nr0153`) != "" {
		t.Errorf("%q as %s became %q", v, in, got)
		return
	}
	for i := range sample.Of(t, len(in)) {
		if cut := pass(t, r, []byte(in[:i]), []byte(in[i:])); string(cut) != got {
			t.Errorf("%q as %q, cut at %d: %q, want %q", v, in, i, cut, got)
			return
		}
	}
	var single [][]byte
	for i := range len(in) {
		single = append(single, []byte(in[i:i+1]))
	}
	if cut := pass(t, r, single...); !bytes.Equal(cut, []byte(got)) {
		t.Errorf("%q as %q, byte by byte: %q, want %q", v, in, cut, got)
	}
}

// The quotes that may be left out of a word are not left out of other text.
func TestTextWithOtherQuotesIsNotMasked(t *testing.T) {
	t.Parallel()
	r := filled(t, redact.AllEncodings, []string{`it's-a-"secret"`, "cost$5-each"})
	for _, in := range []string{"its-a-secret", "cost5-each", "don't-a-secret"} {
		if got := r.String(in); got != in {
			t.Errorf("%q became %q", in, got)
		}
	}
}

// A line break, tab or other control character in a word is not the letter of its escape;
// one in a value still is.
func TestControlCharactersAreNotLetters(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ value, text, want string }{
		{"n_tx3ax6rxackb7f", "X\n''_tx3ax6rxackb7f", "X\n''_tx3ax6rxackb7f"},
		{"n_tx3ax6rxackb7f", "X\n\"\"_tx3ax6rxackb7f", "X\n\"\"_tx3ax6rxackb7f"},
		{"rabcd_tx3ax6rxackb7f", "\r''abcd_tx3ax6rxackb7f", "\r''abcd_tx3ax6rxackb7f"},
		{"tabcd_tx3ax6rxackb7f", "\t''abcd_tx3ax6rxackb7f", "\t''abcd_tx3ax6rxackb7f"},
		{"abcdn_tx3ax6rxackb7f", "abcd\n''_tx3ax6rxackb7f", "abcd\n''_tx3ax6rxackb7f"},
		{"n_tx3an\nx6rxackb7fn", "n''_tx3a\nnx6rxackb7fn", "n''_tx3a\nn[REDACTED:K]"}, // the second line is
		{"n_tx3an\nx6rxackb7fn", "n''_tx3an\nx6rxackb7fn", "[REDACTED:K]"},
		{"n_tx3ax6rxackb7f", "Xn''_tx3ax6rxackb7f", "X[REDACTED:K]"},
		{"n_tx3ax6rxackb7f", "X$'\\n'_tx3ax6rxackb7f", "X$'\\[REDACTED:K]"},
		{"ab\n_tx3ax6rxackb7f", "a''b\n_tx3ax6rxackb7f", "[REDACTED:K]"},
		{"ab\n_tx3ax6rxackb7f", "'ab'$'\\n''_tx3ax6rxackb7f'", "'[REDACTED:K]'"},
		{`ab\n_tx3ax6rxackb7f`, "a''b\\\\n_tx3ax6rxackb7f", "[REDACTED:K]"},
	} {
		r := redact.New(redact.Options{})
		s, err := secret.FromString(c.value)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Add("K", s); err != nil {
			t.Fatal(err)
		}
		if got := r.String(c.text); got != c.want {
			t.Errorf("%q: %q became %q, want %q", c.value, c.text, got, c.want)
		}
		r.Close()
	}
}

package redact_test

import (
	"encoding/json"
	"fmt"
	"html"
	"math/rand/v2"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/testdata/sample"
)

// keeping escapes every byte but letters, digits and those in keep.
func keeping(keep string, escape func(c byte) string) func(string) string {
	return func(v string) string {
		var b strings.Builder
		for i := range len(v) {
			if c := v[i]; strings.IndexByte(letters+keep, c) >= 0 {
				b.WriteByte(c)
			} else {
				b.WriteString(escape(c))
			}
		}
		return b.String()
	}
}

func percentOf(c byte) string { return fmt.Sprintf("%%%02X", c) }

func formOf(c byte) string {
	if c == ' ' {
		return "+"
	}
	return percentOf(c)
}

// zshOf is how zsh writes a byte in $'...'.
func zshOf(c byte) string {
	switch {
	case c == '\\' || c == '\'':
		return `\` + string(c)
	case c < ' ':
		return `\C-` + string(c|0x40)
	case c >= 0x80 && c&0x7f < ' ':
		return `\M-\C-` + string(c&0x1f|0x40)
	case c >= 0x80 && c&0x7f == '\\':
		return `\M-\\`
	case c >= 0x80 && c != 0xff:
		return `\M-` + string(c&0x7f)
	}
	return string(c)
}

// runes escapes every character but letters, digits and those in keep.
func runes(keep string, escape func(c rune) string) func(string) string {
	return func(v string) string {
		var b strings.Builder
		for _, c := range v {
			if strings.ContainsRune(letters+keep, c) {
				b.WriteRune(c)
			} else {
				b.WriteString(escape(c))
			}
		}
		return b.String()
	}
}

// references escapes every character but letters and digits.
func references(format string) func(string) string {
	return func(v string) string {
		var b strings.Builder
		for _, c := range v {
			if strings.ContainsRune(letters, c) {
				b.WriteRune(c)
			} else {
				fmt.Fprintf(&b, format, c)
			}
		}
		return b.String()
	}
}

func replacing(pairs ...string) func(string) string { return strings.NewReplacer(pairs...).Replace }

func unquote(s string) string { return s[1 : len(s)-1] }

// textEscapers write a text as programs do. Each is written from the definition of its
// format, without the package's own tables.
var textEscapers = []struct {
	name  string
	write func(string) string
}{
	{"percent", keeping("", percentOf)},
	{"percent of components", keeping("-_.!~*'()", percentOf)},
	{"percent of paths", keeping("-._~!$&'()*+,;=:@/", percentOf)},
	{"form", url.QueryEscape},
	{"form of browsers", keeping("-_.*", formOf)},
	{"form of jQuery", keeping("-_.!~*'()", formOf)},
	{"form of .NET", keeping("-_.!*()", formOf)},
	{"html", html.EscapeString},
	{"html decimal", references("&#%d;")},
	{"html hex", references("&#x%X;")},
	{"html named", replacing("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;", "=", "&equals;", "^", "&Hat;", "`", "&grave;")},
	{"json", func(v string) string { b, _ := json.Marshal(v); return unquote(string(b)) }},
	{"go", func(v string) string { return unquote(strconv.Quote(v)) }},
	{"python", func(v string) string {
		return unquote(`"` + strings.ReplaceAll(unquote(strconv.QuoteToASCII(v)), `\"`, `"`) + `"`)
	}},
	{"shell", replacing("'", `'\''`)},
	{"shell with quotes", replacing("'", `'"'"'`)},
	{"shell double", replacing(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`")},
	{"bash", keeping(" -_.,:;!#$%&()*+/<=>?@[]^`{|}~\"", func(c byte) string {
		if c == '\'' || c == '\\' {
			return `\` + string(c)
		}
		return fmt.Sprintf(`\%03o`, c)
	})},
	{"backslashes", keeping("-_./é", func(c byte) string { return `\` + string(c) })},
	{"hex", keeping(" ", func(c byte) string { return fmt.Sprintf(`\x%02x`, c) })},
	{"octal", keeping(" ", func(c byte) string { return fmt.Sprintf(`\%03o`, c) })},
	{"decimal", keeping(" -_", func(c byte) string { return fmt.Sprintf(`\%03d`, c) })},
	{"cmd", replacing("^", "^^", "&", "^&", "|", "^|", "<", "^<", ">", "^>", "(", "^(", ")", "^)", "!", "^!", "%", "%%", `"`, `^"`)},
	{"doubled", replacing("'", "''")},
	{"csv", replacing(`"`, `""`)},
	{"css", runes("-_", func(c rune) string { return fmt.Sprintf(`\%x `, c) })},
	{"braces", runes(" -", func(c rune) string { return fmt.Sprintf(`\x{%x}`, c) })},
	{"braces of Ruby", runes(" !#$%&'()*+,-./:;<=>?@[]^_`{|}~", func(c rune) string {
		if c < 0x80 {
			return `\` + string(c)
		}
		return fmt.Sprintf(`\u{%X}`, c)
	})},
	{"long", runes(" ", func(c rune) string { return fmt.Sprintf(`\U%08x`, c) })},
	{"word", keeping("-_./:=@%+,é", func(c byte) string { return `\` + string(c) })},
	{"zsh", func(v string) string {
		var b strings.Builder
		for i := range len(v) {
			b.WriteString(zshOf(v[i]))
		}
		return b.String()
	}},
}

// symbols are what random values consist of, besides letters.
const symbols = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789!@#$%^&*()-_=+[]{};:,.?/\\`'\"<>|~ "

// mixable returns a random value with symbols that can be told from text around it.
func mixable(rnd *rand.Rand, size int) string {
	for {
		v := random(rnd, symbols, size)
		if rnd.IntN(4) == 0 {
			v = v[:size/2] + "é" + v[size/2:]
		}
		if first, last := v[0], v[len(v)-1]; isLetter(first) && isLetter(last) && !plainText(v) && redact.Classify([]byte(v)) == "" {
			return v
		}
	}
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// plainText reports whether no program escapes anything in v.
func plainText(v string) bool { return strings.Trim(v, letters+"-._") == "" }

// rounds is how many random values a test tries: few, unless POSTERN_TEST_ROUNDS asks
// for more.
func rounds(few int) int {
	if n, err := strconv.Atoi(os.Getenv("POSTERN_TEST_ROUNDS")); err == nil {
		return n
	}
	return few
}

// TM-156: a value that one program escaped, and another one the result, is masked, and
// nothing else is.
func TestTM156Mixtures(t *testing.T) {
	t.Parallel()
	missed := map[string]int{}
	for _, rnd := range sample.Rounds(t, rounds(12)) {
		v := mixable(rnd, 8+rnd.IntN(12))
		r := filled(t, redact.AllEncodings, []string{v})
		for _, inner := range textEscapers {
			for _, outer := range textEscapers {
				text := outer.write(inner.write(v))
				in, want := "a = "+text+" b\n", "a = [REDACTED:key/00000] b\n"
				if got := r.String(in); got != want {
					if missed[inner.name+" in "+outer.name]++; missed[inner.name+" in "+outer.name] == 1 {
						t.Errorf("%s in %s: value %q\ntext %q\ngot  %q", inner.name, outer.name, v, in, got)
					}
					continue
				}
				if rnd.IntN(60) > 0 {
					continue
				}
				for i := range len(in) {
					if got := pass(t, r, []byte(in[:i]), []byte(in[i:])); string(got) != want {
						t.Errorf("%s in %s, cut at %d: value %q\ntext %q\ngot  %q", inner.name, outer.name, i, v, in, got)
						break
					}
				}
			}
		}
		for range 100 {
			first, second, third := textEscapers[rnd.IntN(len(textEscapers))], textEscapers[rnd.IntN(len(textEscapers))], textEscapers[rnd.IntN(len(textEscapers))]
			in, want := "a = "+third.write(second.write(first.write(v)))+" b\n", "a = [REDACTED:key/00000] b\n"
			if got := r.String(in); got != want {
				t.Errorf("%s in %s in %s: value %q\ntext %q\ngot  %q", first.name, second.name, third.name, v, in, got)
			}
		}
		r.Close()
	}
}

// TM-156: a sign that begins or ends an escape is also read as itself, in what real
// programs print.
func TestTM156Readings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		value string
		texts []string
	}{
		{"x y~z*w-2024-q", []string{"x+y%7Ez%2Aw-2024-q", "x+y~z*w-2024-q", "x+y%7ez%2aw-2024-q", "x%2By%257Ez%252Aw-2024-q"}},
		{"pass (word) 2024!", []string{
			"pass+(word)+2024!", "pass%2B%2528word%2529%2B2024%2521", "pass '(word)' '2024!", "pass &#x27;(word)&#x27; &#x27;2024!", `pass '(word)' \'2024!`,
		}},
		{"Tr0ub4dor & 3's (new)!", []string{"Tr0ub4dor+%26+3's+(new)!", `Tr0ub4dor '&' '3'\''s' '(new)!`, "Tr0ub4dor+&amp;+3&#39;s+(new)!"}},
		{"a+b!c 2024xx", []string{`a%2Bb%21c+2024xx`, `a\u002bb\u0021c+2024xx`, "%61%2B%62%21%63+%32%30%32%34%78%78"}},
		{"two words: a,b", []string{"two+words:+a,b", "two+words%3A+a%2Cb"}},
		{"line\tone\nis  here, secret", []string{"line+one+is+here%2C+secret", "line%09one%0Ais++here,+secret", "line 'one' is 'here,' secret"}},
		{"zürich-ñandú-2024", []string{
			`z\M-C\M-<rich-\M-C\M-1and\M-C\M-:-2024`, `z\195\188rich-\195\177and\195\186-2024`, `z\252rich-\241and\250-2024`,
			`z\fc rich-\f1 and\fa -2024`, `z\0000fcrich-\0000f1 and\0000fa-2024`, `z&#252;rich-&ntilde;and&#xfa;-2024`, `z\xfcrich-\xf1and\u00fa-2024`,
		}},
		{"tab\there-2024-xyz", []string{`tab\9here-2024-xyz`, `tab\009here-2024-xyz`, `tab\C-Ihere-2024-xyz`, `tab\9 here-2024-xyz`}},
		{"nb\u00a0space-word-2024", []string{`nb\_space-word-2024`, "nb&nbsp;space-word-2024", "nb&#160;space-word-2024"}},
		{"c1\u0085tail-here-2024", []string{`c1\Ntail-here-2024`, "c1&#133;tail-here-2024", "c1&#x85;tail-here-2024", `c1\M-B\M-\C-Etail-here-2024`, `c1\M-B\M-^Etail-here-2024`}},
		{"ls\u2028sep-here-2024", []string{`ls\Lsep-here-2024`}},
		{"ps\u2029sep-here-2024", []string{`ps\Psep-here-2024`}},
		{"Ab3^-x9z-Q7", []string{
			"%41%62%33%5e%2d%78%39%7a%2d%51%37", "Ab3%5E%2Dx9z%2DQ7", "Ab3&#94;&#45;x9z&#45;Q7", "Ab3&#x5e;&#x2d;x9z&#x2d;Q7", `Ab3\x5e%2Dx9z&#45;Q7`,
			"Ab3^^-x9z-Q7", "Ab3%5e%5e-x9z-Q7",
		}},
		{"8b<5.$/d-7x", []string{`8\98<\x35.$/d-7x`, `8b<\53.$/d-7x`}},
		{"_ a\\b", []string{"%5F%20a%5Cb", "&#95;&#32;a&#92;b", "_+a%5Cb"}},
		{"it's-secret-9", []string{
			"it%26%23039%3Bs-secret-9", "it%26%2339%3Bs-secret-9", "it%26%23x27%3Bs-secret-9", "it&#039;\\&#039;&#039;s-secret-9",
			"it&#x27;&quot;&#x27;&quot;&#x27;s-secret-9", "it%27%5C%27%27s-secret-9", `it\u0027\\\u0027\u0027s-secret-9`, "it&apos;&quot;&apos;&quot;&apos;s-secret-9",
			`it\u{27}s%2Dsecret-9`, `it%5Cu%7B27%7Ds-secret-9`,
		}},
	} {
		r := filled(t, redact.AllEncodings, []string{c.value})
		for _, text := range c.texts {
			checkSpelling(t, r, c.value, "readings", text)
		}
	}
}

// TM-156: what stands around an escaped value changes nothing, also if the value begins
// or ends with a sign of escapes.
func TestTM156Surroundings(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(33, 34))
	around := []string{"", "$", "'", `"`, `\`, "`", "$'", `$"`, "''", `""`, "%", "&", "=", "^", "&amp;", `\\`, `'"`, "x", "$$", `\'`, `\"`, `'\''`, "{", "]", ",", ";", "#", " ", "+", "%%", "^^"}
	values := []string{`'"\+abcdefgh` + "`", `a"a-secret^`, `a'a-secret^`, `ab\'"secret\`, `a'b"c\rd$1` + "`x`", `C:\my_dir x\`, `a"b-secret^`}
	for range rounds(40) {
		values = append(values, strings.TrimSpace(random(rnd, symbols, 8+rnd.IntN(14))))
	}
	for _, v := range values {
		if len(v) < 8 || redact.Classify([]byte(v)) != "" {
			continue
		}
		r := filled(t, redact.AllEncodings, []string{v})
		for _, e := range textEscapers {
			for range sample.Times(12) {
				in := "A " + around[rnd.IntN(len(around))] + e.write(v) + around[rnd.IntN(len(around))] + " B\n"
				got := r.String(in)
				if before, after, ok := strings.Cut(got, "[REDACTED:key/00000]"); !ok || !strings.HasPrefix(before, "A ") || !strings.HasSuffix(after, " B\n") {
					t.Errorf("%s of %q: %q became %q", e.name, v, in, got)
					break
				}
				if rnd.IntN(20) > 0 {
					continue
				}
				for i := range len(in) {
					if cut := pass(t, r, []byte(in[:i]), []byte(in[i:])); string(cut) != got {
						t.Errorf("%s of %q, cut at %d: %q became %q, want %q", e.name, v, i, in, cut, got)
						break
					}
				}
			}
		}
		r.Close()
	}
}

// TM-156: the trace of a shell quotes each word of a value that it was given without
// quotes.
func TestTM156TracedWords(t *testing.T) {
	t.Parallel()
	for value, words := range map[string]string{
		"pass (word) 2024!":     "pass '(word)' '2024!'",
		"(one) two three$4":     "'(one)' two 'three$4'",
		"a 'b!c-2024xx":         `a ''\''b!c-2024xx'`,
		"line one\n$x  it's 77": `line one '$x' 'it'\''s' 77`,
		"ä $1 secret":           `$'\303\244' '$1' secret`,
	} {
		r := filled(t, redact.AllEncodings, []string{value})
		in := "+ echo " + words + "\n"
		got := r.String(in)
		if before, after, ok := strings.Cut(got, "[REDACTED:key/00000]"); !ok || strings.Trim(before, "$'") != "+ echo " || strings.Trim(after, "'") != "\n" {
			t.Errorf("%q: %q became %q", value, in, got)
		}
		for i := range len(in) {
			if cut := pass(t, r, []byte(in[:i]), []byte(in[i:])); string(cut) != got {
				t.Errorf("%q, cut at %d: %q became %q, want %q", value, i, in, cut, got)
			}
		}
	}
}

package redact_test

import (
	"bytes"
	"encoding/base64"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/testdata/sample"
)

// escaper writes one character as an escape; ok is false if it has none for it. These
// are written from the definitions of the formats, without the package's decoder.
type escaper struct {
	name string
	one  func(r rune) (string, bool)
}

func bytewise(format string) func(rune) (string, bool) {
	return func(r rune) (string, bool) {
		var b strings.Builder
		for _, c := range []byte(string(r)) {
			fmt.Fprintf(&b, format, c)
		}
		return b.String(), true
	}
}

func utf16wise(format string) func(rune) (string, bool) {
	return func(r rune) (string, bool) {
		var b strings.Builder
		for _, u := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, format, u)
		}
		return b.String(), true
	}
}

func runewise(format string) func(rune) (string, bool) {
	return func(r rune) (string, bool) { return fmt.Sprintf(format, r), true }
}

func before(prefix, chars string) func(rune) (string, bool) {
	return func(r rune) (string, bool) { return prefix + string(r), strings.ContainsRune(chars, r) }
}

func named(pairs ...string) func(rune) (string, bool) {
	return func(r rune) (string, bool) {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == string(r) {
				return pairs[i+1], true
			}
		}
		return "", false
	}
}

const punctuation = " !\"#$&'()*,;<=>?@[]^`{|}~:/+%\\"

var escapers = []escaper{
	{"percent", bytewise("%%%02X")}, {"percent lower", bytewise("%%%02x")}, {"escape()", utf16wise("%%u%04X")},
	{"hex", bytewise(`\x%02x`)}, {"HEX", bytewise(`\x%02X`)}, {"octal", bytewise(`\%03o`)},
	{"json", utf16wise(`\u%04x`)}, {"gson", utf16wise(`\u%04X`)}, {"ecmascript", runewise(`\u{%x}`)}, {"go", runewise(`\U%08x`)},
	{"perl", runewise(`\x{%x}`)}, {"decimal", runewise("&#%d;")}, {"hexadecimal", runewise("&#x%X;")}, {"hexadecimal lower", runewise("&#x%02x;")},
	{"backslash", before(`\`, punctuation)}, {"properties", before(`\`, "=:#! \\")},
	{"control", named("\n", `\n`, "\r", `\r`, "\t", `\t`, "\b", `\b`, "\f", `\f`, "\x1b", `\e`, "\\", `\\`)},
	{"fish", bytewise(`\X%02x`)}, {"ksh93", runewise(`\u[%x]`)}, {"ysh", bytewise(`\y%02x`)}, {"octal in braces", runewise(`\o{%o}`)},
	{"code point", runewise(`\N{U+%X}`)}, {"sql", runewise(`\+%06x`)}, {"guile", runewise(`\U%06x`)}, {"openssl", runewise(`\W%08X`)},
	{"plist", utf16wise(`\U%04x`)},
	{"html", named("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;", "ä", "&auml;", "=", "&equals;")},
}

// spellable are values in which any character may be escaped.
var spellable = []string{
	"Tr0ub4dor&3/x+y=zQ9", `it's "7u" $H0ME!<x>`, "pässwört-Ключ-9€", "correct horse battery 9", "100%s3cr%t", "p\"a\\ss w<o>r&d/+=é%'X",
	"ghp_Qm4Zr8Tn2Lw6Vx0Ks9Dj3Hf7Gp1Yb5Ce", "tab\tand\nline-break😀x",
}

// TM-156: values are masked in all spellings that consist of known escapes, also if
// every character is escaped, or each in another way.
func TestTM156Escapes(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(21, 22))
	for _, v := range spellable {
		r := filled(t, redact.AllEncodings, []string{v})
		for _, e := range escapers {
			for _, share := range []int{0, 30, 100} {
				var b strings.Builder
				for i, c := range []rune(v) {
					text, ok := e.one(c)
					if letter := c < 0x80 && !strings.ContainsRune(punctuation+"\n\t", c); !ok || letter && (share < 100 && rnd.IntN(100) >= share || i == 0 && share == 0) || !letter && share == 30 && rnd.IntN(2) == 0 && c != '\\' {
						text = string(c)
						if c == '\\' || c == '%' && strings.HasPrefix(e.name, "percent") {
							text, _ = e.one(c)
						}
					}
					b.WriteString(text)
				}
				checkSpelling(t, r, v, e.name, b.String())
			}
		}
		for range 40 {
			var b strings.Builder
			var names []string
			for _, c := range v {
				e := escapers[rnd.IntN(len(escapers))]
				text, ok := e.one(c)
				if !ok || rnd.IntN(3) > 0 && c != '\\' && c != '%' {
					text = string(c)
				}
				if !ok && (c == '\\' || c == '%') {
					text = fmt.Sprintf(`\u%04x`, c)
				}
				b.WriteString(text)
				names = append(names, e.name)
			}
			checkSpelling(t, r, v, strings.Join(names, ","), b.String())
		}
	}
}

// checkSpelling fails unless text, between words, is masked exactly, however it is cut.
func checkSpelling(t *testing.T, r *redact.Registry, v, name, text string) {
	t.Helper()
	in, want := "a "+text+" b\n", "a [REDACTED:key/00000] b\n"
	if got := r.String(in); got != want {
		t.Errorf("%s of %q: %q became %q", name, v, in, got)
		return
	}
	for i := range sample.Of(t, len(in)) {
		if got := pass(t, r, []byte(in[:i]), []byte(in[i:])); string(got) != want {
			t.Errorf("%s of %q, cut at %d: %q became %q", name, v, i, in, got)
			return
		}
	}
	if got := pass(t, r, slices.Collect(slices.Chunk([]byte(in), 1))...); string(got) != want {
		t.Errorf("%s of %q, byte by byte: %q became %q", name, v, in, got)
	}
}

// TM-156: spellings that write a character by several, of programs that people use.
func TestTM156Quotes(t *testing.T) {
	t.Parallel()
	const v = `it's a "q" $x^y&z 5% |o`
	replace := func(pairs ...string) func(string) string {
		return func(v string) string { return strings.NewReplacer(pairs...).Replace(v) }
	}
	r := filled(t, redact.AllEncodings, []string{v})
	for name, spell := range map[string]func(string) string{
		"csv":             replace(`"`, `""`),
		"sql":             replace("'", "''"),
		"powershell":      replace(`"`, "`\"", "$", "`$"),
		"cmd":             replace("^", "^^", "&", "^&", "|", "^|", "%", "%%"),
		"compose":         replace("$", "$$"),
		"cron":            replace("%", `\%`),
		"properties":      replace("=", `\=`, ":", `\:`),
		"shell":           replace("'", `'\''`),
		"shell mixed":     replace("'", `'"'"'`),
		"json of csv":     replace(`"`, `\"\"`),
		"json of shell":   replace("'", `'\\''`, `"`, `\"`),
		"sql in json":     replace("'", "''", `"`, `\"`),
		"html in json":    replace("&", `\u0026amp;`, `"`, `\u0026quot;`, "'", `\u0026#39;`),
		"json thrice":     replace(`"`, `\\\\\\\"`),
		"percent twice":   replace("%", "%2525", `"`, "%2522", "&", "%2526", "$", "%2524"),
		"yaml double":     replace(`"`, `\"`),
		"escape-html":     replace("&", "&amp;", `"`, "&quot;", "'", "&#39;"),
		"handlebars":      replace("&", "&amp;", `"`, "&quot;", "'", "&#x27;"),
		"whatwg userinfo": replace(" ", "%20", `"`, "%22", "^", "%5E", "%", "%25", "|", "%7C"),
		"systemd":         replace(" ", `\x20`, "'", `\x27`, `"`, `\x22`, "$", `\x24`),
		"zsh":             replace(" ", `\ `, "'", `\'`, `"`, `\"`, "$", `\$`, "&", `\&`, "|", `\|`),
	} {
		checkSpelling(t, r, v, name, spell(v))
	}
}

// TM-156: quoted-printable breaks lines at 76 characters, wherever the value is.
func TestTM156QuotedPrintable(t *testing.T) {
	t.Parallel()
	for _, v := range append(spellable[:len(spellable)-1:len(spellable)-1], strings.Repeat("sk-aLmXy9KlWx8J", 9)) {
		r := filled(t, redact.AllEncodings, []string{v})
		for lead := range 76 {
			for _, end := range []string{"=\n", "=\r\n"} {
				in := "a " + quotedPrintable(strings.Repeat("-", lead)+" "+v, end) + " b\n"
				start := "a " + quotedPrintable(strings.Repeat("-", lead)+" ", end)
				if got := r.String(in); got != start+"[REDACTED:key/00000] b\n" && got != start+end+"[REDACTED:key/00000] b\n" {
					t.Fatalf("%q with %d before became %q", v, lead, got)
				}
				i := rand.IntN(len(in))
				if got := pass(t, r, []byte(in[:i]), []byte(in[i:])); string(got) != r.String(in) {
					t.Fatalf("%q with %d before, cut at %d: %q", v, lead, i, got)
				}
			}
		}
	}
}

func quotedPrintable(v, end string) string {
	var b strings.Builder
	column := 0
	for _, c := range []byte(v) {
		text := string(rune(c))
		if c == '=' || c < ' ' || c >= 0x7f {
			text = fmt.Sprintf("=%02X", c)
		}
		if column+len(text) > 75 {
			b.WriteString(end)
			column = 0
		}
		b.WriteString(text)
		column += len(text)
	}
	return b.String()
}

// TM-156: a value in which a character stands that could escape the quote after it is
// masked in CSV, and in quotes.
func TestTM156EscapesBeforeQuotes(t *testing.T) {
	t.Parallel()
	for _, v := range []string{
		`cor\"rect12xy`, `cor^"rect12xy`, "cor`\"rect12xy", "ends\"12345xy`", `ends"12345xy^`, `ends"12345xy\`, `{"note":"say \"hi\"","n":12345678}`,
		`\"begins12345`, `a\'b\"c\"\"d12345`, `x\""y\""z12345`,
	} {
		r := filled(t, redact.AllEncodings, []string{v})
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		if err := w.Write([]string{"row", v, "end"}); err != nil {
			t.Fatal(err)
		}
		w.Flush()
		for name, in := range map[string]string{
			"csv": b.String(), "hex": `"` + strings.ReplaceAll(v, `"`, `\x22`) + `"`, "octal": `"` + strings.ReplaceAll(v, `"`, `\042`) + `"`,
			"html": `"` + strings.ReplaceAll(v, `"`, `&#x22;`) + `"`, "raw": `"` + v + `"`,
		} {
			if got := r.String(in); !strings.Contains(got, "[REDACTED:key/00000]") {
				t.Errorf("%s of %q: %q became %q", name, v, in, got)
			}
		}
	}
}

// TM-156: base64 is masked at any width of lines, wherever the value is in the data.
func TestTM156WrappedBase64(t *testing.T) {
	t.Parallel()
	const mask = "[REDACTED:key/00000]"
	rnd := rand.New(rand.NewPCG(23, 24))
	for _, v := range []string{
		strings.Repeat("sk-aLmXy9KlWx8JkVw7I", 6), "Tr0ub4dor&3/x+y=zQ9>?~ and so on, to more than one line of base64", random(rnd, letters, 58),
		random(rnd, letters+"<>?~+/", 1500),
	} {
		r := filled(t, redact.AllEncodings, []string{v})
		for column := range sample.Of(t, 41) {
			width := 40 + column
			for skip := range 3 {
				before := strings.Repeat("x", skip+3*rnd.IntN(60))
				data := base64.StdEncoding.EncodeToString([]byte(before + v + strings.Repeat("y", rnd.IntN(90))))
				for _, end := range []string{"\n", "\r\n", "\n    ", "\n> "} {
					in := "-----BEGIN-----\n" + strings.Join(slices.Collect(chunks(data, width)), end) + "\n-----END-----\n"
					got := r.String(in)
					if strings.Count(got, mask) != 1 {
						t.Fatalf("width %d, %d before, breaks %q: %q became %q", width, len(before), end, in, got)
					}
					left, right, _ := strings.Cut(got, mask)
					if !strings.HasPrefix(in, left) || !strings.HasSuffix(in, right) || len(strip(left, end)) > 16+(len(before)*8+5)/6 {
						t.Fatalf("width %d, %d before, breaks %q: %q became %q", width, len(before), end, in, got)
					}
					for range 3 {
						i := rnd.IntN(len(in))
						if cut := pass(t, r, []byte(in[:i]), []byte(in[i:])); string(cut) != got {
							t.Fatalf("width %d, breaks %q, cut at %d: %q, want %q", width, end, i, cut, got)
						}
					}
					if cut := pass(t, r, slices.Collect(slices.Chunk([]byte(in), 1+rnd.IntN(30)))...); string(cut) != got {
						t.Fatalf("width %d, breaks %q, in pieces: %q, want %q", width, end, cut, got)
					}
				}
			}
		}
	}
}

// TM-156: base64 in lines is masked whatever follows its last line.
func TestTM156BehindWrappedBase64(t *testing.T) {
	t.Parallel()
	for i, rnd := range sample.Rounds(t, 34) {
		size := 30 + 3*i
		v := random(rnd, letters, size)
		r := filled(t, redact.AllEncodings, []string{v})
		for skip := range 3 {
			data := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("x", skip) + v))
			for _, width := range []int{40, 57, 64, 76, 80} {
				lines := strings.Join(slices.Collect(chunks(data, width)), "\n")
				for c := range 256 {
					if behind := string([]byte{byte(c)}); !strings.Contains(letters+"+/-_=", behind) {
						if got := r.String("sent " + lines + behind + " ok"); !strings.Contains(got, "[REDACTED:key/00000]") {
							t.Fatalf("%d bytes, width %d, then %q: %q", size, width, behind, got)
						}
					}
				}
			}
		}
	}
}

func strip(s, end string) string { return strings.ReplaceAll(s, end, "") }

func chunks(s string, n int) func(func(string) bool) {
	return func(yield func(string) bool) {
		for len(s) > 0 && yield(s[:min(n, len(s))]) {
			s = s[min(n, len(s)):]
		}
	}
}

// UTF-16 text is readable after values were masked in it, however it is cut.
func TestUTF16StaysReadable(t *testing.T) {
	t.Parallel()
	r := filled(t, redact.AllEncodings, []string{"glpat-Zk3vR8qLx2TnWp5sYc7D", "pässwört-Ключ-9€"})
	for _, text := range []string{
		"token=glpat-Zk3vR8qLx2TnWp5sYc7D\r\nnext\r\n", "glpat-Zk3vR8qLx2TnWp5sYc7D", "Ключ glpat-Zk3vR8qLx2TnWp5sYc7DКлюч\n",
		"a=pässwört-Ключ-9€;b=glpat-Zk3vR8qLx2TnWp5sYc7D", "pässwört-Ключ-9€pässwört-Ключ-9€",
	} {
		for _, bom := range []string{"", "\ufeff"} {
			for name, encode := range map[string]func(string) string{"LE": little, "BE": big} {
				in := encode(bom + text)
				want := encode(strings.NewReplacer("glpat-Zk3vR8qLx2TnWp5sYc7D", "[REDACTED:key/00000]", "pässwört-Ключ-9€", "[REDACTED:key/00001]").Replace(bom + text))
				if got := r.String(in); got != want {
					t.Errorf("%s of %q: %q, want %q", name, bom+text, got, want)
				}
				for i := range len(in) {
					if got := pass(t, r, []byte(in[:i]), []byte(in[i:])); string(got) != want {
						t.Errorf("%s of %q, cut at %d: %q, want %q", name, bom+text, i, got, want)
					}
				}
			}
		}
	}
}

func little(s string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return string(b)
}

func big(s string) string {
	b := []byte(little(s))
	for i := 0; i < len(b); i += 2 {
		b[i], b[i+1] = b[i+1], b[i]
	}
	return string(b)
}

// A mask keeps the line break that ends a value: it ends the record too.
func TestMasksKeepLineEnds(t *testing.T) {
	t.Parallel()
	for _, v := range []string{"value-5f0c9a7b\n", "value-5f0c9a7b\r\n", "line-one-5f0c\nline-two-9a7b\n", "\nvalue-5f0c9a7b\n\n"} {
		r := filled(t, redact.AllEncodings, []string{v})
		for _, text := range []string{v, strings.ReplaceAll(strings.ReplaceAll(v, "\r\n", "\n"), "\n", "\r\n"), "'" + v + "'", little(v)} {
			in := "first\n" + text + "next record\n"
			got := pass(t, r, []byte(in))
			want := strings.Count(in, "\n") - strings.Count(strings.TrimSpace(v), "\n")
			if bytes.Count(got, []byte("\n")) != want || !bytes.Contains(got, []byte("next record\n")) || !strings.Contains(strings.ReplaceAll(string(got), "\x00", ""), "[REDACTED") {
				t.Errorf("%q: %q became %q", v, in, got)
			}
		}
		if got := r.String(marshal(v)); got != `"[REDACTED:key/00000]"` {
			t.Errorf("%q in JSON became %q", v, got)
		}
	}
}

// Short lines are masked where a shell prints a value on one line, and a quoted value
// where it is printed without its quotes.
func TestValuesAsShellsPrintThem(t *testing.T) {
	t.Parallel()
	for v, text := range map[string]string{
		"a1b2\nc3d4\ne5f6\n": "a1b2 c3d4 e5f6", "a1b2\r\n  c3d4": "a1b2 c3d4", "two words\nx\ty": "two words x y",
		`"hunter2-hunter2"`: "hunter2-hunter2", "'p\"ss w0rd' ": `p\"ss w0rd`, "`x1y2z3`": "x1y2z3",
	} {
		r := filled(t, redact.AllEncodings, []string{v})
		if got := r.String("codes: " + text + " end"); got != "codes: [REDACTED:key/00000] end" {
			t.Errorf("%q printed as %q became %q", v, text, got)
		}
	}
}

// FuzzSpellings writes a value with random escapes and cuts.
func FuzzSpellings(f *testing.F) {
	for i, v := range spellable {
		f.Add(v, uint64(i), 3)
	}
	f.Fuzz(func(t *testing.T, v string, seed uint64, rate int) {
		if len(v) < 8 || len(v) > 80 || !utf8.ValidString(v) || strings.TrimSpace(v) != v || rate < 0 || strings.ContainsAny(v, "\x1b\x00\r\n\\%&\"'^`$") {
			return
		}
		rnd := rand.New(rand.NewPCG(seed, 1))
		r := redact.New(redact.Options{})
		defer r.Close()
		if err := r.AddAll([]redact.Entry{{Key: "k", Secret: secretOf(t, []byte(v)), Force: true}}); err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for _, c := range v {
			text, ok := escapers[rnd.IntN(len(escapers))].one(c)
			if !ok || rate == 0 || rnd.IntN(rate+1) > 0 {
				text = string(c)
			}
			b.WriteString(text)
		}
		in := []byte("a " + b.String() + " b\n")
		got := r.Bytes(nil, in)
		if !bytes.HasPrefix(got, []byte("a [REDACTED:k]")) && !bytes.Contains([]byte(v), []byte("a ")) {
			t.Fatalf("%q as %q became %q", v, in, got)
		}
		for range 4 {
			if out := pass(t, r, cut(rnd, in)...); !bytes.Equal(out, got) {
				t.Fatalf("%q as %q: %q in pieces, want %q", v, in, out, got)
			}
		}
	})
}

// Bash traces a pattern in quotes with a backslash before each character.
func TestTM156TracedPatterns(t *testing.T) {
	t.Parallel()
	for _, v := range append(spellable, "abcd", "values-in-a-text", "correct-horse-50€9", "密码密码密码a", "pass😀word😀z", "漢a漢b漢c") {
		if strings.ContainsAny(v, "\n\t") {
			continue
		}
		r := filled(t, redact.AllEncodings, []string{v})
		var traced strings.Builder
		for _, c := range v {
			traced.WriteString(`\` + string(c))
		}
		checkSpelling(t, r, v, "traced", traced.String())
		inJSON := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(traced.String())
		checkSpelling(t, r, v, "traced in JSON", inJSON)
	}
}

// TM-156: also one that begins with letters that stand for line breaks and tabs, wherever the
// text is cut.
func TestTM156TracedPatternsCut(t *testing.T) {
	t.Parallel()
	for _, v := range []string{"tr0ub4dor-horse-9", "r00t-secret-77x", "notes-in-a-text", "nrt-abc-9x", "tttt-nnnn-9", "ntrxntrx7", "nrtx"} {
		r := redact.New(redact.Options{})
		if err := r.AddAll([]redact.Entry{{Key: "k", Secret: secretOf(t, []byte(v)), Force: true}}); err != nil {
			t.Fatal(err)
		}
		traced := regexp.MustCompile(`.`).ReplaceAllString(v, `\$0`)
		for _, text := range []string{traced, strings.ReplaceAll(traced, `\`, `\\`)} {
			in, want := `++ [[ guess == `+text+" ]]\n", "++ [[ guess == [REDACTED:k] ]]\n"
			for i := range len(in) {
				if got := string(pass(t, r, []byte(in[:i]), []byte(in[i:]))); got != want {
					t.Errorf("%q, cut at %d: %q", in, i, got)
				}
			}
		}
		r.Close()
	}
}

// A backslash before a value stays unless each character has one, however the text is cut.
func TestBackslashBeforeAValueStays(t *testing.T) {
	t.Parallel()
	const v = "notes-in-text-7"
	r := filled(t, redact.AllEncodings, []string{v})
	for _, before := range []string{`C:\abc\d\`, `\d \`, `\w\d\`, `\n\`, `a\b\\`} {
		in, want := before+v+`\x`, before+`[REDACTED:key/00000]\x`
		for i := range len(in) {
			if got := string(pass(t, r, []byte(in[:i]), []byte(in[i:]))); got != want {
				t.Errorf("%q split at %d became %q, want %q", in, i, got, want)
			}
		}
	}
}

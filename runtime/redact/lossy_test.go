package redact_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/testdata/sample"
)

// decoders make text of bytes that are not UTF-8.
var decoders = []struct {
	name   string
	decode func(string) string
}{
	{"go", func(v string) string { return string([]rune(v)) }},
	{"run", func(v string) string { return strings.ToValidUTF8(v, "\ufffd") }},
	{"subparts", func(v string) string { // as Unicode, WHATWG, Python and Rust say
		var b strings.Builder
		for len(v) > 0 {
			r, n := utf8.DecodeRuneInString(v)
			if r == utf8.RuneError && n == 1 {
				for n < len(v) && n < 4 && startsCharacter(v[:n+1]) {
					n++
				}
			}
			b.WriteRune(r)
			v = v[n:]
		}
		return b.String()
	}},
}

// startsCharacter reports whether some character begins with s, by trying them all.
func startsCharacter(s string) bool {
	for r := rune(0x80); r <= utf8.MaxRune; r += 64 - r%64 {
		for _, r := range []rune{r, r + 63} {
			if utf8.ValidRune(r) && (strings.HasPrefix(string(r), s) || len(s) == len(string(r))-1 && string(r)[:len(s)] == s) {
				return true
			}
		}
	}
	return false
}

// jsonStyles write a text as a JSON string does, without the quotes.
var jsonStyles = []struct {
	name  string
	write func(string) string
}{
	{"go", func(s string) string { return trimQuotes(marshal(s)) }},
	{"short", func(s string) string {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		_ = e.Encode(s)
		return trimQuotes(strings.TrimSuffix(b.String(), "\n"))
	}},
	{"ascii", func(s string) string { return ascii(s, `\u%04x`) }},
	{"ASCII", func(s string) string { return ascii(s, `\u%04X`) }},
	{"twice", func(s string) string { return trimQuotes(marshal(marshal(s))) }},
	{"character", func(s string) string { return s }},
	{"reference", func(s string) string {
		return strings.NewReplacer("&", "&amp;", "<", "&lt;", "\ufffd", "&#xfffd;", "ä", "&#228;").Replace(s)
	}},
	{"percent", func(s string) string {
		return strings.NewReplacer("%", "%25", "&", "%26", "\ufffd", "%EF%BF%BD").Replace(s)
	}},
	{"base64", func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }},
	{"utf-16", little},
}

func trimQuotes(s string) string { return strings.TrimSuffix(strings.TrimPrefix(s, `"`), `"`) }

func ascii(s, format string) string {
	var b strings.Builder
	for _, r := range trimQuotes(marshal(s)) {
		if r < 0x80 {
			b.WriteRune(r)
		} else if text, ok := utf16wise(format)(r); ok {
			b.WriteString(text)
		}
	}
	return b.String()
}

// surrogates writes bytes that are not UTF-8 as Python's surrogateescape does.
func surrogates(v, format string) string {
	var b strings.Builder
	for len(v) > 0 {
		r, n := utf8.DecodeRuneInString(v)
		if r == utf8.RuneError && n == 1 {
			fmt.Fprintf(&b, format, 0xdc00|int(v[0]))
		} else {
			b.WriteString(v[:n])
		}
		v = v[n:]
	}
	return b.String()
}

var notUTF8 = []string{
	"p\xe4ss&w\xf6rd-2024-Kx", "p\xe4ssw\xf6rd-2024", "\xff\xfe<9>tail-of-it\x80", "cut\xe2\x82 and\xf0\x9f\x98-end", "\xed\xa0\x80pair\xed\xb0\x80-xy",
	"over\xc0\xaflong\xe0\x80\x80-z", "\xf4\x90\x80\x80beyond-\xf8\x88\x80\x80", "fine ä and\xe4<b>", "two\xc3\xc3\xc3(parts)-x", "  blank\xe4s around  ", "with-break\xe4\n",
}

// TM-156: a value that is not UTF-8 is masked in what decoders make of it.
func TestTM156NotUTF8(t *testing.T) {
	t.Parallel()
	for _, v := range notUTF8 {
		r := filled(t, redact.AllEncodings, []string{v})
		v := strings.TrimSpace(v)
		for _, s := range jsonStyles {
			for _, d := range decoders {
				if d.name == "run" && strings.Contains(v, "\xc0\xaf") {
					continue
				}
				checkShown(t, r, v, d.name+" "+s.name, s.write(d.decode(v)))
			}
		}
		for _, format := range []string{`\u%04x`, `\u%04X`, `\\u%04x`} {
			checkShown(t, r, v, "surrogateescape", surrogates(v, format))
			checkShown(t, r, v, "surrogateescape, html", strings.ReplaceAll(surrogates(v, format), "&", `\u0026`))
		}
		checkShown(t, r, v, "octal", coreutils(v, true))
	}
}

func checkShown(t *testing.T, r *redact.Registry, v, name, text string) {
	t.Helper()
	in := "a " + text + " b\n"
	got := r.String(in)
	if !strings.Contains(strings.ReplaceAll(got, "\x00", ""), "[REDACTED:key/00000]") {
		t.Errorf("%s of %q: %q became %q", name, v, in, got)
		return
	}
	for range 8 {
		i := rand.IntN(len(in))
		if cut := pass(t, r, []byte(in[:i]), []byte(in[i:])); string(cut) != got {
			t.Errorf("%s of %q, cut at %d: %q, want %q", name, v, i, cut, got)
			return
		}
	}
}

// Records of log/slog show no part of a value that is not UTF-8.
func TestHandlersMaskWhatIsNotUTF8(t *testing.T) {
	t.Parallel()
	values := slices.Clone(notUTF8)
	for _, rnd := range sample.Rounds(t, 400) {
		v := random(rnd, letters+"<>&\"\\ =", 12) + string([]byte{0x80 + byte(rnd.IntN(128))}) + random(rnd, letters+"<>&\n\t'", 8) + "\xff" + random(rnd, letters, 3)
		values = append(values, v)
	}
	for _, v := range values {
		r := filled(t, redact.AllEncodings, []string{v})
		for _, build := range []func(io.Writer) slog.Handler{jsonHandler, textHandler} {
			record := slog.NewRecord(logTime, slog.LevelError, "m", 0)
			record.Add("a", v, "b", []string{v}, "c", fmt.Errorf("dial: %s", v))
			masked, plain := handled(t, r, build, record)
			if strings.Count(masked, "[REDACTED:key/00000]") != 3 {
				t.Errorf("%q: %q became %q", v, plain, masked)
			}
		}
	}
}

// TM-156: what tools print of an environment variable that is not UTF-8 is masked.
func TestTM156ToolsDecode(t *testing.T) {
	t.Parallel()
	for _, tool := range []struct{ name, script string }{
		{"python3", `import os,json,urllib.parse as u; v=os.environ["V"]; print(repr(v)); print(ascii(v)); print(json.dumps(v)); print(json.dumps(json.dumps(v))); print(os.environb[b"V"].decode("utf8","replace")); print(os.environb[b"V"].decode("utf8","backslashreplace"))`},
		{"node", `const v=process.env.V; console.log(v); console.log(JSON.stringify(v)); console.log([v]); console.log(encodeURIComponent(v)); console.log(escape(v)); console.log(Buffer.from(v).toString("base64")); console.log(Buffer.from(v).toString("hex"))`},
		{"jq", `env.V, (env.V|@json), (env.V|@sh), (env.V|@base64), ({a:env.V}|tojson)`},
		{"bash", `LC_ALL=C; ls "./$V" 2>&1; LC_ALL=C.UTF-8 ls "./$V" 2>&1; env printf '%q\n' "$V"; printf '%q\n' "$V"; echo "${V@Q}"; true`},
		{"perl", `use Encode; binmode STDOUT, ":utf8"; print decode("UTF-8", $ENV{V}), "\n"`},
	} {
		if _, err := exec.LookPath(tool.name); err != nil {
			continue
		}
		for _, v := range []string{notUTF8[0], notUTF8[2], notUTF8[5], notUTF8[7]} {
			cmd := command(tool.name, tool.script, v)
			cmd.Env = append(os.Environ(), "V="+v, "PYTHONIOENCODING=utf-8", "LC_ALL=C.UTF-8")
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			r := filled(t, redact.AllEncodings, []string{v})
			for line := range strings.Lines(r.String(string(out))) {
				if !strings.Contains(line, "[REDACTED:key/00000]") {
					t.Errorf("%s of %q: %q", tool.name, v, line)
				}
			}
		}
	}
}

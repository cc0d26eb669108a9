package redact_test

import (
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/testdata/sample"
)

// byteEscapers write one byte, whatever character it is a part of. ok is false if they
// have no escape for it.
var byteEscapers = []struct {
	name string
	one  func(c byte) (text string, ok bool)
}{
	{"backslash", func(c byte) (string, bool) { return `\` + string([]byte{c}), c >= ' ' && !isWordChar(c) }},
	{"octal", func(c byte) (string, bool) { return fmt.Sprintf(`\%03o`, c), true }},
	{"hex", func(c byte) (string, bool) { return fmt.Sprintf(`\x%02x`, c), true }},
	{"HEX", func(c byte) (string, bool) { return fmt.Sprintf(`\x%02X`, c), true }},
	{"percent", func(c byte) (string, bool) { return fmt.Sprintf("%%%02X", c), true }},
	{"percent lower", func(c byte) (string, bool) { return fmt.Sprintf("%%%02x", c), true }},
	{"two backslashes", func(c byte) (string, bool) { return `\\` + string([]byte{c}), c >= 0x80 }},
	{"backslash by its number", func(c byte) (string, bool) { return `\x5c` + string([]byte{c}), c >= 0x80 }},
	{"octal behind a backslash", func(c byte) (string, bool) { return fmt.Sprintf(`\\\%03o`, c), c >= 0x80 }},
	{"percent twice", func(c byte) (string, bool) { return fmt.Sprintf("%%5C%%%02X", c), c >= 0x80 }},
}

func isWordChar(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_'
}

// startEscapes are the characters that are never written as they are, because they
// would begin an escape.
const startEscapes = "\\%&\"'^`$"

// escapeBytes writes each byte of v by one of the chosen escapers, or as it is.
func escapeBytes(rnd *rand.Rand, v string, share int, choice ...int) string {
	var b strings.Builder
	for _, c := range []byte(v) {
		if rnd.IntN(100) >= share && strings.IndexByte(startEscapes, c) < 0 {
			b.WriteByte(c)
			continue
		}
		text, ok := byteEscapers[choice[rnd.IntN(len(choice))]].one(c)
		switch {
		case !ok && strings.IndexByte(startEscapes, c) >= 0:
			text, _ = byteEscapers[2].one(c)
		case !ok:
			text = string([]byte{c})
		}
		b.WriteString(text)
	}
	return b.String()
}

// randomValue makes a value of ASCII, of UTF-8, or of any bytes.
func randomValue(rnd *rand.Rand, kind int, more string) string {
	ascii := letters + " !#()*,-./:;<=>?@[]_{|}~+" + `"'$&%` + more
	var b strings.Builder
	b.WriteByte(letters[rnd.IntN(len(letters))])
	for b.Len() < 12+rnd.IntN(12) {
		switch {
		case kind == 0 || rnd.IntN(3) == 0:
			b.WriteByte(ascii[rnd.IntN(len(ascii))])
		case kind == 1:
			b.WriteRune([]rune("üñéßÀ÷ŁЖш€–漢字ﬁ😀🔑")[rnd.IntN(16)])
		default:
			b.WriteByte(0x80 + byte(rnd.IntN(128)))
		}
	}
	b.WriteString("z" + random(rnd, letters, 2))
	return b.String()
}

// TM-156: values are masked with any of their bytes escaped, in any mixture, also if
// the escapes stand inside a character.
func TestTM156EscapedBytes(t *testing.T) {
	t.Parallel()
	all := make([]int, len(byteEscapers))
	for i := range all {
		all[i] = i
	}
	check := func(rnd *rand.Rand, v string) {
		r := filled(t, redact.AllEncodings, []string{v})
		for i := range byteEscapers {
			checkSpelling(t, r, v, byteEscapers[i].name, escapeBytes(rnd, v, 100, i))
			checkSpelling(t, r, v, byteEscapers[i].name+" of some", escapeBytes(rnd, v, 50, i))
		}
		for range 6 {
			checkSpelling(t, r, v, "a mixture", escapeBytes(rnd, v, 20+rnd.IntN(80), all...))
		}
	}
	rnd := rand.New(rand.NewPCG(51, 52))
	for _, v := range append([]string{"zürich-ñandú-2024", "p@ss/w\"or-2024", "Ключ-9€", "p\xe4ssw\xf6rd-2024"}, notUTF8[0], notUTF8[2], notUTF8[3], notUTF8[4]) {
		check(rnd, v)
	}
	for i, rnd := range sample.Rounds(t, 90) {
		check(rnd, randomValue(rnd, i%3, ""))
	}
}

// TM-156: a value that has backslashes itself is masked if all its bytes are escaped in
// one way.
func TestTM156EscapedBackslashes(t *testing.T) {
	t.Parallel()
	for i, rnd := range sample.Rounds(t, 60) {
		v := randomValue(rnd, i%3, `\\\\\\`)
		r := filled(t, redact.AllEncodings, []string{v})
		for e := 1; e <= 5; e++ {
			checkSpelling(t, r, v, byteEscapers[e].name, escapeBytes(rnd, v, 100, e))
		}
	}
}

// TM-156: a value is masked as perl's quotemeta and printf of shells write it, with and
// without a locale.
func TestTM156ShellsQuoteBytes(t *testing.T) {
	t.Parallel()
	for _, tool := range []struct{ name, script string }{
		{"perl", `print quotemeta($ENV{V}),"\n"; print "\Qx-$ENV{V}-y\E\n"`},
		{"bash", `printf '%q\n' "$V"; LC_ALL=C printf '%q\n' "$V"; LC_ALL=C; printf '%q\n' "$V"; echo "${V@Q}"`},
		{"zsh", `printf '%q\n' "$V"; LC_ALL=C; printf '%q\n' "$V"; print -r -- ${(q)V}; print -r -- ${(qqqq)V}`},
		{"ksh", `printf '%q\n' "$V"; LC_ALL=C; printf '%q\n' "$V"`},
	} {
		if _, err := exec.LookPath(tool.name); err != nil {
			continue
		}
		for _, v := range []string{"zürich-ñandú-2024", "p@ss/w\"or-2024", "Ключ 9€", notUTF8[0]} {
			cmd := command(tool.name, tool.script, v)
			cmd.Env = append(cmd.Environ(), "V="+v, "LC_ALL=C.UTF-8")
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

package redact_test

import (
	"encoding/base64"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/testdata/sample"
)

// foldBlanks makes of v what the words of an unquoted variable are to echo: the shell
// splits at blanks, tabs and line ends, and echo writes one blank between them.
func foldBlanks(v string) string {
	return strings.Join(strings.FieldsFunc(v, func(r rune) bool { return strings.ContainsRune(" \t\n", r) }), " ")
}

// TM-156: a value is masked where a shell prints it without quotes, with one blank for
// each run of white space, as are its lines.
func TestTM156RunsOfBlanks(t *testing.T) {
	t.Parallel()
	values := []string{
		"tab\there-value-2024", "two  spaces-in-2024", "a1\tb2", "trailing-7x  8y\n", "\t lead  and-trail\t", "dos  line-7x\r\n", "no\u00a0break  blank-7x",
		"carriage\rreturn  7x-9y", "form\ffeed  7x-9y", "p\xe4ss  w\xf6rd-2024", "Ключ\t\t9€-x", "  { \"a\":  \"b-7x9\" }",
	}
	for _, rnd := range sample.Rounds(t, 200) {
		var b strings.Builder
		for range 2 + rnd.IntN(4) {
			b.WriteString(random(rnd, letters, 3+rnd.IntN(8)) + string([]rune("é-9!#")[rnd.IntN(5)]))
			b.WriteString(random(rnd, "   \t\t\n", rnd.IntN(5)))
		}
		values = append(values, b.String()+random(rnd, letters, 4))
	}
	for _, v := range values {
		r := filled(t, redact.AllEncodings, []string{v})
		checkFolded(t, r, v, foldBlanks(v))
		if words := strings.Join(strings.Fields(v), " "); !strings.Contains(v, "\n") || len(strings.Fields(v)) < 2 {
			checkFolded(t, r, v, words)
		}
		if folded := foldBlanks(v); strings.ContainsAny(folded, "#!") {
			checkFolded(t, r, v, strings.NewReplacer("#", `\#`, "!", `\041`).Replace(folded))
		}
		for line := range strings.Lines(v) { // while read -r line; do echo $line; done
			if folded := foldBlanks(strings.Trim(line, " \t\r\n")); len(folded) >= 8 {
				checkFolded(t, r, v, folded)
			}
		}
		if got := r.String("a " + v + " b"); !strings.HasPrefix(got, "a ") || !strings.Contains(got, "[REDACTED:key/00000]") || strings.Contains(got, strings.TrimSpace(v)) {
			t.Errorf("%q itself became %q", v, got)
		}
	}
}

// checkFolded fails if a word of text is left, however the text is cut. Several lines of
// the value may have a mask each.
func checkFolded(t *testing.T, r *redact.Registry, v, text string) {
	t.Helper()
	in := "codes: " + text + " end\n"
	got := r.String(in)
	left := strings.ReplaceAll(got, "[REDACTED:key/00000]", "")
	if strings.Join(strings.Fields(left), " ") != "codes: end" {
		t.Errorf("%q printed as %q became %q", v, in, got)
		return
	}
	for i := range sample.Of(t, len(in)) {
		if cut := pass(t, r, []byte(in[:i]), []byte(in[i:])); string(cut) != got {
			t.Errorf("%q printed as %q, cut at %d: %q, want %q", v, in, i, cut, got)
			return
		}
	}
}

// TM-156: what shells and other programs print of a value is masked.
func TestTM156ToolsFoldBlanks(t *testing.T) {
	t.Parallel()
	for _, tool := range []struct{ name, script string }{
		{"bash", `echo $V; printf '%s\n' "$(echo $V)"; echo "$V" | xargs -d '\n' -n 1 bash -c 'echo $0'; while read -r l; do echo $l; done <<< "$V"; echo "$V" | awk '{$1=$1}1'; echo "$V" | tr -s '[:space:]' ' '; echo`},
		{"python3", `import os; print(" ".join(os.environ["V"].split()))`},
	} {
		if _, err := exec.LookPath(tool.name); err != nil {
			continue
		}
		for _, v := range []string{"tab\there-value-2024", "two  spaces-in-2024", " three   spaces \t and a tab-2024 ", "line-one  7x\nline-two\t8y"} {
			cmd := command(tool.name, tool.script, v)
			cmd.Env = append(cmd.Environ(), "V="+v)
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			r := filled(t, redact.AllEncodings, []string{v})
			for line := range strings.Lines(r.String(string(out))) {
				if left := strings.TrimSpace(strings.ReplaceAll(line, "[REDACTED:key/00000]", "")); left != "" {
					t.Errorf("%s of %q: %q", tool.name, v, line)
				}
			}
		}
	}
}

// Text that is more common than the value with its runs of blanks is not masked.
func TestFoldedWordsAreNotMasked(t *testing.T) {
	t.Parallel()
	r := filled(t, redact.AllEncodings, []string{"is\ta", "the  end", "12   34", "no\t\tor", "on\tof\n"})
	for _, in := range []string{"it is a log", "the end", "from 12 34", "yes, no or", "on of"} {
		if got := r.String(in); got != in {
			t.Errorf("%q became %q", in, got)
		}
	}
}

// A value is searched once more only if it has runs of blanks.
func TestValuesWithoutRunsAreSearchedOnce(t *testing.T) {
	t.Parallel()
	patterns := func(v string) int { return filled(t, redact.NoEncodings, []string{v}).Status().Patterns }
	for v, want := range map[string]int{
		"one blank between-2024": 1, " one blank between-2024 ": 2, "noblankatall-2024": 1, "one blank-2024\n": 1,
		"two  blanks-2024": 2, "a\ttab-2024": 2, "a\rreturn and  two-2024": 3, "line-one-7x\nline-two-7x": 4,
	} {
		if got := patterns(v); got != want {
			t.Errorf("%q: %d patterns, want %d", v, got, want)
		}
	}
}

// A value that begins with the byte order mark of Windows is masked in what programs print
// that leave the mark out, also if it has several lines or is encoded.
func TestValuesAreMaskedWithoutTheirByteOrderMark(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"hunter2-and-7x", "hunter2-and-7x\r\n", "user1x\r\npw-77q\r\nK9x2zz\r\n", "tok9  7x\tab-Z8{q}\n", "clé-7x-zürich"} {
		r := filled(t, redact.AllEncodings, []string{"\ufeff" + text})
		trimmed := strings.TrimSpace(text)
		for _, printed := range []string{
			"\ufeff" + text, text, trimmed, strings.ReplaceAll(text, "\r\n", "\n"), strings.ReplaceAll(text, "\n", "\r\n"),
			base64.StdEncoding.EncodeToString([]byte(trimmed)), marshal(trimmed), strings.Join(strings.Fields(text), " "),
		} {
			got := r.String("x " + printed + " y")
			if !strings.Contains(got, "[REDACTED:key/00000]") || strings.ContainsAny(strings.ReplaceAll(got, "[REDACTED:key/00000]", ""), "7é") {
				t.Errorf("of %q, %q became %q", text, printed, got)
			}
		}
	}
}

// The byte order mark makes no word a secret, and hides no string of a JSON value.
func TestAByteOrderMarkChangesNothingElse(t *testing.T) {
	t.Parallel()
	const mark = "\ufeff"
	for _, word := range []string{"admin", "true", "8080", "12345\r\n", "localhost\n", "aaaaaaa", "abc"} {
		if with, without := redact.Classify([]byte(mark+word)), redact.Classify([]byte(word)); with != without {
			t.Errorf("Classify of %q is %q with a mark, and %q without", word, with, without)
		}
	}
	r := redact.New(redact.Options{JSONLeaves: true})
	defer r.Close()
	if err := r.Add("k", secretOf(t, []byte(mark+`{"password":"hunter2-xyz-0815","user":"`+mark+`admin\r\nline-two-7x"}`))); err != nil {
		t.Fatal(err)
	}
	if got := r.String("admin connects with hunter2-xyz-0815, line-two-7x"); got != "admin connects with [REDACTED:k], [REDACTED:k]" {
		t.Errorf("got %q", got)
	}
}

// A string of a JSON value with line breaks is masked to its end, also where each line
// break has become longer.
func TestFieldsWithLongerLineEndsAreMaskedToTheirEnd(t *testing.T) {
	t.Parallel()
	var lines []string
	for i := range 40 {
		lines = append(lines, fmt.Sprintf("c%02d-Qz%d", i, i%10))
	}
	for _, end := range []string{"\n", "\r\n"} {
		field := strings.Join(lines, end)
		r := redact.New(redact.Options{JSONLeaves: true})
		defer r.Close()
		if err := r.Add("k", secretOf(t, []byte(`{"codes":`+marshal(field)+`}`))); err != nil {
			t.Fatal(err)
		}
		for _, printed := range []string{"\n", "\r\n", end, strings.ReplaceAll(end, "\n", "\r\n"), " "} {
			if got := r.String("v: " + strings.Join(lines, printed) + " :end"); got != "v: [REDACTED:k] :end" {
				t.Errorf("lines that end with %q, printed with %q: %q", end, printed, got)
			}
		}
	}
}

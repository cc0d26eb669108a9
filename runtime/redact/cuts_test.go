package redact_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/testdata/sample"
)

// TM-156: a value that is escaped up to three times is masked in the same way however the
// writes are divided, also if it ends with a line break; of one that is escaped three
// times, whether the mask takes in that break is left open.
func TestTM156EscapesCut(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(39, 40))
	missed := map[string]int{}
	check := func(r *redact.Registry, v, name, text string) {
		in := "a = " + text + " b\n"
		want := r.String(in)
		for i := range sample.Of(t, len(in)) {
			if got := string(pass(t, r, []byte(in[:i]), []byte(in[i:]))); got != want {
				if missed[name]++; missed[name] == 1 {
					t.Errorf("%s: value %q, cut at %d\ntext %q\ngot  %q\nwant %q", name, v, i, in, got, want)
				}
				break
			}
		}
	}
	for n := range rounds(2) {
		v := mixable(rnd, 8+rnd.IntN(8))
		if n%3 == 2 {
			v += "\n"
		}
		lines := v + "\n" + mixable(rnd, 9) + "\n"
		r := filled(t, redact.AllEncodings, []string{lines})
		for _, e := range textEscapers {
			for _, q := range []string{"'", `"`, "", "$'"} {
				check(r, lines, "lines in "+e.name, q+e.write(lines)+strings.TrimPrefix(q, "$"))
			}
		}
		r.Close()
		r = filled(t, redact.AllEncodings, []string{v})
		for _, inner := range textEscapers {
			for _, outer := range textEscapers {
				check(r, v, inner.name+" in "+outer.name, outer.write(inner.write(v)))
			}
		}
		for range 60 {
			one, two, three := textEscapers[rnd.IntN(len(textEscapers))], textEscapers[rnd.IntN(len(textEscapers))], textEscapers[rnd.IntN(len(textEscapers))]
			check(r, v, one.name+" in "+two.name+" in "+three.name, three.write(two.write(one.write(strings.TrimSuffix(v, "\n")))))
		}
		r.Close()
	}
}

// TM-156: what stands before a value with escapes that can be read in many ways is masked with
// it however the writes are divided, or stays.
func TestTM156ManyReadingsCut(t *testing.T) {
	t.Parallel()
	for _, v := range []string{"abcdef0123456789", "0123456789ab", "00112233445566"} {
		r := filled(t, redact.AllEncodings, []string{v})
		for _, format := range []string{`\%02X`, `\%x `, `\%03o`} {
			for _, before := range []string{"v=", "v='", `v="`, "v=$'", "v=$"} {
				in := before
				for _, c := range []byte(v) {
					in += fmt.Sprintf(format, c)
				}
				in += "'"
				want := r.String(in)
				for i := range len(in) {
					if got := string(pass(t, r, []byte(in[:i]), []byte(in[i:]))); got != want {
						t.Errorf("%q, cut at %d: %q, want %q", in, i, got, want)
						break
					}
				}
			}
		}
		r.Close()
	}
}

// TM-156: where the search gives up, the line is masked also if it comes in two writes.
func TestTM156GivenUpAndCut(t *testing.T) {
	t.Parallel()
	octal := func(s string) string {
		var b strings.Builder
		for _, c := range []byte(s) {
			fmt.Fprintf(&b, "\\%03o", c)
		}
		return b.String()
	}
	percent := func(s string) string {
		var b strings.Builder
		for _, c := range []byte(s) {
			fmt.Fprintf(&b, "%%%02x", c)
		}
		return b.String()
	}
	for _, v := range []string{"n8b99'>X&89!X,", "AKIAIOSFODNN7EXAMPLE", "correct horse battery staple", `\\srv01\share\svc-Pa55"w0rd`} {
		r := filled(t, redact.AllEncodings, []string{v})
		for _, text := range []string{octal(octal(v)), octal(percent(v)), percent(octal(v))} {
			for _, before := range []string{"a = ", strings.Repeat("\\", 3000) + "\ntok="} {
				in := before + text + " | b\nnext\n"
				first := max(0, len(before)-50)
				for third := range sample.Of(t, (len(in)-first)/3) {
					i := first + 3*third
					got := string(pass(t, r, []byte(in[:i]), []byte(in[i:])))
					for k := 0; k+16 <= len(text); k += 8 {
						if strings.Contains(got, text[k:k+16]) {
							t.Fatalf("value %q, cut at %d of %d: %.300q", v, i, len(in), got[max(0, len(got)-300):])
						}
					}
				}
			}
		}
		r.Close()
	}
}

// TM-156: a line break as CSS writes it, with one digit and a blank, is one.
func TestTM156LineBreaksOfCSS(t *testing.T) {
	t.Parallel()
	const v = "pass1rd\nbad2mV\nface-ru"
	r := filled(t, redact.AllEncodings, []string{v})
	defer r.Close()
	for _, text := range []string{`pass1rd\a bad2mV\a face-ru`, `pass1rd\A bad2mV\A face-ru`, `pass1rd\0a bad2mV\00000aface-ru`} {
		in := `content: "` + text + `"` + "\n"
		for i := range len(in) {
			if got := string(pass(t, r, []byte(in[:i]), []byte(in[i:]))); got != `content: "[REDACTED:key/00000]"`+"\n" {
				t.Errorf("cut at %d: %q", i, got)
				break
			}
		}
	}
}

// The line break after a value stays wherever the text is cut, also where the next value
// would continue quotes of the first.
func TestTM155LineBreaksStayUnderEveryCut(t *testing.T) {
	t.Parallel()
	for _, v := range []string{
		`q7Zab9$"Y8w`, `pa$"word-x7`, `{"pw":"abc$"}`, `héllo$"wörld`, `x'7Zab9$'Y8w`, `a"b'c$d-9x`, `p\"q-7x9Z`, "two\nlin$\"es7x", `$"quoted-7x9$"`, `%22%5Cn7x9Z`,
	} {
		for _, end := range []string{"\n", "\r\n"} {
			value := strings.ReplaceAll(v, "\n", end) + end
			r := redact.New(redact.Options{JSONLeaves: true})
			defer r.Close()
			if err := r.Add("k", secretOf(t, []byte(value))); err != nil {
				t.Fatal(err)
			}
			text, want := []byte(value+"user: "+value+"pw="+value+"e"), "[REDACTED:k]"+end+"user: [REDACTED:k]"+end+"pw=[REDACTED:k]"+end+"e"
			for i := range len(text) + 1 {
				if got := pass(t, r, text[:i], text[i:]); string(got) != want {
					t.Errorf("%q, cut at %d: %q", text, i, got)
					break
				}
			}
		}
	}
}

// TM-155: so does the quote after a value that a program printed without its line break, as
// shells do with what $(...) gives.
func TestTM155QuotesStayUnderEveryCut(t *testing.T) {
	t.Parallel()
	for _, v := range []string{"plainvalue-7x9", `q7Zab9$"Y8w`, `pa$"word-x7`, `x'7Zab9$'Y8w`, `a"b'c$d-9x`} {
		r := filled(t, redact.AllEncodings, []string{v + "\n"})
		for _, quoted := range [][3]string{
			{"'", strings.ReplaceAll(v, "'", `'\''`), "'"},
			{"$'", strings.ReplaceAll(v, "'", `\'`), "'"},
			{`"`, strings.NewReplacer(`"`, `\"`, `$`, `\$`).Replace(v), `"`},
			{`"`, strings.ReplaceAll(v, `"`, `\"`), `"`},
		} {
			for _, after := range []string{"\n", "\r\nx", "\nnext 'line'\n", ""} {
				text, want := []byte("a="+strings.Join(quoted[:], "")+after), "a="+quoted[0]+"[REDACTED:key/00000]"+quoted[2]+after
				for i := range len(text) + 1 {
					if got := string(pass(t, r, text[:i], text[i:])); got != want {
						t.Errorf("%q, cut at %d: %q", text, i, got)
						break
					}
				}
			}
		}
		r.Close()
	}
}

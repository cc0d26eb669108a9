package secrets

import (
	"bytes"
	"strings"
	"testing"

	"github.com/postern-project/postern/cmd/postern/internal/app"
)

// render replaces every placeholder with its key in angle brackets.
func render(pieces []piece) string {
	var b strings.Builder
	for _, p := range pieces {
		b.Write(p.literal)
		if p.ref != nil {
			b.WriteString("<" + string(p.ref.Key) + p.ref.Pointer + ">")
		}
	}
	return b.String()
}

func TestParseTemplate(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"empty", "", ""},
		{"no placeholder", "a {{ b }} {c} }} {{", "a {{ b }} {c} }} {{"},
		{"reference", "x={{ postern://db/pw }}\n", "x=<db/pw>\n"},
		{"tight", "{{postern://k}}", "<k>"},
		{"blanks and tabs", "{{ \t postern://k\t }}", "<k>"},
		{"pointer", "{{ postern://k#/a/b }}", "<k/a/b>"},
		{"function", `{{ secret "db/pw" }}{{secret "k"}}{{ secret"k" }}`, "<db/pw><k><k>"},
		{"reference in the function", `{{ secret "postern://k#/a" }}`, "<k/a>"},
		{"two in a line", "{{ postern://a }}-{{ postern://b }}", "<a>-<b>"},
		{"three braces", "{{{ postern://k }}}", "{<k>}"},
		{"escape", `{{{{ secret "k" }}`, `{{ secret "k" }}`},
		{"escape behind braces", "{{{{{ postern://k }}", "{{{ postern://k }}"},
		{"four braces of others", "{{{{ x }}}}", "{{{{ x }}}}"},
		{"escape, then not", "{{{{ postern://a }} {{ postern://b }}", "{{ postern://a }} <b>"},
		{"other templates", "{{ .Values.x }} {{ secretName }} {{ secrets \"a\" }} {{- with secrets \"a\" -}} {{ ref+1 }} {% x %}", "{{ .Values.x }} {{ secretName }} {{ secrets \"a\" }} {{- with secrets \"a\" -}} {{ ref+1 }} {% x %}"},
		{"opening within another", "{{ a {{ postern://k }} }}", "{{ a <k> }}"},
		{"bytes", "\x00\xff{{ postern://k }}\r\n\xfe", "\x00\xff<k>\r\n\xfe"},
		{"no placeholder outside of braces", "postern://k secret \"k\"", "postern://k secret \"k\""},
	}
	for _, tt := range tests {
		pieces, err := parseTemplate("t", []byte(tt.in))
		if got := render(pieces); err != nil || got != tt.want {
			t.Errorf("%s: %q, %v, want %q", tt.name, got, err, tt.want)
		}
	}
}

func TestParseTemplateFaults(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"not closed", "a\nbc {{ postern://k\n}}", "t:2:4: unclosed placeholder"},
		{"bad key", "{{ postern://a b }}", "t:1:1: "},
		{"no key", "{{ postern:// }}", "t:1:1: "},
		{"pipe", `{{ secret "k" | b64 }}`, "one key in double quotes"},
		{"single quotes", `{{ secret 'k' }}`, "one key in double quotes"},
		{"back quotes", "{{ secret `k` }}", "one key in double quotes"},
		{"two keys", `{{ secret "a" "b" }}`, "one key in double quotes"},
		{"not closed quote", `{{ secret "a }}`, "one key in double quotes"},
		{"trim marker", "{{- postern://k }}", "is not supported"},
		{"trim marker of secret", `x {{- secret "k" -}}`, "t:1:3: "},
		{"1Password", "{{ op://vault/item/field }}", "another tool"},
		{"vals", "{{ ref+vault://a/b#/c }}", "another tool"},
		{"all are named", "{{ postern:// }}\n  {{ postern:// }}", "t:2:3: "},
		{"after an escape", "{{{{ postern://k }}\n{{ postern:// }}", "t:2:1: "},
		{"columns count bytes", "é {{ postern:// }}", "t:1:4: "},
	}
	for _, tt := range tests {
		_, err := parseTemplate("t", []byte(tt.in))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
	_, err := parseTemplate("t", bytes.Repeat([]byte("{{ postern:// }}\n"), 1000))
	if n := strings.Count(err.Error(), "t:"); n != app.MaxListed {
		t.Errorf("%d places are named, want %d", n, app.MaxListed)
	}
}

// What begins like a placeholder is one or an error, and never text.
func TestMisspeltPlaceholdersAreErrors(t *testing.T) {
	t.Parallel()
	for _, in := range []string{
		"{{ secret prod/db/password }}", "{{secret k}}", "{{ secret\tk }}", "{{ secret /k }}", "{{ secret .k }}", "{{ secret _k }}", "{{ secret @k }}",
		"{{ postern:/k }}", "{{ postern:k }}", "{{postern:k}}", "{{ postern:///k }}", "{{ postern: }}", "{{ postern:/ }}", "{{ postern/k }}", "{{ postern k }}",
		`{{ postern "k" }}`, "{{ postern get k }}", "{{ POSTERN://k }}", "{{ Postern:k }}", `{{ Secret "k" }}`, `{{ SECRET "k" }}`, "{{ Secret k }}",
		`{{ secret("k") }}`, `{{ secret ("k") }}`, "{{ secret(k) }}", "{{ postern(k) }}", "{{ secret:k }}", "{{ secret: k }}", "{{ secret://k }}", "{{ secret/k }}",
		"{{ secret \u201ck\u201d }}", "{{ secret \u2018k\u2019 }}", "{{ secret\u201ck\u201d }}", "{{ secret \u00abk\u00bb }}", "{{\u00a0secret \"k\" }}", "{{ secret\u00a0\"k\" }}",
		"{{~ postern://k }}", "{{ - secret k }}", "{{-postern:k}}", "{{\n  postern://k\n}}", "{{\npostern:k }}", "{{\n secret \"k\" }}", "{{ secret \"k\"\n}}",
		"{{" + strings.Repeat(" ", 300) + "postern:k }}", "{{ secret" + strings.Repeat(" ", 200) + "k }}", "{{{ secret k }}}", "{{ postern://k }", `{{ secret "k" }`,
		"{{ secret k", "{{ postern:k",
		"{{ secret\n\"k\" }}", "{{ secret\r\n  \"k\"\r\n}}", "{{ secret\n'k' }}", "{{ secret\nk }}", "{{ secret\n(\"k\") }}", "{{ postern\n\"k\" }}",
		`{{ (secret "k") }}`, `{{ ( secret "k" ) }}`, "{{ (postern://k) }}", `{{ print (secret "k") }}`, `{{ $x := secret "k" }}`, `{{ $x = secret "k" }}`, `{{ with secret "k" }}`,
		`{{- with secret "k" -}}`, "{{ with secret\n\"k\" }}", `{{ range secret "k" }}`, `{{ "a" | secret "k" }}`, `{{ print "a" (secret "k") }}`, "{{ with secret `k` }}", `{{ with Secret("k") }}`,
		`{{ secret \"k\" }}`, `{{ secret \'k\' }}`, "{{ secret &quot;k&quot; }}", "{{ secret &#34;k&#34; }}", "{{ secret &#x27;k&#x27; }}", `{{ secret \u0022k\u0022 }}`,
		"{{ secret %22k%22 }}", "{{%20secret%20%22k%22%20}}", `{{ \"postern://k\" }}`, "{{ &quot;postern://k&quot; }}", "{{ postern%3A//k }}", "{{ postern&#58;//k }}", `{{ postern:\/\/k }}`,
		"{{ secret $KEY }}", "{{ secret ${K} }}", "{{ secret <KEY> }}", `{{ secret = "k" }}`, "{{ secret {k} }}",
		`{{ "postern://k" }}`, `{{ 'postern://k' }}`, "{{ `postern://k` }}", `{{ ("postern://k") }}`, `{{ "op://v/i/f" }}`,
	} {
		if pieces, err := parseTemplate("t", []byte(in)); err == nil || !strings.HasPrefix(err.Error(), "t:1:") {
			t.Errorf("%q: %q, %v, want an error", in, render(pieces), err)
		}
		if escaped := "{{" + in[strings.LastIndex(in, "{{"):]; in[0] == '{' && !strings.HasPrefix(in, "{{{") {
			if _, err := parseTemplate("t", []byte(escaped)); err != nil {
				t.Errorf("%q: %v, want text", escaped, err)
			}
		}
	}
}

// Braces with other words are text.
func TestOtherBracesAreText(t *testing.T) {
	t.Parallel()
	for _, in := range []string{
		"{{ secret }}", "{{secret}}", "{{ secret -}}", "{{- secret -}}", "{{ secret | quote }}", "{{ secret.name }}", "{{ secretName }}", "{{ secrets \"a\" }}", "{{ secret_key }}",
		"{{ .Values.secret \"k\" }}", "{{ my_secret k }}", "{{ posterns k }}", "{{ postern }}", "{{ postern.url }}", "{{ not secret }}", "{{", "{{ ", "{{ secret", "{{ postern",
		"{{ secret\n}}", "{{ secret\nand more", "{{ secret\nand more }}", "{{ secret\n| quote }}", `{{ fail "no secret \"k\"" }}`, `{{ fail "no secret 'k'" }}`, "{{/* with secret \"k\" */}}",
		`{{! with secret "k" }}`, `{{ lookup "Secret" "k" }}`, `{{ .secret "k" }}`, `{{ $secret "k" }}`, `{{ with secrets "k" }}`, `{{ with secret }} "k"`, `{{ with my-secret "k" }}`,
		`{{ printf "postern://%s" .k }}`, `{{ "secret sauce" }}`, "{{ see secret k }}", `{{ index .Values "secret" "k" }}`,
		"{{ secret < 5 }}", "{{ secret == other }}", "{{ secret[0] }}", "{{ secret % 2 }}", "{{ secret & mask }}", `{{ print \"secret\" }}`,
	} {
		if pieces, err := parseTemplate("t", []byte(in)); err != nil || render(pieces) != in {
			t.Errorf("%q: %q, %v, want the same text", in, render(pieces), err)
		}
	}
}

// FuzzTemplate: the literals are the template without the placeholders and without
// two braces of each escape, in order.
func FuzzTemplate(f *testing.F) {
	for _, seed := range []string{"", "{{", "{{ postern://k }}", "{{{{ postern://k }}", `a{{secret "k"}}b`, "{{ op://a/b }}", "{{- postern://k}}", "{{{postern://a?default=x#/y}}}\n{{ secret \"\" }}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		pieces, err := parseTemplate("t", text)
		if err != nil {
			return
		}
		at, line := 0, 1
		for i, p := range pieces {
			if !bytes.HasPrefix(text[at:], p.literal) {
				t.Fatalf("literal %q is not at %d", p.literal, at)
			}
			line += bytes.Count(p.literal, []byte("\n"))
			at += len(p.literal)
			switch {
			case p.ref != nil:
				if p.line != line || !bytes.HasPrefix(text[at:], []byte(opening)) || bytes.LastIndexByte(text[:at], '\n')+p.column != at {
					t.Fatalf("reference at %d:%d, want offset %d, line %d", p.line, p.column, at, line)
				}
				at += bytes.Index(text[at:], []byte(closing)) + len(closing)
			case i < len(pieces)-1:
				if string(text[at-2:at+2]) != "{{{{" {
					t.Fatalf("no escape at %d", at)
				}
				at += 2
			}
		}
		if at != len(text) {
			t.Fatalf("%d bytes are missing", len(text)-at)
		}
	})
}

// TestTemplatesOfOneLine: the time to parse grows with the size of a template, not with
// its square. These would take hours.
func TestTemplatesOfOneLine(t *testing.T) {
	t.Parallel()
	const n = 1 << 20
	pieces, err := parseTemplate("t", bytes.Repeat([]byte(`{{ secret "a" }}`), n))
	if err != nil || len(pieces) != n+1 {
		t.Errorf("%d pieces, want %d, %v", len(pieces), n+1, err)
	}
	_, err = parseTemplate("t", bytes.Repeat([]byte(`{{ secret "a" `), n))
	if err == nil || strings.Count(err.Error(), "unclosed") != app.MaxListed {
		t.Errorf("%v, want %d errors", err, app.MaxListed)
	}
}

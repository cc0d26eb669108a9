package main

import (
	"encoding/ascii85"
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
)

// TestLimits shows what is not masked according to README.md. If a text is masked
// one day, this test fails, and the page has to be changed.
func TestLimits(t *testing.T) {
	t.Parallel()
	const value = `tr0ub4dor&3+"x"`
	reg := redact.New(redact.Options{})
	defer reg.Close()
	for key, text := range map[string]string{"password": value, "host": "zürich-and-2024", "pin": "1234", "word": "admin", "control": "Kx\x1b9q(z-77'pw", "tab": "tok9\tab-Z8{q}", "lines": "-----BEGIN X-----\nMC4CAQAwBQYDK2Vw\nabc\n", "few": "ab7x\ncd8y", "words": "two words-7x", "signs": "it's[x]y%z]]>w", "six": "k9-abc", "pointed": "p/q~r-2024z", "dollar": "pay$me-2024z", "braces": "tpl{{x}}-2024z"} {
		s, err := secret.FromString(text)
		if err != nil {
			t.Fatal(err)
		}
		if err := reg.Add(key, s); err != nil {
			t.Fatal(err)
		}
	}
	reversed := []rune(value)
	for i, j := 0, len(reversed)-1; i < j; i, j = i+1, j-1 {
		reversed[i], reversed[j] = reversed[j], reversed[i]
	}
	var wide []byte
	for _, b := range []byte(`tr0ub4dor&3+\"x\"`) {
		wide = append(wide, b, 0)
	}
	const long = "github_pat_11ABCDEFG0aBcDeFgHiJkL_4f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c4d3e2f1a0b9c8d7e6f5a4b3c2d"
	if s, err := secret.FromString(long); err != nil || reg.Add("long", s) != nil {
		t.Fatal(err)
	}
	printable := strings.ReplaceAll(long[:60]+"=\n"+long[60:], "\n", `\n`)
	limits := map[string]string{
		"reversed":         string(reversed),
		"other case":       strings.ToUpper(value),
		"a part":           value[:8] + " and no more",
		"separated":        strings.Join(strings.Split(value, ""), " "),
		"bytes as numbers": fmt.Sprint([]byte(value)),
		"encoded twice":    fmt.Sprintf("%x", fmt.Sprintf("%x", value)),
		"folded":           value[:8] + "\n  " + value[8:],
		"shown as ?":       strings.ReplaceAll(value, "&", "?"),
		"a name":           strings.ReplaceAll(value, "&", `\N{AMPERSAND}`),
		"Mathematica":      `z\:00fcrich-and-2024 z\[UDoubleDot]rich-and-2024`,
		"RTF":              `z\'fcrich-and-2024 z\u252?rich-and-2024`,
		"groff":            `z\[u00FC]rich-and-2024 z\(:urich-and-2024`,
		"TeX":              `z^^c3^^bcrich-and-2024 z^^fcrich-and-2024`,
		"Ada":              `z["FC"]rich-and-2024`,
		"braces in Scheme": `z\u\x7b;fc\x7d;rich-and-2024`,
		"UTF-7":            "z+APw-rich-and-2024",
		"punycode":         "https://xn--zrich-and-2024-gsb.example/",
		"cat -v":           "zM-CM-<rich-and-2024 tok9^Iab-Z8{q}",
		"rsyslog":          "tok9#011ab-Z8{q}",
		"HAProxy":          "tok9#09ab-Z8#7Bq#7D",
		"less":             "z<c3><bc>rich-and-2024 z<U+00FC>rich-and-2024",
		"Excel":            "tok9_x0009_ab-Z8{q}",
		"margin of less":   "tr0ub4do \br&3+\"x\" tr0ub4do\x1b[m \br&3+\"x\"",
		"SQL Server":       "[it's[x]]y%z]]]]>w]",
		"JSON pointer":     "/p~1q~0r-2024z",
		"Helm":             `tpl{{ "{{" }}x{{ "}}" }}-2024z`,
		"Kotlin":           `pay${'$'}me-2024z`,
		"doubled braces":   "tok9\tab-Z8{{q}}",
		"CR alone":         "ab7x\rcd8y",
		"line in UTF-16":   "M\x00C\x004\x00C\x00A\x00Q\x00A\x00w\x00B\x00Q\x00Y\x00D\x00K\x002\x00V\x00w\x00",
		"e-mail headers":   "=?utf-8?q?two_words=2D7x?=",
		"TeamCity":         `it|'s|[x|]y%z|]|]>w z|0x00fcrich-and-2024`,
		"Azure Pipelines":  "it's[x]y%AZP25z]]>w",
		"PowerShell":       "z`u{fc}rich-and-2024",
		"CDATA":            "it's[x]y%z]]]]><![CDATA[>w",
		"expanded":         "tok9    ab-Z8{q}",
		"uuencode":         "/='(P=6(T9&]R)C,K(G@B",
		"base85":           encoded85(value),
		"a hex dump":       fmt.Sprintf("% x", value),
		"base64 of JSON":   base64.StdEncoding.EncodeToString([]byte(`tr0ub4dor&3+\"x\"`)),
		"six in base64":    base64.StdEncoding.EncodeToString([]byte(`{"pw":"k9-abc"}`)),
		"folded in base64": base64.StdEncoding.EncodeToString([]byte("-----BEGIN X----- MC4CAQAwBQYDK2Vw abc\n")),
		"folded in hex":    fmt.Sprintf("%x", "-----BEGIN X----- MC4CAQAwBQYDK2Vw abc\n"),
		"a line in base64": base64.StdEncoding.EncodeToString([]byte("MC4CAQAwBQYDK2Vw\n")),
		"base32 of more":   base32.StdEncoding.EncodeToString([]byte("app:" + value)),
		"JSON in UTF-16":   string(wide),
		"escaped breaks":   printable,
		"beside ESC":       "Kx\x1b9q\\(z\\-77\\'pw",
		"a short value":    "pin 1234",
		"an everyday word": "user admin",
	}
	for name, text := range limits {
		if got := reg.String(text); got != text {
			t.Errorf("%s is masked now: %q", name, got)
		}
	}
	if got := reg.String("unchanged: " + value); got != "unchanged: [REDACTED:password]" {
		t.Errorf("the value itself: %q", got)
	}
}

// TestLimitsOfLongValues shows in which forms long values are not found.
func TestLimitsOfLongValues(t *testing.T) {
	t.Parallel()
	lines := func(size int) string {
		var b strings.Builder
		for i := 0; b.Len() < size; i++ {
			fmt.Fprintf(&b, "line %d of a long value\n", i)
		}
		return b.String()[:size]
	}
	dos := func(v string) string { return strings.ReplaceAll(v, "\n", "\r\n") }
	inBase64 := func(v string) string { return base64.StdEncoding.EncodeToString([]byte(v)) }
	inBase32 := func(v string) string { return base32.StdEncoding.EncodeToString([]byte(v)) }
	replaced := func(v string) string { return strings.ToValidUTF8(dos(v), "\ufffd") }
	const found = "[REDACTED:key]"
	for name, c := range map[string]struct{ value, text, want string }{
		"not UTF-8, other line ends":       {"ab\xff\n" + lines(200), replaced("ab\xff\n" + lines(200)), found},
		"long, not UTF-8":                  {"ab\xff\n" + strings.Repeat("a-b\n", 70), replaced("ab\xff\n" + strings.Repeat("a-b\n", 70)), ""},
		"4 KiB with other line ends":       {lines(4096), inBase64(dos(lines(4096))), found},
		"over 4 KiB with other line ends":  {lines(4097), inBase64(dos(lines(4097))), ""},
		"over 4 KiB in base64":             {lines(4097), inBase64(lines(4097)), found},
		"64 KiB in base32":                 {lines(64 << 10), inBase32(lines(64 << 10)), found},
		"over 64 KiB in base32":            {lines(64<<10 + 1), inBase32(lines(64<<10 + 1)), ""},
		"over 64 KiB in base64":            {lines(64<<10 + 1), inBase64(lines(64<<10 + 1)), found},
		"over 64 KiB with other line ends": {lines(64<<10 + 1), dos(lines(64<<10 + 1)), found},
	} {
		if c.want == "" {
			c.want = c.text
		}
		reg := redact.New(redact.Options{})
		s, err := secret.FromString(c.value)
		if err != nil || reg.Add("key", s) != nil {
			t.Fatal(err)
		}
		if got := reg.String("x " + c.text + " x"); got != "x "+c.want+" x" {
			t.Errorf("%s: %.120q, want %.120q", name, got, c.want)
		}
		reg.Close()
	}
}

// TestLimitOfManyValues shows that escaped letters are found among few values only.
func TestLimitOfManyValues(t *testing.T) {
	t.Parallel()
	const hidden = `\x76alue-0000`
	for count, want := range map[int]string{256: "[REDACTED:key]", 257: hidden} {
		reg := redact.New(redact.Options{})
		defer reg.Close()
		for i := range count {
			s, err := secret.FromString(fmt.Sprintf("value-%04d", i))
			if err != nil {
				t.Fatal(err)
			}
			if err := reg.Add("key", s); err != nil {
				t.Fatal(err)
			}
		}
		reg.Compact()
		if got := reg.String(hidden); got != want {
			t.Errorf("%d values: %q, want %q", count, got, want)
		}
	}
}

func encoded85(text string) string {
	out := make([]byte, ascii85.MaxEncodedLen(len(text)))
	return string(out[:ascii85.Encode(out, []byte(text))])
}

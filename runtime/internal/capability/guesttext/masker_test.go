package guesttext_test

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"html"
	"math/rand/v2"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/postern-project/postern/runtime/internal/capability/guesttext"
)

// In whatever way a value is written in a file, the text of a guest does not show
// what the guest read there.
func TestTM019ValuesOfFilesAreMaskedHoweverTheyAreWritten(t *testing.T) {
	t.Parallel()
	pieces := []string{"cor:rec:hor", "a=b=c", "1,2,3", "x y z", "ab cd:ef", "[q]r", "k: v", "{a}b", "p's q", "correct-horse", "horse:ab:battery"}
	for _, value := range pieces {
		for name, format := range map[string]string{
			"dotenv":              "OTHER=some\nKEY=%s\n",
			"dotenv, comment":     "KEY=%s # a comment\n",
			"dotenv, export":      "export KEY=%s\nNEXT=other\n",
			"dotenv, CRLF":        "KEY=%s\r\nNEXT=other\r\n",
			"double quotes":       "KEY=\"%s\"\n",
			"TOML":                "# don't\nkey = \"%s\" # a comment\n",
			"JSON":                `{"a":"%s","b":"other"}`,
			"YAML":                "key: %s\nnext: it's\n",
			"YAML, list":          "key:\n  - %s\n  - other\n",
			"YAML, mapping":       "- key: %s\n",
			"YAML, block scalar":  "key: |\n  %s\nnext: other\n",
			"a secret of its own": "%s",
		} {
			text := shownAfterReading(fmt.Sprintf(format, value), "the value is "+value+".")
			if strings.Contains(text, value) {
				t.Errorf("%s: %q shows %q", name, text, value)
			}
		}
	}
	for _, c := range []struct{ file, value string }{
		{`{"card":"4111 1111 1111 1111"}`, "4111 1111 1111 1111"},
		{"CARD='4111 1111 1111 1111'\nB=other\n", "4111 1111 1111 1111"},
		{"CARD=4111 1111 1111 1111", "4111 1111 1111 1111"},
		{"K=admin:password\nB=other\n", "admin:password"},
		{`{"k":"root:secret"}`, "root:secret"},
		{`{"k":"aaaa:bbbb:cccc"}`, "aaaa:bbbb:cccc"},
		{"k: \"abc\n  def\n  ghi\"\nx: y\n", "abc def ghi"},
		{"k: >-\r\n  abc\r\n  def\r\n  ghi\r\nx: y\r\n", "abc def ghi"},
		{"k: |-\n  ab\n  cd\n  ef\nx: y\n", "ab\ncd\nef"},
		{"k: |-\n  ab\n\n  cd\nx: y\n", "ab\n\ncd"},
		{"k: abc\n  def\n  ghi\nx: y\n", "abc def ghi"},
		{"k: my cat is\t# note\n", "my cat is"},
		{"db:prod: my cat is\n", "my cat is"},
		{"\"a:b\": my cat is\n", "my cat is"},
		{"- - my cat is\n", "my cat is"},
		{"? my cat is\n: x\n", "my cat is"},
		{"k: &a my cat is\n", "my cat is"},
		{"k: !!str my cat is\n", "my cat is"},
		{"k: {a=1: my cat is, b: x}\n", "my cat is"},
		{"a:b=c: my cat is\n", "my cat is"},
		{"<key>k</key><string>my cat is</string>", "my cat is"},
		{"k=my cat is;l=x", "my cat is"},
		{"k|my cat is|x", "my cat is"},
		{"k = \"\"\"\nab\"cd ef\"\"\"\n", "ab\"cd ef"},
		{"k = '''my cat's a tom'''\n", "my cat's a tom"},
		{"K=\"a\\q b c d\"\n", "a\\q b c d"},
		{"K=\"a\\q b c d\"\n", "aq b c d"},
		{"K=\"a\\\\q\\nb\"\n", "a\\q\nb"},
		{"K='a\\b c\\d e\\f'\n", "a\\b c\\d e\\f"},
		{"k,\"a \"\"b\"\" c\"\n", `a "b" c`},
		{"ab\ncd\nef\n", "ab\ncd\nef"},
		{"DATABASE_URL=postgres://app:hunter2-horse@db/x\n", "hunter2-horse"},
	} {
		text := shownAfterReading(c.file, "the value is <"+c.value+">, seen twice: "+c.value)
		if strings.Contains(text, c.value) {
			t.Errorf("%q: %q shows %q", c.file, text, c.value)
		}
	}
	for written, value := range map[string]string{
		`"p\u00e4ss"`:                 "päss",
		`"p\xe4s"`:                    "päs",
		`"\U0001f511 ab"`:             "🔑 ab",
		`"\ud83d\udd11ab"`:            "🔑ab",
		`"a\"b\"c"`:                   `a"b"c`,
		`"a\\b\\c"`:                   `a\b\c`,
		`"ab\ncd"`:                    "ab\ncd",
		`"ab\tcd"`:                    "ab\tcd",
		`"ab\/cd"`:                    "ab/cd",
		`'a''b''c'`:                   `a'b'c`,
		"\"ab \\\n   cd\"":            "ab cd",
		`"cor\u003arec"`:              "cor:rec",
		`"a\eb\_c"`:                   "a\x1bb\u00a0c",
		"# don't\nk = \"p\\u00e4ss\"": "päss",
	} {
		for _, after := range []string{"", "\n", " # comment\n", "\nnext: 'other'\n"} {
			text := shownAfterReading("key = "+written+after, "<"+value+">")
			if strings.Contains(text, value) || !strings.Contains(text, "<[REDACTED:file]>") {
				t.Errorf("%s%q: %q shows %q", written, after, text, value)
			}
		}
	}
}

// What is not in the file stays readable.
func TestOtherTextOfAGuestIsShown(t *testing.T) {
	t.Parallel()
	const text = "line 3: no closing quote, wanted one of: a name or a comment"
	if got := shownAfterReading("KEY=cor:rec:hor\nNAME=\"p\\u00e4ss\nx: {q}\n", text); got != text {
		t.Errorf("shows %q", got)
	}
}

// A text may spell what it shows in another way than the value is written.
func TestTM019PartsAreMaskedInOtherSpellings(t *testing.T) {
	t.Parallel()
	const value = `user: k"ä: my cat <is> here; and so are the others`
	const part = `k"ä: my cat <is> here`
	for name, text := range map[string]string{
		"as it is":         part,
		"Go":               strconv.Quote(part),
		"ASCII":            strconv.QuoteToASCII(part),
		"Rust":             `"k\"\u{e4}: my cat <is> here"`,
		"JSON":             `"k\"\u00e4: my cat \u003cis\u003e here"`,
		"URL":              url.PathEscape(part),
		"HTML":             html.EscapeString(part),
		"quoted-printable": "k=22=C3=A4: my cat =\n<is> here",
		"base64":           base64.StdEncoding.EncodeToString([]byte(part)),
		"base64, shifted":  base64.StdEncoding.EncodeToString([]byte("x" + part + "y")),
		"base64 for URLs":  base64.RawURLEncoding.EncodeToString([]byte("xy" + part)),
		"hexadecimal":      hex.EncodeToString([]byte(part)),
		"hexadecimal, 0x":  "0x" + hex.EncodeToString([]byte(part)),
		"hexadecimal, key": "key" + hex.EncodeToString([]byte(part)),
		"octal":            `k\042\303\244: my cat <is> here`,
		"escaped twice":    strconv.Quote(strconv.Quote(part)),
		"form":             url.QueryEscape(part),
		"base64, wrapped":  columns(base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", 60)+part+strings.Repeat("y", 60))), 40, "\n  "),
		"base64, joined":   "dial_tcp-" + base64.StdEncoding.EncodeToString([]byte("\xff\xfe\xfd"+part)),
	} {
		for _, line := range []string{text, "read " + text + ", then stopped", text + "\n" + text} {
			got := shownAfterReading(value, line)
			if strings.Contains(got, text) || strings.Contains(got, "cat") {
				t.Errorf("%s: %q shows %q", name, got, line)
			}
		}
	}
}

// columns breaks text into lines of n bytes.
func columns(text string, n int, between string) string {
	var b strings.Builder
	for ; len(text) > n; text = text[n:] {
		b.WriteString(text[:n] + between)
	}
	return b.String() + text
}

// What separates words need not be ASCII.
func TestTM019PartsEndAtAnySeparator(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"correcthorsebattery9", "päßwörter-ñandú-9", "пароль-конь", "密码马电池", "c-o-r-r-e-c-t"} {
		for name, written := range map[string]string{
			"byte order mark": "\ufeff" + value, "quotes": "\u201c" + value + "\u201d", "full width": "key\uff1a" + value,
			"no-break space": "key =\u00a0" + value + "\u3000# comment", "line separator": "a\u2028" + value + "\u0085b",
			"dash": "key\u2014" + value,
		} {
			if got := shownAfterReading(written, "read "+value+"."); strings.Contains(got, value) || !strings.Contains(got, "[REDACTED:file]") {
				t.Errorf("%s: %q shows %q", name, got, value)
			}
		}
	}
}

// A guest may decode what it reads.
func TestTM019WhatAGuestDecodesIsMasked(t *testing.T) {
	t.Parallel()
	const value = `c"o: r&r%e t`
	utf16 := strings.Join(strings.Split("key="+value+"\n", ""), "\x00") + "\x00"
	for name, written := range map[string]string{
		"behind a name": "A=" + base64.StdEncoding.EncodeToString([]byte(value)) + "\nB==x",
		"Kubernetes":    "data:\n  pw: " + base64.StdEncoding.EncodeToString([]byte(value)) + "\n  other: " + base64.StdEncoding.EncodeToString([]byte("xx")) + "\n",
		"UTF-16":        utf16,
		"XML":           "<pw>" + html.EscapeString(value) + "</pw>",
		"URL":           "https://app:" + url.PathEscape(value) + "@db/",
	} {
		if got := shownAfterReading(written, "read <"+value+">"); strings.Contains(got, value) {
			t.Errorf("%s: %q shows %q", name, got, value)
		}
	}
}

// A call may be given more, or write more, than can be compared: then none of its
// text is shown.
func TestTM019TextIsLeftOutWhenThereIsTooMuch(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	word := func() string { return strconv.FormatUint(random.Uint64(), 36) }
	many := func(n int, f func() string) string {
		var b strings.Builder
		for b.Len() < n {
			b.WriteString(f())
		}
		return b.String()
	}
	words := many(16<<10, func() string { return word() + " " })
	for name, c := range map[string]struct{ value, text string }{
		"a long value":                  {many(9<<20, word), "text"},
		"a value that looks like text":  {many(3<<20, func() string { return "a b " }), many(16<<10, func() string { return "a b " })},
		"separators":                    {strings.Repeat("\x00", 48<<10), strings.Repeat("\x00", 128)},
		"all of a value, in other form": {words, strings.ReplaceAll(words, " ", "  ")},
		"a long text":                   {"some value", many(200<<10, word)},
	} {
		if got := shownAfterReading(c.value, c.text); !strings.Contains(got, "left out") {
			t.Errorf("%s: shows %d bytes: %.60q", name, len(got), got)
		}
	}
}

// masked returns text as it is shown after a call in which the guest was given a value.
func masked(value []byte, text string) string {
	guesttext.Mask(nil, []*string{&text}, func(add guesttext.Disclosed) bool { return add("file", value) })
	return text
}

func shownAfterReading(file, text string) string {
	return masked([]byte(file), text)
}

// Programs write the bytes and the characters of a text by number: `\xc3\xa4` is two
// bytes to one program and two characters to another, and so is octal.
func TestTM019NumberedEscapesAreBytesOrCharacters(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"pässwörd", "Grüße42", "пароль-конь", "密码马电池", "p\xe4ss\xf6rd"} {
		var hexBytes, allHex, octalBytes, mixed, points, octalPoints strings.Builder
		for i, c := range []byte(value) {
			if fmt.Fprintf(&allHex, `\x%02x`, c); c < 0x80 {
				hexBytes.WriteByte(c)
				octalBytes.WriteByte(c)
				mixed.WriteByte(c)
				continue
			}
			fmt.Fprintf(&hexBytes, `\x%02x`, c)
			fmt.Fprintf(&octalBytes, `\%03o`, c)
			fmt.Fprintf(&mixed, []string{`\x%02X`, `\%03o`}[i%2], c)
		}
		latin := true
		for _, r := range value {
			switch latin = latin && r < 0x100; {
			case r < 0x80:
				points.WriteRune(r)
				octalPoints.WriteRune(r)
			case r < 0x100:
				fmt.Fprintf(&points, `\x%02x`, r)
				fmt.Fprintf(&octalPoints, `\%03o`, r)
			default:
				fmt.Fprintf(&points, `\u%04x`, r)
			}
		}
		spelled := []string{hexBytes.String(), allHex.String(), octalBytes.String(), mixed.String()}
		if utf8.ValidString(value) {
			spelled = append(spelled, points.String())
			if latin {
				spelled = append(spelled, octalPoints.String())
			}
		}
		for _, text := range spelled {
			for _, file := range []string{"KEY=%s", "KEY=%s\n", "A=1\nKEY=\"%s\" # x\n", "{\"k\":\"%s\"}"} {
				for _, line := range []string{"cannot parse b'%s'", "[%s]", "a \\x41 \\101 %s \\xe4, \\xc3\\xb6"} {
					wantMasked(t, fmt.Sprintf(file, value), fmt.Sprintf(line, text), text)
				}
				if utf8.ValidString(value) { // the file is written so, and the guest reads it
					wantMasked(t, fmt.Sprintf(file, text), "read <"+value+">", value)
				}
			}
		}
	}
}

// wantMasked checks that nothing shows the secret after a guest has read the file
// and written the text.
func wantMasked(t *testing.T, file, text, secret string) {
	t.Helper()
	got := shownAfterReading(file, text)
	if strings.Contains(got, secret) || !strings.Contains(got, "[REDACTED:file]") {
		t.Errorf("%q, %q: shows %q", file, text, got)
	}
}

package redact_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/testdata/sample"
)

var sequence = regexp.MustCompile("\x1b(\\[[ -?]*[@-~]|\\][ -~\t]*(\x07|\x1b\\\\)|[ -/]+[0-~]|[0-Z\\\\^_`a-~])")

// Masking text with control sequences, and masking it without them, give the same
// result, no matter how the text is split.
func TestSequencesAreIgnored(t *testing.T) {
	t.Parallel()
	sequences := []string{"\x1b[1;32m", "\x1b[0m", "\x1b[K", "\x1b]8;;http://x.y\x1b\\", "\x1b]0;title\x07", "\x1b(B", "\x1b7"}
	vals := []string{"value-5f0c9a7b", "9a7b-other-1234", "aXaXaXaXb"}
	r := filled(t, redact.AllEncodings, vals)
	for _, rnd := range sample.Rounds(t, 2000) {
		var text strings.Builder
		for range rnd.IntN(6) {
			v := vals[rnd.IntN(len(vals))]
			for _, c := range []byte(v[rnd.IntN(2)*rnd.IntN(len(v)):]) {
				if rnd.IntN(8) == 0 {
					text.WriteString(sequences[rnd.IntN(len(sequences))])
				}
				text.WriteByte(c)
			}
			text.WriteString([]string{"", " ", "aX", "\n"}[rnd.IntN(4)])
		}
		in := []byte(text.String())
		plain := sequence.ReplaceAll(in, nil)
		got := r.Bytes(nil, in)
		if want := r.Bytes(nil, plain); !bytes.Equal(sequence.ReplaceAll(got, nil), want) {
			t.Fatalf("text %q\ngot  %q\nwant %q", in, got, want)
		}
		chunks := cut(rnd, in)
		if split := pass(t, r, chunks...); !bytes.Equal(split, got) {
			t.Fatalf("writes %q\ngot  %q\nwant %q", chunks, split, got)
		}
	}
}

func TestSequenceCases(t *testing.T) {
	t.Parallel()
	r := filled(t, redact.AllEncodings, []string{"value-5f0c9a7b", "31mabcdef"})
	const mask = "[REDACTED:key/00000]"
	for in, want := range map[string]string{
		"\x1b]8;;http://x/value-5f0c9a7b\x1b\\link\x1b]8;;\x1b\\": "\x1b]8;;http://x/" + mask + "\x1b\\link\x1b]8;;\x1b\\",
		"\x1b]8;;http://x/?p=value%2D5f0c%39a7b\x1b\\link":        "\x1b]8;;http://x/?p=" + mask + "\x1b\\link",
		"\x1b]0;{\"p\":\"value\\u002d5f0c9a7b\"}\x07ok":           "\x1b]0;{\"p\":\"" + mask + "\"}\x07ok",
		"\x1b[31mabcdef":                  "\x1b[[REDACTED:key/00001]",
		"value-\x1b[31mabcdef5f0c9a7b":    "value-\x1b[[REDACTED:key/00001]5f0c9a7b",
		"value-\x1b":                      "value-\x1b",
		"value-5f\x1b[":                   mask + "\x1b[",
		"\x1b[\nvalue-5f0c9a7b":           "\x1b[\n" + mask,
		"\x1bP+q value-5f0c9a7b \x1b\\ok": "\x1bP+q " + mask + " \x1b\\ok",
	} {
		for i := range len(in) {
			if got := pass(t, r, []byte(in[:i]), []byte(in[i:])); string(got) != want {
				t.Errorf("%q split at %d became %q, want %q", in, i, got, want)
			}
		}
	}
}

// A mask keeps the control strings in it, without the values in those, however they are
// written.
func TestControlStringsInAMaskShowNoValue(t *testing.T) {
	t.Parallel()
	const v = "Tr0ub4dor&3/x+y=z(Q9)"
	r := filled(t, redact.AllEncodings, []string{"jdbc:postgresql://app:" + url.QueryEscape(v) + "@db/x", v})
	for _, written := range []string{v, url.QueryEscape(v), strings.ReplaceAll(v, "/", "%2F"), strings.ReplaceAll(v, "&", `\u0026`)} {
		in := "jdbc:\x1b]8;;https://x/" + written + "\x1b\\postgresql://app:" + url.QueryEscape(v) + "@db/x\x1b]8;;\x1b\\"
		for i := range len(in) {
			got := string(pass(t, r, []byte(in[:i]), []byte(in[i:])))
			if strings.Contains(got, "Tr0ub4dor") || !strings.Contains(got, "[REDACTED:key/00000]") {
				t.Fatalf("%q split at %d became %q", in, i, got)
			}
		}
	}
}

// A long value of which each character has a colour of its own is masked, however it is cut.
func TestColouredCharactersAreMasked(t *testing.T) {
	t.Parallel()
	v := "eyJhbGciOiJIUzI1NiJ9." + strings.Repeat("eyJzdWIiOiIxMjM0NTY3ODkwIi", 36) + ".SflKxwRJ"
	r := filled(t, redact.AllEncodings, []string{v})
	var in strings.Builder
	for i, c := range "token " + v + " end" {
		fmt.Fprintf(&in, "\x1b[38;2;%d;%d;%dm%c\x1b[39m", i%255, i*7%255, i*31%255, c)
	}
	for _, size := range []int{100, 4 << 10, 64 << 10} {
		var chunks [][]byte
		for chunk := range slices.Chunk([]byte(in.String()), size) {
			chunks = append(chunks, chunk)
		}
		got := sequence.ReplaceAllString(string(pass(t, r, chunks...)), "")
		if got != "token [REDACTED:key/00000] end" {
			t.Errorf("written in parts of %d bytes: %.200q", size, got)
		}
	}
}

// TM-156: base64 in lines is masked also if control sequences are in them, however the text
// is cut.
func TestTM156ColouredBase64Cut(t *testing.T) {
	t.Parallel()
	const v = "correct-horse-battery-staple-9f2"
	r := filled(t, redact.AllEncodings, []string{v})
	in64 := base64.StdEncoding.EncodeToString([]byte(`{"host":"db.int","user":"app","a":"` + v + `","sslmode":"verify-full"}`))
	coloured := func(s string) string { return regexp.MustCompile(".").ReplaceAllString(s, "\x1b[38;5;154m$0\x1b[39m") }
	texts := []string{coloured(in64[:64]) + "\n" + coloured(in64[64:]) + "\n"}
	for _, sequence := range []string{"\x1b[0m", "\x1b[01;31m\x1b[K", "\x1b]8;;https://host/dir\x1b\\", "\x1b]0;title\x07"} {
		for _, end := range []string{"\n", "\r\n", `\n`, " "} {
			for at := 20; at < 64; at += 8 {
				texts = append(texts, in64[:at]+sequence+in64[at:64]+end+in64[64:]+"\n end\n")
			}
		}
	}
	for text := range sample.From(t, texts) {
		want := r.String(text)
		if !strings.Contains(want, "[REDACTED:key/00000]") {
			t.Errorf("%q became %q", text, want)
		}
		for i := range len(text) {
			if got := string(pass(t, r, []byte(text[:i]), []byte(text[i:]))); got != want {
				t.Errorf("%q, cut at %d: %q, want %q", text, i, got, want)
				break
			}
		}
	}
}

// Control sequences inside a value hold back a bounded number of bytes.
func TestSequencesHoldLittle(t *testing.T) {
	t.Parallel()
	r := filled(t, redact.AllEncodings, []string{"value-5f0c9a7b"})
	var out bytes.Buffer
	w := r.Writer(&out, redact.WriterOptions{Idle: -1})
	in := "value-" + strings.Repeat("\x1b[0m", 8<<10)
	if _, err := w.Write([]byte(in)); err != nil {
		t.Fatal(err)
	}
	if out.Len() < len(in)-16 {
		t.Errorf("%d of %d bytes are held", len(in)-out.Len(), len(in))
	}
}

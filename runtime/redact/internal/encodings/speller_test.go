package encodings_test

import (
	"bytes"
	"math/bits"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/redact/internal/encodings"
)

var values = []string{
	"glpat-Zk3vR8qLx2TnWp5sYc7D", " p\"a\\ss w<o>r&d/+=é%'\r\n", "pä\"ss😀9-x", "\xff\xfe\x00binary\x80",
	"-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG\n  BKcwggSjAgEAAoIBAQC7\nshort\n-----END KEY-----\n",
	`{"user":"zac","n":[12345678,"hunter2-\u00e9x"],"password":"p\"ssw0rd-y"}`,
}

const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._"

func each(v string, o encodings.Options, forced bool) (texts []encodings.Text) {
	var sp encodings.Speller
	sp.Each([]byte(v), o, forced, func(t encodings.Text) {
		t.Bytes = bytes.Clone(t.Bytes)
		texts = append(texts, t)
	})
	return texts
}

// Any Speller can make a text again from its spelling.
func TestSpellMakesWhatEachFound(t *testing.T) {
	t.Parallel()
	var sp encodings.Speller
	for _, v := range values {
		texts := each(v, encodings.Options{JSONLeaves: true}, true)
		want := 40
		if strings.Trim(v, plain) == "" {
			want = 11 // most encodings change nothing
		}
		if len(texts) < want {
			t.Errorf("%q has %d texts, want %d or more", v, len(texts), want)
		}
		seen := map[encodings.Spelling]bool{}
		for _, x := range texts {
			if got := sp.Spell([]byte(v), x.Spelling); !bytes.Equal(got, x.Bytes) {
				t.Errorf("spelling %d of %q is %q, want %q", x.Spelling, v, got, x.Bytes)
			}
			if x.Tails&1 == 0 || len(x.Bytes) != x.Size+bits.Len8(x.Tails)-1 {
				t.Errorf("spelling %d of %q: %d bytes, shortest %d, tails %b", x.Spelling, v, len(x.Bytes), x.Size, x.Tails)
			}
			if seen[x.Spelling] {
				t.Errorf("spelling %d of %q comes twice", x.Spelling, v)
			}
			seen[x.Spelling] = true
		}
	}
}

func TestEachOptions(t *testing.T) {
	t.Parallel()
	const leaves = `{"a":"hunter2-hunter2"}`
	for _, c := range []struct {
		name   string
		value  string
		opts   encodings.Options
		forced bool
		want   []string
	}{
		{"raw", "value-5f0c9a7b", encodings.Options{RawOnly: true}, false, []string{"value-5f0c9a7b"}},
		{"trimmed", " value-5f0c9a7b\t", encodings.Options{RawOnly: true}, false, []string{" value-5f0c9a7b\t", "value-5f0c9a7b"}},
		{"lines", "ab\nline-number-2\n", encodings.Options{RawOnly: true}, false, []string{
			"ab\nline-number-2", "ab\nline-number-2",
			"ab\r\nline-number-2", "ab\r\nline-number-2", "line-number-2", "ab line-number-2",
		}},
		{"quotes", `'hunter2-x' `, encodings.Options{RawOnly: true}, false, []string{`'hunter2-x' `, `'hunter2-x'`, "hunter2-x"}},
		{"no leaves", leaves, encodings.Options{RawOnly: true}, false, []string{leaves}},
		{"leaves", leaves, encodings.Options{RawOnly: true, JSONLeaves: true}, false, []string{leaves, "hunter2-hunter2"}},
		{"short", "abc", encodings.Options{RawOnly: true}, false, nil},
		{"short and forced", "abc", encodings.Options{RawOnly: true}, true, []string{"abc"}},
	} {
		var got []string
		for _, x := range each(c.value, c.opts, c.forced) {
			got = append(got, string(x.Bytes))
		}
		if len(got) != len(c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%s: %q, want %q", c.name, got, c.want)
			}
		}
	}
}

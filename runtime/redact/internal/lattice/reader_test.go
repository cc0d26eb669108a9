package lattice_test

import (
	"hash/maphash"
	"slices"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/redact/internal/lattice"
)

// values is a Finder for a sorted list.
type values struct {
	list  []string
	found []string // what stands in the text, by the last search
	text  string
}

func (v *values) Bytes(id uint32) ([]byte, bool) { return []byte(v.list[id]), true }

func (v *values) Found(id uint32, start, end int, _ bool) bool {
	v.found = append(v.found, v.list[id]+"="+v.text[start:end])
	return true
}

func (v *values) search(text string, whole bool) (found []string, hold int) {
	slices.Sort(v.list)
	x := lattice.NewIndex(maphash.MakeSeed(), len(v.list), func(i int) (uint32, []byte) { return uint32(i), []byte(v.list[i]) }, nil)
	v.text, v.found = text, nil
	var r lattice.Reader
	defer r.Wipe()
	r.Set([]byte(text), whole)
	hold = r.Search(x, 0, len(text), v)
	return v.found, hold
}

func TestSearch(t *testing.T) {
	t.Parallel()
	many := []string{"ab", "abcd", "abcdefgh"} // the first is too short
	for _, c := range strings.Split("abcdefghijklmnop", "") {
		many = append(many, "abcd"+c+"!efgh", "abcdefghijklmnop"+c+" x")
	}
	for _, c := range []struct {
		list []string
		text string
		want []string
	}{
		{[]string{"a^-b2"}, "x a%5E%2Db2 y", []string{"a^-b2=a%5E%2Db2"}},
		{[]string{"a^-b2"}, "x a^-b2 y", nil}, // as it is: nothing to decode
		{[]string{"a^-b2"}, "x a%5E%2D b2 y", nil},
		{[]string{"it's1"}, `'it'\''s1'`, []string{`it's1=it'\''s1`}},
		{[]string{"a b!c"}, "a%25252520b%21c", nil}, // one level too many
		{many, "-abcdc%21efgh-", []string{"abcdc!efgh=abcdc%21efgh"}},
		{many, "-abcdefghijklmnopp+x-", []string{"abcdefghijklmnopp x=abcdefghijklmnopp+x"}},
		{many, `\x61bcd-`, []string{`abcd=\x61bcd`}},
		{many, `a\x62`, nil},
	} {
		v := &values{list: slices.Clone(c.list)}
		if got, _ := v.search(c.text, true); !slices.Equal(got, c.want) {
			t.Errorf("%q in %q: %q, want %q", c.list, c.text, got, c.want)
		}
	}
}

// What may become a value, or an escape in it, is held back; nothing else is.
func TestSearchHolds(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"x a%5": "a%5", "x a%5E%2": "a%5E%2", "x a^": "a^", "x a%5E-b": "a%5E-b", "x a%5E-c ": "", "x a%5F": "", "x &#9": "&#9", "x &# 9": "", "x ": "",
	} {
		v := &values{list: []string{"a^-b2", "^a^b1"}}
		if _, hold := v.search(text, false); text[hold:] != want {
			t.Errorf("%q: %q is held, want %q", text, text[hold:], want)
		}
		if _, hold := v.search(text, true); hold != len(text) {
			t.Errorf("%q, whole: %q is held", text, text[hold:])
		}
	}
}

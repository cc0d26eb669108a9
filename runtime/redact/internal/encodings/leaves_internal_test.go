package encodings

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// jsonStrings returns the strings of a JSON value, without names, as encoding/json
// finds them.
func jsonStrings(v any) (found []string) {
	switch v := v.(type) {
	case string:
		found = append(found, v)
	case []any:
		for _, v := range v {
			found = append(found, jsonStrings(v)...)
		}
	case map[string]any:
		for _, v := range v {
			found = append(found, jsonStrings(v)...)
		}
	}
	return found
}

var documents = []string{
	`{}`, `[]`, ` [ "a" , "b" ] `, `{"a":"b","c":{"d":["e",1,true,null,"f"]}}`, `{"name" : "value", "other"` + "\n\t" + `:["x"]}`,
	`["","\"","\\","\\\\\"","\/\b\f\n\r\t","\u0041\u00e9\u20AC","\ud83d\ude00","\ud83d","\ud83dx","\ud83d\u0041","\ude00\ud83d","\uD83D\uDE00"]`,
	"[\"\xff\",\"a\xc3\",\"é😀\"]", `["a:b",":","\":"]`, `{"":"","\"":"\""}`,
	`"a string"`, `12`, `{"broken`, `["a"`, ``, `[["deep",[["er"]]]]`,
}

func checkLeaves(t *testing.T, doc string) {
	t.Helper()
	var root any
	if json.Unmarshal([]byte(doc), &root) != nil {
		root = nil
	}
	if _, ok := root.(string); ok {
		root = nil // only objects and arrays have leaves
	}
	want := jsonStrings(root)
	var got []string
	leaves([]byte(doc), func(n variant, quoted []byte) {
		if n != firstLeaf+variant(len(got)) {
			t.Errorf("%q: leaf %d has number %d", doc, len(got), n-firstLeaf)
		}
		got = append(got, string(appendUnquoted(nil, quoted)))
		if again := n.appendTo(nil, []byte(doc)); string(again) != got[len(got)-1] {
			t.Errorf("%q: leaf %d is %q, then %q", doc, len(got), got[len(got)-1], again)
		}
	})
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("leaves of %q are %q, want %q", doc, got, want)
	}
}

func TestLeaves(t *testing.T) {
	t.Parallel()
	for _, doc := range documents {
		checkLeaves(t, doc)
	}
	n := 0
	leaves([]byte("["+strings.Repeat(`"x",`, 2*maxLeaves)+`"x"]`), func(variant, []byte) { n++ })
	if n != maxLeaves {
		t.Errorf("%d leaves of a long array, want %d", n, maxLeaves)
	}
}

func FuzzLeaves(f *testing.F) {
	for _, doc := range documents {
		f.Add(doc)
	}
	f.Fuzz(func(t *testing.T, doc string) {
		if strings.Count(doc, `"`) > 1000 || strings.Count(doc, ":") > 1 {
			return // too many leaves, or names that occur twice
		}
		checkLeaves(t, doc)
	})
}

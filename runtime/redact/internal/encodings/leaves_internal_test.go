package encodings

import (
	"encoding/json"
	"fmt"
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
	case json.Number:
		found = append(found, v.String())
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
	decoder := json.NewDecoder(strings.NewReader(doc))
	decoder.UseNumber()
	if !json.Valid([]byte(doc)) || decoder.Decode(&root) != nil {
		root = nil
	}
	switch root.(type) {
	case string, json.Number:
		root = nil // only objects and arrays have leaves
	}
	want := jsonStrings(root)
	var got []string
	leaves([]byte(doc), func(at int, quoted []byte, _ bool) bool {
		got = append(got, string(appendUnquoted(nil, quoted)))
		if again := (firstLeaf + variant(at)).appendTo(nil, []byte(doc)); string(again) != got[len(got)-1] {
			t.Errorf("%q: the leaf at %d is %q, then %q", doc, at, got[len(got)-1], again)
		}
		return true
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
}

// Each line, string and number of a large value is found at once, by its place.
func TestVariantsOfManyPieces(t *testing.T) {
	t.Parallel()
	var lines, doc []string
	for i := range 20_000 {
		lines = append(lines, fmt.Sprintf("line-%05d", i))
		doc = append(doc, fmt.Sprintf(`"field-%05d"`, i))
	}
	for _, text := range []string{strings.Join(lines, "\r\n"), "[" + strings.Join(doc, ",") + "]"} {
		v := []byte(text)
		var got []string
		for _, n := range variantsOf(v, true, nil) {
			if n >= firstLine {
				got = append(got, string(n.appendTo(nil, v)))
			}
		}
		if len(got) != 20_000 || !strings.HasSuffix(got[19_999], "e-19999") && !strings.HasSuffix(got[19_999], "d-19999") {
			t.Errorf("%d pieces, the last %q", len(got), got[len(got)-1])
		}
	}
}

// What is beyond the pieces that are searched is reported.
func TestPartly(t *testing.T) {
	t.Parallel()
	for v, want := range map[string]bool{
		strings.Repeat("a line\n", maxPieces):                     false,
		strings.Repeat("a line\n", maxPieces+1):                   true,
		"[" + strings.Repeat(`"a text",`, maxPieces-1) + `"b"]`:   false,
		"[" + strings.Repeat(`"a text",`, maxPieces) + `"b"]`:     true,
		"{" + strings.Repeat(`"a name":1,`, maxPieces) + `"b":2}`: true,
		`{"a":"` + strings.Repeat("x", 4*maxPieces) + `"}`:        false,
		strings.Repeat("\n", maxPieces) + "a long line":           true,
		"[" + strings.Repeat(`1,`, maxPieces) + `"a long text"]`:  true,
	} {
		if got := Partly([]byte(v), Options{JSONLeaves: true}); got != want {
			t.Errorf("%.20q with %d bytes: %v, want %v", v, len(v), got, want)
		}
	}
	if !Partly([]byte(strings.Repeat("a line\n", maxPieces+1)), Options{RawOnly: true}) {
		t.Error("lines are searched without encodings, too")
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

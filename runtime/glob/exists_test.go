package glob_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/glob"
)

// TestExistsAgreesWithEnumeration compares Exists with a search of all short keys.
func TestExistsAgreesWithEnumeration(t *testing.T) {
	t.Parallel()
	keys := []string{""}
	for from := 0; len(keys) < 30_000; { // all keys of up to five segments
		to := len(keys)
		for _, k := range keys[from:to] {
			for _, segment := range []string{"a", "b", "ab", "ac", "cb", "aab", "bc", "c"} {
				keys = append(keys, strings.TrimPrefix(k+"/"+segment, "/"))
			}
		}
		from = to
	}
	keys = keys[1:]
	r := rand.New(rand.NewPCG(1, 2))
	segments := []string{"a", "b", "ab", "*", "a*", "*b", "**", "**"}
	pattern := func() string {
		parts := make([]string, 1+r.IntN(3))
		for i := range parts {
			parts[i] = segments[r.IntN(len(segments))]
		}
		return strings.Join(parts, "/")
	}
	prefixes := []string{"", "a", "b", "a/", "a/b", "ab/a", "cb/"}
	yes := 0
	for range 400 {
		var lists [2]glob.List
		var text [2][]string
		for i, n := range []int{1 + r.IntN(2), r.IntN(3)} {
			for range n {
				p := pattern()
				g, err := glob.ParseKey(p)
				if err != nil {
					t.Fatal(err)
				}
				lists[i], text[i] = append(lists[i], g), append(text[i], p)
			}
		}
		prefix, want := prefixes[r.IntN(len(prefixes))], ""
		for _, k := range keys {
			if strings.HasPrefix(k, prefix) && all(lists[0], k) && !lists[1].Match(k) {
				want = k
				break
			}
		}
		budget := glob.Budget(1_000_000)
		if got, decided := budget.Exists(lists[0], lists[1], prefix); got != (want != "") || !decided {
			t.Fatalf("Exists(%q, %q, %q) = %v, but the enumeration found %q", text[0], text[1], prefix, got, want)
		} else if got {
			yes++
		}
	}
	if yes < 100 {
		t.Errorf("only %d times a key existed", yes)
	}
}

func all(l glob.List, key string) bool {
	for _, g := range l {
		if !g.Match(key) {
			return false
		}
	}
	return true
}

// A search that is cut short says so, and claims nothing.
func TestExistsWithoutBudget(t *testing.T) {
	t.Parallel()
	var lists [2]glob.List
	for i, text := range []string{"**/a", "*0*/**"} {
		g, err := glob.ParseKey(text)
		if err != nil {
			t.Fatal(err)
		}
		lists[i] = glob.List{g}
	}
	budget := glob.Budget(0)
	if exists, decided := budget.Exists(lists[0], lists[1], "b"); exists || decided {
		t.Errorf("Exists = %v, %v; want false, undecided", exists, decided)
	}
}

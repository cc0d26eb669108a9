package glob_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/glob"
	"github.com/postern-project/postern/runtime/secret"
)

func TestMatch(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		pattern, s string
		want       bool
	}{
		{"a", "a", true}, {"a", "ab", false}, {"a", "b/a", false},
		{"*", "a", true}, {"*", "a/b", false}, {"*", "", false},
		{"**", "a", true}, {"**", "a/b/c", true}, {"**", "", false},
		{"prod/**", "prod/a", true}, {"prod/**", "prod/a/b", true}, {"prod/**", "prod", false}, {"prod/**", "production/a", false},
		{"prod/*", "prod/a", true}, {"prod/*", "prod/a/b", false},
		{"**/pw", "pw", true}, {"**/pw", "a/b/pw", true}, {"**/pw", "a/xpw", false},
		{"a/**/z", "a/z", true}, {"a/**/z", "a/b/c/z", true}, {"a/**/z", "az", false},
		{"**/a/**/b", "x/a/a/y/b", true}, {"**/a/**/b", "b/a", false},
		{"APP_*", "APP_X", true}, {"APP_*", "APP_", true}, {"*_key", "api_key", true},
		{"a*c*e", "abcde", true}, {"a*c*e", "abde", false},
		{"a.b", "axb", false}, {"a+", "aa", false}, {"a+", "a+", true},
	} {
		g, err := glob.ParseKey(tt.pattern)
		if err != nil {
			t.Errorf("ParseKey(%q): %v", tt.pattern, err)
			continue
		}
		if got := g.Match(tt.s); got != tt.want {
			t.Errorf("%q.Match(%q) = %v, want %v", tt.pattern, tt.s, got, tt.want)
		}
		if g.String() != tt.pattern {
			t.Errorf("String = %q, want %q", g, tt.pattern)
		}
	}
}

func TestParseErrors(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", glob.MaxLen+1)
	for _, pattern := range []string{"", long, "a**", "a/**b"} {
		if _, err := glob.Parse(pattern); err == nil {
			t.Errorf("Parse(%.20q): no error", pattern)
		} else if len(err.Error()) > 200 {
			t.Errorf("Parse(%.20q): the error has %d bytes", pattern, len(err.Error()))
		}
	}
	for _, pattern := range []string{"", long, "/", "a/", "/a", "a//b", "a**", "a/**b", "?", "[a]", "{a,b}", "a b", "..", "a/./b", "(", "\\"} {
		if _, err := glob.ParseKey(pattern); err == nil {
			t.Errorf("ParseKey(%.20q): no error", pattern)
		}
	}
}

// TestCovers checks on random patterns and names that Covers is never wrong.
func TestCovers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		outer, inner string
		want         bool
	}{
		{"**", "a/*", true}, {"a/*", "a/*", true}, {"a/*", "a/b", true}, {"a/**", "a/b/*", true}, {"a/**", "a/**/c", true},
		{"a/**", "a", false}, {"a/**", "ab/*", false}, {"a", "*", false},
	} {
		if got := parse(t, tt.outer).Covers(parse(t, tt.inner)); got != tt.want {
			t.Errorf("%q.Covers(%q) = %v, want %v", tt.outer, tt.inner, got, tt.want)
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		outer, inner := parse(t, randomName(r, "a", "b", "*", "a*", "**")), parse(t, randomName(r, "a", "b", "*", "a*", "**"))
		if !outer.Covers(inner) {
			continue
		}
		for range 20 {
			if name := randomName(r, "a", "b", "ab"); inner.Match(name) && !outer.Match(name) {
				t.Fatalf("%q covers %q, but does not match %q", outer, inner, name)
			}
		}
	}
}

func randomName(r *rand.Rand, segments ...string) string {
	parts := make([]string, 1+r.IntN(4))
	for i := range parts {
		parts[i] = segments[r.IntN(len(segments))]
	}
	return strings.Join(parts, "/")
}

func parse(t testing.TB, pattern string) *glob.Glob {
	t.Helper()
	g, err := glob.Parse(pattern)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestLiteralPrefix(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		pattern, want string
		n             int
	}{
		{"**", "", 0}, {"*/a", "", 0}, {"a", "a", 1}, {"a/b/*", "a/b", 2}, {"a/b/c/d", "a/b/c", 3}, {"a/**", "a", 1}, {"a/b*/c", "a", 1},
	} {
		if got, n := parse(t, tt.pattern).LiteralPrefix(3); got != tt.want || n != tt.n {
			t.Errorf("%q.LiteralPrefix(3) = %q, %d, want %q, %d", tt.pattern, got, n, tt.want, tt.n)
		}
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	l := glob.List{parse(t, "a/*"), parse(t, "b/**")}
	for name, want := range map[string]bool{"a/x": true, "b/x/y": true, "a/x/y": false, "c": false} {
		if got := l.Match(name); got != want {
			t.Errorf("Match(%q) = %v, want %v", name, got, want)
		}
	}
	if (glob.List)(nil).Match("a") || l.Covers(nil) || !l.Covers(glob.List{parse(t, "b/c"), parse(t, "a/d")}) || l.Covers(glob.List{parse(t, "c")}) {
		t.Error("an empty list matches something, or Covers is wrong")
	}
}

// TestKeyGrammar compares the key bytes and the largest length with those of
// package secret, which this package must not import.
func TestKeyGrammar(t *testing.T) {
	t.Parallel()
	for c := range 256 {
		if c == '/' {
			continue
		}
		err := secret.Key("a" + string([]byte{byte(c)})).Check()
		if got := glob.KeyByte(byte(c)); got != (err == nil) {
			t.Errorf("KeyByte(%q) = %v, but secret.Key.Check says %v", byte(c), got, err)
		}
	}
	if glob.MaxLen != secret.MaxKeyLen {
		t.Errorf("MaxLen = %d, want %d", glob.MaxLen, secret.MaxKeyLen)
	}
}

func ExampleParseKey() {
	g, err := glob.ParseKey("prod/**")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(g.Match("prod/db/password"), g.Match("production/x"))
	// Output: true false
}

package suggest_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/suggest"
)

func TestClosest(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 1000)
	for _, tt := range []struct {
		name       string
		candidates string
		want       string
	}{
		{"alow", "deny allow chain", "allow"},            // an insertion
		{"vualt", "env vault file", "vault"},             // a swap
		{"reed", "get read write", "read"},               // a replacement
		{"kee", "key keep", "keep"},                      // equally close: byte order
		{"provders", "providers chain log", "providers"}, // up to a third may differ
		{"ab", "cd", ""},
		{"allow", "allow", ""}, // the name itself
		{"", "a", "a"},
		{"x", "", ""},
		{long, long + "y", ""}, // too long to be a typo
		{"abc", long, ""},
	} {
		if got := suggest.Closest(tt.name, strings.Fields(tt.candidates)); got != tt.want {
			t.Errorf("Closest(%.20q, %.20q) = %q, want %q", tt.name, tt.candidates, got, tt.want)
		}
	}
}

func ExampleClosest() {
	fmt.Println(suggest.Closest("provders", []string{"providers", "chain", "log"}))
	// Output: providers
}

func TestHint(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("open: %w", errors.Join(errors.New("no file"), suggest.Hint("postern help")))
	var hint suggest.Hint
	if !errors.As(err, &hint) || hint != "postern help" {
		t.Errorf("errors.As finds %q, want postern help", hint)
	}
}

func TestCommand(t *testing.T) {
	t.Parallel()
	got := suggest.Command("mv", "/a b/it's", "/x=1,2:3@4%5+6", "", "$(x)", "*", "~", "ä")
	want := suggest.Hint(`mv '/a b/it'\''s' /x=1,2:3@4%5+6 '' '$(x)' '*' '~' 'ä'`)
	if got != want {
		t.Errorf("Command = %s, want %s", got, want)
	}
}

func TestWantOneOf(t *testing.T) {
	t.Parallel()
	twelve := strings.Split("a b c d e f g h i j k l", " ")
	for want, names := range map[string][]string{
		"":                   nil,
		"; want one of a":    {"a"},
		"; want one of a, b": {"a", "b"},
		"; want one of a, b, c, d, e, f, g, h, i, j and 2 more": twelve,
	} {
		if got := suggest.WantOneOf(names); got != want {
			t.Errorf("WantOneOf(%q) = %q, want %q", names, got, want)
		}
	}
}

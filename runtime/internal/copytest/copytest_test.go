package copytest_test

import (
	"io"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/internal/copytest"
)

// options has the kinds of fields that options have.
type options struct {
	Name  string
	Small uint8
	List  []item
	Map   map[string][]int
	Now   func() time.Time
	At    time.Time
	File  *os.File
	W     io.Writer
}

type item struct{ Flag bool }

func TestDifferences(t *testing.T) {
	t.Parallel()
	o := copytest.Filled[options](t, time.Unix(1, 0), io.Discard)
	good := func() options {
		c := o
		c.List, c.Map = slices.Clone(o.List), map[string][]int{"x": {1}}
		return c
	}
	if got := copytest.Differences(o, good()); len(got) != 0 {
		t.Errorf("a copy differs: %q", got)
	}
	for want, change := range map[string]func(*options){
		"options.Name is not copied":         func(c *options) { c.Name = "" },
		"options.Small differs":              func(c *options) { c.Small = 2 },
		"options.List is shared":             func(c *options) { c.List = o.List },
		"options.List differs in its length": func(c *options) { c.List = make([]item, 2) },
		"options.List[0] is not copied":      func(c *options) { c.List = make([]item, 1) },
		"options.Map is not copied":          func(c *options) { c.Map = nil },
		"options.Map has no x":               func(c *options) { c.Map = map[string][]int{"y": {1}} },
		"options.Map[x] is shared":           func(c *options) { c.Map["x"] = o.Map["x"] },
		"options.Now differs":                func(c *options) { c.Now = time.Now },
		"options.At differs":                 func(c *options) { c.At = time.Unix(2, 0) },
		"options.File differs":               func(c *options) { c.File = os.Stdout },
		"options.W is not copied":            func(c *options) { c.W = nil },
	} {
		c := good()
		change(&c)
		if got := copytest.Differences(o, c); !slices.Contains(got, want) {
			t.Errorf("the differences are %q, want %q", got, want)
		}
	}
	if got := copytest.Differences(o, item{true}); len(got) != 1 {
		t.Errorf("the differences of two types are %q", got)
	}
	if got := copytest.Differences(options{}, options{}, "options"); len(got) != 0 {
		t.Errorf("what is skipped differs: %q", got)
	}
	if got := copytest.Differences(options{}, options{}); len(got) != 1 {
		t.Errorf("the zero value is compared: %q", got)
	}
}

package capability_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/internal/capability/all"
	"github.com/postern-project/postern/runtime/internal/capability/guesttest"
	"github.com/postern-project/postern/runtime/internal/capability/guesttext"
)

// The text of a guest is masked as bytes and as a whole, before it is made valid
// and cut, and whether or not anybody reads the log.
func TestTM019TextIsMaskedBeforeItIsChanged(t *testing.T) {
	t.Parallel()
	long := "correct-horse-battery-staple-0123456789-abcdef"
	for name, c := range map[string]struct {
		value string
		text  func(*capability.Call, string)
		parts []string // of the value that nothing may show
	}{
		"invalid UTF-8 in a line": {"p\xe4ssw\xf6rt-horse-battery", func(c *capability.Call, v string) { c.Log(abi.LevelInfo, []byte("x "+v)) }, []string{"horse", "battery"}},
		"across the cut of a failure": {long, func(c *capability.Call, v string) {
			c.Fail([]byte(strings.Repeat("x", 490) + " " + v))
		}, []string{"correct", "horse"}},
		"across the cut of the output": {long, func(c *capability.Call, v string) {
			c.WriteOutput(1, []byte(v+" "+strings.Repeat("y", 2018)))
		}, []string{"staple", "abcdef"}},
		"invalid UTF-8 in a failure": {"correct-horse\xff-battery", func(c *capability.Call, v string) { c.Fail([]byte(v)) }, []string{"horse", "battery"}},
	} {
		for _, logged := range []bool{true, false} {
			sink := &guesttest.Records{}
			o := capability.Options{}
			if logged {
				o.Log = sink.Logger()
			}
			g := guesttest.New(t, o, all.Grants{})
			g.Call.DiscloseString("K", c.value)
			c.text(g.Call, c.value)
			r := g.Call.End()
			g.Set.EmitLogs(t.Context(), r.Logs)
			shown := r.GuestText + r.Tail + sink.String()
			for _, part := range c.parts {
				if strings.Contains(shown, part) {
					t.Errorf("%s, logged %v: %q shows %q", name, logged, shown, part)
				}
			}
			if logged && !strings.Contains(shown, "[REDACTED:K]") && !strings.Contains(name, "cut") {
				t.Errorf("%s: no mask in %q", name, shown)
			}
		}
	}
}

// Comparing is bounded over all values and all rounds: a call that was given more has
// its text left out, and one that was given a large file has not.
func TestTM019TextIsLeftOutAfterManyValues(t *testing.T) {
	t.Parallel()
	shown := func(n int, value func(i int) string) string {
		text := "word value-0000 word"
		guesttext.Mask(nil, []*string{&text}, func(add capability.Disclosed) bool {
			for i := range n {
				add("state", []byte(value(i)))
			}
			return true
		})
		return text
	}
	short := func(i int) string { return strconv.Itoa(100_000 + i) }
	long := func(i int) string { return fmt.Sprintf("value-%04d %s", i, strings.Repeat("\x01\xff", 120)) }
	for name, c := range map[string]struct {
		n       int
		value   func(i int) string
		leftOut bool
	}{
		"few short values":                         {1_000, short, false},
		"many short values":                        {30_000, short, true},
		"few long values":                          {20, long, false},
		"long values, too many for a second round": {2_000, long, true},
	} {
		if got := shown(c.n, c.value); strings.Contains(got, "left out") != c.leftOut {
			t.Errorf("%s: shows %q", name, got)
		}
	}
}

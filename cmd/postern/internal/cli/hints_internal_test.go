package cli

import (
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v3"
)

// Every hint of an error, before and after the configuration was read, is about
// the configuration, the caller and the provider of the command line.
func TestHintsKeepTheFlags(t *testing.T) {
	t.Parallel()
	const kept = " -c nowhere.yaml --as x --role 'a b' --label t=1 "
	global := []string{"-c", "nowhere.yaml", "--as", "x", "--role", "a b", "--label", "t=1"}
	hints := 0
	check := func(environ []string, args ...string) (hint string) {
		_, stdout, stderr := execMain(environ, args...)
		for line := range strings.Lines(stdout + stderr) {
			for _, mark := range []string{"hint: postern ", "to resolve it: postern "} {
				_, hint, ok := strings.Cut(line, mark)
				if !ok || strings.HasPrefix(hint, "help") {
					continue
				}
				if hints++; !strings.HasPrefix(" "+hint, kept) && !strings.HasPrefix(hint, "-c nowhere.yaml ") {
					t.Errorf("%q: %s", args, line)
				}
				return hint
			}
		}
		return ""
	}
	eachCommand(func(path []string, own, _ []cli.Flag) {
		if path[0] == "completion" {
			return
		}
		for _, more := range [][]string{
			nil, {"K"}, {"op://a/b"}, {"ref+x://a"}, {"-K"}, {"a//b"}, {""}, {"a", "b"}, {"a", "b", "c", "d"}, {"--no-such-flag"}, {"--", "true"},
			{"--env", "X=op://a/b", "--", "true"}, {"--strict", "--", "true"},
		} {
			check([]string{"X=op://a/b"}, slices.Concat(global, path, more)...)
			check([]string{"X=op://a/b"}, slices.Concat(path, global, more)...)
			for _, f := range own {
				if f.Names()[0] == "provider" {
					if hint := check(nil, slices.Concat(global, path, []string{"--provider", "p q"}, more)...); strings.Contains(" "+hint, kept+path[0]) &&
						!strings.Contains(hint, path[0]+" --provider 'p q' ") {
						t.Errorf("%q %q: %s", path, more, hint)
					}
				}
			}
		}
	})
	if hints < 20 {
		t.Errorf("%d hints seen", hints)
	}
	if hint := check(nil, slices.Concat(global, []string{"set", "--provider", "f", "K"})...); hint != kept[1:]+"set --provider f --empty -- K\n" {
		t.Errorf("the hint for an empty value is %q", hint)
	}
}

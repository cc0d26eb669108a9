package cli

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/urfave/cli/v3"
)

// No line of a help page is wider than a terminal, and every word of it is there.
func TestHelpIsNotWide(t *testing.T) {
	t.Parallel()
	pages := [][]string{{"help"}, {"--help"}, {"help", exitTopic}, {"help", "help"}}
	groups := map[string]bool{}
	eachCommand(func(path []string, _, _ []cli.Flag) {
		pages = append(pages, append([]string{"help"}, path...), append(path[:len(path):len(path)], "--help"))
		if len(path) > 1 && !groups[path[0]] {
			groups[path[0]] = true
			pages = append(pages, []string{"help", path[0]}, []string{path[0], "--help"})
		}
	})
	if len(pages) < 50 {
		t.Errorf("%d pages", len(pages))
	}
	for _, args := range pages {
		exit, page, stderr := execMain(nil, args...)
		if exit != 0 || len(page) < 200 {
			t.Errorf("%q: exit %d, %q, %q", args, exit, page, stderr)
		}
		for line := range strings.Lines(page) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > helpWidth {
				t.Errorf("%q: %d columns: %s", args, n, line)
			}
			if strings.TrimRight(line, " \n") != strings.TrimSuffix(line, "\n") {
				t.Errorf("%q: ends with a blank: %q", args, line)
			}
		}
	}
}

func TestFold(t *testing.T) {
	t.Parallel()
	long := strings.TrimSpace(strings.Repeat("word ", 16)) // 79 columns
	for name, c := range map[string]struct{ page, want string }{
		"nothing is wide": {"NAME:\n   a  b\n\nOPTIONS:\n   --x   y\n", "NAME:\n   a  b\n\nOPTIONS:\n   --x   y\n"},
		"a paragraph": {"DESCRIPTION:\n   short\n   " + long + "\n   and\n\n   other\n",
			"DESCRIPTION:\n   short " + strings.Repeat("word ", 14) + "\n   word word and\n\n   other\n"},
		"an example": {"DESCRIPTION:\n       " + long + "\n", "DESCRIPTION:\n       " + long + "\n"},
		"a table": {"OPTIONS:\n   --x, -x                                     y\n   --a " + strings.Repeat("b", 40) + "  " + long + " [$P Q]\n\nX:\n",
			"OPTIONS:\n   --x, -x  y\n   --a " + strings.Repeat("b", 40) + "\n            " + strings.Repeat("word ", 13) + "\n            word word word [$P Q]\n\nX:\n"},
	} {
		want := strings.ReplaceAll(c.want, " \n", "\n")
		if got := fold(c.page); got != want {
			t.Errorf("%s: %q\nwant %q", name, got, want)
		}
		if strings.Join(strings.Fields(fold(c.page)), " ") != strings.Join(strings.Fields(c.page), " ") {
			t.Errorf("%s: words are lost", name)
		}
	}
}

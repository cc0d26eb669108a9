package project_test

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strings"
	"testing"
)

// session is a block of a document that shows a terminal:
//
//	```console
//	$ echo one \
//	>   two
//	one two
//	```
//
// Lines that begin with "$ " are commands, lines that begin with "> " continue
// the command above, all others are what the terminal shows, including standard
// error. A line "..." in the output matches any number of lines. The commands of
// one block run in one shell.
type session struct {
	line     int // of the opening fence, from 1
	commands []command
}

type command struct {
	text string
	want string
}

// sessions returns the console blocks of a document.
func sessions(markdown string) ([]session, error) {
	var all []session
	for _, b := range fenced(markdown, "console") {
		s := session{line: b.line}
		for line := range strings.Lines(b.text) {
			last := len(s.commands) - 1
			if text, ok := strings.CutPrefix(line, "$ "); ok {
				s.commands = append(s.commands, command{text: text})
			} else if last < 0 {
				return nil, fmt.Errorf("line %d: a console block begins with \"$ \"", b.line)
			} else if text, ok := strings.CutPrefix(line, "> "); ok && s.commands[last].want == "" {
				s.commands[last].text += text
			} else {
				s.commands[last].want += line
			}
		}
		all = append(all, s)
	}
	return all, nil
}

// block is a fenced block of a document.
type block struct {
	line int
	text string
}

// fenced returns the blocks of one language.
func fenced(markdown, language string) []block {
	var all []block
	inside, ours, n := false, false, 0
	for line := range strings.Lines(markdown) {
		n++
		switch {
		case !strings.HasPrefix(line, "```"):
			if ours {
				all[len(all)-1].text += line
			}
		case inside:
			inside, ours = false, false
		default:
			inside, ours = true, strings.TrimSpace(line[3:]) == language
			if ours {
				all = append(all, block{line: n})
			}
		}
	}
	return all
}

// run runs the session in dir with exactly the given environment and returns
// the first command whose output differs.
func (s session) run(ctx context.Context, dir string, env []string) error {
	const marker = "\x01end of command\x01"
	var script strings.Builder
	for _, c := range s.commands {
		// The next command may ask for the status of this one; only output is
		// compared here.
		fmt.Fprintf(&script, "%s\n{ status=$?; printf '%s'; (exit $status); }\n", strings.TrimRight(c.text, "\n"), marker)
	}
	cmd := exec.CommandContext(ctx, "sh", "-c", script.String())
	var out bytes.Buffer
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, env, &out, &out
	err := cmd.Run() // the status of the last command, or that there is no shell
	got := strings.Split(out.String(), marker)
	for i, c := range s.commands {
		if i >= len(got)-1 {
			return fmt.Errorf("line %d: $ %sdid not end: %w\n%s", s.line, c.text, err, got[len(got)-1])
		}
		if !matches(got[i], c.want) {
			return fmt.Errorf("line %d: $ %sprinted:\n%s\nand the document says:\n%s", s.line, c.text, got[i], c.want)
		}
	}
	return nil
}

// matches compares output with what a document shows of it. A terminal begins
// its next prompt on a new line, so a missing newline at the end does not matter.
func matches(got, want string) bool {
	lines := func(s string) []string {
		if s = strings.TrimSuffix(s, "\n"); s == "" {
			return nil
		}
		return strings.Split(s, "\n")
	}
	return matchLines(lines(got), lines(want))
}

func matchLines(got, want []string) bool {
	for i, w := range want {
		if w == "..." {
			for skip := range len(got) - i + 1 {
				if matchLines(got[i+skip:], want[i+1:]) {
					return true
				}
			}
			return false
		}
		if i >= len(got) || got[i] != w {
			return false
		}
	}
	return len(got) == len(want)
}

func TestSessions(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("there is no sh on this system")
	}
	for _, c := range []struct {
		name, block, want string
	}{
		{"same", "$ echo a\na\n$ echo b >&2\nb\n", ""},
		{"no newline at the end", "$ printf a\na\n$ echo b\nb\n", ""},
		{"nothing printed", "$ true\n$ echo b\nb\n", ""},
		{"continued line", "$ echo a \\\n>   b\na b\n", ""},
		{"one shell", "$ cd /; X=1\n$ pwd; echo $X\n/\n1\n", ""},
		{"status", "$ (exit 3)\n$ echo $?\n3\n", ""},
		{"any lines", "$ printf '1\\n2\\n3\\n'\n...\n3\n", ""},
		{"any lines, none", "$ echo 3\n...\n3\n", ""},
		{"any lines but the last", "$ printf '1\\n2\\n'\n...\n1\n", "line 2: $ printf '1\\n2\\n'\nprinted:\n1\n2\n\nand the document says:\n...\n1\n"},
		{"other output", "$ echo a\nb\n", "line 2: $ echo a\nprinted:\na\n\nand the document says:\nb\n"},
		{"too little", "$ echo a\na\nb\n", "line 2: $ echo a\nprinted:\na\n\nand the document says:\na\nb\n"},
		{"too much", "$ echo a; echo b\na\n", "line 2: $ echo a; echo b\nprinted:\na\nb\n\nand the document says:\na\n"},
		{"leaves the shell", "$ exit 4\n", "line 2: $ exit 4\ndid not end: exit status 4\n"},
		{"no prompt", "echo a\n", `line 2: a console block begins with "$ "`},
	} {
		all, err := sessions("text\n```console\n" + c.block + "```\n```text\n$ not run\n```\n")
		if err == nil {
			err = all[0].run(t.Context(), t.TempDir(), []string{"PATH=/usr/bin:/bin"})
		}
		if got := fmt.Sprint(err); got != c.want && (err != nil || c.want != "") {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
		if err == nil && len(all) != 1 {
			t.Errorf("%s: %d sessions, want 1", c.name, len(all))
		}
	}
}

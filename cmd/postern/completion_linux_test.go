package main_test

import (
	"bufio"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// hostileLines are command lines whose last word somebody asks to complete. A shell
// that interpreted a part of them would run a command or write a file.
var hostileLines = []string{
	"postern delete A # old", "postern delete A #", "postern get B > key.p", "postern get B > key.pem -", "postern get B >key.p",
	"postern export -f dotenv > s.env -", "postern get $(touch pwned) ", "postern get $(touch pwned)", "postern get \"$(touch pwned)\" ",
	"postern get `touch pwned` ", "postern get `touch pwned`", "postern get A; touch pwned ", "postern get ';' touch pwned ",
	"postern get A ; postern delete A ", "postern get 'A; touch pwned", "postern get \"A $(touch pwned)", "postern get ${X:=$(touch pwned)} ",
	"postern get A && touch pwned ", "postern get A | tee pwned ", "postern get A & touch pwned ", "postern get <(touch pwned) ",
	"postern get 'A' \"B\" 'unfinished", "postern get \\$\\(touch\\ pwned\\) ", "postern get '$(touch pwned)' -", "postern delete A -- ",
	"postern delete A ", "postern run -- touch pwned ", "postern run touch pwned", "postern delete A --", "postern get a[$(touch pwned)] ",
	"postern get {a,$(touch pwned)} ", "postern get ~$(touch pwned)/ ", "postern get *$(touch pwned) -", "postern get A\\", "postern get $'\\x24(touch pwned)' -",
}

// completionFolder is a folder with secrets, in which nothing may change.
func completionFolder(t *testing.T) (dir string, env []string) {
	t.Helper()
	dir = t.TempDir()
	config := "providers:\n  f: { module: dotenv, grant: { files: [{ path: ./s.env, write: true }] }, config: { path: s.env } }\nchain: [f]\n"
	for name, text := range map[string]string{"postern.yaml": config, "s.env": "A=one-one-one\nB=two-two-two\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	home := t.TempDir()
	return dir, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "ZDOTDIR=" + home, "XDG_CONFIG_HOME=" + home, "XDG_DATA_HOME=" + home, "XDG_CACHE_HOME=" + compiled(t), "TERM=dumb", "LC_ALL=C.UTF-8"}
}

// contents returns what is in a folder.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, e := range entries {
		b, _ := os.ReadFile(filepath.Join(dir, e.Name()))
		all[e.Name()] = string(b)
	}
	return all
}

// script returns the completion script of a shell, in a file. It skips the test if the
// shell is not installed.
func script(t *testing.T, shell string) string {
	t.Helper()
	if _, err := exec.LookPath(shell); err != nil {
		t.Skipf("%s IS NOT INSTALLED: its completion script is not tested", shell)
	}
	b, err := exec.Command("postern", "completion", shell).Output()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// bashCompletion is what Debian, Fedora and others load into every interactive bash.
const bashCompletion = "/usr/share/bash-completion/bash_completion"

// bashSetups are the ways in which a bash loads the script.
func bashSetups(t *testing.T) map[string]string {
	t.Helper()
	setups := map[string]string{"alone": "", "strict": "set -u\n"}
	if _, err := os.Stat(bashCompletion); err == nil {
		setups["with bash-completion"] = ". " + bashCompletion + "\n"
	} else {
		t.Log("bash-completion IS NOT INSTALLED: the script is tested without it only")
	}
	return setups
}

// TestCompletionRunsNothingTM181: asking bash and zsh for completions executes and
// writes nothing of what was typed.
func TestCompletionRunsNothingTM181(t *testing.T) {
	t.Parallel()
	type setup struct{ shell, before string }
	// By default the TAB key of zsh expands the line before it asks for completions.
	setups := map[string]setup{"zsh": {"zsh", "autoload -Uz compinit; compinit -u -D; unsetopt beep; bindkey '^I' complete-word; LISTMAX=-9999\n"}}
	for name, before := range bashSetups(t) {
		setups["bash "+name] = setup{"bash", before + "bind 'set completion-query-items 0'; bind 'set page-completions off'; bind 'set enable-bracketed-paste off'\n"}
	}
	for name, s := range setups {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := script(t, s.shell)
			dir, env := completionFolder(t)
			before := contents(t, dir)
			shell := interactive(t, s.shell, dir, env, s.before+". "+path+"\nPS1='"+ready+"'\n")
			for _, line := range hostileLines {
				shell.ask(line + "\t\t")
				if after := contents(t, dir); !maps.Equal(after, before) {
					t.Fatalf("TAB after %q changed the folder: %q", line, after)
				}
			}
			for line, want := range map[string]string{"postern provi\t": "postern provider", "postern get --form\t": "postern get --format", "postern policy te\t": "postern policy test"} {
				if shown := shell.ask(line); !strings.Contains(shown, want) {
					t.Errorf("TAB after %q shows %q, want %q", line, shown, want)
				}
			}
		})
	}
}

// typing is an interactive shell at a terminal.
type typing struct {
	t     *testing.T
	far   *os.File
	out   *bufio.Reader
	asked int
}

// interactive starts a shell that reads a file of commands first.
func interactive(t *testing.T, shell, dir string, env []string, commands string) *typing {
	t.Helper()
	far, near := terminal(t)
	size := [4]uint16{500, 250}
	if err := ioctl(far, syscall.TIOCSWINSZ, unsafe.Pointer(&size)); err != nil {
		t.Fatal(err)
	}
	rc := filepath.Join(t.TempDir(), "rc")
	if err := os.WriteFile(rc, []byte(commands), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), shell, map[string][]string{"bash": {"--noprofile", "--rcfile", rc, "-i"}, "zsh": {"-d", "-i"}}[shell]...)
	if shell == "zsh" {
		i := slices.IndexFunc(env, func(s string) bool { return strings.HasPrefix(s, "ZDOTDIR=") })
		if err := os.Rename(rc, filepath.Join(strings.TrimPrefix(env[i], "ZDOTDIR="), ".zshrc")); err != nil {
			t.Fatal(err)
		}
	}
	cmd.Dir, cmd.Env = dir, env
	cmd.Stdin, cmd.Stdout, cmd.Stderr = near, near, near
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = near.Close()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	s := &typing{t: t, far: far, out: bufio.NewReader(far)}
	s.wait(ready)
	return s
}

// ready is the prompt of an interactive shell. Keys that are typed before it are
// handled by the terminal, not by the shell.
const ready = "<ready>"

// patience is how long a test waits for what has to come.
const patience = 2 * time.Minute

// wait returns what the terminal shows, up to a text. It fails if that does not come.
func (s *typing) wait(text string) (shown string) {
	s.t.Helper()
	if err := s.far.SetReadDeadline(time.Now().Add(patience)); err != nil {
		s.t.Fatal(err)
	}
	for !strings.HasSuffix(shown, text) {
		b, err := s.out.ReadByte()
		if err != nil {
			s.t.Fatalf("%v; want %q, shown: %q", err, text, shown)
		}
		shown += string(b)
	}
	return shown
}

// ask types keys, clears the line, and returns what the terminal showed once the
// shell has handled it all.
func (s *typing) ask(keys string) string {
	s.t.Helper()
	s.asked++
	// Ctrl-U clears the line. What is printed is not what is typed.
	if _, err := fmt.Fprintf(s.far, "%s\x15echo end$((%d+1))end\r", keys, s.asked*10); err != nil {
		s.t.Fatal(err)
	}
	shown := s.wait(fmt.Sprintf("end%dend", s.asked*10+1))
	s.wait(ready)
	return shown
}

// TestFishCompletionRunsNothingTM181 is TestCompletionRunsNothingTM181 for fish.
func TestFishCompletionRunsNothingTM181(t *testing.T) {
	t.Parallel()
	path := script(t, "fish")
	dir, env := completionFolder(t)
	before := contents(t, dir)
	fish := func(line string) string {
		cmd := exec.Command("fish", "--no-config", "-c", `source $argv[1]; complete --do-complete $argv[2]`, path, line)
		cmd.Dir, cmd.Env = dir, env
		out, err := cmd.CombinedOutput()
		if err != nil && len(out) > 0 && !strings.Contains(line, "unfinished") {
			t.Logf("%q: %v: %s", line, err, out)
		}
		return string(out)
	}
	for _, line := range hostileLines {
		fish(line)
		if after := contents(t, dir); !maps.Equal(after, before) {
			t.Fatalf("TAB after %q changed the folder: %q", line, after)
		}
	}
	for line, want := range map[string]string{
		"postern provi": "provider\tlist and test", "postern get --form": "--format\twrite the value in FORMAT", "postern policy te": "test\t", "postern -c pos": "postern.yaml", "postern ": "get\t",
	} {
		if got := fish(line); !strings.Contains(got, want) {
			t.Errorf("%q gives %q, want %q", line, got, want)
		}
	}
}

// TestBashCompletionWords: the words go to postern as they were typed, and the
// pieces into which bash cuts a word at "=" and ":" are joined.
func TestBashCompletionWords(t *testing.T) {
	t.Parallel()
	path := script(t, "bash")
	for name, before := range bashSetups(t) {
		for _, c := range []struct {
			words []string // as bash cuts them
			line  string
			want  string
		}{
			{[]string{"postern", "provi"}, "postern provi", "provider"},
			{[]string{"postern", "policy", ""}, "postern policy ", "check test explain diff stubs"},
			{[]string{"postern", "-c", "x", "config", "sh"}, "postern -c x  config sh", "show"},
			{[]string{"postern", "run", "--env", "X", "=", "postern", ":", "//K", "--pris"}, "postern run --env X=postern://K --pris", "--pristine"},
			{[]string{"postern", "run", "--env", "=", "X", "=", "K", "--pris"}, "postern run --env=X=K --pris", "--pristine"},
			{[]string{"postern", "get", "--format", "=", "js"}, "postern get --format=js", ""},
			{[]string{"postern", "run", "ls", "--pris"}, "postern run ls --pris", ""},
			{[]string{"postern", "run", "--", "--pris"}, "postern run -- --pris", ""},
			{[]string{"postern", "get", "B", ">", "key.p"}, "postern get B > key.p", ""},
			{[]string{"postern", "-c", ""}, "postern -c ", ""},
		} {
			dir, env := completionFolder(t)
			code := before + ". \"$1\"; COMP_LINE=$2; COMP_POINT=${#2}; shift 2; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); __postern_complete; echo ${COMPREPLY[*]+\"${COMPREPLY[*]}\"}"
			cmd := exec.Command("bash", append([]string{"--norc", "-c", code, "bash", path, c.line}, c.words...)...)
			cmd.Dir, cmd.Env = dir, env
			out, err := cmd.CombinedOutput()
			if got := strings.TrimSpace(string(out)); err != nil || got != c.want {
				t.Errorf("%s: %q gives %q, want %q; %v", name, c.line, got, c.want, err)
			}
		}
	}
}

package project_test

import (
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// firstScreen is how many lines of the README, up to its first "## ", a reader
// sees without scrolling.
const firstScreen = 45

func TestReadmeFirstScreen(t *testing.T) {
	t.Parallel()
	above, _, _ := strings.Cut(readme(t), "\n## ")
	if n := 1 + strings.Count(above, "\n"); n > firstScreen {
		t.Errorf("the first screen has %d lines, at most %d fit", n, firstScreen)
	}
}

// TestPagesCode compiles every Go block of the pages: a whole program is built,
// for WebAssembly if it has exports; any other block must appear, except for
// indentation, in a program of examples/ or in a test, which are compiled and run.
func TestPagesCode(t *testing.T) {
	t.Parallel()
	var sources []string
	for _, name := range files(t) {
		if path.Ext(name) == ".go" && (beneath(name, "examples") || isTest(name)) {
			sources = append(sources, flush(read(t, name)))
		}
	}
	all := strings.Join(sources, "\n")
	for _, page := range pages(t) {
		for _, b := range fenced(read(t, page), "go") {
			switch {
			case strings.HasPrefix(b.text, "package main\n"):
				if out, err := buildProgram(t, path.Dir(page), b.text); err != nil {
					t.Errorf("%s:%d: %v\n%s", page, b.line, err, out)
				}
			case !strings.Contains(all, flush(b.text)):
				t.Errorf("%s:%d: no example or test has this Go code", page, b.line)
			}
		}
	}
}

// buildProgram builds a program in a folder below dir in a copy of the repository.
func buildProgram(t *testing.T, dir, source string) ([]byte, error) {
	t.Helper()
	folder, err := os.MkdirTemp(filepath.Join(checkout(t), dir), "page")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(folder)
	if err := os.WriteFile(filepath.Join(folder, "main.go"), []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-o", filepath.Join(t.TempDir(), "program"))
	cmd.Dir, cmd.Env = folder, os.Environ()
	if strings.Contains(source, "//go:wasmexport ") {
		cmd.Args = append(cmd.Args, "-buildmode=c-shared")
		cmd.Env = append(cmd.Env, "GOOS=wasip1", "GOARCH=wasm")
	}
	return cmd.CombinedOutput()
}

// flush takes the indentation from every line.
func flush(text string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimSpace(text)) {
		b.WriteString(strings.TrimSpace(line) + "\n")
	}
	return b.String()
}

// mentioned returns the words after the first "postern" that a line shows as
// code, and the long flags that follow; nil without one.
func mentioned(line string) (words, flags []string) {
	at := called.FindStringSubmatchIndex(line)
	if at == nil {
		return nil, nil
	}
	behind, _, _ := strings.Cut(line[at[3]:], " -- ") // the rest is for a child
	behind, _, _ = strings.Cut(behind, "`")
	for _, f := range flagged.FindAllStringSubmatch(" "+behind, -1) {
		flags = append(flags, f[1])
	}
	return strings.Fields(line[at[2]:at[3]]), flags
}

func TestMentioned(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ line, want string }{
		{"nothing about postern get here", "[] []"},
		{"run `postern get KEY --format json` or `x --other`", "[get] [--format]"},
		{"$ DB_URL=x postern get DB_URL", "[get] []"},
		{"$ postern run --only web -- sh -c 'x --child'", "[run] [--only]"},
		{"$ postern module list --json", "[module list] [--json]"},
		{"the file `postern.yaml`", "[] []"},
	} {
		words, flags := mentioned(c.line)
		if got := fmt.Sprint(words, flags); got != c.want {
			t.Errorf("mentioned(%q) = %s, want %s", c.line, got, c.want)
		}
	}
}

// called finds "postern COMMAND" in what documents show as code.
var called = regexp.MustCompile("(?:`|\\$ |[|&;] |[A-Z]=\\S* )postern ((?:[a-z]+ ?)+)")

// flagged finds the long flags that follow it.
var flagged = regexp.MustCompile(`[ \[](--[a-z][a-z-]*)`)

// TestCommands compares the pages with the help of the command: every command
// that they name must exist, and so must every flag on the same line.
func TestCommands(t *testing.T) {
	t.Parallel()
	bin := postern(t)
	help := map[string]string{}
	for _, name := range files(t) {
		if path.Ext(name) != ".md" {
			continue
		}
		n := 0
		for line := range strings.Lines(read(t, name)) {
			n++
			words, flags := mentioned(line)
			if words == nil {
				continue
			}
			text := helpOf(t, bin, help, words)
			if text == "" {
				t.Errorf("%s:%d: there is no command postern %s", name, n, strings.Join(words, " "))
				continue
			}
			for _, f := range flags {
				if !strings.Contains(text, f) {
					t.Errorf("%s:%d: postern %s has no flag %s", name, n, strings.Join(words, " "), f)
				}
			}
		}
	}
}

// helpOf returns the help of the longest command that words begin with, "" if the
// first word is not a command.
func helpOf(t *testing.T, bin string, seen map[string]string, words []string) string {
	t.Helper()
	text := ""
	for n := range words {
		name := strings.Join(words[:n+1], " ")
		if _, ok := seen[name]; !ok {
			cmd := exec.CommandContext(t.Context(), bin, append(words[:n+1:n+1], "--help")...)
			cmd.Dir = t.TempDir()
			out, err := cmd.Output()
			if err != nil || n > 0 && string(out) == text {
				out = nil
			}
			seen[name] = string(out)
		}
		if seen[name] == "" {
			return text
		}
		text = seen[name]
	}
	return text
}

// postern builds the command once and returns its path.
func postern(t *testing.T) string {
	t.Helper()
	if _, err := os.Stat(filepath.Join(root, "cmd", "postern")); err != nil {
		t.Skip("there is no command")
	}
	bin, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return bin
}

var build = sync.OnceValues(func() (string, error) {
	bin := filepath.Join(binDir, "postern")
	out, err := exec.Command("go", "build", "-o", bin, modulePath+"/cmd/postern").CombinedOutput()
	if err != nil {
		return "", &buildError{string(out), err}
	}
	return bin, nil
})

type buildError struct {
	output string
	err    error
}

func (e *buildError) Error() string { return "build the command: " + e.err.Error() + "\n" + e.output }

// binDir is the folder of the built command; it is removed after the tests.
var binDir string

func TestMain(m *testing.M) {
	os.Exit(withBinDir(m))
}

func withBinDir(m *testing.M) int {
	dir, err := os.MkdirTemp("", "postern-project")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	binDir = dir
	return m.Run()
}

// goEnv is the part of the environment that go commands in sessions need.
func goEnv() []string {
	var env []string
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPROXY", "GOFLAGS", "GOTOOLCHAIN"} {
		out, err := exec.Command("go", "env", name).Output()
		if value := strings.TrimSpace(string(out)); err == nil && value != "" {
			env = append(env, name+"="+value)
		}
	}
	return env
}

func readme(t *testing.T) string {
	t.Helper()
	if _, err := os.Stat(filepath.Join(root, "README.md")); err != nil {
		t.Skip("there is no README")
	}
	return read(t, "README.md")
}

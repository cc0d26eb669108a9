package project_test

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// topLevel are the files and folders at the top of the repository; there are no
// others.
var topLevel = []string{
	".ci", ".github", ".gitignore", "LICENSE", "README.md", "Taskfile.yml", "cmd", "examples", "go.mod", "go.sum",
	"guest-sdk", "modules", "policies", "runtime", "testdata",
}

func TestTopLevel(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, name := range files(t) {
		top, _, _ := strings.Cut(name, "/")
		if !seen[top] && !slices.Contains(topLevel, top) {
			t.Errorf("%s is at the top of the repository, where only %s are accepted", top, strings.Join(topLevel, ", "))
		}
		seen[top] = true
	}
}

// maxLines is the cap for one Go file.
const maxLines = 600

func TestFileSizes(t *testing.T) {
	t.Parallel()
	for _, name := range files(t) {
		if path.Ext(name) != ".go" {
			continue
		}
		text := read(t, name)
		if n := strings.Count(text, "\n"); n > maxLines && !generated(text) {
			t.Errorf("%s has %d lines, at most %d are accepted: split it by noun", name, n, maxLines)
		}
	}
}

// generated reports whether a Go file says that a program wrote it.
func generated(text string) bool {
	for line := range strings.SplitSeq(text, "\n") {
		if strings.HasPrefix(line, "// Code generated ") && strings.HasSuffix(line, " DO NOT EDIT.") {
			return true
		}
		if strings.HasPrefix(line, "package ") {
			return false
		}
	}
	return false
}

// traces are texts that make sense on one machine only: its folders, and the
// hosts of package registries. They are joined here so that this file does not
// contain them.
var traces = []string{
	"/wo" + "rk/", "/ro" + "ot/", "/home/" + "runner", "proxy." + "golang.org", "sum." + "golang.org",
	"registry." + "npmjs.org", "index." + "crates.io", "files." + "pythonhosted.org", "deb." + "debian.org",
}

func TestNoMachineTraces(t *testing.T) {
	t.Parallel()
	for _, name := range files(t) {
		b, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		text := string(b)
		for _, trace := range traces {
			if i := strings.Index(text, trace); i >= 0 {
				t.Errorf("%s:%d contains %q, which makes sense on one machine only", name, 1+strings.Count(text[:i], "\n"), trace)
			}
		}
	}
}

// TestTasks requires a description for every task of Taskfile.yml, and a script
// in .ci for every command that is longer than one line.
func TestTasks(t *testing.T) {
	t.Parallel()
	_, tasks, ok := strings.Cut(read(t, "Taskfile.yml"), "\ntasks:\n")
	if !ok {
		t.Fatal("Taskfile.yml has no tasks")
	}
	for block := range strings.SplitSeq(tasks, "\n\n") {
		lines := strings.Split(strings.TrimRight(block, "\n"), "\n")
		name := strings.TrimSuffix(strings.TrimSpace(lines[0]), ":")
		if len(lines) < 2 || !strings.HasPrefix(lines[1], "    desc: ") {
			t.Errorf("task %s does not begin with a desc", name)
		}
		if strings.Contains(block, "|") && !strings.Contains(block, "'") {
			t.Errorf("task %s has an inline script: move it to .ci", name)
		}
		for word := range strings.FieldsSeq(block) {
			script := strings.Trim(word, "[],")
			if !strings.HasPrefix(script, ".ci/") || !strings.HasSuffix(script, ".sh") {
				continue
			}
			if info, err := os.Stat(filepath.Join(root, script)); err != nil || info.Mode()&0o100 == 0 {
				t.Errorf("task %s calls %s, which is not an executable file", name, script)
			}
		}
	}
}

package ci_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-project/postern/ci/internal/git/gittest"
)

// longRepo returns a repository with .ci/long, two areas and a go.mod.
func longRepo(t *testing.T) gittest.Repo {
	t.Helper()
	r := gittest.New(t)
	long, err := os.ReadFile("long")
	if err != nil {
		t.Fatal(err)
	}
	r.Write(".ci/long", string(long))
	r.Write(".ci/areas", "# The areas.\n\ngood  core\nbad  core\n")
	r.Write(".ci/install.sh", "#!/bin/sh\necho installing for \"$1\"\n")
	r.Write(".ci/area/good.sh", "#!/bin/sh\necho \"row 1${TRY:+, briefly}\"\necho progress >&2\n")
	r.Write(".ci/area/bad.sh", "#!/bin/sh\necho half a row\nexit 3\n")
	for _, name := range []string{"long", "install.sh", "area/good.sh", "area/bad.sh"} {
		if err := os.Chmod(filepath.Join(string(r.Repo), ".ci", name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	r.Commit("core/a.go", "package core\n")
	return r
}

// in runs a command in the repository.
func in(t *testing.T, r gittest.Repo, args ...string) (output string, ok bool) {
	t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = string(r.Repo)
	out, err := cmd.CombinedOutput()
	return string(out), err == nil
}

func TestLong(t *testing.T) {
	t.Parallel()
	r := longRepo(t)
	table := filepath.Join(string(r.Repo), "testdata", "long", "good.txt")
	for _, c := range []struct {
		name, want string
		args       []string
		ok         bool
	}{
		{"briefly", "row 1, briefly\n", []string{".ci/long", "--try", "good"}, true},
		{"failing", "half a row\n", []string{".ci/long", "bad"}, false},
		{"unknown", `no area "ugly"; the areas are: good, bad`, []string{".ci/long", "ugly"}, false},
	} {
		out, ok := in(t, r, c.args...)
		if !strings.Contains(out, c.want) || ok != c.ok {
			t.Errorf("%s: succeeds %v, want %v, and %q in:\n%s", c.name, ok, c.ok, c.want, out)
		}
		if status := r.Git("status", "--porcelain"); status != "" {
			t.Errorf("%s: leaves %s", c.name, status)
		}
	}

	r.Write("core/b.go", "package core\n")
	if out, ok := in(t, r, ".ci/long", "good"); ok || !strings.Contains(out, "commit your changes first") {
		t.Errorf("with an uncommitted file: succeeds %v:\n%s", ok, out)
	}
	commit := r.Commit("core/b.go", "package core\n")
	if out, ok := in(t, r, ".ci/long", "good"); !ok {
		t.Fatalf("fails:\n%s", out)
	}
	text, err := os.ReadFile(table)
	if err != nil || !strings.HasPrefix(string(text), "# good: commit "+commit+", 20") || !strings.HasSuffix(string(text), " s\nrow 1\n") {
		t.Errorf("the table is %q, %v", text, err)
	}
}

// TestLongWritesWhatTablesReads runs .ci/long and then the check of its table.
func TestLongWritesWhatTablesReads(t *testing.T) {
	t.Parallel()
	r := longRepo(t)
	r.Commit(".ci/areas", "good core\n")
	r.Commit(".ci/areas.untested", "# None yet.\ngood it is new\ngoods too\n")
	if out, ok := in(t, r, ".ci/long", "good"); !ok {
		t.Fatalf("fails:\n%s", out)
	}
	if list, err := os.ReadFile(filepath.Join(string(r.Repo), ".ci", "areas.untested")); err != nil || string(list) != "# None yet.\ngoods too\n" {
		t.Errorf("the list of areas without a table is %q, %v", list, err)
	}
	r.Write(".ci/areas.untested", "")
	tables := filepath.Join(t.TempDir(), "tables")
	if out, err := exec.Command("go", "build", "-o", tables, "./tables").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, ok := in(t, r, tables); !ok {
		t.Errorf("the check fails:\n%s", out)
	}
}

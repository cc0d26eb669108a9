package main

import (
	"maps"
	"slices"
	"testing"

	"github.com/postern-project/postern/ci/internal/git/gittest"
)

func TestBase(t *testing.T) {
	t.Parallel()
	r := gittest.New(t)
	wantBase(t, "before there is a second commit", r, "")
	first := r.Commit("a", "1")
	wantBase(t, "on the first commit", r, "")
	second := r.Commit("a", "2")
	wantBase(t, "on main", r, first)
	r.Git("checkout", "-q", "-b", "topic")
	wantBase(t, "on a branch without commits", r, first)
	r.Commit("a", "3")
	r.Commit("a", "4")
	wantBase(t, "on a branch", r, second)
	r.Git("checkout", "-q", "main")
	third := r.Commit("b", "1")
	wantBase(t, "on main again", r, second)
	r.Git("checkout", "-q", "topic")
	wantBase(t, "on a branch that main has left behind", r, second)
	r.Git("checkout", "-q", "--detach", "main")
	r.Commit("b", "2")
	wantBase(t, "detached", r, third)
}

func TestBaseInClone(t *testing.T) {
	t.Parallel()
	r := gittest.New(t)
	r.Commit("a", "1")
	second := r.Commit("a", "2")
	r.Commit("a", "3")
	wantBase(t, "shallow, of one commit", r.Clone("1"), "")
	wantBase(t, "shallow, of two commits", r.Clone("2"), second)
	c := r.Clone("2")
	c.Git("checkout", "-q", "-b", "topic")
	c.Git("branch", "-q", "-D", "main")
	fork := c.Git("rev-parse", "HEAD")
	c.Commit("a", "4")
	wantBase(t, "without a main of its own", c, fork)
	c.Git("remote", "remove", "origin")
	wantBase(t, "without any main", c, "")
}

// wantBase fails unless base returns the commit, "" for none.
func wantBase(t *testing.T, name string, r gittest.Repo, want string) {
	t.Helper()
	if got, ok := base(r.Repo); got != want || ok != (want != "") {
		t.Errorf("%s: base() = %q, %v, want %q", name, got, ok, want)
	}
}

func TestChangedFiles(t *testing.T) {
	t.Parallel()
	r := gittest.New(t)
	first := r.Commit("kept", "1")
	r.Commit("committed", "1")
	r.Commit("moved", "a file that moves")
	second := r.Git("rev-parse", "HEAD")
	r.Git("mv", "moved", "there")
	r.Write("kept", "2")
	r.Write("dir/new", "1")
	for commit, want := range map[string][]string{
		first:  {"committed", "dir/new", "kept", "there"},
		second: {"dir/new", "kept", "moved", "there"},
	} {
		got, err := changedFiles(r.Repo, commit)
		slices.Sort(got)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("changedFiles() = %q, %v, want %q", got, err, want)
		}
	}
}

func TestChangedPackages(t *testing.T) {
	t.Parallel()
	all := []*pkg{
		{path: "m/run", dir: "run", module: "."},
		{path: "m/run/abi", dir: "run/abi", module: "."},
		{path: "m/modules", dir: "modules", module: "."},
		{path: "m/sdk", dir: "sdk", module: "sdk"},
	}
	for _, c := range []struct {
		file string
		want []string
	}{
		{"run/abi/record.go", []string{"m/run/abi"}},
		{"run/abi/testdata/fuzz/FuzzFields/1f", []string{"m/run/abi"}},
		{"run/internal/x.txt", []string{"m/run"}},
		{"run/README.md", nil},
		{"modules/env/src/lib.rs", []string{"m/modules"}},
		{"testdata/script/get.txtar", nil},
		{"LICENSE", nil},
		{"go.sum", []string{"m/modules", "m/run", "m/run/abi"}},
		{"sdk/go.mod", []string{"m/sdk"}},
	} {
		if got := slices.Sorted(maps.Keys(changedPackages(all, []string{c.file}))); !slices.Equal(got, c.want) {
			t.Errorf("%s changes %q, want %q", c.file, got, c.want)
		}
	}
}

func TestChangedFilesMayHaveAnyName(t *testing.T) {
	t.Parallel()
	r := gittest.New(t)
	first := r.Commit("größe/a.txt", "1")
	r.Commit("größe/a.txt", "2")
	r.Write("größe/b c.txt", "3")
	files, err := changedFiles(r.Repo, first)
	if want := []string{"größe/a.txt", "größe/b c.txt"}; err != nil || !slices.Equal(files, want) {
		t.Errorf("changedFiles = %q, %v; want %q", files, err, want)
	}
}

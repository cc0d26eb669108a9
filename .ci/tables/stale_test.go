package main

import (
	"strconv"
	"strings"
	"testing"

	"github.com/postern-project/postern/ci/internal/git/gittest"
)

// tested returns a repository with one area, and the commit that its table names: the
// second of four.
func tested(t *testing.T) (r gittest.Repo, commit string) {
	t.Helper()
	r = gittest.New(t)
	r.Commit("core/a.go", "0")
	commit = r.Commit(".ci/areas", "# The areas.\n\nkills core lib/x.go # and their paths\n")
	r.Commit("lib/x.go", "0")
	r.Commit("testdata/long/kills.txt", "# kills: commit "+commit+", 2026-03-12, go1.26\n1 2 3\n")
	return r, commit
}

// wantCheck fails unless check prints the lines, and fails as said.
func wantCheck(t *testing.T, r gittest.Repo, strict bool, want string, fails bool) {
	t.Helper()
	var out strings.Builder
	err := check(&out, r.Repo, strict)
	if out.String() != want || (err != nil) != fails {
		t.Errorf("check() = %v, printed\n%s\nwant\n%s", err, out.String(), want)
	}
}

func TestThirtyCommits(t *testing.T) {
	t.Parallel()
	r, commit := tested(t)
	for i := range most - 1 { // lib/x.go was committed after the table's commit
		r.Commit("core/a.go", strconv.Itoa(i+1))
		r.Commit("elsewhere/a.go", strconv.Itoa(i+1))
	}
	wantCheck(t, r, true, "", false)
	r.Commit("lib/x.go", "1")
	why := "tables: kills: 31 commits have changed its paths since " + commit[:12] + ", at most 30 may: run .ci/long kills\n"
	wantCheck(t, r, false, why, true)

	now := r.Git("rev-parse", "HEAD")
	r.Commit("testdata/long/kills.txt", "# kills: commit "+now+", 2026-03-13\n")
	wantCheck(t, r, true, "", false)
}

func TestHistoryDoesNotReach(t *testing.T) {
	t.Parallel()
	r, commit := tested(t)
	clone := r.Clone("2")
	why := "tables: kills: tested commit " + commit[:12] + ": not in the history of this clone\n"
	wantCheck(t, clone, false, why, false)
	wantCheck(t, clone, true, why, true)

	// A commit of another branch.
	r.Git("checkout", "-q", "-b", "other", "HEAD~3")
	aside := r.Commit("core/a.go", "aside")
	r.Git("checkout", "-q", "main")
	r.Commit("testdata/long/kills.txt", "# kills: commit "+aside+", 2026-03-12\n")
	wantCheck(t, r, true, "tables: kills: tested commit "+aside[:12]+": not in the history of this clone\n", true)
}

func TestBadTables(t *testing.T) {
	t.Parallel()
	r, commit := tested(t)
	const shape = `tables: kills: testdata/long/kills.txt does not begin with "# kills: commit HASH, YYYY-MM-DD"` + "\n"
	for _, text := range []string{"", "1 2 3\n", "# hostile: commit " + commit + ", 2026-03-12\n", "# kills: commit " + commit[:12] + ", 2026-03-12\n"} {
		r.Write("testdata/long/kills.txt", text)
		wantCheck(t, r, false, shape, true)
	}
	r.Git("rm", "-q", "-f", "testdata/long/kills.txt")
	wantCheck(t, r, true, "tables: kills: testdata/long/kills.txt: does not exist: run .ci/long kills\n", true)
	r.Write(".ci/areas", "kills core gone\n")
	wantCheck(t, r, false, "tables: kills: .ci/areas: no file matches gone\n", true)
	r.Write(".ci/areas", "kills\n")
	if err := check(&strings.Builder{}, r.Repo, false); err == nil || err.Error() != ".ci/areas: area kills has no paths" {
		t.Errorf("check() = %v", err)
	}
}

// An area without a table is a failure, unless the list of those that have none yet says
// why. A list that is too long is said to be.
func TestMissingTablesAreListed(t *testing.T) {
	t.Parallel()
	r, _ := tested(t)
	r.Commit("new/a.go", "0")
	r.Write(".ci/areas", "kills core\nnew new\n")
	const missing = "tables: new: testdata/long/new.txt: does not exist: run .ci/long new\n"
	for _, c := range []struct {
		list, want string
		fails      bool
	}{
		{"", missing, true},
		{"# none\n", missing, true},
		{"new  needs a machine that nobody else uses # for now\n", "tables: new: no table yet: needs a machine that nobody else uses\n", false},
		{"kills too slow\nnew too slow\n", "tables: kills: it has a table: remove it from .ci/areas.untested\ntables: new: no table yet: too slow\n", false},
	} {
		r.Write(".ci/areas.untested", c.list)
		wantCheck(t, r, true, c.want, c.fails)
		wantCheck(t, r, false, c.want, c.fails)
	}
	for list, want := range map[string]string{
		"new\n":             ".ci/areas.untested: area new has no reason",
		"gone for a year\n": ".ci/areas.untested: .ci/areas has no area gone",
	} {
		r.Write(".ci/areas.untested", list)
		if err := check(&strings.Builder{}, r.Repo, false); err == nil || err.Error() != want {
			t.Errorf("%q: check() = %v, want %s", list, err, want)
		}
	}
}

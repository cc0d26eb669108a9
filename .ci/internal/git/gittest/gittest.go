// Package gittest makes repositories for tests.
package gittest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/postern-project/postern/ci/internal/git"
)

// New returns an empty repository with the branch main.
func New(t *testing.T) Repo {
	t.Helper()
	r := Repo{T: t, Repo: git.Repo(t.TempDir())}
	r.Git("init", "-q", "-b", "main")
	r.configure()
	return r
}

// Repo is a repository in a temporary folder. Its methods fail the test on an
// error.
type Repo struct {
	T *testing.T
	git.Repo
}

func (r Repo) configure() {
	r.T.Helper()
	for _, setting := range [][2]string{{"user.name", "test"}, {"user.email", "test@example.org"}, {"commit.gpgsign", "false"}} {
		r.Git("config", setting[0], setting[1])
	}
}

// Git runs a git command and returns what it prints.
func (r Repo) Git(args ...string) string {
	r.T.Helper()
	out, err := r.Run(args...)
	if err != nil {
		r.T.Fatal(err)
	}
	return out
}

// Write writes a file, and the folders above it.
func (r Repo) Write(name, text string) {
	r.T.Helper()
	path := filepath.Join(string(r.Repo), filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		r.T.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		r.T.Fatal(err)
	}
}

// Commit writes a file, commits everything and returns the commit.
func (r Repo) Commit(name, text string) string {
	r.T.Helper()
	r.Write(name, text)
	r.Git("add", "-A")
	r.Git("commit", "-q", "-m", "change "+name)
	return r.Git("rev-parse", "HEAD")
}

// Clone returns a clone with the last depth commits of its branch.
func (r Repo) Clone(depth string) Repo {
	r.T.Helper()
	c := Repo{T: r.T, Repo: git.Repo(r.T.TempDir())}
	c.Git("clone", "-q", "--depth", depth, "file://"+filepath.ToSlash(string(r.Repo)), ".")
	c.configure()
	return c
}

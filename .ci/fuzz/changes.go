package main

import (
	"path"

	"github.com/postern-project/postern/ci/internal/git"
)

// base returns the commit to compare with: the merge base of HEAD and main or, on
// main, the commit before HEAD. ok is false if the clone does not contain it.
func base(repo git.Repo) (commit string, ok bool) {
	head, err := repo.Run("rev-parse", "HEAD")
	if err != nil {
		return "", false
	}
	for _, name := range []string{"refs/heads/main", "refs/remotes/origin/main"} {
		fork, err := repo.Run("merge-base", "HEAD", name)
		if err != nil {
			continue
		}
		if fork != head {
			return fork, true
		}
		before, err := repo.Run("rev-parse", "--verify", "--quiet", "HEAD^")
		return before, err == nil
	}
	return "", false
}

// changedFiles returns the files that differ between a commit and the working tree,
// untracked ones included.
func changedFiles(repo git.Repo, commit string) ([]string, error) {
	differ, err := repo.Names("diff", "-z", "--name-only", "--no-renames", commit)
	if err != nil {
		return nil, err
	}
	created, err := repo.Names("ls-files", "-z", "--others", "--exclude-standard")
	return append(differ, created...), err
}

// changedPackages returns the import paths of the packages that the files belong to:
// the package in the same folder or in the nearest one above; for go.mod and go.sum,
// all packages of the module; for Markdown, none.
func changedPackages(all []*pkg, files []string) map[string]bool {
	byDir := map[string]*pkg{}
	for _, p := range all {
		byDir[p.dir] = p
	}
	changed := map[string]bool{}
	for _, file := range files {
		switch base := path.Base(file); {
		case base == "go.mod" || base == "go.sum":
			for _, p := range all {
				if p.module == path.Dir(file) {
					changed[p.path] = true
				}
			}
		case path.Ext(file) != ".md":
			if p := nearest(byDir, path.Dir(file)); p != nil {
				changed[p.path] = true
			}
		}
	}
	return changed
}

// nearest returns the package in dir or in the nearest folder above it, nil if there
// is none.
func nearest(byDir map[string]*pkg, dir string) *pkg {
	for {
		if p := byDir[dir]; p != nil || dir == "." {
			return p
		}
		dir = path.Dir(dir)
	}
}

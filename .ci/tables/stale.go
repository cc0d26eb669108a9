package main

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/postern-project/postern/ci/internal/git"
)

// most is how many commits may change the paths of an area before its table is out
// of date.
const most = 30

// errUnreachable means that the commit of a table is not in the history of HEAD.
var errUnreachable = errors.New("not in the history of this clone")

// errMissing means that an area has no table.
var errMissing = errors.New("does not exist")

// stale returns why the table of an area is not up to date, nil if it is.
func (a area) stale(repo git.Repo) error {
	for _, path := range a.paths {
		if files, err := repo.Lines("ls-files", "--", path); err != nil {
			return err
		} else if len(files) == 0 {
			return fmt.Errorf(".ci/areas: no file matches %s", path)
		}
	}
	commit, err := a.tested(repo)
	if err != nil {
		return err
	}
	if _, err := repo.Run("merge-base", "--is-ancestor", commit, "HEAD"); err != nil {
		return fmt.Errorf("tested commit %.12s: %w", commit, errUnreachable)
	}
	count, err := repo.Run(append([]string{"rev-list", "--count", commit + "..HEAD", "--"}, a.paths...)...)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(count)
	if err == nil && n > most {
		err = fmt.Errorf("%d commits have changed its paths since %.12s, at most %d may: run .ci/long %s", n, commit, most, a.name)
	}
	return err
}

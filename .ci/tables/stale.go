package main

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/postern-project/postern/ci/internal/git"
)

// most is how many commits may change an area's paths before its table is stale.
const most = 30

// errShallow means that the clone does not have the commit that a table names.
var errShallow = errors.New("the history of this clone does not reach it")

// stale returns why the table of an area has to be made anew, nil if it counts.
func (a area) stale(repo git.Repo) error {
	for _, path := range a.paths {
		if files, err := repo.Lines("ls-files", "--", path); err != nil {
			return err
		} else if len(files) == 0 {
			return fmt.Errorf(".ci/areas: the path %s names no file", path)
		}
	}
	commit, err := a.measured(repo)
	if err != nil {
		return err
	}
	if _, err := repo.Run("merge-base", "--is-ancestor", commit, "HEAD"); err != nil {
		return fmt.Errorf("measured at %.12s: %w", commit, errShallow)
	}
	count, err := repo.Run(append([]string{"rev-list", "--count", commit + "..HEAD", "--"}, a.paths...)...)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(count)
	if err == nil && n > most {
		err = fmt.Errorf("measured at %.12s, %d commits ago, at most %d count: run .ci/long %s", commit, n, most, a.name)
	}
	return err
}

package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/postern-project/postern/ci/internal/git"
)

func main() {
	repo, err := git.Top(".")
	if err == nil {
		err = check(os.Stdout, repo, os.Getenv("CI") == "true")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "tables:", err)
		os.Exit(1)
	}
}

// check prints a line for each area whose table does not count and fails if
// there is one. strict also fails when the history does not reach a commit.
func check(w io.Writer, repo git.Repo, strict bool) error {
	all, err := areas(repo)
	if err != nil {
		return err
	}
	bad := 0
	for _, a := range all {
		err := a.stale(repo)
		if err != nil {
			fmt.Fprintf(w, "tables: %s: %v\n", a.name, err)
		}
		if err != nil && (strict || !errors.Is(err, errShallow)) {
			bad++
		}
	}
	if bad > 0 {
		return fmt.Errorf("%d of %d areas have no table that counts", bad, len(all))
	}
	return nil
}

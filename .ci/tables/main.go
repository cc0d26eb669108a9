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

// check prints a line for each area without a table or with one that is not up to date.
// It fails if there is one of the latter; if the reason is that the commit is not in the
// history, only if strict.
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
		if err != nil && !errors.Is(err, errMissing) && (strict || !errors.Is(err, errUnreachable)) {
			bad++
		}
	}
	if bad > 0 {
		return fmt.Errorf("%d of %d tables are not up to date", bad, len(all))
	}
	return nil
}

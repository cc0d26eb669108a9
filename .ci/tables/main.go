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
// It fails if there is one, except a table that .ci/areas.untested says is not made yet,
// and one whose commit is not in the history, unless strict. A line of that list for a
// table that was made is not needed, and excuses nothing.
func check(w io.Writer, repo git.Repo, strict bool) error {
	all, err := areas(repo)
	if err != nil {
		return err
	}
	reasons, err := awaited(repo, all)
	if err != nil {
		return err
	}
	bad := 0
	for _, a := range all {
		err := a.stale(repo)
		reason, listed := reasons[a.name]
		switch missing := errors.Is(err, errMissing); {
		case listed && missing:
			fmt.Fprintf(w, "tables: %s: no table yet: %s\n", a.name, reason)
			continue
		case listed:
			fmt.Fprintf(w, "tables: %s: it has a table: remove it from .ci/areas.untested\n", a.name)
		}
		if err == nil {
			continue
		}
		fmt.Fprintf(w, "tables: %s: %v\n", a.name, err)
		if strict || !errors.Is(err, errUnreachable) {
			bad++
		}
	}
	if bad > 0 {
		return fmt.Errorf("%d faults in the tables of %d areas", bad, len(all))
	}
	return nil
}

package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

func main() {
	rounds := flag.Int("rounds", 9, "number of rounds")
	flag.Parse()
	if flag.NArg() != 2 || *rounds < 1 {
		fmt.Fprintln(os.Stderr, "usage: guard [-rounds N] BASE HEAD")
		os.Exit(2)
	}
	if err := compare(*rounds, flag.Arg(0), flag.Arg(1)); err != nil {
		fmt.Fprintln(os.Stderr, "guard:", err)
		os.Exit(1)
	}
}

func compare(rounds int, base, head string) error {
	rows, err := allRows(head)
	if err != nil {
		return err
	}
	for range rounds {
		if err := round(rows, base, head); err != nil {
			return err
		}
	}
	slow, err := report(os.Stdout, rows)
	if err == nil && len(slow) > 0 {
		err = fmt.Errorf("more than 5 %% slower: %s", strings.Join(slow, "; "))
	}
	return err
}

// allRows returns the operations that the program guard lists, and two commands.
func allRows(head string) ([]*row, error) {
	list, err := exec.Command(filepath.Join(head, "guard"), "-list").Output()
	if err != nil {
		return nil, fmt.Errorf("list the operations: %w", err)
	}
	var rows []*row
	for name := range strings.Lines(string(list)) {
		name = strings.TrimSpace(name)
		rows = append(rows, &row{name: name, time: func(dir string) (float64, error) { return library(dir, name) }})
	}
	return append(rows,
		&row{name: "postern get", time: func(dir string) (float64, error) { return command(dir, "get", "DB_URL") }},
		&row{name: "postern run -- true", time: func(dir string) (float64, error) { return command(dir, "run", "--", "true") }},
	), nil
}

// library times an operation of the library, in a new process.
func library(dir, name string) (float64, error) {
	out, err := exec.Command(filepath.Join(dir, "guard"), "-row", name).Output()
	if err != nil {
		return 0, failure(err)
	}
	return strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
}

// processes is how often a command runs in one round.
const processes = 15

// command times a command of postern. One run before fills the cache of compiled
// modules, which is in a home folder of that commit.
func command(dir string, args ...string) (float64, error) {
	home := filepath.Join(dir, "home")
	if err := os.MkdirAll(home, 0o700); err != nil {
		return 0, err
	}
	if err := os.WriteFile(filepath.Join(home, ".env"), []byte("TOKEN=long-enough-to-mask\n"), 0o600); err != nil {
		return 0, err // run needs something to give
	}
	var start time.Time
	for i := range processes + 1 {
		if i == 1 {
			start = time.Now()
		}
		cmd := exec.Command(filepath.Join(dir, "postern"), args...)
		cmd.Dir = home
		cmd.Env = []string{"PATH=/usr/bin:/bin", "HOME=" + home, "DB_URL=postgres://app:s3cret-9f31c07a@localhost:5432/app"}
		if _, err := cmd.Output(); err != nil {
			return 0, failure(err)
		}
	}
	return float64(time.Since(start)) / processes, nil
}

// failure adds the standard error of the program to its exit error.
func failure(err error) error {
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return fmt.Errorf("%w: %s", err, strings.TrimSpace(string(exit.Stderr)))
	}
	return err
}

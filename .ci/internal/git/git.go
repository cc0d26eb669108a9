// Package git runs git in one working tree.
package git

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"
)

// Repo is the path of a working tree.
type Repo string

// Top returns the working tree that dir lies in.
func Top(dir string) (Repo, error) {
	top, err := Repo(dir).Run("rev-parse", "--show-toplevel")
	return Repo(top), err
}

// Run returns what a git command prints, without the last line end. Its error
// holds what git wrote to standard error.
func (r Repo) Run(args ...string) (string, error) {
	out, err := exec.Command("git", append([]string{"-C", string(r)}, args...)...).Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return "", fmt.Errorf("git %s: %w: %s", args[0], err, strings.TrimSpace(string(exit.Stderr)))
	}
	if err != nil {
		return "", err
	}
	return strings.TrimSuffix(string(out), "\n"), nil
}

// Lines returns the lines that a git command prints, nil when it prints nothing.
func (r Repo) Lines(args ...string) ([]string, error) {
	out, err := r.Run(args...)
	if err != nil || out == "" {
		return nil, err
	}
	return strings.Split(out, "\n"), nil
}

// Names returns the file names that a git command prints when its option -z ends each
// of them with a zero byte. Without that option, git quotes names that are not ASCII.
func (r Repo) Names(args ...string) ([]string, error) {
	out, err := r.Run(args...)
	if out = strings.TrimSuffix(out, "\x00"); err != nil || out == "" {
		return nil, err
	}
	return strings.Split(out, "\x00"), nil
}

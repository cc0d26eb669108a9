package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/postern-project/postern/runtime/secret"
)

// Failure is an error of the command line itself, with its own exit code.
type Failure struct {
	Exit int
	Code secret.Code // "" if there is none
	Text string
	Hint string // a command to type

	Module string // what modules said about it, untrusted; "" if nothing
}

func (f *Failure) Error() string { return f.Text }

// Unwrap returns the code, so that errors.Is finds it.
func (f *Failure) Unwrap() error {
	if f.Code == "" {
		return nil
	}
	return f.Code
}

// usagef returns a usage error that does not belong to one command.
func usagef(format string, args ...any) *Failure {
	return &Failure{Exit: ExitUsage, Text: fmt.Sprintf(format, args...), Hint: "postern help"}
}

// WriteHint returns a command that shows why a file in folder could not be written:
// what is full, which limit is too low, or who may write there. folder is "" for
// output whose place is not known.
func WriteHint(err error, folder string) string {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		if folder == "" {
			return "df -h"
		}
		return "df -h " + QuotePath(existing(folder))
	case errors.Is(err, syscall.EFBIG):
		return "ulimit -f"
	case errors.Is(err, syscall.EMFILE):
		return "ulimit -n"
	case errors.Is(err, syscall.ENOMEM):
		return "ulimit -v"
	case folder == "":
		return "postern help exit-codes"
	}
	return "ls -ld " + QuotePath(existing(folder))
}

// LookHint returns a command that shows the file at path or, if there is none, the
// nearest folder above it that exists.
func LookHint(path string) string { return "ls -l " + QuotePath(existing(path)) }

// existing returns path, or the nearest folder above it that exists: a command about
// something that is absent shows nothing.
func existing(path string) string {
	for {
		if _, err := os.Lstat(path); err == nil || filepath.Dir(path) == path {
			return path
		}
		path = filepath.Dir(path)
	}
}

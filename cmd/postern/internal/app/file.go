package app

import (
	"errors"
	"fmt"
	"os"

	"github.com/postern-project/postern/runtime/safefile"
)

// OpenRegular opens a regular file for reading. It does not block on a pipe. The
// error is a [Failure].
func OpenRegular(path string) (*os.File, error) {
	f, err := safefile.Open(path)
	if err != nil {
		return nil, cannotRead(path, err, ExitNoInput)
	}
	return f, nil
}

// ReadFile reads a regular file of at most limit bytes. The error is a [Failure];
// its exit code is tooLarge for a larger file.
func ReadFile(path string, limit int64, tooLarge int) ([]byte, error) {
	f, err := OpenRegular(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	b, err := safefile.ReadAll(f, limit)
	switch {
	case errors.Is(err, safefile.ErrTooLarge):
		return nil, cannotRead(path, err, tooLarge)
	case err != nil:
		return nil, cannotRead(path, err, ExitIO)
	}
	return b, nil
}

func cannotRead(path string, err error, exit int) error {
	return &Failure{Exit: exit, Text: fmt.Sprintf("cannot read %q: %s", path, safefile.Reason(err)), Hint: "ls -l " + QuotePath(path)}
}

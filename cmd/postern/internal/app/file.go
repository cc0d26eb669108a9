package app

import (
	"fmt"
	"io"
	"os"
)

// OpenRegular opens a regular file for reading. It does not block on a pipe.
func OpenRegular(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		return nil, &Failure{Exit: ExitNoInput, Text: fmt.Sprintf("%q is not a regular file", path), Hint: "ls -l " + Clean(path)}
	}
	var f *os.File
	if err == nil {
		f, err = os.Open(path)
	}
	if err != nil {
		return nil, &Failure{Exit: ExitNoInput, Text: fmt.Sprintf("%q: %s", path, Reason(err)), Hint: "ls -l " + Clean(path)}
	}
	return f, nil
}

// ReadFile reads a regular file of at most limit bytes. exit is the exit code of
// the error for a larger one.
func ReadFile(path string, limit int64, exit int) ([]byte, error) {
	f, err := OpenRegular(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	switch {
	case err != nil:
		return nil, &Failure{Exit: ExitIO, Text: fmt.Sprintf("%q: %s", path, Reason(err))}
	case int64(len(b)) > limit:
		return nil, &Failure{Exit: exit, Text: fmt.Sprintf("%q is larger than %d bytes", path, limit), Hint: "ls -l " + Clean(path)}
	}
	return b, nil
}

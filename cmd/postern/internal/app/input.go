package app

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/runtime/safefile"
)

// Input is what a filter such as inject or redact reads. The caller closes it.
type Input struct {
	io.Reader
	Name  string // for messages: the path, or "standard input"
	Close func()
}

// OpenInput opens the file from, or standard input if from is "" or "-". It
// refuses to read the file that the result goes to, path, without --in-place.
func (a *App) OpenInput(cmd *cli.Command, from, path string) (*Input, error) {
	in := &Input{Reader: a.Stdin, Name: "standard input", Close: func() {}}
	if from != "" && from != "-" {
		f, err := OpenRegular(from)
		if err != nil {
			return nil, err
		}
		in = &Input{Reader: f, Name: from, Close: func() { _ = f.Close() }}
	}
	if path != "" && !cmd.Bool("in-place") && sameFile(in.Reader, path) {
		in.Close()
		return nil, &Failure{Exit: ExitUsage, Text: fmt.Sprintf("%q is also the input; use --in-place to replace it", path), Hint: "postern help " + commandPath(cmd)}
	}
	return in, nil
}

// sameFile reports whether r reads the file at path.
func sameFile(r io.Reader, path string) bool {
	f, ok := r.(interface{ Stat() (fs.FileInfo, error) })
	if !ok {
		return false
	}
	a, err := f.Stat()
	if err != nil {
		return false
	}
	b, err := os.Stat(path)
	return err == nil && os.SameFile(a, b)
}

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

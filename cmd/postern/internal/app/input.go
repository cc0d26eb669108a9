package app

import (
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/urfave/cli/v3"
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

package cli

import (
	"fmt"
	"io"
	"io/fs"
	"os"
)

// input is what a filter reads.
type input struct {
	io.Reader
	name  string
	close func()
}

// openInput opens the file that --in names, or standard input. It refuses to
// let path, where the result goes, be the same file unless inPlace says so.
func (a *app) openInput(from, path string, inPlace bool) (*input, error) {
	in := &input{Reader: a.stdin, name: "standard input", close: func() {}}
	if from != "" && from != "-" {
		f, err := openRegular(from)
		if err != nil {
			return nil, err
		}
		in = &input{Reader: f, name: from, close: func() { _ = f.Close() }}
	}
	if path != "" && !inPlace && sameFile(in.Reader, path) {
		in.close()
		return nil, &failure{exit: exitUsage, text: fmt.Sprintf("%q is what is read; --in-place replaces it", path), hint: "cp " + clean(path) + " " + clean(path) + ".in"}
	}
	return in, nil
}

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

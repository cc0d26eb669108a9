//go:build unix

package childproc

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// shell runs scripts without a first line that names an interpreter.
const shell = "/bin/sh"

// execute calls run with the path and arguments of the program. A script that names no
// interpreter is run by the shell, as execvp and all shells do; the path is relative to
// the folder Dir.
func (o *Options) execute(run func(path string, argv []string) error) error {
	err := run(o.Path, o.Argv)
	if err != syscall.ENOEXEC || !o.isText() {
		return err
	}
	script := o.Path
	if !strings.HasPrefix(script, "/") {
		script = "./" + script // which is not an option, whatever its name
	}
	argv := []string{shell, script}
	if len(o.Argv) > 1 {
		argv = append(argv, o.Argv[1:]...)
	}
	if e := run(shell, argv); e == nil || e != syscall.ENOENT {
		return e
	}
	return err // there is no shell
}

// absentLoader returns err, the error of a program that did not start. If the program is
// there, but not the interpreter or loader that it needs, it returns an error that says so.
func (o *Options) absentLoader(err error) error {
	if err != syscall.ENOENT {
		return err
	}
	line, e := o.firstLine()
	if e != nil && e != io.EOF {
		return err
	}
	first, script := bytes.CutPrefix(line, []byte("#!"))
	if !script {
		return &LoaderError{Err: err}
	}
	name := strings.Trim(string(first), " \t")
	if i := strings.IndexAny(name, " \t"); i >= 0 {
		name = name[:i]
	}
	return &LoaderError{Interpreter: name, Err: err}
}

// isText reports whether a file that the system cannot execute may be a script: it is
// empty, or its first line has no zero byte, as programs for other systems have.
func (o *Options) isText() bool {
	line, err := o.firstLine()
	return err == io.EOF || err == nil && bytes.IndexByte(line, 0) < 0
}

// firstLine returns the first line of the program, at most 4 KiB of it. The error is
// [io.EOF] if the program is empty.
func (o *Options) firstLine() ([]byte, error) {
	path := o.Path
	if o.Dir != "" && !filepath.IsAbs(path) {
		path = filepath.Join(o.Dir, path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	b := make([]byte, 4096)
	n, err := io.ReadFull(f, b)
	if n == 0 {
		return nil, err
	}
	line, _, _ := bytes.Cut(b[:n], []byte("\n"))
	return line, nil
}

package app

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/runtime/safefile"
)

// Output is standard output. It keeps its first error, so that a result that
// could not be written makes the command fail even if the writer ignored it.
type Output struct {
	w      io.Writer
	err    error
	closed bool // standard output was closed when the program began
}

// Write writes to standard output. The error is a [Failure].
func (o *Output) Write(b []byte) (int, error) {
	if o.closed {
		o.err = &Failure{Exit: ExitIO, Text: "standard output: it is closed, or the null device opened for reading as well", Hint: "postern help exit-codes"}
		return 0, o.err
	}
	n, err := o.w.Write(b)
	if err == nil {
		return n, nil
	}
	if o.err == nil {
		o.err = &Failure{Exit: ExitIO, Text: "standard output: " + safefile.Reason(err), Hint: WriteHint(err, "")}
	}
	return n, o.err
}

// Err returns the first error of Write.
func (o *Output) Err() error { return o.err }

// WantReader makes writing fail if standard output was closed when the program began,
// which the Go runtime hides: it opens the null device in its place. It is for
// commands whose result is a value; who ignores a value says so with >/dev/null.
func (o *Output) WantReader() { o.closed = closedAtStart(o.w) }

// OutputFlags are --out and --mode, of commands that write a file or standard
// output. what names the result in the help.
func OutputFlags(what string) []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "out", Aliases: []string{"o"}, Usage: "write " + what + " to `FILE`, atomically; - means standard output"},
		&cli.StringFlag{Name: "mode", Usage: "the permissions of FILE in `OCTAL` (default: 0600 for a new file)"},
	}
}

// OutputPath returns the file of --out, "" for standard output.
func OutputPath(cmd *cli.Command) string {
	if path := cmd.String("out"); !isStdout(path) {
		return path
	}
	return ""
}

// CheckResult refuses to write a result over what the configuration of s uses: the
// store that the values come from, or what decides about them. path is "" for standard
// output.
func CheckResult(s Session, path string) error {
	if path == "" {
		return nil
	}
	full := path
	if !filepath.IsAbs(path) { // with its "..", which after a link lead elsewhere than by the names
		wd, err := os.Getwd()
		if err != nil {
			return CannotWrite(path, err)
		}
		full = wd + string(filepath.Separator) + path
	}
	if use := s.Config().Use(full); use != "" {
		return &Failure{Exit: ExitCantCreate, Text: fmt.Sprintf("cannot write %q: it is %s; name another file", path, use), Hint: "postern config show"}
	}
	return nil
}

// WriteResult writes a finished result to path, or to standard output if path
// is "". mode is that of [ReplaceFile]. The result has values. It replaces the input
// replaced, nil for none, only if that has not changed.
func (a *App) WriteResult(ctx context.Context, path, mode string, result []byte, replaced *Input) error {
	if path == "" {
		_, err := a.Out.Write(result)
		return err
	}
	r, err := a.ReplaceFile(path, mode, KeepPrivate)
	if err != nil {
		return err
	}
	if replaced != nil {
		r.KeepInput(replaced)
	}
	if _, err = r.Write(result); err == nil {
		err = ctx.Err()
	}
	if err != nil {
		r.Abandon()
		return err
	}
	return r.Commit()
}

//go:build !unix

package childproc

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"os/signal"
)

// Lookup returns the path of the program name, searched for as the system does.
// It ignores path.
func Lookup(name, _ string) (string, error) {
	file, err := exec.LookPath(name)
	if err != nil {
		return "", explain(name, err)
	}
	return file, nil
}

// Run starts a process, waits for it and returns its exit code. An [*OutputError]
// means that the child has run, but output could not be written. Any other error is an
// [*Error] or the error of Ready, and means that no process was started. On this system
// there is no pseudo-terminal, [Options.Files] are ignored, [Options.LeftBehind] is
// not called, and the console itself sends Ctrl-C to the child.
func Run(o Options) (int, error) {
	own := make(chan os.Signal, 1)
	signal.Notify(own, os.Interrupt) // otherwise it would end us before the child
	defer signal.Stop(own)
	if o.Ready != nil {
		if err := o.Ready(); err != nil {
			return 0, err
		}
	}
	cmd := &exec.Cmd{Path: o.Path, Args: o.Argv, Env: o.Env, Dir: o.Dir, Stdout: o.Stdout, Stderr: o.Stderr, WaitDelay: o.waitDelay()}
	if o.LeftBehind != nil {
		cmd.WaitDelay = 0
	}
	if o.Env == nil {
		cmd.Env = []string{}
	}
	if o.Stdin != nil {
		cmd.Stdin = o.Stdin
	}
	closeMasks := mask(&o, cmd)
	if err := cmd.Start(); err != nil {
		_ = closeMasks()
		return 0, explain(o.Argv[0], err)
	}
	if o.Started != nil {
		o.Started()
	}
	err := cmd.Wait()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) || errors.Is(err, exec.ErrWaitDelay) {
		err = nil
	}
	if e := closeMasks(); err == nil {
		err = e
	}
	code := cmd.ProcessState.ExitCode()
	if err != nil {
		return code, &OutputError{ExitCode: code, Err: err}
	}
	return code, nil
}

// mask puts the filters before the outputs of cmd. The function that it returns
// closes them, which writes what they held back.
func mask(o *Options, cmd *exec.Cmd) (closeAll func() error) {
	var masks []io.WriteCloser
	add := func(to io.Writer) io.Writer {
		if to == nil || o.Mask == nil {
			return to
		}
		w := o.Mask(to)
		masks = append(masks, w)
		return w
	}
	cmd.Stdout = add(o.Stdout)
	if o.Mask != nil && sameFile(o.Stdout, o.Stderr) {
		cmd.Stderr = cmd.Stdout // one pipe, so that the order of the output is kept
	} else {
		cmd.Stderr = add(o.Stderr)
	}
	return func() (err error) {
		for _, w := range masks {
			if e := w.Close(); err == nil {
				err = e
			}
		}
		return err
	}
}

func explain(name string, err error) error {
	e := &Error{ExitCode: ExitFailed, Name: name, Err: err}
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, os.ErrNotExist) {
		e.ExitCode, e.Err = ExitNotFound, ErrNotFound
	} else if errors.Is(err, os.ErrPermission) {
		e.ExitCode = ExitNotExecutable
	}
	return e
}

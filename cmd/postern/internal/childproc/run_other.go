//go:build !unix

package childproc

import (
	"errors"
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

// Run starts a process, waits for it and returns its exit code. The error is an
// [*Error] or that of Ready, and means that no process was started. On this system
// there is no pseudo-terminal, [Options.Files] are ignored, and the console itself
// sends Ctrl-C to the child.
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
	if o.Env == nil {
		cmd.Env = []string{}
	}
	if o.Stdin != nil {
		cmd.Stdin = o.Stdin
	}
	if o.Mask != nil {
		if o.Stdout != nil {
			w := o.Mask(o.Stdout)
			cmd.Stdout = w
			defer func() { _ = w.Close() }()
		}
		if o.Stderr != nil {
			w := o.Mask(o.Stderr)
			cmd.Stderr = w
			defer func() { _ = w.Close() }()
		}
	}
	if err := cmd.Start(); err != nil {
		return 0, explain(o.Argv[0], err)
	}
	_ = cmd.Wait() // an error of the output does not change the exit code of the child
	return cmd.ProcessState.ExitCode(), nil
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

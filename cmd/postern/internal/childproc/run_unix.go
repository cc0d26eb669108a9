//go:build unix

package childproc

import (
	"errors"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// job is a child under way. Its methods but for those of its streams are called
// from one goroutine, which alone signals and reaps: a signal never meets a
// number that is someone else's by now.
type job struct {
	o       *Options
	pid     int
	signals chan os.Signal
	childs  chan os.Signal // something happened to a child
	streams []*stream
	pty     *pty     // nil without one
	tty     *os.File // the controlling terminal, nil without one
	stopped bool     // with the child, until SIGCONT
}

// Run starts a process, waits for its end and returns its exit code: its own, or
// 128+n if signal n ended it. Signals that reach this process meanwhile reach the
// child, each once. The error is an [*Error], or that of Ready, and means that nothing was started.
//
// All descriptors of this process above 2 are closed on exec from then on. Calls
// may run at the same time, but then a signal reaches every child.
func Run(o Options) (code int, err error) {
	// The child is told of our end by the end of the thread that started it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	closeOnExec()
	j := &job{o: &o, signals: make(chan os.Signal, 64), childs: make(chan os.Signal, 1)}
	listen(j.signals)
	signal.Notify(j.childs, syscall.SIGCHLD, syscall.SIGPIPE) // SIGPIPE: writing to a broken pipe is an error then
	defer signal.Stop(j.signals)
	defer signal.Stop(j.childs)
	if o.Ready != nil {
		if err := o.Ready(); err != nil {
			return 0, err
		}
	}
	j.tty = controllingTerminal()
	if j.tty != nil {
		defer func() { _ = j.tty.Close() }()
	}
	if err := j.start(); err != nil {
		return 0, &Error{ExitCode: exitOf(o.Argv[0], err), Name: o.Argv[0], Err: err}
	}
	defer j.pty.restore()
	code = j.wait()
	j.drain()
	return code, nil
}

// start connects the streams and forks. Nothing is left open when it fails.
func (j *job) start() error {
	c, err := j.connect()
	defer c.closeChilds()
	if err != nil {
		j.pty.close()
		j.closeStreams()
		return err
	}
	files := []uintptr{c.stdin.Fd(), c.stdout.Fd(), c.stderr.Fd()}
	for _, f := range j.o.Files {
		files = append(files, f.Fd())
	}
	attr := &syscall.ProcAttr{Dir: j.o.Dir, Env: j.o.Env, Files: files, Sys: attributes(j.pty != nil)}
	j.pid, err = syscall.ForkExec(j.o.Path, j.o.Argv, attr)
	runtime.KeepAlive(c)
	runtime.KeepAlive(j.o.Files)
	if err != nil {
		j.pty.close()
		j.closeStreams()
		return err
	}
	for _, s := range j.streams {
		go s.copy()
	}
	j.pty.run(j.pid)
	return nil
}

func (j *job) closeStreams() {
	for _, s := range j.streams {
		_ = s.from.Close()
	}
}

// wait passes signals on until the child has ended.
func (j *job) wait() int {
	for {
		select {
		case <-j.childs:
			if code, ended := j.reap(); ended {
				return code
			}
		case s := <-j.signals:
			j.forward(s.(syscall.Signal))
		case <-j.pty.suspends():
			j.send(-j.pid, unix.SIGSTOP)
		case <-j.pty.requests():
			j.pty.takeKeys()
		}
	}
}

// reap collects what became of the child.
func (j *job) reap() (code int, ended bool) {
	who := j.pid
	if j.o.Reap {
		who = -1
	}
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(who, &status, syscall.WNOHANG|syscall.WUNTRACED|syscall.WCONTINUED, nil)
		switch {
		case err == syscall.EINTR:
		case err != nil && who == -1 && !ended: // only strangers were left
			who = j.pid
		case err != nil:
			return ExitFailed, true
		case pid == 0:
			return code, ended
		case pid != j.pid:
		case status.Exited():
			return status.ExitStatus(), true
		case status.Signaled():
			return exitSignal + int(status.Signal()), true
		case status.Stopped():
			j.suspend()
		}
	}
}

// send signals the child, or its group when pid is negative. It has not been
// reaped, so the number is its own.
func (j *job) send(pid int, s syscall.Signal) { _ = syscall.Kill(pid, s) }

// drain waits for what the child wrote. Whoever ends us now ends the waiting: a
// reader that takes nothing must not keep us.
func (j *job) drain() {
	j.pty.end()
	for _, s := range j.streams {
		s.expire(j.o.waitDelay())
	}
	for _, s := range j.streams {
		for open := true; open; {
			select {
			case <-s.done:
				open = false
			case got := <-j.signals:
				if ends(got) {
					return
				}
			case <-j.childs:
			}
		}
	}
}

// exitOf is the exit code of a failed start.
func exitOf(name string, err error) int {
	var e *Error
	if errors.As(explain(name, err), &e) {
		return e.ExitCode
	}
	return ExitFailed
}

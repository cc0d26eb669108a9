//go:build unix

package childproc

import (
	"errors"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// job is a running child. One goroutine calls all of its methods, except those of
// its streams. Because only this goroutine signals and reaps the child, a signal
// never goes to a process that reuses the PID.
type job struct {
	o       *Options
	pid     int
	signals chan os.Signal
	sigchld chan os.Signal // a child changed its state
	streams []*stream
	pty     *pty     // nil if the child has none
	leader  *leader  // leads the session of pty; nil if the child does
	tty     *os.File // our controlling terminal, nil if there is none
	stopped bool     // we stopped together with the child; SIGCONT resets it

	got   map[syscall.Signal]bool // the signals for the child that came to us
	asked syscall.Signal          // which of them has ended the child, 0 if none has

	suspends  bool // the suspend key is stopping the child, and our process group is to stop with it
	groupTSTP bool // our process group got SIGTSTP; SIGCONT resets it
}

// Run starts a process, waits for it and returns its exit code, or 128+n and a
// [*SignalError] if signal n ended it. Signals that this process receives meanwhile are
// forwarded to the child, each once. An [*OutputError] means that the child has run, but
// output could not be written; any other error is an [*Error] or that of Ready, and means
// that no process was started.
//
// If a termination signal arrives while Run still writes the output of a child that has
// ended, Run stops writing. Unless the child failed, Run reports that signal as the one
// that ended it. It reports SIGPIPE likewise if output is lost because its reader is gone.
//
// If a key at the terminal, such as Ctrl-C, has ended a child with a pseudo-terminal,
// the other processes of our group get its signal, too.
//
// Run sets close-on-exec for all descriptors of this process above 2. Run may be
// called concurrently, but then every child gets the signals.
func Run(o Options) (code int, err error) {
	closeOnExec()
	j := &job{o: &o, got: map[syscall.Signal]bool{}, signals: make(chan os.Signal, 64), sigchld: make(chan os.Signal, 1)}
	listen(j.signals)
	signal.Notify(j.sigchld, syscall.SIGCHLD, syscall.SIGPIPE) // with SIGPIPE caught, writing to a broken pipe returns an error
	defer signal.Stop(j.signals)
	defer signal.Stop(j.sigchld)
	// The kernel sends the parent-death signal when the thread that started the
	// child ends, so this goroutine keeps its thread. Switching it is slow, and the Go
	// runtime does so twice for each signal above.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
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
		return 0, &Error{ExitCode: exitOf(o.Argv[0], err), Name: o.Argv[0], Err: o.absentLoader(err)}
	}
	defer j.pty.restore()
	defer j.leader.end()
	code, by := j.wait()
	ended := by
	if by == 0 && code > exitSignal { // a shell says so that a signal has ended what it ran
		ended = syscall.Signal(code - exitSignal)
	}
	if j.got[ended] && ends(ended) {
		j.asked = ended
	}
	if by != 0 && j.pty.typed(by) {
		defer func() {
			j.pty.restore() // while we are in the foreground: the signal may end our shell's job
			j.signalGroup(by)
		}()
	}
	if s := j.drain(); s != 0 && code == 0 {
		code, by = exitSignal+int(s), s
	}
	return j.result(code, by)
}

// result returns what Run returns for a child that exited with code, or that the signal
// by ended. A reader that is gone is not an error: programs end by SIGPIPE then.
func (j *job) result(code int, by syscall.Signal) (int, error) {
	gone := false
	for _, s := range j.streams {
		select {
		case <-s.done:
		default: // a signal has ended the writing
			continue
		}
		switch {
		case s.err == nil:
		case errors.Is(s.err, unix.EPIPE), errors.Is(s.err, unix.EIO) && terminal(s.dest) != nil:
			gone = true
		default:
			return code, &OutputError{ExitCode: code, Err: s.err}
		}
	}
	if gone && code == 0 {
		code, by = exitSignal+int(unix.SIGPIPE), unix.SIGPIPE
	}
	if by != 0 {
		return code, &SignalError{by}
	}
	return code, nil
}

// start connects the streams and starts the child. If it fails it leaves nothing
// open.
func (j *job) start() error {
	c, err := j.connect()
	defer c.closeChildEnds()
	if err != nil {
		j.pty.close()
		j.closeStreams()
		return err
	}
	j.o.Env = j.pty.renamed(j.o.Env)
	files := []uintptr{c.stdin.Fd(), c.stdout.Fd(), c.stderr.Fd()}
	for len(j.o.Files) > 0 && len(files) < j.o.FirstFile {
		files = append(files, closed)
	}
	for _, f := range j.o.Files {
		files = append(files, f.Fd())
	}
	err = j.spawn(files)
	runtime.KeepAlive(c)
	runtime.KeepAlive(j.o.Files)
	if err != nil {
		j.pty.close()
		j.closeStreams()
		return err
	}
	if j.o.Started != nil {
		j.o.Started()
	}
	j.pty.run(j.pid) // first: what is copied to a terminal that is not raw yet gets its line feeds translated twice
	for _, s := range j.streams {
		go s.copy()
	}
	return nil
}

// spawn starts the child with the descriptors files.
func (j *job) spawn(files []uintptr) error {
	if j.pty != nil && len(j.o.Helper) > 0 {
		if err := j.startSession(files); err != errNoLeader {
			return err
		}
	}
	attr := &syscall.ProcAttr{Dir: j.o.Dir, Env: j.o.Env, Files: files, Sys: attributes(j.pty != nil)}
	return j.o.execute(func(path string, argv []string) (err error) {
		j.pid, err = syscall.ForkExec(path, argv, attr)
		return err
	})
}

// closed stands for a descriptor that the child does not get.
const closed = ^uintptr(0)

func (j *job) closeStreams() {
	for _, s := range j.streams {
		_ = s.from.Close()
	}
}

// wait forwards signals until the child has ended, and returns its exit code and the
// signal that ended it.
func (j *job) wait() (code int, by syscall.Signal) {
	for {
		select {
		case <-j.sigchld:
			if status, ended := j.reap(); ended && status.Signaled() {
				return exitSignal + int(status.Signal()), status.Signal()
			} else if ended {
				return status.ExitStatus(), 0
			}
		case s := <-j.signals:
			j.got[s.(syscall.Signal)] = true
			j.forward(s.(syscall.Signal))
		case <-j.pty.suspends():
			j.suspends = true
			j.send(-j.pid, unix.SIGSTOP)
		case <-j.pty.fronts():
			j.pty.begin()
		case <-j.pty.requests():
			j.pty.takeKeys()
		}
	}
}

// reap handles the state changes of the child. ended is true if it has ended.
func (j *job) reap() (status syscall.WaitStatus, ended bool) {
	who := j.pid
	if j.o.Reap {
		who = -1
	}
	for {
		pid, err := syscall.Wait4(who, &status, syscall.WNOHANG|syscall.WUNTRACED|syscall.WCONTINUED, nil)
		switch {
		case err == syscall.EINTR:
		case err != nil && who == -1: // only orphans were left
			who = j.pid
		case err != nil:
			return ExitFailed << 8, true // an exit status with that code
		case pid == 0:
			return status, false
		case pid != j.pid:
		case status.Exited(), status.Signaled():
			return status, true
		case status.Stopped():
			j.suspend()
		}
	}
}

// send signals the child, or its group if pid is negative. The child has not been
// reaped, so its PID cannot have been reused.
func (j *job) send(pid int, s syscall.Signal) { _ = syscall.Kill(pid, s) }

// drain waits until the output of the child is written. A signal that asks us to
// end stops the waiting and is returned, so that a blocked reader cannot keep us
// alive. So does the one that has ended the child, once nothing could be written for a
// while.
func (j *job) drain() (ended syscall.Signal) {
	j.leader.childEnded()
	j.pty.end()
	for _, s := range j.streams {
		if j.o.LeftBehind == nil {
			s.expire(j.o.waitDelay())
		}
	}
	late := time.NewTimer(j.o.waitDelay())
	defer late.Stop()
	written := j.written()
	for _, s := range j.streams {
		for open := true; open; {
			select {
			case <-s.done:
				open = false
			case <-late.C:
				before := written
				if written = j.written(); j.asked != 0 && written == before {
					return j.asked
				}
				if j.asked == 0 && j.o.LeftBehind != nil && s.held() {
					j.pty.restore() // so that Ctrl-C ends the waiting
					j.o.LeftBehind()
				} else {
					late.Reset(j.o.waitDelay()) // the reader is slow
				}
			case got := <-j.signals:
				if ends(got) {
					return got.(syscall.Signal)
				}
			case <-j.sigchld:
				j.reapOrphans()
			}
		}
	}
	return 0
}

// written returns how much of the output was written.
func (j *job) written() (n int64) {
	for _, s := range j.streams {
		n += s.written.Load()
	}
	return n
}

// reapOrphans reaps what ends after the child, if that is our duty.
func (j *job) reapOrphans() {
	for j.o.Reap {
		pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
		if err != syscall.EINTR && (err != nil || pid == 0) {
			return
		}
	}
}

// exitOf returns the exit code for an error of start.
func exitOf(name string, err error) int {
	var e *Error
	if errors.As(explain(name, err), &e) {
		return e.ExitCode
	}
	return ExitFailed
}

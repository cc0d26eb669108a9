package childproc

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// leader is the process that leads the session of a pseudo-terminal, as a shell leads the
// session of a real terminal. If the child were the leader, the system would send SIGHUP
// to the processes that the child leaves running. The leader starts a process whose
// parent is this process, and which becomes the child once it has read what to execute.
type leader struct {
	pid  int
	life *os.File // a byte says that the child has ended, EOF that this process has
}

// errNoLeader means that the leader could not start the child.
var errNoLeader = errors.New("no session leader")

// The descriptors of the leader and of its process, numbered from the first one that the
// child does not use.
const (
	commandFD = iota // what to execute
	reportFD         // the ID of the process, then the error number of exec
	lifeFD           // see leader.life
	helperFDs
)

// startSession starts the child in a session of its own with the descriptors files. The
// error is errNoLeader if that is not possible here.
func (j *job) startSession(files []uintptr) error {
	command, err := j.o.command()
	if err != nil {
		return err
	}
	defer clear(command)
	var near [helperFDs]*os.File // the ends that the leader gets
	var ours [helperFDs]*os.File // the ends that stay here
	defer func() { closeAll(near[:]); closeAll(ours[:]) }()
	for i := range near {
		var p [2]int
		if unix.Pipe2(p[:], unix.O_CLOEXEC) != nil {
			return errNoLeader
		}
		r, w := os.NewFile(uintptr(p[0]), "helper"), os.NewFile(uintptr(p[1]), "helper")
		if near[i], ours[i] = r, w; i == reportFD {
			near[i], ours[i] = w, r
		}
	}
	numbers := []string{strconv.Itoa(os.Getpid()), strconv.Itoa(len(files)), strconv.Itoa(len(j.o.Files))}
	for _, f := range near {
		files = append(files, f.Fd())
	}
	argv := append(append(append(append([]string{}, j.o.Helper...), "lead"), numbers...), j.o.Helper...)
	pid, err := syscall.ForkExec("/proc/self/exe", argv, &syscall.ProcAttr{Files: files, Sys: attributes(true)})
	if err != nil {
		return errNoLeader
	}
	closeAll(near[:])
	l := &leader{pid: pid, life: ours[lifeFD]}
	child := readNumber(ours[reportFD])
	if child <= 0 {
		ours[lifeFD] = nil
		l.end()
		return errNoLeader
	}
	_, _ = ours[commandFD].Write(command) // an error means that the process has ended
	_ = ours[commandFD].Close()
	if errno := readNumber(ours[reportFD]); errno > 0 {
		_, _ = wait(child)
		ours[lifeFD] = nil
		l.end()
		return syscall.Errno(errno)
	}
	ours[lifeFD] = nil
	j.pid, j.leader = child, l
	return nil
}

// childEnded makes the leader take the foreground and close the terminal.
func (l *leader) childEnded() {
	if l != nil {
		_, _ = l.life.Write([]byte{0})
	}
}

// end ends the leader and waits for it.
func (l *leader) end() {
	if l == nil {
		return
	}
	_ = l.life.Close()
	_, _ = wait(l.pid)
}

func wait(pid int) (status syscall.WaitStatus, err error) {
	for {
		if _, err = syscall.Wait4(pid, &status, 0, nil); err != syscall.EINTR {
			return status, err
		}
	}
}

func closeAll(files []*os.File) {
	for i, f := range files {
		if f != nil {
			_ = f.Close()
			files[i] = nil
		}
	}
}

// readNumber reads a number; it returns 0 at the end of the file.
func readNumber(f *os.File) int {
	var b [4]byte
	if _, err := io.ReadFull(f, b[:]); err != nil {
		return 0
	}
	return int(binary.NativeEndian.Uint32(b[:]))
}

func writeNumber(fd, n int) {
	_, _ = unix.Write(fd, binary.NativeEndian.AppendUint32(nil, uint32(n)))
}

// command returns what to execute as one text: the path, the folder, the number of
// arguments, the arguments and the variables, each with a zero byte after it.
func (o *Options) command() ([]byte, error) {
	all := append([]string{o.Path, o.Dir, strconv.Itoa(len(o.Argv))}, o.Argv...)
	size := 0
	for _, list := range [][]string{all, o.Env} {
		for _, s := range list {
			if strings.IndexByte(s, 0) >= 0 {
				return nil, syscall.EINVAL
			}
			size += len(s) + 1
		}
	}
	b := make([]byte, 0, size) // which never moves, so that it can be wiped
	for _, list := range [][]string{all, o.Env} {
		for _, s := range list {
			b = append(append(b, s...), 0)
		}
	}
	return b, nil
}

// Help is the main function of a process that was started with the command line
// [Options.Helper], and returns its exit code. args are the arguments after that.
func Help(args []string) int {
	var n [3]int
	if len(args) < 4 {
		return ExitFailed
	}
	for i := range n {
		var err error
		if n[i], err = strconv.Atoi(args[i+1]); err != nil {
			return ExitFailed
		}
	}
	_ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
	switch args[0] {
	case "lead":
		return lead(n[1], n[2], args[1:4], args[4:])
	case "join":
		return join(n[0], n[1])
	}
	return ExitFailed
}

// lead starts the process that becomes the child, and then keeps the session until the
// child or our parent ends. The descriptors of the child are 0 to 2 and those from
// above-declared to above-1.
func lead(above, declared int, numbers, helper []string) int {
	unix.CloseOnExec(above + lifeFD)
	var given []int
	for fd := range above {
		if fd < 3 || fd >= above-declared {
			given = append(given, fd)
		}
	}
	given = append(given, above+commandFD, above+reportFD)
	files := make([]uintptr, above+lifeFD)
	for i := range files {
		files[i] = closed
	}
	for _, fd := range given {
		files[fd] = uintptr(fd)
	}
	argv := append(append(append([]string{}, helper...), "join"), numbers...)
	pid, err := syscall.ForkExec("/proc/self/exe", argv, &syscall.ProcAttr{Files: files, Sys: &syscall.SysProcAttr{Cloneflags: unix.CLONE_PARENT, Setpgid: true}})
	if err != nil {
		return ExitFailed
	}
	_ = unix.IoctlSetPointerInt(1, unix.TIOCSPGRP, pid) // before the process reads what to execute
	tty, err := unix.FcntlInt(1, unix.F_DUPFD_CLOEXEC, 3)
	writeNumber(above+reportFD, pid)
	for _, fd := range given {
		_ = unix.Close(fd)
	}
	signal.Ignore(unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM, unix.SIGTSTP, unix.SIGTTIN, unix.SIGTTOU)
	_ = unix.Chdir("/")
	life := os.NewFile(uintptr(above+lifeFD), "life")
	if n, _ := life.Read(make([]byte, 1)); n == 0 || err != nil {
		return ExitFailed // our parent was killed, and the system hangs up the session
	}
	// When this process ends, the system sends SIGHUP to the foreground group: make it our own.
	_ = unix.IoctlSetPointerInt(tty, unix.TIOCSPGRP, unix.Getpgrp())
	_ = unix.Close(tty)
	_, _ = life.Read(make([]byte, 1))
	return 0
}

// join executes the command of the child, unless its parent has ended already.
func join(parent, above int) int {
	runtime.LockOSThread() // the parent-death signal belongs to a thread
	report := above + reportFD
	unix.CloseOnExec(above + commandFD)
	unix.CloseOnExec(report)
	command, err := io.ReadAll(os.NewFile(uintptr(above+commandFD), "command"))
	words := strings.Split(string(bytes.TrimSuffix(command, []byte{0})), "\x00")
	if err != nil || len(words) < 3 {
		return ExitFailed
	}
	n, err := strconv.Atoi(words[2])
	if err != nil || n < 0 || n > len(words)-3 {
		return ExitFailed
	}
	o := &Options{Path: words[0], Dir: words[1], Argv: words[3 : 3+n], Env: words[3+n:]}
	_ = unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGTERM), 0, 0, 0)
	if unix.Getppid() != parent {
		return ExitFailed
	}
	if o.Dir != "" {
		err = unix.Chdir(o.Dir)
	}
	if err == nil {
		err = o.execute(func(path string, argv []string) error { return syscall.Exec(path, argv, o.Env) })
	}
	errno := syscall.EINVAL
	_ = errors.As(err, &errno)
	writeNumber(report, int(errno))
	return ExitFailed
}

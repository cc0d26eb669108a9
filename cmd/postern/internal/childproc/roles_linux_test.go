package childproc_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/postern-project/postern/cmd/postern/internal/childproc"
)

// The tests start this program again in the role of one process of a scene. It
// reports to descriptor 3, if that is open.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == helper[1] {
		os.Exit(childproc.Help(os.Args[2:]))
	}
	role, arg, _ := strings.Cut(os.Getenv("ROLE"), " ")
	play, ok := roles[role]
	if !ok {
		os.Exit(m.Run())
	}
	os.Exit(play(arg))
}

// helper is the command line of a session helper.
var helper = []string{"test", "session-helper"}

var roles = map[string]func(arg string) int{
	"parent":      playParent,
	"shell":       playShell,
	"count":       playCount,
	"lines":       playLines,
	"descriptors": playDescriptors,
	"blob":        playBlob,
	"chunks":      playChunks,
	"orphan":      playOrphan,
	"many":        playMany,
	"state":       playState,
	"reaper":      playReaper,
	"password":    playPassword,
	"ask":         playAsk,
}

// report writes a line for the test. It exits if the test has ended.
func report(format string, args ...any) {
	if _, err := fmt.Fprintf(os.NewFile(3, "report"), format+"\n", args...); err != nil {
		os.Exit(94)
	}
}

// scene is what playParent runs.
type scene struct {
	Role  string // of the child, or
	Sh    string // the script that it is
	Mask  bool
	Hide  bool
	Files int // this many descriptors from 3 on are the child's too
	First int // their first descriptor in the child, 0 for 3
}

func (s scene) String() string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return "ROLE=parent " + string(b)
}

// plain is a mask that changes nothing.
type plain struct{ io.Writer }

func (plain) Close() error { return nil }

func unmasked(w io.Writer) io.WriteCloser { return plain{w} }

func playParent(arg string) int {
	var s scene
	if err := json.Unmarshal([]byte(arg), &s); err != nil {
		panic(err)
	}
	if s.Hide {
		_ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
	}
	o := again(s.Role)
	if s.Sh != "" {
		o = sh(s.Sh)
	}
	o.Stdin, o.Stdout, o.Stderr = os.Stdin, os.Stdout, os.Stderr
	if s.Mask {
		o.Mask = unmasked
	}
	o.FirstFile = s.First
	for i := range s.Files {
		o.Files = append(o.Files, os.NewFile(uintptr(3+i), "inherited"))
	}
	code, err := run(o)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 99
	}
	return code
}

// again returns options to run this program in another role.
func again(role string) childproc.Options {
	exe, err := os.Executable()
	if err != nil {
		panic(err)
	}
	return childproc.Options{Path: exe, Argv: []string{exe}, Env: []string{"ROLE=" + role}, Helper: helper}
}

// run is Run without the error that says which signal has ended the child. It fails if
// that does not agree with the exit code.
func run(o childproc.Options) (code int, err error) {
	code, err = childproc.Run(o)
	if died := (*childproc.SignalError)(nil); errors.As(err, &died) {
		if n, ok := died.Signal.(syscall.Signal); !ok || code != 128+int(n) {
			return code, fmt.Errorf("exit code %d with %w", code, err)
		}
		err = nil
	}
	return code, err
}

// playShell does what a shell does for a job: it runs playParent in a new foreground
// process group, reports when it stops or ends, and continues it when it reads "fg"
// from descriptor 4.
func playShell(arg string) int {
	signal.Ignore(unix.SIGTTOU)
	exe, _ := os.Executable()
	pid, err := syscall.ForkExec(exe, []string{exe}, &syscall.ProcAttr{
		Env: []string{"ROLE=parent " + arg}, Files: []uintptr{0, 1, 2, 3},
		Sys: &syscall.SysProcAttr{Setpgid: true, Foreground: true, Ctty: 2},
	})
	if err != nil {
		panic(err)
	}
	words := bufio.NewScanner(os.NewFile(4, "words"))
	for {
		var status syscall.WaitStatus
		if _, err := syscall.Wait4(pid, &status, syscall.WUNTRACED, nil); err == syscall.EINTR {
			continue
		}
		_ = unix.IoctlSetPointerInt(2, unix.TIOCSPGRP, unix.Getpgrp())
		if !status.Stopped() {
			report("shell: ended %d", status.ExitStatus())
			return 0
		}
		report("shell: stopped")
		if !words.Scan() {
			return 1
		}
		_ = unix.IoctlSetPointerInt(2, unix.TIOCSPGRP, pid)
		_ = syscall.Kill(-pid, unix.SIGCONT)
	}
}

// playCount reports every signal that it receives, except those that stop it, until
// its input ends or it receives the signal of the argument.
func playCount(arg string) int {
	last, _ := strconv.Atoi(arg)
	c := make(chan os.Signal, 64)
	for n := 1; n <= 64; n++ {
		if s := syscall.Signal(n); s != unix.SIGURG && s != unix.SIGCHLD && s != unix.SIGPIPE {
			signal.Notify(c, s)
		}
	}
	odd := make(chan os.Signal, 64) // with a channel of its own, the runtime's own SIGURG do not count
	signal.Notify(odd, unix.SIGCHLD, unix.SIGPIPE)
	report("ready %d %d", os.Getpid(), os.Getppid())
	for {
		var s os.Signal
		select {
		case s = <-c:
		case s = <-odd:
		}
		n := int(s.(syscall.Signal))
		report("signal %d", n)
		if s == unix.SIGWINCH {
			reportSize()
		}
		if n == last {
			return 0
		}
	}
}

func reportSize() {
	if size, err := unix.IoctlGetWinsize(1, unix.TIOCGWINSZ); err == nil {
		report("size %dx%d", size.Col, size.Row)
	}
}

// playLines reports the lines that it reads. The line "exit N" makes it exit with N.
func playLines(string) int {
	reportSize()
	report("ready %d %d", os.Getpid(), os.Getppid())
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		report("line %s", in.Text())
		if code, ok := strings.CutPrefix(in.Text(), "exit "); ok {
			n, _ := strconv.Atoi(code)
			return n
		}
	}
	return 98
}

// playDescriptors prints which descriptors it inherited.
func playDescriptors(string) int {
	for fd := range 1 << 15 {
		// The Go runtime has some by now, which it closes on exec.
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err == nil && flags == 0 {
			fmt.Print(fd, " ")
		}
	}
	return 0
}

// blob returns pseudo-random bytes.
func blob(size int) []byte {
	b := make([]byte, size)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func playBlob(arg string) int {
	size, _ := strconv.Atoi(arg)
	_, _ = os.Stdout.Write(blob(size))
	return 0
}

// playChunks prints the argument on a line once for every position at which two
// writes can split it, and once byte by byte.
func playChunks(text string) int {
	line := "<" + text + ">\n"
	for cut := range len(line) + 1 {
		_, _ = os.Stdout.WriteString(line[:cut])
		_, _ = os.Stdout.WriteString(line[cut:])
	}
	for i := range len(line) {
		_, _ = os.Stdout.WriteString(line[i : i+1])
	}
	return 0
}

// playOrphan leaves a process behind that keeps its output open, or is that process.
func playOrphan(arg string) int {
	if arg == "hold" {
		_, _ = io.Copy(io.Discard, os.NewFile(3, "until"))
		return 0
	}
	exe, _ := os.Executable()
	fmt.Println("before")
	_, err := syscall.ForkExec(exe, []string{exe}, &syscall.ProcAttr{Env: []string{"ROLE=orphan hold"}, Files: []uintptr{0, 1, 2, 3}})
	if err != nil {
		return 97
	}
	return 3
}

// playMany runs many children and then looks for zombies and open descriptors.
func playMany(arg string) int {
	n, _ := strconv.Atoi(arg)
	_, slave, err := childproc.OpenPTY(os.Stdin)
	if err != nil {
		return 4
	}
	for i := range n {
		o := sh("exit 9")
		switch i % 3 {
		case 0:
			o.Stdout, o.Mask = io.Discard, unmasked
		case 1:
			o.Stdin, o.Stdout, o.Mask = slave, slave, unmasked
		}
		if code, err := childproc.Run(o); code != 9 || err != nil {
			return 1
		}
	}
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil); err != syscall.ECHILD {
		return 2
	}
	if entries, err := os.ReadDir("/proc/self/fd"); err != nil || len(entries) > 14 {
		return 3 // descriptors are left
	}
	return 0
}

// playReaper adopts orphans of its child, as process 1 does, and checks that none
// remain.
func playReaper(string) int {
	_ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
	// When the outer shell ends, the inner ones are orphans and have ended.
	o := childproc.Options{Path: "/bin/sh", Argv: []string{"sh", "-c", `
		(true & true & true &)
		(sh -c 'exit 4' & sh -c 'exit 5' &)
		exec 3>&-; kill -CHLD $PPID; exit 6`}, Reap: true}
	if code, err := childproc.Run(o); code != 6 || err != nil {
		return 1
	}
	for { // those that end later are ours, and can be collected: none is lost
		var status syscall.WaitStatus
		if _, err := syscall.Wait4(-1, &status, 0, nil); err == syscall.ECHILD {
			return 0
		} else if err != nil && err != syscall.EINTR {
			return 2
		}
	}
}

// playPassword prompts on its controlling terminal, even if its input is not a terminal.
func playPassword(string) int {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return 96
	}
	report("ready %d %d", os.Getpid(), os.Getppid())
	t, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	if err != nil {
		return 95
	}
	t.Lflag &^= unix.ECHO
	_ = unix.IoctlSetTermios(int(tty.Fd()), unix.TCSETS, t)
	_, _ = tty.WriteString("Password: ")
	in := bufio.NewScanner(tty)
	in.Scan()
	report("typed %s", in.Text())
	return 0
}

// playAsk reads lines from its controlling terminal, as it is set, until the end of the input.
func playAsk(string) int {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return 96
	}
	report("ready %d %d", os.Getpid(), os.Getppid())
	for in := bufio.NewScanner(tty); in.Scan(); {
		report("typed %s", in.Text())
	}
	return 0
}

// playState reports what a process inherits besides descriptors.
func playState(string) int {
	dumpable, _ := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0)
	report("dumpable %d", dumpable)
	report("hup ignored %v", signal.Ignored(unix.SIGHUP))
	return 0
}

// listener reads reports.
type listener struct {
	t *testing.T
	r *os.File
	s *bufio.Scanner
}

// listen returns a listener and the descriptor for the process that reports.
func listen(t *testing.T) (*listener, *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return &listener{t, r, bufio.NewScanner(r)}, w
}

// next returns the next line. It fails if none arrives in time.
func (l *listener) next() string {
	l.t.Helper()
	_ = l.r.SetReadDeadline(time.Now().Add(time.Minute))
	if !l.s.Scan() {
		l.t.Fatalf("no more reports: %v", l.s.Err())
	}
	return l.s.Text()
}

// want reads a line and compares it.
func (l *listener) want(line string) {
	l.t.Helper()
	if got := l.next(); got != line {
		l.t.Fatalf("reported %q, want %q", got, line)
	}
}

// ready waits until the child runs and returns its number and that of its parent.
func (l *listener) ready() (child, parent int) {
	l.t.Helper()
	line := l.next()
	if _, err := fmt.Sscanf(line, "ready %d %d", &child, &parent); err != nil {
		l.t.Fatalf("reported %q", line)
	}
	return child, parent
}

//go:build linux

package main

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// patience is how long to wait for one step of a program.
const patience = 3 * time.Second

// subject is a program under test.
type subject struct {
	tool   tool
	self   string
	dir    string
	socket string
}

// command returns the program with the probe as its command, in a minimal
// environment.
func (s *subject) command(role string, args ...string) *exec.Cmd {
	argv := s.tool.argv("", append([]string{s.self, "probe", role}, args...))
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = s.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.dir, "SOPS_AGE_KEY_FILE=key.txt", "XDG_CACHE_HOME=" + s.dir + "/cache",
		"DO_NOT_TRACK=1", "DOTENVX_NO_OPS=true", "VARLOCK_TELEMETRY_DISABLED=true"}
	cmd.WaitDelay = patience
	return cmd
}

// scene is a running program whose command is the probe.
type scene struct {
	cmd   *exec.Cmd
	conn  net.Conn
	lines *bufio.Reader
	pid   int // of the probe
	about map[string]string
}

// begin starts the program, after change has altered the call, and waits until the
// probe reports.
func (s *subject) begin(change func(*exec.Cmd)) (*scene, error) {
	l, err := net.Listen("unix", s.socket)
	if err != nil {
		return nil, err
	}
	defer func() { _ = l.Close() }()
	x := &scene{cmd: s.command("report", s.socket), about: map[string]string{}}
	if change != nil {
		change(x.cmd)
	}
	if err := x.cmd.Start(); err != nil {
		return nil, err
	}
	_ = l.(*net.UnixListener).SetDeadline(time.Now().Add(2 * patience))
	if x.conn, err = l.Accept(); err != nil {
		x.end()
		return nil, errors.New("the command did not start")
	}
	x.lines = bufio.NewReader(x.conn)
	for range 4 {
		name, text, _ := strings.Cut(x.next(), " ")
		x.about[name] = text
	}
	_, _ = fmt.Sscan(x.about["pid"], &x.pid)
	return x, nil
}

// next returns the next line of the probe's report, "" after a timeout.
func (x *scene) next() string {
	_ = x.conn.SetReadDeadline(time.Now().Add(patience / 3))
	line, _ := x.lines.ReadString('\n')
	return strings.TrimSpace(line)
}

// end kills the program and the probe.
func (x *scene) end() {
	if x.conn != nil {
		_ = x.conn.Close()
	}
	_ = x.cmd.Process.Kill()
	if x.pid > 0 {
		_ = syscall.Kill(x.pid, unix.SIGKILL)
	}
	_ = x.cmd.Wait()
}

// count calls send, which sends signal n to the program, and returns how often the
// probe received it. Signal 40, sent to the probe directly, marks the end.
func (x *scene) count(n int, send func()) int {
	send()
	got := 0
	want := fmt.Sprint("signal ", n)
	line := x.next()
	for line == want || strings.HasPrefix(line, "size") {
		if line == want {
			got++
		}
		_ = syscall.Kill(x.pid, 40)
		line = x.next()
	}
	for line != "" && line != "signal 40" {
		line = x.next()
	}
	return got
}

// terminal opens a pseudo-terminal.
func terminal() (master, slave *os.File, err error) {
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		return nil, nil, err
	}
	peer, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.TIOCGPTPEER, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC)
	if errno != 0 {
		return nil, nil, errno
	}
	return os.NewFile(uintptr(fd), "master"), os.NewFile(peer, "slave"), nil
}

//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// check is one row of the table.
type check struct {
	name string
	ask  func(*subject) (string, error)
}

func checks(full bool) []check {
	codes := []int{0, 1, 2, 3, 7, 42, 64, 66, 78, 100, 125, 126, 127, 128, 200, 255}
	if full {
		codes = nil
		for n := range 256 {
			codes = append(codes, n)
		}
	}
	return []check{
		{fmt.Sprintf("exit codes kept (of %d)", len(codes)), func(s *subject) (string, error) { return exitCodes(s, codes) }},
		{"command killed by SIGTERM, exit code", func(s *subject) (string, error) { return death(s, 15) }},
		{"command killed by SIGSEGV, exit code", func(s *subject) (string, error) { return death(s, 11) }},
		{"command not found, exit code", notFound},
		{"signals forwarded exactly once (of 8)", signals},
		{"SIGTERM to the program ends the command", terminates},
		{"after SIGKILL to the program, the command", killed},
		{"Ctrl-C on a terminal, received (times)", interrupt},
		{"on a terminal, the command has one as (stdin, stdout, stderr)", terminals},
		{"change of the window size is forwarded", window},
		{"descriptors 7, 10, 251 leaked to the command", stray},
		{"ignored SIGHUP (nohup) stays ignored", nohup},
		{"8 MiB of binary output unchanged", binary},
		{"secret in the output", shown},
		{"returns while a background process holds the output", leftBehind},
		{"run true: median of 11, ms", speed},
	}
}

func exitOf(cmd *exec.Cmd) int {
	_ = cmd.Run()
	if cmd.ProcessState == nil {
		return -2
	}
	return cmd.ProcessState.ExitCode()
}

func exitCodes(s *subject, codes []int) (string, error) {
	kept := 0
	wrong := ""
	for _, n := range codes {
		if got := exitOf(s.command("exit", fmt.Sprint(n))); got == n {
			kept++
		} else if wrong == "" {
			wrong = fmt.Sprintf(" (%d becomes %d)", n, got)
		}
	}
	return fmt.Sprint(kept, wrong), nil
}

func death(s *subject, n int) (string, error) {
	cmd := s.command("die", fmt.Sprint(n))
	code := exitOf(cmd)
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		code = 128 + int(status.Signal()) // as shells show it
	}
	return fmt.Sprint(code), nil
}

func notFound(s *subject) (string, error) {
	absent := *s
	absent.self = "/no/such/command"
	return fmt.Sprint(exitOf(absent.command("exit", "0"))), nil
}

func signals(s *subject) (string, error) {
	all := []syscall.Signal{unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGUSR1, unix.SIGUSR2, unix.SIGALRM, unix.SIGCONT, unix.SIGTERM}
	once := 0
	var lost []string
	for _, n := range all { // each in its own run: some end the program
		x, err := s.begin(nil)
		if err != nil {
			return "", err
		}
		if got := x.count(int(n), func() { _ = x.cmd.Process.Signal(n) }); got == 1 {
			once++
		} else {
			lost = append(lost, fmt.Sprintf("%s %d", strings.TrimPrefix(unix.SignalName(n), "SIG"), got))
		}
		x.end()
	}
	if len(lost) == 0 {
		return fmt.Sprint(once), nil
	}
	return fmt.Sprintf("%d (%s)", once, strings.Join(lost, ", ")), nil
}

func terminates(s *subject) (string, error) {
	x, err := s.begin(nil)
	if err != nil {
		return "", err
	}
	defer x.end()
	_ = x.cmd.Process.Signal(unix.SIGTERM)
	return alive(x), nil
}

func killed(s *subject) (string, error) {
	x, err := s.begin(nil)
	if err != nil {
		return "", err
	}
	defer x.end()
	_ = x.cmd.Process.Kill()
	return map[string]string{"yes": "ends", "**no**": "keeps running"}[alive(x)], nil
}

// alive waits for the probe to end and says whether it did.
func alive(x *scene) string {
	_ = x.conn.SetReadDeadline(time.Now().Add(patience))
	if _, err := io.Copy(io.Discard, x.lines); err != nil {
		return "**no**"
	}
	return "yes"
}

// atTerminal begins a scene in which the program is the foreground job of a shell
// on a terminal.
func atTerminal(s *subject) (*scene, *os.File, error) {
	master, slave, err := terminal()
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = slave.Close() }()
	go func() { _, _ = io.Copy(io.Discard, master) }()
	x, err := s.begin(func(cmd *exec.Cmd) {
		cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 0}
		cmd.Args = append([]string{s.self, "probe", "shell", cmd.Path}, cmd.Args...)
		cmd.Path = s.self
	})
	return x, master, err
}

func interrupt(s *subject) (string, error) {
	x, master, err := atTerminal(s)
	if err != nil {
		return "", err
	}
	defer x.end()
	return fmt.Sprint(x.count(int(unix.SIGINT), func() { _, _ = master.WriteString("\x03") })), nil
}

func terminals(s *subject) (string, error) {
	x, _, err := atTerminal(s)
	if err != nil {
		return "", err
	}
	defer x.end()
	return x.about["tty"], nil
}

func window(s *subject) (string, error) {
	x, master, err := atTerminal(s)
	if err != nil {
		return "", err
	}
	defer x.end()
	_ = unix.IoctlSetWinsize(int(master.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Col: 91, Row: 37})
	for line := x.next(); line != ""; line = x.next() {
		if line == "size true" {
			return "yes", nil
		}
	}
	return "**no**", nil
}

func stray(s *subject) (string, error) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		return "", err
	}
	defer func() { _ = null.Close() }()
	x, err := s.begin(func(cmd *exec.Cmd) {
		cmd.ExtraFiles = make([]*os.File, 249)
		for _, fd := range []int{7, 10, 251} {
			cmd.ExtraFiles[fd-3] = null
		}
	})
	if err != nil {
		return "", err
	}
	defer x.end()
	if x.about["stray"] == "" {
		return "none", nil
	}
	return x.about["stray"], nil
}

func nohup(s *subject) (string, error) {
	x, err := s.begin(func(cmd *exec.Cmd) {
		cmd.Args = append([]string{"sh", "-c", `trap "" HUP; exec "$@"`, "sh"}, cmd.Args...)
		cmd.Path = "/bin/sh"
	})
	if err != nil {
		return "", err
	}
	defer x.end()
	return map[string]string{"true": "yes", "false": "**no**"}[x.about["hup"]], nil
}

func binary(s *subject) (string, error) {
	out, err := s.command("blob").Output()
	if err != nil {
		return "", err
	}
	if bytes.Equal(out, blob()) {
		return "yes", nil
	}
	return fmt.Sprintf("**no** (%d bytes)", len(out)), nil
}

func shown(s *subject) (string, error) {
	out, err := s.command("show").Output()
	switch text := strings.TrimSpace(string(out)); {
	case err != nil:
		return "", err
	case strings.Contains(text, value):
		return "shown", nil
	case text == "":
		return "", errors.New("the command did not get the secret")
	default:
		return "masked: " + text, nil
	}
}

func leftBehind(s *subject) (string, error) {
	l, err := net.Listen("unix", s.socket)
	if err != nil {
		return "", err
	}
	defer func() { _ = l.Close() }()
	out := &bytes.Buffer{}
	cmd := s.command("hold", s.socket)
	r, w, err := os.Pipe()
	if err != nil {
		return "", err
	}
	defer func() { _ = r.Close() }()
	go func() { _, _ = io.Copy(out, r) }()
	cmd.Stdout = w
	if err := cmd.Start(); err != nil {
		return "", err
	}
	_ = w.Close()
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	_ = l.(*net.UnixListener).SetDeadline(time.Now().Add(2 * patience))
	c, err := l.Accept()
	if err != nil {
		_ = cmd.Process.Kill()
		return "", err
	}
	defer func() { _ = c.Close() }()
	select {
	case <-ended:
		return "yes", nil
	case <-time.After(patience):
		_ = cmd.Process.Kill()
		return "no", nil
	}
}

func speed(s *subject) (string, error) {
	var times []time.Duration
	for range 11 {
		cmd := s.command("exit", "0")
		start := time.Now()
		if err := cmd.Run(); err != nil {
			return "", err
		}
		times = append(times, time.Since(start))
	}
	slices.Sort(times)
	return fmt.Sprint(times[5].Round(time.Millisecond).Milliseconds()), nil
}

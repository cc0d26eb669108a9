//go:build linux

package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// probe plays one role of the command that a program starts, and returns its exit
// code.
func probe(role string, args []string) int {
	switch role {
	case "exit":
		n, _ := strconv.Atoi(args[0])
		return n
	case "die":
		n, _ := strconv.Atoi(args[0])
		_ = unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{})
		// A Go program handles some of these signals, a shell does not.
		_ = syscall.Exec("/bin/sh", []string{"sh", "-c", fmt.Sprintf("kill -%d $$", n)}, os.Environ())
	case "show":
		fmt.Println(os.Getenv(key))
	case "blob":
		_, _ = os.Stdout.Write(blob())
	case "hold":
		return hold(args[0])
	case "shell":
		return shell(args[0], args[1:])
	case "report":
		return report(args[0])
	}
	return 0
}

func blob() []byte {
	b := make([]byte, 8<<20)
	x := uint32(1)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return b
}

// shell starts a program as a shell does: in the foreground of the terminal, in
// a process group of its own.
func shell(path string, argv []string) int {
	pid, err := syscall.ForkExec(path, argv, &syscall.ProcAttr{
		Env: os.Environ(), Files: []uintptr{0, 1, 2}, Sys: &syscall.SysProcAttr{Setpgid: true, Foreground: true, Ctty: 0},
	})
	if err != nil {
		return 1
	}
	_, _ = syscall.Wait4(pid, nil, 0, nil)
	return 0
}

// hold leaves a background process that keeps standard output open until the
// socket is closed.
func hold(socket string) int {
	if os.Getenv("PROBE_HOLD") == "1" {
		if c, err := net.Dial("unix", socket); err == nil {
			_, _ = io.Copy(io.Discard, c)
		}
		return 0
	}
	self, _ := os.Executable()
	_, _ = syscall.ForkExec(self, []string{self, "probe", "hold", socket},
		&syscall.ProcAttr{Env: append(os.Environ(), "PROBE_HOLD=1"), Files: []uintptr{0, 1, 2}})
	return 0
}

// report writes to the socket what the process inherited and each signal that it
// receives. It ends when the other side closes the socket.
func report(socket string) int {
	var stray []string
	for fd := 3; fd < 1024; fd++ {
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err == nil && flags == 0 {
			stray = append(stray, strconv.Itoa(fd))
		}
	}
	hup := signal.Ignored(unix.SIGHUP)
	signals := make(chan os.Signal, 64)
	for n := 1; n <= 64; n++ {
		if s := syscall.Signal(n); s != unix.SIGCHLD && s != unix.SIGURG && s != unix.SIGPIPE && !(s == unix.SIGHUP && hup) && s != unix.SIGTSTP {
			signal.Notify(signals, s)
		}
	}
	c, err := net.Dial("unix", socket)
	if err != nil {
		return 1
	}
	_, _ = fmt.Fprintf(c, "pid %d\nstray %s\nhup %v\ntty %v%v%v\n", os.Getpid(), strings.Join(stray, ","), hup, isTerminal(0), isTerminal(1), isTerminal(2))
	over := make(chan int)
	go func() {
		b, _ := io.ReadAll(c)
		n, _ := strconv.Atoi(string(b))
		over <- n
	}()
	for {
		select {
		case s := <-signals:
			_, _ = fmt.Fprintf(c, "signal %d\n", s)
			if s == unix.SIGWINCH {
				size, _ := unix.IoctlGetWinsize(1, unix.TIOCGWINSZ)
				_, _ = fmt.Fprintf(c, "size %v\n", size != nil && size.Col == 91)
			}
			if s == unix.SIGTERM {
				return 143
			}
		case n := <-over:
			return n
		}
	}
}

func isTerminal(fd int) int {
	if _, err := unix.IoctlGetTermios(fd, unix.TCGETS); err != nil {
		return 0
	}
	return 1
}

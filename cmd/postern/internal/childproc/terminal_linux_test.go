package childproc_test

import (
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/postern-project/postern/cmd/postern/internal/childproc"
)

// terminalOutput runs cmd on a terminal and returns what the terminal shows.
func terminalOutput(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	master, slave, err := childproc.OpenPTY(os.Stdin)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = master.Close() }()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = slave.Close()
	out, _ := io.ReadAll(master) // the error means that the other end is closed
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v", err)
	}
	return string(out)
}

// job is a job of a shell at a terminal.
type job struct {
	*listener
	t        *testing.T
	terminal *os.File // what a person types on
	words    *os.File // to the shell
	shell    *exec.Cmd
}

// startJob starts a scene as the foreground job of a shell.
func startJob(t *testing.T, s scene, change func(*exec.Cmd)) *job {
	t.Helper()
	master, slave := outerTerminal(t)
	reports, w := listen(t)
	heard, words, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	_, options, _ := strings.Cut(s.String(), "ROLE=parent ")
	cmd.Env = []string{"ROLE=shell " + options}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.ExtraFiles = []*os.File{w, heard}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 2}
	if change != nil {
		change(cmd)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = w.Close(), heard.Close()
	j := &job{listener: reports, t: t, terminal: master, words: words, shell: cmd}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = words.Close()
	})
	return j
}

func (j *job) keys(s string) {
	j.t.Helper()
	if _, err := j.terminal.WriteString(s); err != nil {
		j.t.Fatal(err)
	}
}

func (j *job) foreground() { _, _ = j.words.WriteString("fg\n") }

// cooked reports whether the terminal has the settings that a shell expects.
func (j *job) cooked() bool {
	j.t.Helper()
	t, err := unix.IoctlGetTermios(int(j.terminal.Fd()), unix.TCGETS)
	if err != nil {
		j.t.Fatal(err)
	}
	return t.Lflag&(unix.ICANON|unix.ISIG|unix.ECHO) == unix.ICANON|unix.ISIG|unix.ECHO && t.Oflag&unix.OPOST != 0
}

// jobs are the ways to connect a job to a terminal. In the shared ones the terminal
// signals the group of the child; in the other one the child has a pseudo-terminal.
func jobs(t *testing.T) map[string]struct {
	mask   bool
	change func(*exec.Cmd)
} {
	t.Helper()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = null.Close() })
	return map[string]struct {
		mask   bool
		change func(*exec.Cmd)
	}{
		"direct": {false, nil},
		"pipe":   {true, func(cmd *exec.Cmd) { cmd.Stdout = null }},
		"tty":    {true, nil},
	}
}

func TestRunJobControl_TM160_P18(t *testing.T) {
	t.Parallel()
	for name, way := range jobs(t) {
		t.Run(name, func(t *testing.T) {
			j := startJob(t, scene{Role: "lines", Mask: way.mask, Files: 1}, way.change)
			j.begin()
			j.keys("one\n")
			j.want("line one")
			for range 3 {
				j.keys("\x1a") // the suspend key
				j.want("shell: stopped")
				if !j.cooked() {
					t.Error("the shell gets the terminal back changed")
				}
				j.foreground()
				j.keys("two\n")
				j.want("line two")
			}
			j.keys("exit 5\n")
			j.want("line exit 5")
			j.want("shell: ended 5")
			if !j.cooked() {
				t.Error("the shell has a changed terminal in the end")
			}
		})
	}
}

// A password prompt works although the input is not a terminal. Until it reads, the
// real terminal is not read.
func TestRunKeysBesideInput_TM158(t *testing.T) {
	t.Parallel()
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = null.Close() }()
	j := startJob(t, scene{Role: "password", Mask: true, Files: 1}, func(cmd *exec.Cmd) { cmd.Stdin = null })
	j.begin()
	j.keys("h\x7fs3same\n")
	j.want("typed s3same")
	j.want("shell: ended 0")
	if !j.cooked() {
		t.Error("the shell has a changed terminal in the end")
	}
}

// A prompt whose answer is echoed works too, also in a program that waits for several
// files at once, as Go programs do. The real terminal does the line editing.
func TestRunLinesBesideInput_TM158(t *testing.T) {
	t.Parallel()
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = null.Close() }()
	j := startJob(t, scene{Role: "ask", Mask: true, Files: 1}, func(cmd *exec.Cmd) { cmd.Stdin = null })
	j.begin()
	for _, line := range []string{"yes", "two", ""} {
		j.keys("no\x15" + line + "\n")
		j.want("typed " + line)
		if !j.cooked() {
			t.Error("the terminal is changed")
		}
	}
	j.keys("\x1a")
	j.want("shell: stopped")
	j.foreground()
	j.keys("again\n")
	j.want("typed again")
	j.keys("\x04")
	j.want("shell: ended 0")
}

// begin waits until the child reads.
func (j *job) begin() {
	j.t.Helper()
	for {
		line := j.next()
		if strings.HasPrefix(line, "ready ") {
			return
		}
	}
}

func TestRunKeysSignalOnce_TM160_P18(t *testing.T) {
	t.Parallel()
	for name, way := range jobs(t) {
		t.Run(name, func(t *testing.T) {
			j := startJob(t, scene{Role: "count 15", Mask: way.mask, Files: 1}, way.change)
			_, wrapper := j.ready()
			for range 5 {
				j.keys("\x03")
				j.want("signal 2")
				j.keys("\x1c")
				j.want("signal 3")
				_ = syscall.Kill(wrapper, unix.SIGUSR1)
				j.want("signal 10")
			}
			_ = syscall.Kill(wrapper, unix.SIGTERM)
			j.want("signal 15")
			j.want("shell: ended 0")
		})
	}
}

func TestRunWindowSize_TM158_P18(t *testing.T) {
	t.Parallel()
	for name, way := range jobs(t) {
		if name == "pipe" {
			continue // a pipe has no size
		}
		t.Run(name, func(t *testing.T) {
			j := startJob(t, scene{Role: "count 15", Mask: way.mask, Files: 1}, way.change)
			_, wrapper := j.ready()
			for i, want := range []string{"size 91x37", "size 132x50", "size 80x24"} {
				sizes := []unix.Winsize{{Col: 91, Row: 37}, {Col: 132, Row: 50}, {Col: 80, Row: 24}}
				if err := unix.IoctlSetWinsize(int(j.terminal.Fd()), unix.TIOCSWINSZ, &sizes[i]); err != nil {
					t.Fatal(err)
				}
				j.want("signal 28")
				j.want(want)
			}
			_ = syscall.Kill(wrapper, unix.SIGTERM)
			j.want("signal 15")
		})
	}
}

// The pseudo-terminal has the right size from the start, and each stream of the
// child is a terminal if ours is.
func TestRunTerminals_TM158(t *testing.T) {
	t.Parallel()
	_, slave := outerTerminal(t)
	_ = unix.IoctlSetWinsize(int(slave.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Col: 77, Row: 33})
	reports, w := listen(t)
	o := again("lines")
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	o.Stdin, o.Stdout, o.Mask, o.Files = null, slave, unmasked, []*os.File{w}
	if _, err := childproc.Run(o); err != nil {
		t.Fatal(err)
	}
	reports.want("size 77x33")

	tests := []struct {
		in, out, err bool
		want         string
	}{
		{true, true, true, "111"}, {false, true, true, "011"}, {true, false, true, "100"}, {true, true, false, "110"}, {false, false, false, "000"},
	}
	for _, tt := range tests {
		got, gotW := listen(t)
		o := sh(`for i in 0 1 2; do if [ -t $i ]; then printf 1 >&3; else printf 0 >&3; fi; done; echo >&3`)
		o.Stdin, o.Stdout, o.Stderr, o.Mask, o.Files = null, io.Discard, io.Discard, unmasked, []*os.File{gotW}
		if tt.in {
			o.Stdin = slave
		}
		if tt.out {
			o.Stdout = slave
		}
		if tt.err {
			o.Stderr = slave
		}
		if code, err := childproc.Run(o); code != 0 || err != nil {
			t.Fatal(code, err)
		}
		got.want(tt.want)
	}
}

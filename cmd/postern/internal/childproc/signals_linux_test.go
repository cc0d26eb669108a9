package childproc_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/postern-project/postern/cmd/postern/internal/childproc"
)

// begin starts a scene in a new process and returns it with its reports.
func begin(t *testing.T, s scene, change func(*exec.Cmd)) (*exec.Cmd, *listener) {
	t.Helper()
	reports, w := listen(t)
	cmd := exec.Command(os.Args[0])
	cmd.Env = []string{s.String()}
	cmd.ExtraFiles = []*os.File{w}
	if change != nil {
		change(cmd)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd, reports
}

// onTerminal connects the three streams of a process to a terminal.
func onTerminal(t *testing.T) (master *os.File, change func(*exec.Cmd)) {
	t.Helper()
	master, slave := outerTerminal(t)
	return master, func(cmd *exec.Cmd) { cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave }
}

// scenes are the connections to test: without a terminal, and with a terminal, for
// which the child gets a pseudo-terminal.
func scenes(t *testing.T) map[string]func(*exec.Cmd) {
	_, tty := onTerminal(t)
	return map[string]func(*exec.Cmd){"pipe": nil, "tty": tty}
}

func TestRunForwardsSignalsOnce_TM160_P18(t *testing.T) {
	t.Parallel()
	passed := []int{1, 2, 3, 6, 10, 12, 14, 15, 16, 18, 20, 26, 28, 29, 30, 35, 37, 40, 45, 49, 50, 51, 55, 57, 58, 59, 60, 61, 62, 63, 64}
	kept := []int{13, 17, 23, 24, 25, 27} // SIGPIPE, SIGCHLD, SIGURG, SIGXCPU, SIGXFSZ, SIGPROF
	const last = 36
	for name, change := range scenes(t) {
		t.Run(name, func(t *testing.T) {
			cmd, reports := begin(t, scene{Role: fmt.Sprint("count ", last), Mask: true, Files: 1}, change)
			_, wrapper := reports.ready()
			if wrapper != cmd.Process.Pid {
				t.Fatalf("the child's parent is %d, want %d", wrapper, cmd.Process.Pid)
			}
			for _, n := range kept {
				if err := syscall.Kill(wrapper, syscall.Signal(n)); err != nil {
					t.Fatal(err)
				}
			}
			for _, n := range passed {
				if err := syscall.Kill(wrapper, syscall.Signal(n)); err != nil {
					t.Fatal(err)
				}
				// Nothing else may come in between: no second one, and none
				// of those that are kept.
				reports.want(fmt.Sprint("signal ", n))
				if n == int(unix.SIGWINCH) && name == "tty" {
					reports.next() // the size
				}
			}
			_ = syscall.Kill(wrapper, last)
			reports.want(fmt.Sprint("signal ", last))
			if err := cmd.Wait(); err != nil {
				t.Errorf("the wrapper ends with %v", err)
			}
		})
	}
}

func TestRunEndsWithTheChildsSignal_TM161_P18(t *testing.T) {
	t.Parallel()
	silent, open, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = silent.Close(), open.Close() })
	for name, change := range scenes(t) {
		t.Run(name, func(t *testing.T) {
			for _, s := range []syscall.Signal{unix.SIGTERM, unix.SIGHUP, unix.SIGUSR1, unix.SIGALRM, unix.SIGIO, 35, 64} {
				cmd, reports := begin(t, scene{Sh: "echo ready $$ $PPID >&3; read x", Mask: true, Files: 1}, func(cmd *exec.Cmd) {
					cmd.Stdin = silent
					if change != nil {
						change(cmd)
					}
				})
				reports.ready()
				_ = cmd.Process.Signal(s)
				_ = cmd.Wait()
				if got := cmd.ProcessState.ExitCode(); got != 128+int(s) {
					t.Errorf("after %v the wrapper ends with %d (%v)", s, got, cmd.ProcessState)
				}
			}
		})
	}
}

// If the wrapper is killed, the system signals the child.
func TestRunChildHearsOfOurEnd_TM162(t *testing.T) {
	t.Parallel()
	for name, change := range scenes(t) {
		cmd, reports := begin(t, scene{Role: "count 15", Mask: true, Files: 1}, change)
		reports.ready()
		_ = cmd.Process.Kill()
		got := reports.next()
		for got == "signal 1" || got == "signal 18" { // from its terminal, which is gone
			got = reports.next()
		}
		if got != "signal 15" {
			t.Errorf("%s: reported %q, want SIGTERM", name, got)
		}
	}
}

func TestRunDescriptors_TM150_P18(t *testing.T) {
	t.Parallel()
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = null.Close() }()
	stray := make([]*os.File, 249)
	stray[7-3], stray[10-3], stray[251-3] = null, null, null
	_, slave := outerTerminal(t)
	tests := []struct {
		name     string
		declared int
		first    int
		tty      bool
		want     string
	}{
		{"none declared", 0, 0, false, "0 1 2 "},
		{"two declared", 2, 0, false, "0 1 2 3 4 "},
		{"two declared, far above the others", 2, 700, false, "0 1 2 700 701 "},
		{"none declared, far above the others", 0, 700, false, "0 1 2 "},
		{"the highest", 2, childproc.HighDescriptor(2), false, fmt.Sprintf("0 1 2 %d %d ", childproc.HighDescriptor(2), childproc.HighDescriptor(2)+1)},
		{"tty", 0, 0, true, "0 1 2 "},
		{"tty, two declared", 2, 0, true, "0 1 2 3 4 "},
		{"tty, the highest", 2, childproc.HighDescriptor(2), true, fmt.Sprintf("0 1 2 %d %d ", childproc.HighDescriptor(2), childproc.HighDescriptor(2)+1)},
	}
	for _, tt := range tests {
		cmd := exec.Command(os.Args[0])
		files := append([]*os.File{}, stray...)
		for i := range tt.declared {
			files[i] = null
		}
		cmd.ExtraFiles = files
		cmd.Env = []string{scene{Role: "descriptors", Mask: true, Files: tt.declared, First: tt.first}.String()}
		if tt.tty {
			got := terminalOutput(t, cmd)
			if got != tt.want {
				t.Errorf("%s: the child has %q, want %q", tt.name, got, tt.want)
			}
			continue
		}
		cmd.Stdin = slave // a terminal that is not output changes nothing
		if out, err := cmd.CombinedOutput(); err != nil || string(out) != tt.want {
			t.Errorf("%s: the child has %q, want %q (%v)", tt.name, out, tt.want, err)
		}
	}
}

func TestRunState_TM162(t *testing.T) {
	t.Parallel()
	_, reports := begin(t, scene{Role: "state", Mask: true, Hide: true, Files: 1}, nil)
	reports.want("dumpable 1")
	reports.want("hup ignored false")

	// Signals that we inherited as ignored, as with nohup, stay ignored.
	_, reports = begin(t, scene{Role: "state", Files: 1}, func(cmd *exec.Cmd) {
		cmd.Args = []string{"sh", "-c", `trap "" HUP; exec "$0"`, cmd.Path}
		cmd.Path = "/bin/sh"
	})
	reports.want("dumpable 1")
	reports.want("hup ignored true")
}

func TestRunLeavesNoZombies_TM162_P18(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(os.Args[0])
	cmd.Env = []string{"ROLE=many 200"}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v %s", err, out)
	}
}

// The first process of a container reaps orphans.
func TestRunReaps_TM162(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(os.Args[0])
	cmd.Env = []string{"ROLE=reaper"}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v %s", err, strings.TrimSpace(string(out)))
	}
}

package compiler

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	goruntime "runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// roles are what a process of this test is, by the name that it is started with.
var roles = map[string]func(){
	"compiles":       func() { os.Exit(Main(context.Background(), os.Stdin, os.Stdout, os.Stderr, false)) },
	"compiles-large": func() { os.Exit(Main(context.Background(), os.Stdin, os.Stdout, os.Stderr, true)) },
	"limited": func() {
		for resource, limit := range map[int]uint64{syscall.RLIMIT_DATA: 512 << 20, syscall.RLIMIT_CPU: 7} {
			if err := syscall.Setrlimit(resource, &syscall.Rlimit{Cur: limit, Max: limit}); err != nil {
				panic(err)
			}
		}
		os.Exit(Main(context.Background(), os.Stdin, os.Stdout, os.Stderr, false))
	},
	"silent": func() { os.Exit(0) },
	"refused": func() {
		fmt.Fprint(os.Stderr, "postern: error: limit the process: operation not permitted\npostern: hint: x\n")
		os.Exit(exitFailed)
	},
	"killed": func() { _ = syscall.Kill(os.Getpid(), syscall.SIGKILL) },
	"starved": func() {
		fmt.Fprint(os.Stderr, "fatal error: runtime: out of memory\n", strings.Repeat("x", 1<<20))
		os.Exit(2)
	},
	"crashes": func() { panic("the compiler is broken") },
	"invalid": func() { os.Exit(exitInvalid) },
	"hangs":   func() { time.Sleep(time.Hour) },
	// Its child keeps the descriptors open.
	"forks": func() {
		cmd := exec.Command("/proc/self/exe")
		cmd.Args, cmd.Stdin, cmd.Stderr = []string{"hangs", Request}, os.Stdin, os.Stderr
		_ = cmd.Start()
		time.Sleep(time.Hour)
	},
	"surrounded": func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		dir, _ := os.Getwd()
		if len(os.Environ()) == 0 && dir == "/" && syscall.Getpgrp() == os.Getpid() && !hasFolder() {
			os.Exit(0)
		}
		os.Exit(exitFailed)
	},
	// Has a folder of its own as descriptor 3, which is not for the process.
	"inherits": func() {
		if err := start(context.Background(), "/proc/self/exe", []string{"surrounded", Request}, nil, nil); err == nil && hasFolder() {
			os.Exit(0)
		}
		os.Exit(exitFailed)
	},
	// Compiles where there is no /dev/null.
	"bare": func() {
		if err := syscall.Mount("none", "/dev", "tmpfs", 0, ""); err != nil {
			os.Exit(exitInvalid)
		}
		if _, err := os.Stat(os.DevNull); err == nil {
			os.Exit(exitInvalid)
		}
		wasm, err := os.ReadFile("../../../../testdata/hostile/careless.wasm")
		if err == nil {
			err = run(context.Background(), "compiles", wasm, nil)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(exitFailed)
		}
		os.Exit(0)
	},
	// Starts a process and ends without it.
	"parent": func() {
		go func() { _ = start(context.Background(), "/proc/self/exe", []string{"hangs", Request}, nil, nil) }()
		for {
			if found := processes("hangs"); len(found) > 0 {
				fmt.Println(found[0])
				_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			}
		}
	},
}

// hasFolder reports whether this process has a folder as its descriptor 3.
func hasFolder() bool {
	info, err := os.Stat("/proc/self/fd/3")
	return err == nil && info.IsDir()
}

func TestMain(m *testing.M) {
	role, ok := roles[os.Args[0]]
	if !ok {
		os.Exit(m.Run())
	}
	role()
	os.Exit(exitFailed)
}

// processes returns the children of this process that were started with that name.
func processes(name string) (found []int) {
	of, _ := filepath.Glob("/proc/self/task/*/children")
	for _, path := range of {
		b, _ := os.ReadFile(path)
		for _, pid := range strings.Fields(string(b)) {
			line, _ := os.ReadFile("/proc/" + pid + "/cmdline")
			if n, err := strconv.Atoi(pid); err == nil && bytes.HasPrefix(line, []byte(name+"\x00")) {
				found = append(found, n)
			}
		}
	}
	return found
}

func run(ctx context.Context, role string, wasm []byte, cache *os.File) error {
	return start(ctx, "/proc/self/exe", []string{role, Request}, wasm, cache)
}

// What ends without success did not compile the module, whatever it left; the error
// says why in words of its own.
func TestTM006ProcessIsBelievedAfterItsEnd(t *testing.T) {
	t.Parallel()
	wasm, err := os.ReadFile("../../../../testdata/hostile/careless.wasm")
	if err != nil {
		t.Fatal(err)
	}
	for role, want := range map[string]string{
		"compiles": "", "surrounded": "",
		"killed":  "the process that compiles it ended with signal: killed",
		"starved": "that takes more than 1024 MiB of memory",
		"crashes": "the process that compiles it ended with exit status 2",
		"invalid": "it is not valid WebAssembly",
	} {
		err := run(t.Context(), role, wasm, nil)
		if got := fmt.Sprint(err); err == nil && want != "" || err != nil && got != want {
			t.Errorf("%s: %v, want %q", role, err, want)
		}
	}
	if err := run(t.Context(), "compiles", wasm[:len(wasm)-1], nil); fmt.Sprint(err) != "it is not valid WebAssembly" {
		t.Errorf("a module that is cut: %v", err)
	}
	if err := start(t.Context(), "/nowhere", []string{"x", Request}, wasm, nil); err == nil || !strings.Contains(err.Error(), "does not run") {
		t.Errorf("without a program: %v", err)
	}
}

// The limits are those that the process itself had, also where the system grants less.
func TestLimitsAreThoseOfTheProcess(t *testing.T) {
	t.Parallel()
	for role, want := range map[string]string{
		"compiles":       "1073741824 10 <nil>",
		"compiles-large": "2147483648 300 <nil>",
		"limited":        "536870912 7 <nil>",
		"silent":         "0 0 the process that compiles it did not say what limits it had",
		"refused":        "0 0 the process that compiles it ended with exit status 70: limit the process: operation not permitted",
		"killed":         "0 0 the process that compiles it ended with signal: killed",
	} {
		memory, seconds, err := limitsOf(t.Context(), "/proc/self/exe", []string{role, Request})
		if got := fmt.Sprint(memory, seconds, err); got != want {
			t.Errorf("%s: %s, want %s", role, got, want)
		}
	}
}

// A folder that this process inherited is not taken for the cache.
func TestTM006InheritedFolderIsNoCache(t *testing.T) {
	t.Parallel()
	dir, err := os.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	cmd := exec.Command("/proc/self/exe")
	cmd.Args, cmd.ExtraFiles = []string{"inherits"}, []*os.File{dir}
	if err := cmd.Run(); err != nil {
		t.Error(err)
	}
}

// A small container has no devices.
func TestTM006ProcessNeedsNoDevices(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("/proc/self/exe")
	cmd.Args = []string{"bare"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}, GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}}
	out, err := cmd.CombinedOutput()
	switch ended := (*exec.ExitError)(nil); {
	case errors.As(err, &ended) && ended.ExitCode() != exitInvalid:
		t.Errorf("%v: %s", err, out)
	case err != nil:
		t.Skipf("no namespaces here: %v", err)
	}
}

// More than a pipe holds is given to a process that does not read it.
func TestTM006ProcessThatDoesNotRead(t *testing.T) {
	t.Parallel()
	if err := run(t.Context(), "invalid", make([]byte, 1<<20), nil); fmt.Sprint(err) != "it is not valid WebAssembly" {
		t.Error(err)
	}
}

// The process ends with the context, at once and with all that it started.
func TestTM006ProcessEndsWithTheContext(t *testing.T) {
	t.Parallel()
	for _, role := range []string{"hangs", "forks"} {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- run(ctx, role, make([]byte, 1<<20), nil) }()
		for len(processes(role)) == 0 {
			goruntime.Gosched()
		}
		start := time.Now()
		cancel()
		if err := <-done; err != context.Canceled {
			t.Errorf("%s: %v", role, err)
		}
		t.Logf("%s: ended after %s", role, time.Since(start))
		if left := processes(role); len(left) > 0 {
			t.Errorf("%s: the processes %v are left", role, left)
		}
	}
}

// The process ends when the one that started it is killed.
func TestTM006ProcessEndsWithItsParent(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("/proc/self/exe")
	cmd.Args = []string{"parent"}
	out, _ := cmd.Output()
	pid, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil {
		t.Fatalf("the parent printed %q", out)
	}
	for {
		line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if err != nil || !bytes.HasPrefix(line, []byte("hangs\x00")) {
			return // it has ended; the test ends at its limit if not
		}
		goruntime.Gosched()
	}
}

// Nothing is left of many processes that were killed. Not parallel: it counts the
// descriptors of this process.
func TestTM006KilledProcessesLeaveNothing(t *testing.T) {
	dir, err := os.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	_ = run(t.Context(), "killed", nil, dir) // what is opened once
	before := descriptors(t)
	for range 20 {
		if err := run(t.Context(), "killed", make([]byte, 1<<20), dir); err == nil {
			t.Error("a killed process is believed")
		}
	}
	if after := descriptors(t); after > before {
		t.Errorf("%d descriptors, %d before", after, before)
	}
	if left := processes("killed"); len(left) > 0 {
		t.Errorf("the processes %v are left", left)
	}
	if left, err := os.ReadDir(dir.Name()); err != nil || len(left) > 0 {
		t.Errorf("the folder holds %v, %v", left, err)
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}

// Main refuses a stream that is not a file.
func TestMainWantsAFile(t *testing.T) {
	t.Parallel()
	if code := Main(t.Context(), strings.NewReader(""), io.Discard, io.Discard, false); code != exitFailed {
		t.Errorf("Main = %d", code)
	}
}

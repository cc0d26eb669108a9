package main_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io/fs"
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

// slowModule returns a module that takes a while to compile: functions functions of
// many additions each. It has no key.
func slowModule(functions, additions int) []byte {
	section := func(id byte, b []byte) []byte {
		return append(binary.AppendUvarint([]byte{id}, uint64(len(b))), b...)
	}
	body := append([]byte{0}, bytes.Repeat([]byte("\x41\x01\x41\x02\x6a\x1a"), additions)...) // i32.const, i32.const, i32.add, drop
	body = append(body, "\x41\x01\x0b"...)                                                    // not_found
	code := binary.AppendUvarint(nil, uint64(functions))
	for range functions {
		code = append(binary.AppendUvarint(code, uint64(len(body))), body...)
	}
	types := append(binary.AppendUvarint(nil, uint64(functions)), make([]byte, functions)...)
	return bytes.Join([][]byte{[]byte("\x00asm\x01\x00\x00\x00"), section(1, []byte("\x01\x60\x00\x01\x7f")), section(3, types),
		section(5, []byte("\x01\x00\x01")), section(7, []byte("\x02\x06memory\x02\x00\x0bpostern_get\x00\x00")), section(10, code)}, nil)
}

// compiling returns postern as a command that gets a key from a module that takes a
// while to compile.
func compiling(t *testing.T, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	cmd, stderr := command(t, append(args, "--allow-unpinned", "-q", "get", "K")...)
	cmd.Env = append(cmd.Env, "XDG_CACHE_HOME="+cmd.Dir)
	config := "providers: { slow: { module: ./slow.wasm } }\n"
	for name, text := range map[string][]byte{"c.yaml": []byte(config), "slow.wasm": slowModule(100, 1000)} {
		if err := os.WriteFile(filepath.Join(cmd.Dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cmd, stderr
}

// compiler returns the process in which a postern compiles, 0 if it ends without.
func compiler(cmd *exec.Cmd) int {
	of := fmt.Sprintf("/proc/%d", cmd.Process.Pid)
	for {
		if stat, err := os.ReadFile(of + "/stat"); err != nil || bytes.Contains(stat, []byte(") Z ")) {
			return 0
		}
		tasks, _ := filepath.Glob(of + "/task/*/children")
		for _, path := range tasks {
			children, _ := os.ReadFile(path)
			for _, pid := range strings.Fields(string(children)) {
				line, _ := os.ReadFile("/proc/" + pid + "/cmdline")
				if n, err := strconv.Atoi(pid); err == nil && bytes.HasSuffix(line, []byte("\x00__compile\x00")) {
					return n
				}
			}
		}
		goruntime.Gosched()
	}
}

// gone waits until a process has ended.
func gone(pid int) {
	for syscall.Kill(pid, 0) == nil {
		if stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err != nil || bytes.Contains(stat, []byte(") Z ")) {
			return
		}
		goruntime.Gosched()
	}
}

// cached returns the files of compiled code.
func cached(t *testing.T, dir string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(dir, "postern"), func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// A compiler that is killed makes the module load_failed and leaves nothing. The next
// command compiles again, and the one after it does not.
func TestTM006KilledCompiler(t *testing.T) {
	t.Parallel()
	cmd, stderr := compiling(t)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	pid := compiler(cmd)
	if pid == 0 || syscall.Kill(pid, syscall.SIGKILL) != nil {
		t.Fatalf("no process compiles: %v: %s", cmd.Wait(), stderr)
	}
	_ = cmd.Wait()
	if want := "the module was not compiled: the process that compiles it ended with signal: killed"; cmd.ProcessState.ExitCode() != 78 || !strings.Contains(stderr.String(), want) {
		t.Errorf("exit code %d: %s", cmd.ProcessState.ExitCode(), stderr)
	}
	gone(pid)
	if left := cached(t, cmd.Dir); len(left) > 0 {
		t.Errorf("the cache holds %s", left)
	}
	for n := range 2 {
		next := exec.Command("postern", cmd.Args[1:]...)
		var text bytes.Buffer
		next.Dir, next.Env, next.Stderr = cmd.Dir, cmd.Env, &text
		if err := next.Start(); err != nil {
			t.Fatal(err)
		}
		if pid := compiler(next); (pid == 0) != (n == 1) {
			t.Errorf("command %d: compiles in the process %d", n, pid)
		}
		if _ = next.Wait(); next.ProcessState.ExitCode() != 66 {
			t.Errorf("command %d: exit code %d: %s", n, next.ProcessState.ExitCode(), &text)
		}
	}
	if left := cached(t, cmd.Dir); len(left) != 2 {
		t.Errorf("the cache holds %s", left)
	}
}

// A command that waits for the compiler ends at its time limit, and when it is
// interrupted, and takes the compiler with it; so does one that is killed.
func TestTM006CompilerEndsWithTheCommand(t *testing.T) {
	t.Parallel()
	for signal, want := range map[syscall.Signal]int{0: 75, syscall.SIGINT: 130, syscall.SIGKILL: -1} {
		var limit []string
		if signal == 0 {
			limit = []string{"--timeout", "3s"}
		}
		cmd, stderr := compiling(t, limit...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		pid := compiler(cmd)
		if pid == 0 {
			t.Fatalf("no process compiles: %v: %s", cmd.Wait(), stderr)
		}
		// It would have to wait for the compiler, which does nothing any more.
		if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if signal != 0 {
			_ = cmd.Process.Signal(signal)
		}
		_ = cmd.Wait()
		t.Logf("signal %d: ended after %s", signal, time.Since(start))
		if cmd.ProcessState.ExitCode() != want {
			t.Errorf("signal %d: exit code %d: %s", signal, cmd.ProcessState.ExitCode(), stderr)
		}
		if signal == 0 && !strings.Contains(stderr.String(), "the module is still being compiled") {
			t.Errorf("standard error is %q", stderr)
		}
		gone(pid)
		if left := cached(t, cmd.Dir); len(left) > 0 {
			t.Errorf("signal %d: the cache holds %s", signal, left)
		}
	}
}

// Without a folder for the cache the process only shows that the module can be
// compiled, and the command compiles it then.
func TestTM006CompilerWithoutCache(t *testing.T) {
	t.Parallel()
	cmd, stderr := compiling(t, "--compile-cache", "off")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if compiler(cmd) == 0 {
		t.Errorf("no process compiles")
	}
	if _ = cmd.Wait(); cmd.ProcessState.ExitCode() != 66 {
		t.Errorf("exit code %d: %s", cmd.ProcessState.ExitCode(), stderr)
	}
}

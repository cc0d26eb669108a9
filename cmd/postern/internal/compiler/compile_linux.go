package compiler

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	goruntime "runtime"
	"strings"
	"syscall"
	"time"

	"github.com/postern-project/postern/runtime/module"
)

// Compile compiles a module in a new process and waits for it. cache is the open
// folder of the cache, or nil. The process is killed when ctx ends. An error says why
// the module was not compiled; nothing that the process left is to be believed then.
func Compile(ctx context.Context, wasm []byte, cache *os.File, large bool) error {
	request := Request
	if large {
		request = RequestLarge
	}
	return start(ctx, "/proc/self/exe", []string{os.Args[0], request}, wasm, cache) // also if the file was replaced
}

// smallest is the smallest module.
const smallest = "\x00asm\x01\x00\x00\x00"

// Limits compiles the smallest module in a new process, as [Compile] does, and returns
// the limits that the system says this process had: its memory in bytes and its
// processor time in seconds, [math.MaxUint64] for none. An error says why the module was
// not compiled, in the words of the process if it has some.
func Limits(ctx context.Context, large bool) (memory, seconds uint64, err error) {
	request := Request
	if large {
		request = RequestLarge
	}
	return limitsOf(ctx, "/proc/self/exe", []string{os.Args[0], request})
}

func limitsOf(ctx context.Context, program string, args []string) (memory, seconds uint64, err error) {
	var out, said head
	if err := startWith(ctx, program, args, []byte(smallest), nil, &out, &said); err != nil {
		line, _, _ := strings.Cut(string(said.text), "\n")
		if why, ok := strings.CutPrefix(line, errorPrefix); ok { // it cannot quote a module
			err = fmt.Errorf("%w: %s", err, why)
		}
		return 0, 0, err
	}
	if _, err := fmt.Sscanf(string(out.text), limitsLine, &memory, &seconds); err != nil {
		return 0, 0, errors.New("the process that compiles it did not say what limits it had")
	}
	return memory, seconds, nil
}

// ownLimits returns the limits of this process.
func ownLimits() (memory, seconds uint64, err error) {
	var data, cpu syscall.Rlimit
	err = errors.Join(syscall.Getrlimit(syscall.RLIMIT_DATA, &data), syscall.Getrlimit(syscall.RLIMIT_CPU, &cpu))
	return data.Cur, cpu.Cur, err
}

// start runs the program as a process that compiles.
func start(ctx context.Context, program string, args []string, wasm []byte, cache *os.File) error {
	return startWith(ctx, program, args, wasm, cache, io.Discard, new(head))
}

// startWith is start that keeps what the process writes.
func startWith(ctx context.Context, program string, args []string, wasm []byte, cache *os.File, out io.Writer, said *head) error {
	// The system kills the process when the thread that started it ends.
	goruntime.LockOSThread()
	defer goruntime.UnlockOSThread()
	cmd := exec.CommandContext(ctx, program)
	cmd.Args, cmd.Env, cmd.Dir = args, []string{}, "/"
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(wasm), out, said // pipes: there may be no /dev/null
	if cache == nil {                                                    // else descriptor 3 would be what this process inherited
		none, other, err := os.Pipe()
		if err != nil {
			return err
		}
		defer none.Close()
		defer other.Close()
		cache = none
	}
	cmd.ExtraFiles = []*os.File{cache}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 2 * time.Second // nothing else has its pipes: they close as it ends, and only this process may be late
	err := cmd.Run()
	switch ended := (*exec.ExitError)(nil); {
	case err == nil, errors.Is(err, exec.ErrWaitDelay): // it has ended well
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.As(err, &ended):
		return reason(ended.ProcessState, said.text, args[1] == RequestLarge)
	}
	return fmt.Errorf("the process that compiles it does not run: %w", err)
}

// reason is why a process that ended did not compile the module.
func reason(ended *os.ProcessState, said []byte, large bool) error {
	cpu, memory := module.ChildTime, module.ChildMemory
	if large {
		cpu, memory = module.LargeChildTime, module.LargeChildMemory
	}
	status, _ := ended.Sys().(syscall.WaitStatus)
	switch {
	case status.ExitStatus() == exitInvalid:
		return errors.New("it is not valid WebAssembly")
	case status.Signaled() && ended.UserTime()+ended.SystemTime() >= cpu-time.Second:
		return fmt.Errorf("that takes more than %s of processor time", cpu)
	case bytes.Contains(said, []byte("out of memory")), bytes.Contains(said, []byte("cannot allocate memory")):
		return fmt.Errorf("that takes more than %d MiB of memory", memory>>20)
	}
	return fmt.Errorf("the process that compiles it ended with %s", ended)
}

// head keeps the first bytes of what a process says. They are not shown if they may
// quote a module.
type head struct{ text []byte }

func (h *head) Write(b []byte) (int, error) {
	h.text = append(h.text, b[:min(len(b), 4096-len(h.text))]...)
	return len(b), nil
}

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

// start runs the program as a process that compiles.
func start(ctx context.Context, program string, args []string, wasm []byte, cache *os.File) error {
	// The system kills the process when the thread that started it ends.
	goruntime.LockOSThread()
	defer goruntime.UnlockOSThread()
	cmd := exec.CommandContext(ctx, program)
	var said head
	cmd.Args, cmd.Env, cmd.Dir = args, []string{}, "/"
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(wasm), io.Discard, &said // pipes: there may be no /dev/null
	if cache == nil {                                                            // else descriptor 3 would be what this process inherited
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
	cmd.WaitDelay = 50 * time.Millisecond // for what holds its descriptors
	err := cmd.Run()
	switch ended := (*exec.ExitError)(nil); {
	case err == nil:
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

// head keeps the first bytes of what a process says. They are not shown: they may
// quote the module.
type head struct{ text []byte }

func (h *head) Write(b []byte) (int, error) {
	h.text = append(h.text, b[:min(len(b), 4096-len(h.text))]...)
	return len(b), nil
}

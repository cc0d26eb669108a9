package cost_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/postern-project/postern/runtime/internal/wasmbin"
	"github.com/postern-project/postern/runtime/internal/wasmbin/cost"
	"github.com/postern-project/postern/runtime/internal/wasmbin/parts"
)

// measured is what a compile took.
type measured struct {
	Seconds float64 // of processor time
	MiB     float64
	Error   string
}

// childVariable makes the test binary a child that compiles the module on its input.
const childVariable = "POSTERN_TEST_COMPILE"

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		json.NewEncoder(os.Stdout).Encode(compileHere(os.Stdin))
		return
	}
	os.Exit(m.Run())
}

// compileHere compiles a module and returns what that took.
func compileHere(r io.Reader) (out measured) {
	b, err := io.ReadAll(r)
	if err != nil {
		return measured{Error: err.Error()}
	}
	m, err := wasmbin.Parse(b)
	if err != nil {
		return measured{Error: err.Error()}
	}
	metered, err := wasmbin.Meter(m, parts.WholePages)
	if err != nil {
		return measured{Error: err.Error()}
	}
	ctx := experimental.WithCompilationWorkers(context.Background(), cost.Workers)
	engine := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigCompiler().WithCoreFeatures(api.CoreFeaturesV2))
	os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // the peak begins here
	resident, used := status("VmRSS"), processorTime()
	compiled, err := engine.CompileModule(ctx, metered.Bytes)
	if err == nil {
		compiled.ExportedFunctions() // as the host does, so that no call does it later
	}
	out.Seconds, out.MiB = processorTime()-used, status("VmHWM")-resident
	if err != nil {
		out.Error = err.Error()
	}
	return out
}

// processorTime returns the seconds of processor time that the process has used.
func processorTime() float64 {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	seconds := func(t syscall.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)/1e6 }
	return seconds(u.Utime) + seconds(u.Stime)
}

// status returns a size of the process in MiB.
func status(name string) float64 {
	b, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == name+":" {
			n, _ := strconv.ParseFloat(f[1], 64)
			return n / 1024
		}
	}
	return 0
}

// patience is the processor time after which a compile is killed. A module that the model
// accepts must not take so long.
const patience = 8 * time.Second

// compile compiles a module in a process of its own.
func compile(b []byte) measured { return compileFor(b, patience) }

// again measures a module that seems to take clearly more than predicted up to four more times
// and returns the least.
func (m measured) again(b []byte, p cost.Estimate) measured {
	for n := 0; n < 4 && m.Error == "" && m.Seconds > max(1.1*p.Processor, leastSeconds); n++ {
		if next := compile(b); next.Error == "" {
			m.Seconds, m.MiB = min(m.Seconds, next.Seconds), min(m.MiB, next.MiB)
		}
	}
	return m
}

func compileFor(b []byte, patience time.Duration) (out measured) {
	c := exec.Command("/proc/self/exe")
	c.Env = append(os.Environ(), childVariable+"=1")
	c.Stdin = bytes.NewReader(b)
	var answer bytes.Buffer
	c.Stdout = &answer
	if err := c.Start(); err != nil {
		return measured{Error: err.Error()}
	}
	stop := time.AfterFunc(10*patience, func() { c.Process.Kill() })
	defer stop.Stop()
	prlimit(c.Process.Pid, patience)
	err := c.Wait()
	if json.Unmarshal(answer.Bytes(), &out) != nil {
		used := c.ProcessState.UserTime() + c.ProcessState.SystemTime()
		usage := c.ProcessState.SysUsage().(*syscall.Rusage)
		return measured{Seconds: used.Seconds(), MiB: float64(usage.Maxrss) / 1024, Error: fmt.Sprintf("ended after %.0f s: %v", used.Seconds(), err)}
	}
	return out
}

// prlimit limits the processor time and the memory of a process.
func prlimit(pid int, d time.Duration) {
	limit := syscall.Rlimit{Cur: uint64(d.Seconds()), Max: uint64(d.Seconds())}
	data := syscall.Rlimit{Cur: 6 << 30, Max: 6 << 30}
	setLimit(pid, syscall.RLIMIT_CPU, &limit)
	setLimit(pid, syscall.RLIMIT_DATA, &data)
}

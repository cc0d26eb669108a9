package policy_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/policy"
)

const (
	hostileEnv    = "POLICY_HOSTILE_CASE"
	hostileMemory = 128 << 20 // largest resident size of a child process in bytes
	hostileSpace  = 2 << 30   // largest address space in bytes
)

func TestMain(m *testing.M) {
	if name := os.Getenv(hostileEnv); name != "" {
		runHostile(name)
		return
	}
	os.Exit(m.Run())
}

// hostileReport is the output of a child process.
type hostileReport struct {
	Outcome string
	Open    bool // something was allowed
	Micros  int64
}

// runHostile loads one case and decides with it.
func runHostile(name string) {
	limit := syscall.Rlimit{Cur: hostileSpace, Max: hostileSpace}
	if err := syscall.Setrlimit(syscall.RLIMIT_AS, &limit); err != nil {
		panic(err)
	}
	where, name, _ := strings.Cut(name, ":")
	src := ""
	switch where {
	case "src":
		src = hostileSources[name]()
	case "load":
		src = hostileBodies[name] + "\nallow { \"all\", keys = \"**\" }"
	case "call":
		src = "allow { \"all\", keys = \"**\", when = function(req) " + hostileBodies[name] + "\nreturn true end }"
	case "hook":
		src = "allow { \"all\", keys = \"**\" } chain { \"c\", keys = \"**\", providers = function(req) " + hostileBodies[name] + "\nreturn { \"env\" } end }"
	}
	start := time.Now()
	report := hostileReport{}
	p, err := policy.Parse("policy.lua", []byte(src), policy.Options{Chain: []string{"env"}})
	if err != nil {
		report.Outcome = "refused: " + err.Error()
	} else {
		d := p.Decide(policy.Request{Roles: []string{"none"}, Op: policy.OpGet, Key: "a/b", Time: noon})
		report.Open = d.Allow
		report.Outcome = fmt.Sprintf("decided: %s %v", d.Code, d.Err)
	}
	report.Micros = time.Since(start).Microseconds()
	json.NewEncoder(os.Stdout).Encode(report)
}

// harmless are cases that may load and allow.
var harmless = []string{
	"src:src250k-rules",
}

// TestHostileTM076toTM081 runs every case in a process of its own, with a limited
// address space. Each must be rejected or denied, and use little memory.
func TestHostileTM076toTM081(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector needs more memory than a case may use")
	}
	var names []string
	for _, where := range []string{"load:", "call:", "hook:"} {
		for _, name := range slices.Sorted(maps.Keys(hostileBodies)) {
			names = append(names, where+name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(hostileSources)) {
		names = append(names, "src:"+name)
	}
	if testing.Short() {
		names = slices.DeleteFunc(names, func(n string) bool { return strings.HasPrefix(n, "hook:") })
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	worst := map[string]int64{}
	slots := make(chan struct{}, 2)
	for _, name := range names {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			report, rss := hostileChild(t, name)
			mu.Lock()
			defer mu.Unlock()
			worst["time us"] = max(worst["time us"], report.Micros)
			worst["rss"] = max(worst["rss"], rss)
			t.Logf("%-28s %8.1f ms %4d MB  %.90s", name, float64(report.Micros)/1000, rss>>20, report.Outcome)
			if report.Open && !slices.Contains(harmless, name) {
				t.Errorf("%s was allowed", name)
			}
			if rss > hostileMemory {
				t.Errorf("%s used %d MB", name, rss>>20)
			}
		})
	}
	wg.Wait()
	t.Logf("%d cases, worst %.1f ms, %d MB", len(names), float64(worst["time us"])/1000, worst["rss"]>>20)
}

func hostileChild(t *testing.T, name string) (report hostileReport, rss int64) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), hostileEnv+"="+name)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(out, &report)
	}
	if err != nil {
		t.Errorf("%s: %v\n%.400s", name, err, stderr.String())
	}
	usage, _ := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	return report, usage.Maxrss << 10
}

package config

import (
	goruntime "runtime"
	"slices"
	"testing"

	"github.com/postern-project/postern/runtime"
)

func TestOlderGo(t *testing.T) {
	t.Parallel()
	for have, want := range map[string]bool{
		"go1.26.4": true, "go1.25": true, "go1.26.5": false, "go1.26.10": false, "go1.27": false, "go2.0": false, "devel": false,
		"go1.26.8 X:nocoverage": false,
	} {
		if got := olderGo(have, leastGo); got != want {
			t.Errorf("olderGo(%q) = %v, want %v", have, got, want)
		}
	}
}

// Each system's measurements get words that are true there: only where memory
// was left out of core files does the report say so.
func TestMemoryFindings(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, goos   string
		measured     runtime.MemoryStatus
		locked, dump finding
		kept         []finding
	}{
		{"linux", "linux", runtime.MemoryStatus{Values: 1, Locked: 65536},
			finding{"memory", "ok", "values are locked in memory", ""},
			finding{"core files", "ok", "values are left out of core files", ""}, nil},
		{"linux with kv", "linux", runtime.MemoryStatus{Values: 1, Locked: 65536, KV: []runtime.KVMemory{
			{Provider: "full", Values: 9, Locked: 65536, Unlocked: 131072}, {Provider: "small", Values: 1, Locked: 65536}, {Provider: "late", Values: 1, Unlocked: 65536}}},
			finding{"memory", "ok", "values are locked in memory", ""},
			finding{"core files", "ok", "values are left out of core files", ""},
			[]finding{
				{"memory of full", "warn", "131072 of 196608 bytes of memory for its kv could not be locked and may be swapped to disk", "ulimit -l unlimited"},
				{"memory of late", "warn", "65536 of 65536 bytes of memory for its kv could not be locked and may be swapped to disk", "ulimit -l unlimited"},
			}},
		{"linux with a low limit", "linux", runtime.MemoryStatus{Values: 1, Unlocked: 65536},
			finding{"memory", "warn", "65536 bytes of memory for values could not be locked and may be swapped to disk", "ulimit -l unlimited"},
			finding{"core files", "ok", "values are left out of core files", ""}, nil},
		{"darwin", "darwin", runtime.MemoryStatus{Values: 1, Locked: 65536, Dumpable: 65536},
			finding{"memory", "ok", "values are locked in memory", ""},
			finding{"core files", "warn", "65536 bytes of memory for values may be written to core files", "ulimit -c 0"}, nil},
		{"windows", "windows", runtime.MemoryStatus{Values: 1, Locked: 65536, Dumpable: 65536},
			finding{"memory", "ok", "values are locked in memory", ""},
			finding{"core files", "warn", "65536 bytes of memory for values may be written to crash dumps", "postern help doctor"}, nil},
		{"windows with a small working set", "windows", runtime.MemoryStatus{Values: 1, Unlocked: 65536, Dumpable: 65536},
			finding{"memory", "warn", "65536 bytes of memory for values could not be locked and may be swapped to disk", "postern help doctor"},
			finding{"core files", "warn", "65536 bytes of memory for values may be written to crash dumps", "postern help doctor"}, nil},
	}
	for _, tt := range tests {
		got := memoryFindings(tt.measured, tt.goos)
		if want := append([]finding{tt.locked, tt.dump}, tt.kept...); !slices.Equal(got, want) {
			t.Errorf("%s: %+v, want %+v", tt.name, got, want)
		}
	}
}

// The runtime of this very process measures what the report shows.
func TestMemoryIsMeasured(t *testing.T) {
	t.Parallel()
	x := &examination{}
	x.memory()
	if len(x.findings) != 2 {
		t.Fatalf("%d findings, want 2: %+v", len(x.findings), x.findings)
	}
	hidden := x.findings[1].Grade == "ok"
	if onLinux := goruntime.GOOS == "linux"; hidden != onLinux {
		t.Errorf("on %s the report says %q", goruntime.GOOS, x.findings[1].Text)
	}
}

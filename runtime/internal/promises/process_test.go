package promises_test

import (
	"fmt"
	"os"
	goruntime "runtime"
	"strconv"
	"strings"
	"testing"
)

// pages is the memory limit of the guests whose memories are counted: an unusual
// number that identifies their mappings.
const pages = 37

// held counts what a provider must release when it is closed.
type held struct {
	goroutines, files, memories int
}

func holding() held {
	h := held{goroutines: goruntime.NumGoroutine(), memories: memories()}
	if list, err := os.ReadDir("/proc/self/fd"); err == nil {
		h.files = len(list)
	}
	return h
}

// memories counts the memories of guests: mappings of that size that are left out of
// core dumps. The system shows memories side by side as one.
func memories() (n int) {
	maps, _ := os.ReadFile("/proc/self/smaps")
	size := uint64(0)
	for line := range strings.Lines(string(maps)) {
		var from, to uint64
		if _, err := fmt.Sscanf(line, "%x-%x ", &from, &to); err == nil {
			size = to - from
		}
		if flags, ok := strings.CutPrefix(line, "VmFlags:"); ok && size%(pages<<16) == 0 && strings.Contains(flags, " dd") {
			n += int(size / (pages << 16))
		}
	}
	return n
}

// wantBack waits until no more is held than before: goroutines that are about to
// end may need the processor once more.
func wantBack(t *testing.T, before held) {
	t.Helper()
	after := holding()
	for range 1_000 {
		if after.goroutines <= before.goroutines && after.files <= before.files && after.memories <= before.memories {
			return
		}
		goruntime.Gosched()
		goruntime.GC()
		after = holding()
	}
	t.Errorf("the process holds %+v, before it held %+v", after, before)
}

// resident returns the process's resident memory in MiB, 0 where it cannot be
// read.
func resident() int {
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		if kib, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			n, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(kib), " kB"))
			return n >> 10
		}
	}
	return 0
}

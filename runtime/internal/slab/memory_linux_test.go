package slab_test

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/postern-project/postern/runtime/internal/slab"
)

// childVariable names the test that this binary runs as a child process.
const childVariable = "POSTERN_TEST_SLAB_CHILD"

// child runs the calling test again in a process of its own.
func child(t *testing.T) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), childVariable+"="+t.Name())
	if out, err := cmd.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("--- PASS")) {
		t.Errorf("the child ended with %v:\n%s", err, out)
	}
}

// A system that lets a process lock 64 KiB gets 10,000 values all the same, and
// says which part of them is not locked.
func TestLittleLockedMemory(t *testing.T) {
	if os.Getenv(childVariable) == t.Name() {
		becomeNobody(t)
		fillUnder(t, 64<<10)
		return
	}
	t.Parallel()
	child(t)
}

// Without any locked memory it works as well.
func TestNoLockedMemory(t *testing.T) {
	if os.Getenv(childVariable) == t.Name() {
		becomeNobody(t)
		fillUnder(t, 0)
		return
	}
	t.Parallel()
	child(t)
}

// becomeNobody gives up root, for whom the limit on locked memory does not
// count.
func becomeNobody(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		return
	}
	const nobody = 65534
	if err := syscall.Setuid(nobody); err != nil {
		t.Fatalf("setuid: %v", err)
	}
}

func fillUnder(t *testing.T, limit uint64) {
	t.Helper()
	if err := unix.Setrlimit(unix.RLIMIT_MEMLOCK, &unix.Rlimit{Cur: limit, Max: limit}); err != nil {
		t.Fatalf("setrlimit: %v", err)
	}
	const many = 10_000
	cells := make([]*slab.Cell, many)
	for i := range cells {
		c, err := slab.New(0, fmt.Appendf(nil, "value number %d, of a usual length", i))
		if err != nil {
			t.Fatalf("New number %d = %v", i, err)
		}
		cells[i] = c
	}
	for i, c := range cells {
		if got, want := string(read(t, c)), fmt.Sprintf("value number %d, of a usual length", i); got != want {
			t.Fatalf("cell %d holds %q, want %q", i, got, want)
		}
	}
	s := slab.Stat()
	if s.Cells != many || s.Locked > int64(limit) || s.Unlocked == 0 || s.Locked+s.Unlocked < many*32 {
		t.Errorf("Stat() = %+v under a limit of %d bytes", s, limit)
	}
	if limit > 0 && s.Locked == 0 {
		t.Errorf("Stat() = %+v: none of %d bytes that may be locked are", s, limit)
	}
	for _, c := range cells {
		c.Free()
	}
	if s := slab.Stat(); s.Cells != 0 {
		t.Errorf("Stat() = %+v after freeing all", s)
	}
}

// Every arena, of each size class and of a value's own, is left out of core
// files, wiped on fork, and fenced by pages that nobody may touch.
func TestTM134ArenasAreHiddenAndFenced(t *testing.T) {
	t.Parallel()
	for size := 1; size <= slab.MaxSize; size *= 4 {
		c, err := slab.New(0, make([]byte, size))
		if err != nil {
			t.Fatal(err)
		}
		_ = c.Use(func(b []byte) error {
			at := uintptr(unsafe.Pointer(unsafe.SliceData(b)))
			maps := mappings(t)
			i := slices.IndexFunc(maps, func(m mappingOf) bool { return m.from <= at && at < m.to })
			if i < 1 || i+1 >= len(maps) {
				t.Fatalf("value of %d bytes at %#x lies in mapping %d of %d", size, at, i, len(maps))
			}
			arena, before, after := maps[i], maps[i-1], maps[i+1]
			if !slices.Contains(arena.flags, "dd") || !slices.Contains(arena.flags, "wf") {
				t.Errorf("value of %d bytes: flags %q lack dd (no dump) or wf (wipe on fork)", size, arena.flags)
			}
			if arena.mode != "rw-p" {
				t.Errorf("value of %d bytes: its pages are %s, want rw-p", size, arena.mode)
			}
			if before.to != arena.from || before.mode != "---p" || after.from != arena.to || after.mode != "---p" {
				t.Errorf("value of %d bytes: no guard pages around it: %+v, %+v, %+v", size, before, arena, after)
			}
			return nil
		})
		c.Free()
	}
	if s := slab.Stat(); s.Dumpable != 0 {
		t.Errorf("Stat() = %+v, want 0 bytes that a core file may contain", s)
	}
}

// mappingOf is one entry of /proc/self/smaps.
type mappingOf struct {
	from, to uintptr
	mode     string
	flags    []string
}

func mappings(t *testing.T) []mappingOf {
	t.Helper()
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		t.Skipf("the mappings of this process cannot be read: %v", err)
	}
	defer f.Close()
	var all []mappingOf
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if fields[0] == "VmFlags:" {
			all[len(all)-1].flags = fields[1:]
			continue
		}
		from, to, ok := strings.Cut(fields[0], "-")
		if !ok || strings.HasSuffix(fields[0], ":") {
			continue
		}
		a, errA := strconv.ParseUint(from, 16, 64)
		b, errB := strconv.ParseUint(to, 16, 64)
		if errA != nil || errB != nil {
			continue
		}
		all = append(all, mappingOf{from: uintptr(a), to: uintptr(b), mode: fields[1]})
	}
	return all
}

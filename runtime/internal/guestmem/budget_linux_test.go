package guestmem_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/postern-project/postern/runtime/internal/guestmem"
)

const budgetChild = "POSTERN_TEST_GUESTMEM_CHILD"

// The memories of guests, however many there are and however they were used, leave half
// of what the process may lock to values, and are restored all the same.
func TestTM135GuestsLeaveHalfOfTheLock(t *testing.T) {
	if os.Getenv(budgetChild) == "" {
		t.Parallel()
		cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v")
		cmd.Env = append(os.Environ(), budgetChild+"=1")
		if out, err := cmd.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("--- PASS")) {
			t.Errorf("the child ended with %v:\n%s", err, out)
		}
		return
	}
	const limit = 8 << 20
	if err := unix.Setrlimit(unix.RLIMIT_MEMLOCK, &unix.Rlimit{Cur: limit, Max: limit}); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		if err := syscall.Setuid(65534); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 12 {
		// Content that is scattered is restored page by page.
		memory, mem := allocate(t, 17*page, page)
		img := guestmem.TakeImage(nil, memory, nil)
		want := bytes.Clone(mem)
		for range 3 {
			for at := 0; at < len(mem); at += 4096 { // all pages, so that they are dropped
				mem[at] = 'x'
			}
			if _, ok := img.Restore(); !ok || !bytes.Equal(mem, want) {
				t.Fatalf("memory %d differs from its image", i)
			}
		}
	}
	got := lockedNow(t)
	if got > limit/2 {
		t.Errorf("guests have locked %d bytes of %d", got, limit)
	}
	if got == 0 {
		t.Errorf("guests have locked nothing of %d bytes", limit)
	}
}

// lockedNow returns the bytes that the kernel has locked for this process.
func lockedNow(t *testing.T) (kib int) {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip(err)
	}
	_, rest, _ := strings.Cut(string(status), "\nVmLck:")
	if _, err := fmt.Sscan(rest, &kib); err != nil {
		t.Fatal(err)
	}
	return kib << 10
}

// Restore says how many pages that were touched went back to the system. Of a memory with
// few of them none does.
func TestRestoreCountsDroppedPages(t *testing.T) {
	t.Parallel()
	for _, content := range []int{0, 100 << 10, 40 * page} { // each takes a different code path
		memory, mem := allocate(t, 64*page, content)
		img := guestmem.TakeImage(nil, memory, nil)
		for _, touched := range []int{0, 10, 900, 1, 900} {
			for i := range touched {
				mem[i*4096]++
			}
			dropped, ok := img.Restore()
			if !ok || touched < 100 && dropped != 0 || touched > 600 && (dropped < touched*3/4 || dropped > len(mem)/4096) {
				t.Errorf("%d bytes of content: after %d pages Restore() = %d, %v", content, touched, dropped, ok)
			}
		}
	}
}

package secret_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	goruntime "runtime"
	"runtime/debug"
	"strconv"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/postern-project/postern/runtime/secret"
)

const (
	// coreVariable makes this test binary the process that is dumped.
	coreVariable = "POSTERN_TEST_CORE"

	coreValues  = 1000
	coreValueOf = 96 // bytes; a whole number of pieces
	corePiece   = 16
	// coreControl numbers the one value that is left in ordinary memory.
	coreControl = coreValues
)

// fillValue writes value number n to b, byte by byte: at most one byte of it is
// ever outside of b, so this function leaves no piece in a core file.
func fillValue(b []byte, n int) {
	state := uint64(n) << 32 // far apart, so that no value is a shift of another
	for i := range b {
		state += 0x9e3779b97f4a7c15
		z := state
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		b[i] = byte(z >> 56)
	}
}

// The core file of a process that made a thousand values contains none of them,
// not even a piece of sixteen bytes, the size of a register. It does contain a
// value in ordinary memory.
func TestTM134CoreFileHoldsNoValue(t *testing.T) {
	if way := os.Getenv(coreVariable); way != "" {
		holdValues(t, way)
		return
	}
	t.Parallel()
	core, how := abortedCore(t), "SIGABRT"
	if core == "" {
		core, how = gcore(t), "gcore"
	}
	if core == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("no core file, neither by the system nor by gcore")
		}
		t.Skip("no core file: the system does not write one to the working directory, and gcore of gdb is not installed or may not attach")
	}
	found, size := findPieces(t, core)
	t.Logf("%s: %d bytes of core, pieces of %d values found", how, size, len(found))
	if found[coreControl] != coreValueOf/corePiece {
		t.Errorf("found %d pieces of the value in ordinary memory, want %d: the search does not work", found[coreControl], coreValueOf/corePiece)
	}
	delete(found, coreControl)
	if len(found) > 0 {
		t.Errorf("the core file holds pieces of %d of %d values: %v", len(found), coreValues, found)
	}
}

// holdValues is the child process: it makes the values and then aborts, or waits
// for the parent to dump it.
func holdValues(t *testing.T, way string) {
	held := make([]secret.Secret, coreValues)
	b := make([]byte, coreValueOf)
	for i := range held {
		fillValue(b, i)
		s, err := secret.FromBytes(b)
		if err != nil {
			t.Fatal(err)
		}
		held[i] = s
	}
	control := make([]byte, coreValueOf)
	fillValue(control, coreControl)
	for i, s := range held { // use them, as a program does
		_ = s.Expose(func(got []byte) error {
			if len(got) != coreValueOf {
				t.Errorf("value %d has %d bytes", i, len(got))
			}
			return nil
		})
	}
	if way == "abort" {
		var limit unix.Rlimit
		_ = unix.Getrlimit(unix.RLIMIT_CORE, &limit)
		limit.Cur = limit.Max
		_ = unix.Setrlimit(unix.RLIMIT_CORE, &limit)
		debug.SetTraceback("crash")
		_ = syscall.Kill(os.Getpid(), syscall.SIGABRT)
	}
	fmt.Println("holding")
	_, _ = os.Stdin.Read(make([]byte, 1)) // until the parent closes it
	goruntime.KeepAlive(held)
	goruntime.KeepAlive(control)
}

func coreChild(t *testing.T, way string) *exec.Cmd {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, "-test.run=^TestTM134CoreFileHoldsNoValue$")
	cmd.Env = append(os.Environ(), coreVariable+"="+way)
	cmd.Dir = t.TempDir()
	return cmd
}

// abortedCore lets the child end by SIGABRT and returns the name of its core
// file, "" if the system wrote none into the child's folder.
func abortedCore(t *testing.T) string {
	cmd := coreChild(t, "abort")
	stdin, err := cmd.StdinPipe() // stays open: the child waits for its signal
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Fatalf("the child outlived SIGABRT: %s", out)
	}
	return findCore(t, cmd.Dir)
}

// gcore returns the name of the core file that gdb's gcore writes of a living
// child. It leaves out the same memory as the kernel. The name is "" if gcore
// cannot be used here.
func gcore(t *testing.T) string {
	tool, err := exec.LookPath("gcore")
	if err != nil {
		return ""
	}
	cmd := coreChild(t, "wait")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Wait() }()
	defer stdin.Close()
	if _, err := stdout.Read(make([]byte, 64)); err != nil {
		t.Fatalf("the child said nothing: %v", err)
	}
	out, err := exec.Command(tool, "-o", filepath.Join(cmd.Dir, "core"), strconv.Itoa(cmd.Process.Pid)).CombinedOutput()
	if err != nil {
		t.Logf("gcore: %v: %s", err, bytes.TrimSpace(out))
		return ""
	}
	return findCore(t, cmd.Dir)
}

func findCore(t *testing.T, folder string) string {
	names, err := filepath.Glob(filepath.Join(folder, "*core*"))
	if err != nil || len(names) == 0 {
		return ""
	}
	return names[0]
}

// findPieces returns how many pieces of each value are in the core file, and the
// size of the file. It reads the file in parts: it may be larger than memory.
func findPieces(t *testing.T, name string) (found map[int]int, size int) {
	core, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer core.Close()
	seen, search := map[piece]bool{}, newSearch()
	buf := make([]byte, 1<<20)
	for kept := 0; ; {
		n, err := core.Read(buf[kept:])
		if err != nil && err != io.EOF {
			t.Fatal(err)
		}
		if size == 0 && !bytes.HasPrefix(buf[:n], []byte("\x7fELF")) {
			t.Fatalf("%s is not a core file", name)
		}
		if n == 0 {
			break
		}
		size += n
		part := buf[:kept+n]
		search.in(part, seen)
		kept = copy(buf, part[max(0, len(part)-corePiece+1):])
	}
	found = map[int]int{}
	for p := range seen {
		found[p.value]++
	}
	return found, size
}

// piece names a part of a value.
type piece struct{ value, offset int }

type search struct {
	pieces map[[corePiece]byte]piece
	starts [1 << 16]bool // the first two bytes of any piece
}

func newSearch() *search {
	s := &search{pieces: map[[corePiece]byte]piece{}}
	b := make([]byte, coreValueOf)
	for n := range coreControl + 1 {
		fillValue(b, n)
		for i := 0; i < len(b); i += corePiece {
			s.pieces[[corePiece]byte(b[i:])] = piece{n, i}
			s.starts[int(b[i])<<8|int(b[i+1])] = true
		}
	}
	return s
}

func (s *search) in(b []byte, seen map[piece]bool) {
	for i := 0; i+corePiece <= len(b); i++ {
		if !s.starts[int(b[i])<<8|int(b[i+1])] {
			continue
		}
		if p, ok := s.pieces[[corePiece]byte(b[i:])]; ok {
			seen[p] = true
		}
	}
}

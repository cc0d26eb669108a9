package steering_test

import (
	"bytes"
	"os"
	goruntime "runtime"
	"runtime/debug"
	"testing"
	"unsafe"

	"github.com/postern-project/postern/cmd/postern/internal/steering"
)

// Of a value that is looked at as the words of a shell, no copy is left on the heap. A value
// that may be a path, or have names of files in it, is another matter: system calls copy these.
func TestTM131WordsOfAValueAreNotLeft(t *testing.T) {
	goruntime.GC()                                   // removes what earlier tests left
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // but garbage of this one stays in the dump
	const core = 40
	hidden := func(b []byte, value int) []byte {
		for i := range core {
			b = append(b, 'A'+byte((i*i*7+value*5+i)%26))
		}
		return b
	}
	around := []string{"", "'", `"`, `\`, "$IFS", "${IFS} x", "' ' \"", "`", "$(x '", "\\\"'\\'"}
	place := steering.Place{Dir: t.TempDir(), Path: []string{"/nonexistent"}, Getenv: func(string) string { return "" }}
	var buf [256]byte
	for i, s := range around {
		text := append(hidden(append(buf[:0], "p!"...), i), s...)
		text = append(append(text, "and"...), s...)
		if reason, runs := place.Runs(unsafe.String(unsafe.SliceData(text), len(text))); runs {
			t.Errorf("a value with %q %s", s, reason)
		}
	}
	clear(buf[:])
	f, err := os.Create(t.TempDir() + "/heap")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	debug.WriteHeapDump(f.Fd())
	dump, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	if len(dump) < 100<<10 {
		t.Fatalf("a dump of %d bytes", len(dump))
	}
	for i, s := range around {
		if bytes.Contains(dump, hidden(nil, i)) {
			t.Errorf("a value with %q is in the heap", s)
		}
	}
}

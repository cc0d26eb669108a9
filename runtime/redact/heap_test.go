package redact_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
)

// hidden makes value i in buf, and leaves no copy of it elsewhere.
func hidden(buf []byte, i int) []byte {
	for j := range buf {
		x := uint32(i*64+j+1) * 0x9e3779b1
		x = (x ^ x>>15) * 0x85ebca6b
		buf[j] = letters[(x^x>>13)%uint32(len(letters))]
	}
	return buf
}

// TM-131: a registry leaves no value on the Go heap, in any encoding, neither when it
// builds its search structures nor when it finds values.
func TestTM131HeapHoldsNoValue(t *testing.T) {
	const n, size = 100, 48
	r := redact.New(redact.Options{})
	defer r.Close()
	entries := make([]redact.Entry, n)
	var buf [size]byte
	for i := range entries {
		s, err := secret.FromBytes(hidden(buf[:], i))
		if err != nil {
			t.Fatal(err)
		}
		entries[i] = redact.Entry{Key: fmt.Sprint("k", i), Secret: s}
	}
	if err := r.AddAll(entries); err != nil {
		t.Fatal(err)
	}
	var out [64]byte
	for i := range entries {
		if got := r.Bytes(out[:0], hidden(buf[:], i)); len(got) > 20 {
			t.Fatalf("value %d became %q", i, got)
		}
	}
	clear(buf[:])
	runtime.GC()
	f, err := os.Create(t.TempDir() + "/heap")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	debug.WriteHeapDump(f.Fd())
	dump, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	if len(dump) < 1<<20 || !bytes.Contains(dump, []byte("[REDACTED:k42]")) {
		t.Fatalf("a dump of %d bytes does not contain the registry", len(dump))
	}
	for i := range entries {
		v := hidden(buf[:], i)
		for name, form := range map[string][]byte{
			"raw": v, "half": v[:size/2], "other half": v[size/2:], "hex": fmt.Appendf(nil, "%x", v), "wide": []byte(wide(string(v[:24]), binary.LittleEndian)),
		} {
			if bytes.Contains(dump, form) {
				t.Errorf("value %d (%s) is in the heap", i, name)
			}
		}
	}
}

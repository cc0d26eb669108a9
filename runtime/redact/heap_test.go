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

// TM-131: a registry leaves no value on the Go heap, not even as garbage, in any
// encoding, neither when it builds its search structures nor when it finds values.
func TestTM131HeapHoldsNoValue(t *testing.T) {
	r := redact.New(redact.Options{})
	defer r.Close()
	checkHeap(t, r, 0, func(buf []byte, i int) []byte { return hidden(buf[:hiddenSize], i) })
}

// TM-131: nor does it leave the strings in JSON values.
func TestTM131HeapHoldsNoJSONString(t *testing.T) {
	r := redact.New(redact.Options{JSONLeaves: true})
	defer r.Close()
	checkHeap(t, r, 1000, func(buf []byte, i int) []byte {
		const head, tail = `{"a":["`, `"]}`
		copy(buf, head)
		hidden(buf[len(head):len(head)+hiddenSize], i)
		return buf[:len(head)+hiddenSize+copy(buf[len(head)+hiddenSize:], tail)]
	})
}

// TM-131: nor what it makes of values with runs of blanks.
func TestTM131HeapHoldsNoFoldedValue(t *testing.T) {
	r := redact.New(redact.Options{})
	defer r.Close()
	checkHeap(t, r, 2000, func(buf []byte, i int) []byte {
		const head, tail = "a\r\tb\n", "\nc  d"
		copy(buf, head)
		hidden(buf[len(head):len(head)+hiddenSize], i)
		return buf[:len(head)+hiddenSize+copy(buf[len(head)+hiddenSize:], tail)]
	})
}

const hiddenSize = 48

// checkHeap adds 100 values that value makes around hidden values, the first of
// which has the given number, masks the hidden values, and fails if one of them is in
// a dump of the heap. The numbers of two tests must differ: checkHeap itself leaves
// values on the heap after the dump.
func checkHeap(t *testing.T, r *redact.Registry, first int, value func(buf []byte, i int) []byte) {
	t.Helper()
	runtime.GC()                                     // removes what earlier tests left
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // but garbage of this one stays in the dump
	var buf [64]byte
	entries := make([]redact.Entry, 100)
	for i := range entries {
		s, err := secret.FromBytes(value(buf[:], first+i))
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
		if got := r.Bytes(out[:0], hidden(buf[:hiddenSize], first+i)); len(got) > 20 {
			t.Fatalf("value %d became %q", i, got)
		}
	}
	clear(buf[:])
	dump := heapDump(t)
	if len(dump) < 1<<20 || !bytes.Contains(dump, []byte("[REDACTED:k42]")) {
		t.Fatalf("a dump of %d bytes does not contain the registry", len(dump))
	}
	for i := range entries {
		v := hidden(buf[:hiddenSize], first+i)
		for name, form := range map[string][]byte{
			"raw": v, "half": v[:hiddenSize/2], "other half": v[hiddenSize/2:], "hex": fmt.Appendf(nil, "%x", v), "wide": []byte(wide(string(v[:24]), binary.LittleEndian)),
		} {
			if bytes.Contains(dump, form) {
				t.Errorf("value %d (%s) is in the heap", i, name)
			}
		}
	}
}

func heapDump(t *testing.T) []byte {
	t.Helper()
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
	return dump
}

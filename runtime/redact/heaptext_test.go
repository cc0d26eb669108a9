package redact_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"unsafe"

	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
)

// spellings are texts with a value in them. They leave no copy of it elsewhere if there is
// room in dst.
var heapSpellings = []struct {
	name string
	text func(dst, v []byte) []byte
}{
	{"as it is", func(dst, v []byte) []byte { return append(append(append(dst, "a value: "...), v...), " ...\n"...) }},
	{"coloured", func(dst, v []byte) []byte {
		dst = append(dst, "\x1b[32m"...)
		dst = append(append(dst, v[:len(v)/2]...), "\x1b[1m"...)
		return append(append(dst, v[len(v)/2:]...), "\x1b[0m\n"...)
	}},
	{"with escapes", func(dst, v []byte) []byte {
		dst = append(dst, `pÃ¤ss `...)
		for i, c := range v {
			if i%40 == 20 {
				dst = append(dst, '\\', 'x', "0123456789abcdef"[c>>4], "0123456789abcdef"[c&15])
				continue
			}
			dst = append(dst, c)
		}
		return append(dst, '\n')
	}},
	{"in JSON", func(dst, v []byte) []byte {
		dst = append(dst, `{"time":"2026-01-02T03:04:05Z","level":"INFO","msg":"m","a":["x","`...)
		for i, c := range v {
			if i%60 == 30 {
				dst = append(dst, '\\', 'u', '0', '0', "0123456789abcdef"[c>>4], "0123456789abcdef"[c&15])
				continue
			}
			dst = append(dst, c)
		}
		return append(dst, "\"]}\n"...)
	}},
	{"quoted by a shell", func(dst, v []byte) []byte {
		dst = append(append(dst, "+ x '"...), v[:len(v)/2]...)
		return append(append(append(dst, `'"'"`...), v[len(v)/2:]...), "\"\n"...)
	}},
	{"in lines of base64", func(dst, v []byte) []byte {
		for ; len(v) > 48; v = v[48:] {
			dst = append(base64.StdEncoding.AppendEncode(dst, v[:48]), '\n')
		}
		return append(base64.StdEncoding.AppendEncode(dst, v), '\n')
	}},
	{"quoted-printable", func(dst, v []byte) []byte {
		for ; len(v) > 70; v = v[70:] {
			dst = append(append(dst, v[:70]...), "=\r\n"...)
		}
		return append(append(dst, v...), "\r\n"...)
	}},
}

// heapWays are ways to have a text masked. A way returns what has to live on.
var heapWays = []struct {
	name string
	mask func(r *redact.Registry, text []byte) any
}{
	{"Bytes", func(r *redact.Registry, text []byte) any { r.Bytes(nil, text); return nil }},
	{"String", func(r *redact.Registry, text []byte) any {
		r.String(unsafe.String(&text[0], len(text)))
		return nil
	}},
	{"StringWhile", func(r *redact.Registry, text []byte) any {
		r.StringWhile(unsafe.String(&text[0], len(text)), func() bool { return true })
		return nil
	}},
	{"Writer", func(r *redact.Registry, text []byte) any { return inPieces(r, text, len(text), nil) }},
	{"Writer in two pieces", func(r *redact.Registry, text []byte) any { return inPieces(r, text, len(text)/2+1, nil) }},
	{"Writer in small pieces", func(r *redact.Registry, text []byte) any { return inPieces(r, text, 7, nil) }},
	{"Writer in lines", func(r *redact.Registry, text []byte) any { return inPieces(r, text, 65, nil) }},
	{"Writer that shows it", func(r *redact.Registry, text []byte) any {
		return inPieces(r, text, 65, func(string) bool { return true })
	}},
	{"Writer that shows another one", func(r *redact.Registry, text []byte) any {
		return inPieces(r, text, 650, func(key string) bool { return !strings.HasPrefix(key, "first") })
	}},
	{"Handler", func(r *redact.Registry, text []byte) any {
		var record io.Writer
		h := redact.NewHandler(io.Discard, r, func(w io.Writer) slog.Handler { record = w; return slog.DiscardHandler })
		_, _ = record.Write(text)
		return h
	}},
}

// inPieces writes a text and ordinary lines, and returns the writer. It closes another one
// before the end of the text.
func inPieces(r *redact.Registry, text []byte, size int, show func(string) bool) any {
	closed := r.Writer(io.Discard, redact.WriterOptions{Idle: -1, Show: show})
	for rest := text[:len(text)*2/3]; len(rest) > 0; rest = rest[min(size, len(rest)):] {
		_, _ = closed.Write(rest[:min(size, len(rest))])
	}
	_ = closed.Close()
	w := r.Writer(io.Discard, redact.WriterOptions{Idle: -1, Show: show})
	for rest := text; len(rest) > 0; rest = rest[min(size, len(rest)):] {
		_, _ = w.Write(rest[:min(size, len(rest))])
	}
	for range 3 {
		_, _ = io.WriteString(w, "an ordinary line\n")
	}
	return w
}

// TM-131: what is masked leaves no value on the Go heap, however it is written and
// however it comes, neither as garbage nor in what lives on.
func TestTM131HeapHoldsNothingThatWasMasked(t *testing.T) {
	const size, first, apart = 1200, 10000, 32
	runtime.GC()                                     // removes what earlier tests left
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // but garbage of this one stays in the dump
	value, text := make([]byte, size), make([]byte, 0, 8*size)
	long := func(n int) []byte {
		for i := 0; i < size; i += 64 {
			hidden(value[i:min(i+64, size)], first+n*apart+i/64)
		}
		return value
	}
	reg := redact.New(redact.Options{})
	defer reg.Close()
	n := 0
	if s, err := secret.FromBytes([]byte("pässwört-5f0c9a7b")); err != nil || reg.Add("other", s) != nil {
		t.Fatal(err)
	}
	for range heapSpellings {
		for range heapWays {
			s, err := secret.FromBytes(long(n)) // which clears it
			if err == nil {
				err = reg.Add(fmt.Sprint([]string{"first", "second"}[n%2], n), s)
			}
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
	}
	reg.Prepare()
	var living []any
	n = 0
	for _, s := range heapSpellings {
		for _, way := range heapWays {
			text = s.text(text[:0], long(n))
			n++
			living = append(living, way.mask(reg, text))
			if out := reg.Bytes(nil, text); len(out) > size/2 && !bytes.Contains(out, []byte("[REDACTED:")) {
				t.Errorf("%s is not found", s.name)
			}
			clear(text)
		}
	}
	clear(value)
	dump := heapDump(t)
	runtime.KeepAlive(living)
	const partSize = 48 // more than a register, which the system may have saved anywhere
	parts := map[[partSize]byte]string{}
	n = 0
	for _, s := range heapSpellings {
		for _, way := range heapWays {
			v := long(n)
			n++
			for _, b := range [][]byte{v, s.text(text[:0], v)} {
				for at := 80; at+80 < len(b); at += 16 { // what is around the value is in all texts
					parts[[partSize]byte(b[at:])] = s.name + ", " + way.name
				}
			}
		}
	}
	var begins [1 << 16]bool // the first bytes of parts
	for part := range parts {
		begins[binary.LittleEndian.Uint16(part[:])] = true
	}
	left := map[string]int{}
	for at := 0; at+partSize <= len(dump); at++ {
		if begins[binary.LittleEndian.Uint16(dump[at:])] {
			if name := parts[[partSize]byte(dump[at:])]; name != "" {
				left[name]++
			}
		}
	}
	for name, n := range left {
		t.Errorf("%s: parts of the value are in the heap %d times", name, n)
	}
}

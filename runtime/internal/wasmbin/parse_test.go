package wasmbin_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/internal/wasmbin"
)

// reason returns the reason of an error, or "" for nil.
func reason(t *testing.T, err error) wasmbin.Reason {
	t.Helper()
	if err == nil {
		return ""
	}
	var e *wasmbin.Error
	if !errors.As(err, &e) {
		t.Fatalf("%v is not a *wasmbin.Error", err)
	}
	return e.Reason
}

func TestTM070Preamble(t *testing.T) {
	t.Parallel()
	table := []struct {
		name, input string
		want        wasmbin.Reason
		detail      string
	}{
		{"empty", "", wasmbin.Truncated, "empty"},
		{"one byte", "\x00", wasmbin.Truncated, "preamble"},
		{"magic only", "\x00asm", wasmbin.Truncated, "preamble"},
		{"seven bytes", "\x00asm\x01\x00\x00", wasmbin.Truncated, "preamble"},
		{"module without sections", "\x00asm\x01\x00\x00\x00", "", ""},
		{"component", "\x00asm\x0d\x00\x01\x00", wasmbin.Component, "this is a component; build a core module"},
		{"component of another version", "\x00asm\x0e\x00\x01\x00", wasmbin.Component, "build a core module"},
		{"version 2", "\x00asm\x02\x00\x00\x00", wasmbin.BadVersion, "version 2"},
		{"unknown layer", "\x00asm\x01\x00\x02\x00", wasmbin.BadVersion, "want version 1 and layer 0"},
		{"text format", "  (module)", wasmbin.NotWasm, "text"},
		{"elf", "\x7fELF\x02\x01\x01\x00", wasmbin.NotWasm, "magic bytes"},
		{"gzip", "\x1f\x8b\x08\x00", wasmbin.NotWasm, "magic bytes"},
		{"upper case magic", "\x00ASM\x01\x00\x00\x00", wasmbin.NotWasm, "magic bytes"},
		{"section id only", "\x00asm\x01\x00\x00\x00\x01", wasmbin.Truncated, "section size"},
		{"section beyond the end", "\x00asm\x01\x00\x00\x00\x01\x05\x00", wasmbin.Truncated, "section type"},
		{"unknown section", "\x00asm\x01\x00\x00\x00\x0e\x00", wasmbin.Malformed, "id 14"},
		{"tag section", "\x00asm\x01\x00\x00\x00\x0d\x00", wasmbin.RefusedFeature, "exception"},
		{"section twice", "\x00asm\x01\x00\x00\x00\x01\x01\x00\x01\x01\x00", wasmbin.Malformed, "repeated"},
		{"sections out of order", "\x00asm\x01\x00\x00\x00\x03\x01\x00\x01\x01\x00", wasmbin.Malformed, "out of order"},
		{"bytes left over", "\x00asm\x01\x00\x00\x00\x01\x02\x00\x00", wasmbin.Malformed, "after its content"},
		{"size of six bytes", "\x00asm\x01\x00\x00\x00\x01\x80\x80\x80\x80\x80\x00", wasmbin.Malformed, "32 bits"},
		{"count above the bytes", "\x00asm\x01\x00\x00\x00\x01\x02\xff\x01", wasmbin.Truncated, "do not fit"},
	}
	for _, c := range table {
		_, err := wasmbin.Parse([]byte(c.input))
		if got := reason(t, err); got != c.want {
			t.Errorf("%s: Parse = %v, want reason %q", c.name, err, c.want)
		}
		if err != nil && !strings.Contains(err.Error(), c.detail) {
			t.Errorf("%s: error %q does not say %q", c.name, err, c.detail)
		}
	}
}

func TestErrorIs(t *testing.T) {
	t.Parallel()
	_, err := wasmbin.Parse(nil)
	if !errors.Is(err, &wasmbin.Error{Reason: wasmbin.Truncated}) || errors.Is(err, &wasmbin.Error{Reason: wasmbin.Component}) {
		t.Errorf("errors.Is does not compare the reason of %v", err)
	}
}

package wasmbin_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/internal/wasmbin"
)

const empty = "\x00asm\x01\x00\x00\x00"

func TestManifest(t *testing.T) {
	t.Parallel()
	module := []byte(empty + "\x00\x05\x04name" + "\x01\x01\x00")
	if _, ok := wasmbin.Manifest(module); ok {
		t.Error("a module without a manifest has one")
	}
	for _, payload := range []string{`{"name":"first"}`, `{"name":"second"}`, ""} {
		packed, err := wasmbin.WithManifest(module, []byte(payload))
		if err != nil {
			t.Fatal(err)
		}
		got, ok := wasmbin.Manifest(packed)
		if !ok || string(got) != payload {
			t.Errorf("Manifest = %q, %v, want %q", got, ok, payload)
		}
		if !bytes.HasPrefix(packed, []byte(empty+"\x00\x05\x04name"+"\x01\x01\x00")) {
			t.Errorf("the rest of the module changed: %q", packed)
		}
		if bytes.Count(packed, []byte(wasmbin.ManifestSection)) != 1 {
			t.Errorf("more than one manifest in %q", packed)
		}
		module = packed
	}
}

func TestManifestRefused(t *testing.T) {
	t.Parallel()
	section := "\x00\x11\x10" + wasmbin.ManifestSection
	if _, ok := wasmbin.Manifest([]byte(empty + section + section)); ok {
		t.Error("one of two manifests was chosen")
	}
	if _, ok := wasmbin.Manifest([]byte(empty + section + "\x00\x7f")); ok {
		t.Error("a truncated module has a manifest")
	}
	table := []struct {
		name, module, payload string
		want                  wasmbin.Reason
	}{
		{"too large", empty, strings.Repeat("x", wasmbin.MaxManifest+1), wasmbin.ManifestRefused},
		{"not UTF-8", empty, "\xff", wasmbin.ManifestRefused},
		{"component", "\x00asm\x0d\x00\x01\x00", "{}", wasmbin.Component},
		{"truncated", empty + "\x00\x7f", "{}", wasmbin.Truncated},
	}
	for _, c := range table {
		if _, err := wasmbin.WithManifest([]byte(c.module), []byte(c.payload)); reason(t, err) != c.want {
			t.Errorf("%s: WithManifest = %v, want reason %q", c.name, err, c.want)
		}
	}
}

package wasmbin_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/internal/wasmbin"
)

const empty = "\x00asm\x01\x00\x00\x00"

// manifestOf returns the only manifest of a module.
func manifestOf(b []byte) (payload string, ok bool) {
	m, err := wasmbin.Parse(b)
	if err != nil {
		return "", false
	}
	for _, s := range m.Customs {
		if s.Name == wasmbin.ManifestSection {
			if ok {
				return "", false
			}
			payload, ok = string(s.Payload), true
		}
	}
	return payload, ok
}

func TestManifest(t *testing.T) {
	t.Parallel()
	module := []byte(empty + "\x00\x05\x04name" + "\x01\x01\x00")
	if _, ok := manifestOf(module); ok {
		t.Error("a module without a manifest has one")
	}
	for _, payload := range []string{`{"name":"first"}`, `{"name":"second"}`, ""} {
		packed, err := wasmbin.WithManifest(module, []byte(payload))
		if err != nil {
			t.Fatal(err)
		}
		got, ok := manifestOf(packed)
		if !ok || got != payload {
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
	packed, err := wasmbin.WithManifest([]byte(empty+section+section), []byte("{}"))
	if got, ok := manifestOf(packed); err != nil || !ok || got != "{}" {
		t.Errorf("WithManifest of a module with two manifests: %q, %v, want one", packed, err)
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

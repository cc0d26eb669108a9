package modules_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/postern-project/postern/modules"
)

func TestEnv(t *testing.T) {
	t.Parallel()
	h := &host{env: map[string]string{"APP_DB_URL": "x", "APP_low": "y", "OTHER": "z"}}
	h.open(t, "env", map[string]string{"prefix": "APP_"})
	for _, c := range []struct {
		key, value string
		status     uint64
	}{
		{"DB_URL", "x", ok},
		{"db/url", "", notFound},
		{"db_url", "", notFound},
		{"low", "y", ok},
		{"OTHER", "", notFound},
	} {
		if value, _, status := h.get(t, c.key); value != c.value || status != c.status {
			t.Errorf("get %q = %q, %d, want %q, %d", c.key, value, status, c.value, c.status)
		}
	}
	if got := h.keys(t, ""); got != "DB_URL low" {
		t.Errorf("keys = %q", got)
	}
}

func TestMemory(t *testing.T) {
	t.Parallel()
	h := &host{kv: map[string]string{}}
	h.open(t, "memory", nil)
	value := strings.Repeat("\x00\xffv\n", 1<<18)
	var versions []string
	for range 2 {
		if status := h.call(t, "postern_set", append(field(tagKey, "a/b"), field(tagValue, value)...)); status != ok {
			t.Fatalf("set: status %d", status)
		}
		got, version, status := h.get(t, "a/b")
		if got != value || status != ok {
			t.Fatalf("get: %d bytes, status %d, want %d bytes", len(got), status, len(value))
		}
		versions = append(versions, version)
	}
	if versions[0] == versions[1] || versions[0] == "" {
		t.Errorf("versions %q, want two", versions)
	}
	if got := h.keys(t, ""); got != "a/b" {
		t.Errorf("keys = %q", got)
	}
	for _, want := range []uint64{ok, notFound} {
		if status := h.call(t, "postern_delete", field(tagKey, "a/b")); status != want {
			t.Errorf("delete: status %d, want %d", status, want)
		}
	}
}

func TestFile(t *testing.T) {
	t.Parallel()
	for path, c := range map[string]struct{ before, after string }{
		".env":   {"# c\nA=1\nB='x'\n", "# c\nA=new\nB='x'\n"},
		"s.toml": {"# c\nA = 1\nB = 'x' # d\n", "# c\nA = \"new\"\nB = 'x' # d\n"},
		"s.json": {"{\n  \"A\": 1,\n  \"B\": \"x\"\n}\n", "{\n  \"A\": \"new\",\n  \"B\": \"x\"\n}\n"},
		"s.yaml": {"# c\nA: 1\nB: x # d\n", "# c\nA: \"new\"\nB: x # d\n"},
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			h := &host{files: map[string]string{path: c.before}}
			h.openFile(t, path)
			if value, version, status := h.get(t, "A"); value != "1" || version != "v1" || status != ok {
				t.Fatalf("get = %q, %q, %d, want 1, v1, ok", value, version, status)
			}
			if status := h.call(t, "postern_set", append(field(tagKey, "A"), field(tagValue, "new")...)); status != ok {
				t.Fatalf("set: status %d: %s", status, h.failed)
			}
			if h.files[path] != c.after {
				t.Errorf("file = %q, want %q", h.files[path], c.after)
			}
			if got := h.keys(t, ""); got != "A B" {
				t.Errorf("keys = %q", got)
			}
			delete(h.files, path)
			if _, _, status := h.get(t, "A"); status != notConfigured {
				t.Errorf("get without the file: status %d, want %d", status, notConfigured)
			}
		})
	}
}

func (h *host) openFile(t *testing.T, path string) {
	t.Helper()
	module, settings, err := modules.Pick(modules.File, map[string]string{"path": path})
	if err != nil {
		t.Fatal(err)
	}
	h.open(t, module, settings)
}

// TestHostileFiles: the module returns an error for a hostile file and does not
// trap.
func TestHostileFiles(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ path, text string }{
		"json objects": {"s.json", strings.Repeat(`{"a":`, 50_000)},
		"json lists":   {"s.json", `{"a":` + strings.Repeat("[", 50_000)},
		"toml lists":   {"s.toml", "a = " + strings.Repeat("[", 20_000)},
		"toml tables":  {"s.toml", "a = " + strings.Repeat("{a=", 20_000)},
		"toml dots":    {"s.toml", strings.Repeat("a.", 20_000) + "a = 1"},
		"yaml flow":    {"s.yaml", strings.Repeat("[", 20_000)},
		"yaml blocks":  {"s.yaml", strings.Repeat("- ", 20_000)},
		"yaml keys":    {"s.yaml", strings.Repeat("? ", 20_000)},
		"nul":          {"s.yaml", "a: \x00"},
		"size":         {".env", strings.Repeat("#", 3<<20)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := &host{files: map[string]string{c.path: c.text}}
			h.openFile(t, c.path)
			if _, _, status := h.get(t, "a"); status == ok {
				t.Error("get: ok, want an error")
			}
		})
	}
}

// TestLargestFiles: the default memory is enough to read and write files at the
// limits of the module.
func TestLargestFiles(t *testing.T) {
	t.Parallel()
	const members = 19_500
	for path, line := range map[string]string{
		".env": "k%d=v\n", "s.toml": "k%d = 'v'\n", "s.json": `"k%d": "v",` + "\n", "s.yaml": "k%d: v\n",
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			var b strings.Builder
			for i := range members {
				fmt.Fprintf(&b, line, i)
			}
			text := b.String()
			if path == "s.json" {
				text = "{" + strings.TrimSuffix(text, ",\n") + "}"
			}
			h := &host{files: map[string]string{path: text}}
			h.openFile(t, path)
			if value, _, status := h.get(t, "k19499"); value != "v" || status != ok {
				t.Fatalf("get = %q, %d: %s", value, status, h.failed)
			}
			if status := h.call(t, "postern_set", append(field(tagKey, "k19499"), field(tagValue, "n")...)); status != ok {
				t.Fatalf("set: status %d: %s", status, h.failed)
			}
		})
	}
}

//go:build unix

package codecache_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/postern-project/postern/runtime/internal/codecache"
	"github.com/postern-project/postern/runtime/internal/wasmbin"
)

// meteredIn meters a module with a cache in dir, as the next process would, and returns
// the bytes and the file that keeps them.
func meteredIn(t testing.TB, dir string) (b []byte, file string) {
	t.Helper()
	c, err := codecache.Open(dir)
	must(t, err)
	defer c.Close()
	m, err := wasmbin.Parse(rustGuest())
	must(t, err)
	metered, err := c.Meter(m, 256, true)
	must(t, err)
	files, err := filepath.Glob(filepath.Join(dir, "*.metered-*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("the cache keeps %q, %v", files, err)
	}
	return metered.Bytes, files[0]
}

// TestTM065DamagedMeteredModule: what a crash, a flipped bit or another user may have made
// of the file is not used, and is replaced.
func TestTM065DamagedMeteredModule(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	chmod(t, dir, 0o700)
	want, file := meteredIn(t, dir)
	good := read(t, file)
	sum := sha256.Sum256([]byte("planted"))
	planted := append(sum[:], "planted"...)
	write(t, file, planted)
	if got, _ := meteredIn(t, dir); string(got) != "planted" {
		t.Errorf("what the user's own file has is not used: %d bytes", len(got))
	}
	harm := map[string]func(){
		"empty":             func() { write(t, file, nil) },
		"one byte":          func() { write(t, file, good[:1]) },
		"only the checksum": func() { write(t, file, good[:sha256.Size]) },
		"no end":            func() { write(t, file, good[:len(good)-1]) },
		"longer":            func() { write(t, file, append(bytes.Clone(good), 0)) },
		"missing":           func() { remove(t, file) },
		"link":              func() { write(t, dir+"/planted", planted); remove(t, file); link(t, dir+"/planted", file) },
		"group may write":   func() { write(t, file, planted); chmod(t, file, 0o620) },
		"world may write":   func() { write(t, file, planted); chmod(t, file, 0o602) },
	}
	if os.Geteuid() == 0 {
		harm["another user"] = func() { write(t, file, planted); must(t, os.Chown(file, 65534, 65534)) }
	}
	for at := 0; at < len(good); at += 1 + at/8 {
		flipped := bytes.Clone(good)
		flipped[at] ^= 0x10
		harm[fmt.Sprintf("flip at %d", at)] = func() { write(t, file, flipped) }
	}
	for name, harm := range harm {
		harm()
		if got, _ := meteredIn(t, dir); !bytes.Equal(got, want) {
			t.Errorf("%s: it is used: %d bytes", name, len(got))
		}
		if got := read(t, file); !bytes.Equal(got, good) {
			t.Errorf("%s: it is still there: %d bytes", name, len(got))
		}
	}
	remove(t, file)
	mkdir(t, file) // which is not replaced
	if got, _ := meteredIn(t, dir); !bytes.Equal(got, want) {
		t.Errorf("a folder is used: %d bytes", len(got))
	}
}

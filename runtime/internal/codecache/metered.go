package codecache

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math"
	"path/filepath"

	"github.com/postern-project/postern/runtime/internal/wasmbin"
	"github.com/postern-project/postern/runtime/safefile"
)

// Meter is [wasmbin.Meter]. For a module that is built in, it takes what this or another
// process with the same folder has made of it: to believe that needs as much trust as to run
// the code beside it. Other modules are read as a whole anyway, to check them.
func (c *Cache) Meter(m *wasmbin.Module, pages int, builtin bool) (*wasmbin.Metered, error) {
	if c == nil || c.dir == "" || !builtin {
		return wasmbin.Meter(m, pages)
	}
	path := filepath.Join(c.dir, fmt.Sprintf("%x.metered-%d-%d", sha256.Sum256(m.Bytes()), wasmbin.Revision, pages))
	if b := kept(path); b != nil {
		return wasmbin.Remetered(m, b), nil
	}
	metered, err := wasmbin.Meter(m, pages)
	if err == nil && !metered.MutableTables && !metered.DropsSegments { // which the bytes do not say
		keep(path, metered.Bytes)
	}
	return metered, err
}

// kept returns what keep wrote to a file. It returns nil if there is nothing, or if the
// file could be written by others, is damaged or is a symbolic link.
func kept(path string) []byte {
	f, err := safefile.OpenNoFollow(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || (safefile.Rule{}).Check(path, info) != nil {
		return nil
	}
	b, err := safefile.ReadAll(f, math.MaxInt32)
	if err != nil || len(b) <= sha256.Size {
		return nil
	}
	content := b[sha256.Size:]
	if sum := sha256.Sum256(content); !bytes.Equal(sum[:], b[:sha256.Size]) {
		return nil
	}
	return content
}

// keep writes b to a file, with its checksum before it. A failure is not an error: the next
// process makes it again.
func keep(path string, b []byte) {
	safefile.RemoveAbandoned(path)
	sum := sha256.Sum256(b)
	_ = safefile.ReplaceSoon(path, append(sum[:], b...), 0o600)
}

package codecache

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/tetratelabs/wazero"
)

// Entry is the compiled code of one module. The engine's own checksum covers the
// machine code but not the offsets at which it is entered, so an entry on disk has
// checksums of its own, which are compared before the engine opens any file.
//
// Each entry has an engine of its own, and one goroutine at a time uses it, so that
// no two of them compile or load in one engine. A nil Entry caches nothing.
type Entry struct {
	used  chan struct{}             // holds a token while a goroutine uses the entry
	dir   string                    // "" in memory
	cache wazero.CompilationCache   // nil until the entry is used
	old   []wazero.CompilationCache // before a reset; providers may still use them

	filled   bool // holds code; on disk, with checksums that match the files
	wasReset bool
}

// prepare opens the entry when it is used for the first time.
func (e *Entry) prepare() error {
	switch {
	case e.cache != nil:
		return nil
	case e.dir == "":
		e.cache = wazero.NewCompilationCache()
		return nil
	}
	if err := e.verify(); err != nil {
		return e.replace()
	}
	e.removeTemporary()
	return e.open()
}

// Release lets other goroutines use the entry. It does nothing for a nil Entry.
func (e *Entry) Release() {
	if e != nil {
		<-e.used
	}
}

// Filled reports whether the entry holds code. On disk it matches its checksums, and
// may be of another version of the engine or for another processor.
func (e *Entry) Filled() bool { return e != nil && e.filled }

// Refresh takes note of what another process wrote to the entry, and empties the
// entry if its files do not match their checksums. It does nothing for a nil Entry
// and in memory.
func (e *Entry) Refresh() error {
	if e == nil || e.dir == "" || e.verify() == nil {
		return nil
	}
	return e.replace()
}

// CompilationCache returns the cache for the engine, nil for a nil Entry.
func (e *Entry) CompilationCache() wazero.CompilationCache {
	if e == nil {
		return nil
	}
	return e.cache
}

// Reset empties the entry after a compile failed. It reports whether compiling
// again makes sense: not in memory, and not after a second failure.
func (e *Entry) Reset() bool {
	if e == nil || e.dir == "" || e.wasReset {
		return false
	}
	e.wasReset = true
	return e.replace() == nil
}

// replace empties the entry and opens it again.
func (e *Entry) replace() error {
	if e.cache != nil {
		e.old = append(e.old, e.cache)
	}
	e.cache, e.filled = nil, false
	if err := os.RemoveAll(e.dir); err != nil {
		return fmt.Errorf("compile cache: %w", err)
	}
	return e.open()
}

// removeTemporary removes files that a process left when it was killed during a
// write.
func (e *Entry) removeTemporary() {
	_ = filepath.WalkDir(e.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !temporary(d.Name()) {
			return err
		}
		if info, err := d.Info(); err == nil && time.Since(info.ModTime()) > time.Hour {
			_ = os.Remove(path)
		}
		return nil
	})
}

func (e *Entry) open() error {
	if err := privateFolder(e.dir); err != nil {
		return err
	}
	starting.Lock()
	defer starting.Unlock()
	cache, err := wazero.NewCompilationCacheWithDir(e.dir)
	if err != nil {
		return fmt.Errorf("compile cache: %w", err)
	}
	e.cache = cache
	return nil
}

func (e *Entry) close(ctx context.Context) error {
	var errs []error
	for _, c := range append(e.old, e.cache) {
		if c != nil {
			errs = append(errs, c.Close(ctx))
		}
	}
	return errors.Join(errs...)
}

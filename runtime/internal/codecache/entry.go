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

// Entry is the compiled code of one module or, in a cache in memory, of all
// modules. The engine's own checksum covers the machine code but not the offsets
// at which it is entered, so an entry on disk has checksums of its own, which
// are compared before the engine opens any file.
//
// A nil Entry caches nothing. An Entry is used by one goroutine at a time, but
// its compilation cache may be shared.
type Entry struct {
	dir   string // "" in memory
	cache wazero.CompilationCache
	old   []wazero.CompilationCache // before a reset; providers may still use them

	checksummed bool // the checksums on disk match the files
}

// openEntry opens the entry name in dir and empties it if it fails verification.
func openEntry(dir, name string) (*Entry, error) {
	if dir == "" {
		return &Entry{cache: wazero.NewCompilationCache()}, nil
	}
	e := &Entry{dir: filepath.Join(dir, name)}
	if err := e.verify(); err != nil {
		if err := os.RemoveAll(e.dir); err != nil {
			return nil, fmt.Errorf("compile cache: %w", err)
		}
	}
	e.removeTemporary()
	return e, e.open()
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
	if e == nil || e.dir == "" || len(e.old) > 0 {
		return false
	}
	e.old, e.checksummed = append(e.old, e.cache), false
	return os.RemoveAll(e.dir) == nil && e.open() == nil
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
		errs = append(errs, c.Close(ctx))
	}
	return errors.Join(errs...)
}

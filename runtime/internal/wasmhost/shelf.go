package wasmhost

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/tetratelabs/wazero"
)

// sumsName is the file of a shelf that lists the digests of its entries, a line
// each: the digest, two blanks and the path within the shelf.
const sumsName = "sums"

// shelf is the compiled code of one module, or of all modules when it is kept in
// memory alone. The engine's own check covers the machine code but not the
// offsets at which it is entered, so a shelf on disk has digests of its own,
// which are compared before the engine opens anything.
type shelf struct {
	dir  string // "" in memory
	used wazero.CompilationCache
	old  []wazero.CompilationCache // before a renewal; providers may still use them

	sealed bool // the digests fit what lies there
}

// openShelf opens the shelf name in dir and empties it if it is not as it was
// left.
func openShelf(dir, name string) (*shelf, error) {
	if dir == "" {
		return &shelf{used: wazero.NewCompilationCache()}, nil
	}
	s := &shelf{dir: filepath.Join(dir, name)}
	if err := s.verify(); err != nil {
		if err := os.RemoveAll(s.dir); err != nil {
			return nil, fmt.Errorf("compile cache: %w", err)
		}
	}
	s.sweep()
	return s, s.open()
}

// sweep removes what processes that were killed in the middle of a write left.
func (s *shelf) sweep() {
	_ = filepath.WalkDir(s.dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".tmp" {
			return err
		}
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > time.Hour {
			_ = os.Remove(path)
		}
		return nil
	})
}

func (s *shelf) open() error {
	if err := privateFolder(s.dir); err != nil {
		return err
	}
	cache, err := wazero.NewCompilationCacheWithDir(s.dir)
	if err != nil {
		return fmt.Errorf("compile cache: %w", err)
	}
	s.used = cache
	return nil
}

// cache returns what the engine is given, nil for a nil shelf.
func (s *shelf) cache() wazero.CompilationCache {
	if s == nil {
		return nil
	}
	return s.used
}

// renew empties the shelf after a compile failed. It reports whether trying again
// makes sense: not in memory, and not a second time.
func (s *shelf) renew() bool {
	if s == nil || s.dir == "" || len(s.old) > 0 {
		return false
	}
	s.old, s.sealed = append(s.old, s.used), false
	return os.RemoveAll(s.dir) == nil && s.open() == nil
}

// seal writes down the digests of what the engine left on the shelf. Without
// them the next process compiles again, so a failure is no error.
func (s *shelf) seal() {
	if s == nil || s.dir == "" || s.sealed {
		return
	}
	var lines strings.Builder
	err := s.entries(func(path, digest string) error {
		_, err := fmt.Fprintf(&lines, "%s  %s\n", digest, path)
		return err
	})
	if err != nil || lines.Len() == 0 {
		return
	}
	f, err := os.CreateTemp(s.dir, sumsName+".*.tmp")
	if err != nil {
		return
	}
	_, err = f.WriteString(lines.String())
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), filepath.Join(s.dir, sumsName))
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	s.sealed = err == nil
}

// verify compares every entry with its digest. An entry without one is an error
// too: a process may have ended before it could seal the shelf.
func (s *shelf) verify() error {
	info, err := os.Lstat(s.dir)
	switch {
	case err != nil:
		return err
	case !info.IsDir() || !ownedAlone(info):
		return fmt.Errorf("compile cache: %q is not ours alone", s.dir)
	}
	sums, err := s.sums()
	if err != nil {
		return err
	}
	s.sealed = len(sums) > 0
	return s.entries(func(path, digest string) error {
		if sums[path] != digest {
			return fmt.Errorf("compile cache: the entry %q is not what was written", path)
		}
		return nil
	})
}

func (s *shelf) sums() (map[string]string, error) {
	sums := map[string]string{}
	f, err := os.Open(filepath.Join(s.dir, sumsName))
	if errors.Is(err, fs.ErrNotExist) {
		return sums, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		digest, path, _ := strings.Cut(lines.Text(), "  ")
		sums[path] = digest
	}
	return sums, lines.Err()
}

// entries calls f with the path and the digest of every entry. Files that the
// engine has not finished are none: it opens no name that ends in .tmp.
func (s *shelf) entries(f func(path, digest string) error) error {
	return filepath.WalkDir(s.dir, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir(), filepath.Ext(path) == ".tmp":
			return nil
		case !e.Type().IsRegular():
			return fmt.Errorf("compile cache: %q is no file", path)
		}
		within, err := filepath.Rel(s.dir, path)
		if err != nil || within == sumsName {
			return err
		}
		digest, err := digestOf(path)
		if err != nil {
			return err
		}
		return f(filepath.ToSlash(within), digest)
	})
}

func digestOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func (s *shelf) close(ctx context.Context) error {
	var errs []error
	for _, c := range append(s.old, s.used) {
		errs = append(errs, c.Close(ctx))
	}
	return errors.Join(errs...)
}

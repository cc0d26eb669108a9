package wasmhost

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/tetratelabs/wazero"
)

// Cache shares compiled code between providers and, when it has a folder,
// between processes. What lies in the folder is machine code that will run, so
// the folder must belong to the user alone.
type Cache struct {
	dir string

	mu   sync.Mutex
	all  []wazero.CompilationCache // guarded by mu: the last one is in use
	tidy bool                      // guarded by mu: the folder was purged once already
}

// OpenCache returns a cache over dir, made with mode 0700 when it is missing;
// "" keeps compiled code in memory. A folder that is a link, belongs to another
// user or is writable by others is refused.
func OpenCache(dir string) (*Cache, error) {
	c := &Cache{dir: dir}
	if dir != "" {
		if err := privateFolder(dir); err != nil {
			return nil, err
		}
	}
	if err := c.open(); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *Cache) open() error {
	if c.dir == "" {
		c.all = append(c.all, wazero.NewCompilationCache())
		return nil
	}
	cache, err := wazero.NewCompilationCacheWithDir(c.dir)
	if err != nil {
		return fmt.Errorf("compile cache: %w", err)
	}
	c.all = append(c.all, cache)
	return nil
}

func (c *Cache) current() wazero.CompilationCache {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all[len(c.all)-1]
}

// purge empties the folder and starts anew, once in the life of c. It reports
// whether it did.
func (c *Cache) purge() bool {
	if c == nil || c.dir == "" {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tidy {
		return false
	}
	c.tidy = true
	entries, err := filepath.Glob(filepath.Join(c.dir, "wazero-*"))
	if err != nil {
		return false
	}
	for _, e := range entries {
		if os.RemoveAll(e) != nil {
			return false
		}
	}
	// Providers that compiled with the old cache go on using it.
	return c.open() == nil
}

// Close gives the compiled code back. Providers that used it must be closed.
func (c *Cache) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var first error
	for _, cache := range c.all {
		if err := cache.Close(context.Background()); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// privateFolder makes dir if it is missing and checks that only this user can
// put anything into it.
func privateFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("compile cache: %w", err)
	}
	info, err := os.Lstat(dir)
	switch {
	case err != nil:
		return fmt.Errorf("compile cache: %w", err)
	case !info.IsDir():
		return fmt.Errorf("compile cache: %q is no folder", dir)
	case !ownedAlone(info):
		return fmt.Errorf("compile cache: %q must belong to you and be writable by nobody else", dir)
	}
	return nil
}

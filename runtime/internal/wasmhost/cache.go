package wasmhost

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// Cache shares compiled code between providers and, when it has a folder,
// between processes. What lies in the folder is machine code that will run: the
// folder must belong to the user alone, and an entry that is not exactly what
// was written is dropped before the engine sees it.
type Cache struct {
	dir string

	mu      sync.Mutex
	shelves map[string]*shelf // guarded by mu: by digest of the rewritten module
}

// OpenCache returns a cache over dir, made with mode 0700 when it is missing;
// "" keeps compiled code in memory. A folder that is a link, belongs to another
// user or is writable by others is refused.
func OpenCache(dir string) (*Cache, error) {
	if dir != "" {
		if err := privateFolder(dir); err != nil {
			return nil, err
		}
	}
	return &Cache{dir: dir, shelves: map[string]*shelf{}}, nil
}

// shelf returns the place of the module with these rewritten bytes, or nil when
// there is no cache.
func (c *Cache) shelf(wasm []byte) (*shelf, error) {
	if c == nil {
		return nil, nil
	}
	name := ""
	if c.dir != "" {
		sum := sha256.Sum256(wasm)
		name = hex.EncodeToString(sum[:])
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.shelves[name]; s != nil {
		return s, nil
	}
	s, err := openShelf(c.dir, name)
	if err != nil {
		return nil, err
	}
	c.shelves[name] = s
	return s, nil
}

// Close gives the compiled code back. Providers that used it must be closed.
func (c *Cache) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var first error
	for _, s := range c.shelves {
		if err := s.close(context.Background()); err != nil && first == nil {
			first = err
		}
	}
	clear(c.shelves)
	return first
}

// privateFolder makes dir if it is missing and checks that only this user can
// put anything into it.
func privateFolder(dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return fmt.Errorf("compile cache: %w", err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !os.IsExist(err) {
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

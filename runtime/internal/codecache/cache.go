package codecache

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/postern-project/postern/runtime/safefile"
)

// Cache shares compiled code between providers and, if it has a folder, between
// processes. It is safe for concurrent use.
type Cache struct {
	dir    string   // "" in memory
	folder *os.File // dir, open; nil in memory

	mu      sync.Mutex
	entries map[string]*Entry // guarded by mu: by kind and digest of the module
}

// Open returns a cache in the folder dir, which it creates with mode 0700 if it
// does not exist; "" keeps compiled code in memory, and then Open does not fail.
// It refuses a folder that is a symbolic link, belongs to another user, or can be
// changed or exchanged by others: see [safefile.CheckOwner]. The caller closes the
// Cache.
func Open(dir string) (*Cache, error) {
	c := &Cache{entries: map[string]*Entry{}}
	if dir == "" {
		return c, nil
	}
	if err := makePrivate(dir); err != nil {
		return nil, err
	}
	var err error
	if c.folder, err = safefile.OpenFolder(dir); err != nil {
		if info, lookErr := os.Lstat(dir); lookErr == nil && !info.IsDir() {
			return nil, fmt.Errorf("compile cache: %q is not a folder", dir)
		}
		return nil, fmt.Errorf("compile cache: %w", err)
	}
	c.dir = byDescriptor(c.folder, dir)
	if err := checkPrivate(dir); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// byDescriptor returns a path that leads to the open folder whatever becomes of its
// name; where the system has none, its name.
func byDescriptor(f *os.File, name string) string {
	path := fmt.Sprintf("/proc/self/fd/%d", f.Fd())
	opened, err := f.Stat()
	if err != nil {
		return name
	}
	if there, err := os.Stat(path + "/."); err != nil || !os.SameFile(opened, there) {
		return name
	}
	return path
}

// Entry returns the entry of the module with these bytes, after removing files
// that fail their checksums. It waits until no other goroutine uses the entry; if
// ctx ends before, it returns the cause. The caller calls Release. It returns nil
// for a nil Cache.
func (c *Cache) Entry(ctx context.Context, wasm []byte) (*Entry, error) { return c.use(ctx, wasm, "") }

// BuiltinEntry is [Cache.Entry] for a module that is built in. A module file with the
// same bytes has another lock, as if it were in another process: its compiler may be
// waiting for what the built-in module answers.
func (c *Cache) BuiltinEntry(ctx context.Context, wasm []byte) (*Entry, error) {
	return c.use(ctx, wasm, "builtin ")
}

func (c *Cache) use(ctx context.Context, wasm []byte, kind string) (*Entry, error) {
	if c == nil {
		return nil, nil
	}
	sum := sha256.Sum256(wasm)
	e := c.entry(kind, hex.EncodeToString(sum[:]))
	select {
	case e.used <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if err := e.prepare(); err != nil {
		e.Release()
		return nil, err
	}
	return e, nil
}

func (c *Cache) entry(kind, name string) *Entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entries[kind+name]
	if e == nil {
		e = &Entry{used: make(chan struct{}, 1)}
		if c.dir != "" {
			e.dir = filepath.Join(c.dir, name)
		}
		c.entries[kind+name] = e
	}
	return e
}

// Folder returns the open folder of the cache, nil in memory and for a nil Cache. It
// belongs to the Cache.
func (c *Cache) Folder() *os.File {
	if c == nil {
		return nil
	}
	return c.folder
}

// Close releases the compiled code. Everything that runs it must be closed
// before, and every entry released.
func (c *Cache) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var first error
	for _, e := range c.entries {
		if err := e.close(context.Background()); err != nil && first == nil {
			first = err
		}
	}
	clear(c.entries)
	if c.folder != nil {
		_ = c.folder.Close()
	}
	return first
}

// privateFolder creates dir if it does not exist and checks that only this user
// can write it. The folder above is known to be so.
func privateFolder(dir string) error {
	if err := makePrivate(dir); err != nil {
		return err
	}
	return checkPrivate(dir)
}

func makePrivate(dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return fmt.Errorf("compile cache: %w", err)
	}
	err := os.Mkdir(dir, 0o700)
	if errors.Is(err, fs.ErrNotExist) { // the folder above exists, but nothing can be created in it, such as /proc
		return fmt.Errorf("compile cache: no folder can be made at %q", dir)
	}
	if err != nil && !os.IsExist(err) {
		return fmt.Errorf("compile cache: %w", err)
	}
	return nil
}

// checkPrivate returns an error unless dir is a folder that only this user can
// write. The folders above are not checked.
func checkPrivate(dir string) error {
	info, err := os.Lstat(dir)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%q is not a folder", dir)
	}
	if err == nil {
		err = safefile.Rule{}.Check(dir, info)
	}
	if err != nil {
		return fmt.Errorf("compile cache: %w", err)
	}
	return nil
}

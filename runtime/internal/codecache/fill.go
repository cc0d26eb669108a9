package codecache

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/postern-project/postern/runtime/safefile"
)

// Fill compiles a module on behalf of another process, and leaves its code in the
// folder of that process's cache, which stays open. If the folder is nil or cannot
// be used, the code is dropped: then Fill has shown that the module can be compiled.
// A module that the engine refuses is an error.
func Fill(ctx context.Context, wasm []byte, folder *os.File) error {
	if folder != nil && fillEntry(ctx, wasm, folder) == nil {
		return nil
	}
	return compileOnce(ctx, nil, wasm)
}

// fillEntry compiles a module into its entry.
func fillEntry(ctx context.Context, wasm []byte, folder *os.File) error {
	c, err := openIn(folder)
	if err != nil {
		return err
	}
	entry, err := c.Entry(ctx, wasm)
	if err == nil {
		if err = compileOnce(ctx, entry, wasm); err == nil {
			entry.WriteChecksums()
		}
		entry.Release()
	}
	c.folder = nil // it is the caller's
	return errors.Join(err, c.Close())
}

// openIn returns a cache in an open folder.
func openIn(folder *os.File) (*Cache, error) {
	info, err := folder.Stat()
	if err == nil {
		err = safefile.Rule{}.Check(folder.Name(), info)
	}
	dir := byDescriptor(folder, "")
	switch {
	case err != nil:
		return nil, fmt.Errorf("compile cache: %w", err)
	case dir == "" || !info.IsDir():
		return nil, errors.New("compile cache: want an open folder that has a path below /proc/self/fd")
	}
	return &Cache{dir: dir, folder: folder, entries: map[string]*Entry{}}, nil
}

// compileOnce compiles a module in an engine that is closed again.
func compileOnce(ctx context.Context, entry *Entry, wasm []byte) error {
	r := entry.NewRuntime(false)
	defer r.Close(context.Background())
	if entry.Filled() {
		if _, err := entry.Load(r, wasm); err == nil {
			return nil
		}
	}
	_, err := Compile(ctx, r, wasm)
	return err
}

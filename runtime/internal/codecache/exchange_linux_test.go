package codecache_test

import (
	"bytes"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/postern-project/postern/runtime/internal/codecache"
	"github.com/postern-project/postern/runtime/safefile"
)

// exchanges is how often the cache is opened under attack. The area "hostile" of the
// long tier sets it.
var exchanges = flag.Int("exchanges", 100, "how often the cache is opened while another user exchanges it")

// TestExchangedFolderIsNeverUsed: a user who owns a folder above the cache exchanges
// the cache for one with other code, again and again. That code is never used, and
// neither is the cache: between any two checks it may be replaced.
func TestExchangedFolderIsNeverUsed(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can give a folder away")
	}
	wasm := rustGuest()
	for name, attack := range map[string]struct {
		above bool        // the folder that is not the victim's is one further up
		uid   int         // its owner
		mode  fs.FileMode // its mode
	}{
		"folder of another user": {false, 54321, 0o755},
		"folder further up":      {true, 54321, 0o755},
		"folder that is open":    {false, 0, 0o777},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			top := filepath.Join(t.TempDir(), "home")
			dir := filepath.Join(top, "cache", "compiled")
			useCache(t, dir, wasm)
			good, evil := dir, filepath.Join(filepath.Dir(dir), "evil")
			taken := filepath.Dir(dir)
			if attack.above {
				good, evil, taken = filepath.Dir(dir), filepath.Join(top, "evil"), top
			}
			if err := os.CopyFS(evil, os.DirFS(good)); err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(os.Chown(taken, attack.uid, attack.uid), os.Chmod(taken, attack.mode)); err != nil {
				t.Fatal(err)
			}
			begun, stop, done := make(chan struct{}), make(chan struct{}), make(chan int)
			go func() {
				swaps := 0
				for ; ; swaps++ {
					select {
					case <-stop:
						done <- swaps
						return
					default:
						_ = unix.Renameat2(unix.AT_FDCWD, good, unix.AT_FDCWD, evil, unix.RENAME_EXCHANGE)
						if swaps == 0 {
							close(begun)
						}
					}
				}
			}()
			<-begun // on a busy machine the opens could be over before the first exchange
			used := 0
			for range *exchanges {
				cache, err := codecache.Open(dir)
				if err == nil {
					used++
					_ = cache.Close()
					continue
				}
				if owner := (*safefile.OwnerError)(nil); !errors.As(err, &owner) || owner.Path != taken || bytes.Count([]byte(err.Error()), []byte("\n")) > 0 {
					t.Fatalf("Open = %v, want a refusal of %s", err, taken)
				}
			}
			close(stop)
			swaps := <-done
			t.Logf("%d exchanges, %d opens, %d used", swaps, *exchanges, used)
			if used > 0 || swaps == 0 {
				t.Errorf("%d of %d opens used the cache, %d exchanges", used, *exchanges, swaps)
			}
		})
	}
}

// TestCacheFollowsItsFolder: once open, the cache is the folder that was checked,
// whatever its path leads to.
func TestCacheFollowsItsFolder(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "compiled")
	cache, err := codecache.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer cache.Close()
	if err := errors.Join(os.Rename(dir, dir+"-moved"), os.Mkdir(dir, 0o700)); err != nil {
		t.Fatal(err)
	}
	entry, err := cache.Entry(t.Context(), rustGuest())
	if err != nil || entry == nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{dir: 0, dir + "-moved": 1} {
		if got, err := os.ReadDir(path); err != nil || len(got) != want {
			t.Errorf("%s holds %v, %v, want %d entries", path, got, err, want)
		}
	}
}

package app

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// A home folder that does not exist is not made: users of the system have such a one.
func TestCacheDirWantsAHome(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the folder for caches is not in the home folder")
	}
	dir := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", "")
	if runtime.GOOS == "darwin" {
		if err := os.Mkdir(filepath.Join(dir, "Library"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for home, want := range map[string]bool{dir: true, filepath.Join(dir, "none"): false, filepath.Join(dir, "no", "ne"): false, "relative": false, "": false} {
		t.Setenv("HOME", home)
		if got := CacheDir(); (got != "") != want {
			t.Errorf("HOME=%q: CacheDir() = %q", home, got)
		}
	}
	if runtime.GOOS == "darwin" {
		return
	}
	t.Setenv("HOME", filepath.Join(dir, "none"))
	for cache, want := range map[string]bool{"cache": true, "none/cache": false} {
		t.Setenv("XDG_CACHE_HOME", filepath.Join(dir, cache))
		if got := CacheDir(); (got != "") != want {
			t.Errorf("XDG_CACHE_HOME=%q: CacheDir() = %q", cache, got)
		}
	}
}

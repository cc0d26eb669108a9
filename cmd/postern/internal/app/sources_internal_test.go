package app

import (
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
	for home, want := range map[string]bool{dir: true, filepath.Join(dir, "none"): false, filepath.Join(dir, "no", "ne"): false, "relative": false, "": false} {
		t.Setenv("HOME", home)
		if got := CacheDir(); (got != "") != want {
			t.Errorf("HOME=%q: CacheDir() = %q", home, got)
		}
	}
	t.Setenv("HOME", filepath.Join(dir, "none"))
	t.Setenv("XDG_CACHE_HOME", filepath.Join(dir, "cache"))
	if got := CacheDir(); got == "" && runtime.GOOS != "darwin" {
		t.Error("a folder for caches that is named is not used")
	}
}

package policy_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/safefile"
)

// TestLoadFileErrors loads files that are missing, not regular, too large or
// writable by others.
func TestLoadFileErrors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string, perm os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, perm); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := write("good.lua", allowKey("a"), 0o600)
	large := write("large.lua", strings.Repeat("-", 300<<10), 0o600)
	for _, tt := range []struct {
		path string
		libs map[string]string
		is   error
		want string
	}{
		{filepath.Join(dir, "none.lua"), nil, fs.ErrNotExist, "none.lua: no such file or directory"},
		{dir, nil, safefile.ErrNotRegular, dir + ": not a regular file (a folder)"},
		{large, nil, safefile.ErrTooLarge, "large.lua: larger than 256 KiB"},
		{good, map[string]string{"acme/net": "none.lua"}, fs.ErrNotExist, `module "acme/net": ` + filepath.Join(dir, "none.lua") + ": no such file or directory"},
	} {
		_, err := policy.Load(tt.path, policy.Options{LibFiles: tt.libs})
		var le *policy.LoadError
		if !errors.As(err, &le) || !errors.Is(err, tt.is) || !strings.HasSuffix(err.Error(), tt.want) {
			t.Errorf("Load(%q) = %v, want %q", tt.path, err, tt.want)
		}
	}
	if _, err := policy.Load(good, policy.Options{}); err != nil {
		t.Error(err)
	}
	if !safefile.OwnersKnown {
		return
	}
	_, err := policy.Load(write("open.lua", allowKey("a"), 0o666), policy.Options{})
	if err == nil || !strings.Contains(err.Error(), "open.lua: the file is writable by others (owner ") {
		t.Errorf("Load of a file that is writable by others = %v", err)
	}
}

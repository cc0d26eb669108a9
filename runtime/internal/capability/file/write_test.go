package file_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/internal/capability/all"
	"github.com/postern-project/postern/runtime/internal/capability/file"
	"github.com/postern-project/postern/runtime/internal/capability/guesttest"
)

// meddler is the context of a call. It runs meddle whenever the host asks it something.
type meddler struct {
	context.Context
	meddle func()
}

func (m meddler) Err() error {
	m.meddle()
	return m.Context.Err()
}

func (m meddler) Value(key any) any {
	m.meddle()
	return m.Context.Value(key)
}

func add(t testing.TB, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Error(err)
		return
	}
	if _, err := f.WriteString(text); err != nil {
		t.Error(err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}

// What another program writes into a file, while a guest that has read it replaces it, is
// not lost, though the file stays the same one: the guest gets a conflict, also if the new
// file is already written.
func TestFileWriteKeepsWhatIsWrittenIntoTheFileMeanwhile(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		edit func(t *testing.T, path string)
		want string
		mode os.FileMode
	}{
		"append":       {func(t *testing.T, path string) { add(t, path, "b") }, "ab", 0o600},
		"same size":    {func(t *testing.T, path string) { plant(t, path, "b", false) }, "b", 0o600},
		"same times":   {func(t *testing.T, path string) { disguise(t, path, "b") }, "b", 0o600},
		"shorter":      {func(t *testing.T, path string) { plant(t, path, "", false) }, "", 0o600},
		"another mode": {func(t *testing.T, path string) { _ = os.Chmod(path, 0o400) }, "a", 0o400},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "a")
		disguise(t, path, "a")
		g := guesttest.New(t, capability.Options{Dir: dir, Now: guesttest.Later}, all.Grants{Files: []file.Grant{{Path: ".", Write: true}}})
		edited := false
		g.Begin(meddler{t.Context(), func() {
			if begun, _ := filepath.Glob(filepath.Join(dir, "..a.postern-*")); len(begun) == 0 || edited {
				return
			}
			edited = true
			nextTick(t, dir)
			c.edit(t, path)
		}})
		if got, status := g.Ask(fileRead, "a"); got != "a" || status != abi.OK {
			t.Fatalf("%s: read = %q, %v", name, got, status)
		}
		if status := g.Send(fileWrite, "a", "mine"); !edited || status != abi.Conflict {
			t.Errorf("%s: write = %v, want %v (edited: %t)", name, status, abi.Conflict, edited)
		}
		b, err := os.ReadFile(path)
		info, e := os.Stat(path)
		if string(b) != c.want || err != nil || e != nil || info.Mode().Perm() != c.mode && os.PathSeparator == '/' {
			t.Errorf("%s: the file holds %q, %v, and is %v, %v", name, b, err, info, e)
		}
		wantTree(t, dir, "..probe", "a")
	}
}

// Neither is what is written while a guest writes, or removes, a file that it has not read.
func TestFileChangeKeepsWhatIsWrittenAfterTheLookAtTheFile(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*guesttest.Guest) abi.Status{
		"write":  func(g *guesttest.Guest) abi.Status { return g.Send(fileWrite, "a", "mine") },
		"remove": func(g *guesttest.Guest) abi.Status { return g.Name(fileRemove, "a") },
	} {
		dir := tree(t, map[string]string{"a": ""})
		path, want := filepath.Join(dir, "a"), ""
		g := fileGuest(t, dir, file.Grant{Path: ".", Write: true})
		g.Begin(meddler{t.Context(), func() {
			add(t, path, "x")
			want += "x"
		}})
		if status := change(g); status != abi.Conflict {
			t.Errorf("%s = %v, want %v", name, status, abi.Conflict)
		}
		if b, err := os.ReadFile(path); string(b) != want || err != nil {
			t.Errorf("%s: the file holds %q, %v, want %q", name, b, err, want)
		}
	}
}

//go:build unix

package runtime_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/secret"
)

// linkedFolder is a folder in which the file of the key "denied/password" has a
// second name of every kind. It returns the keys that would lead to the value.
func linkedFolder(t *testing.T, dir string) (aliases []secret.Key) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	write := func(name, value string) {
		t.Helper()
		must(os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o700))
		must(os.WriteFile(filepath.Join(dir, name), []byte(value), 0o600))
	}
	link := func(target, name string, keys ...secret.Key) {
		t.Helper()
		must(os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o700))
		must(os.Symlink(target, filepath.Join(dir, name)))
		aliases = append(aliases, keys...)
	}
	write("denied/password", "the-denied-value")
	write("open/plain", "the-open-value")
	write("open/sub/plain", "the-open-value")

	link("../denied/password", "open/to-file", "open/to-file")
	link("../denied", "open/to-folder", "open/to-folder/password")
	link("to-file", "open/chain", "open/chain")
	link("to-folder/password", "open/through", "open/through")
	link("../open/sub/../../denied/./password", "open/winding", "open/winding")
	link(".", "open/here", "open/here/to-file", "open/here/plain")
	link("..", "open/up", "open/up/denied/password", "open/up/open/plain")
	link("denied", "alias", "alias/password")

	// A volume as kubelet mounts it, and links that only look like its own.
	write("vol/..2024/password", "the-denied-value")
	write("vol/..2024/user", "the-open-value")
	write("vol/..2024/deep/user", "the-open-value")
	link("..2024", "vol/..data")
	link("..data/password", "vol/password")
	link("..data/user", "vol/user")
	link("..data/deep", "vol/deep")
	link("..data/password", "vol/other", "vol/other")
	link("..2024/password", "vol/direct", "vol/direct")
	link("..data/./password", "vol/dotted", "vol/dotted")
	link("..data", "vol/all", "vol/all/password")
	link("../vol/..data/password", "open/into", "open/into")
	link("password", "vol/second", "vol/second")
	link("password", "vol/..2024/inner")
	link("..data/inner", "vol/inner", "vol/inner")

	// A folder that is only named like a generation.
	link("../denied", "fake/..gen")
	link("..gen", "fake/..data")
	link("..data/password", "fake/password", "fake/password")
	link("../denied", "fake2/..data")
	link("..data/password", "fake2/password", "fake2/password")

	write("hard/a", "the-denied-value")
	must(os.MkdirAll(filepath.Join(dir, "open"), 0o700))
	must(os.Link(filepath.Join(dir, "hard/a"), filepath.Join(dir, "open/hard")))
	must(os.Link(filepath.Join(dir, "vol/..2024/password"), filepath.Join(dir, "open/hard-volume")))
	return append(aliases, "open/hard", "open/hard-volume")
}

const linksPolicy = `
allow { "all", ops = "*", keys = "**" }
deny  { "denied", ops = "*", keys = { "denied/**", "hard/**", "vol/password" } }
`

func overLinks(t *testing.T, dir string, grants ...runtime.FileGrant) *runtime.Runtime {
	t.Helper()
	return open(t, runtime.Options{Dir: dir, PolicyFile: lua(t, linksPolicy), Providers: []runtime.ProviderOptions{{
		Name: "files", Module: "folder", Config: map[string]string{"path": "s"}, Grant: runtime.Grant{Files: grants},
	}}})
}

// A key that is denied is not got, listed, replaced or removed through another key
// that is a link to its file, of whatever kind.
func TestLinkIsNoWayAroundADeniedKey(t *testing.T) {
	t.Parallel()
	for name, grants := range map[string][]runtime.FileGrant{
		"the folder":   {{Path: "s", Write: true}},
		"its parent":   {{Path: ".", Write: true}},
		"nested":       {{Path: "s", Write: true}, {Path: "s/open", Write: true}, {Path: "s/open/to-folder", Write: true}, {Path: "s/open/hard", Write: true}, {Path: "s/alias", Write: true}},
		"other follow": {{Path: "s", Write: true}, {Path: "elsewhere", FollowLinks: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			aliases := linkedFolder(t, filepath.Join(dir, "s"))
			rt := overLinks(t, dir, grants...)
			for _, key := range aliases {
				got, err := rt.Get(t.Context(), key)
				if text, _ := got.ExposeString(); err == nil {
					t.Errorf("Get(%q) = %q, want an error", key, text)
				} else if code := secret.CodeOf(err); code != secret.ErrCapability && code != secret.ErrNotFound {
					t.Errorf("Get(%q) = %v, want %v", key, err, secret.ErrCapability)
				}
				value, err := secret.FromString("overwritten")
				if err != nil {
					t.Fatal(err)
				}
				if err := rt.Set(t.Context(), key, value); err == nil {
					t.Errorf("Set(%q) = nil, want an error", key)
				}
				if err := rt.Delete(t.Context(), key); err == nil {
					t.Errorf("Delete(%q) = nil, want an error", key)
				}
			}
			for _, res := range rt.GetMany(t.Context(), aliases) {
				if res.Err == nil {
					t.Errorf("GetMany: %q has a value", res.Key)
				}
			}
			want := []secret.Key{"open/plain", "open/sub/plain", "vol/deep/user", "vol/user"}
			keys, err := rt.Keys(t.Context(), "")
			if err != nil || !slices.Equal(keys, want) {
				t.Errorf("Keys() = %q, %v, want %q", keys, err, want)
			}
			for _, key := range want {
				got, err := rt.Get(t.Context(), key)
				if text, _ := got.ExposeString(); err != nil || text != "the-open-value" {
					t.Errorf("Get(%q) = %q, %v", key, text, err)
				}
			}
			for _, file := range []string{"denied/password", "hard/a", "vol/..2024/password"} {
				if b, err := os.ReadFile(filepath.Join(dir, "s", file)); string(b) != "the-denied-value" {
					t.Errorf("%s holds %q, %v", file, b, err)
				}
			}
		})
	}
}

func TestLinksAreFollowedIfTheGrantSaysSo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	linkedFolder(t, filepath.Join(dir, "s"))
	if err := os.Remove(filepath.Join(dir, "s/open/up")); err != nil { // without end
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "s/open/here")); err != nil {
		t.Fatal(err)
	}
	rt := overLinks(t, dir, runtime.FileGrant{Path: "s", FollowLinks: true})
	keys, err := rt.Keys(t.Context(), "open/")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []secret.Key{"open/to-file", "open/to-folder/password", "open/chain", "open/hard", "open/into"} {
		got, err := rt.Get(t.Context(), key)
		if text, _ := got.ExposeString(); err != nil || text != "the-denied-value" || !slices.Contains(keys, key) {
			t.Errorf("Get(%q) = %q, %v, in a listing of %q", key, text, err, keys)
		}
	}
}

// A path that the configuration names may be a link, to a file or to a folder.
func TestConfiguredPathMayBeALink(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	linkedFolder(t, filepath.Join(dir, "s"))
	for _, err := range []error{
		os.Symlink("s", filepath.Join(dir, "current")),
		os.WriteFile(filepath.Join(dir, "real.json"), []byte(`{"a": "in-json"}`), 0o600),
		os.Symlink("real.json", filepath.Join(dir, "now.json")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	grant := runtime.Grant{Files: []runtime.FileGrant{{Path: "."}}}
	rt := open(t, runtime.Options{Dir: dir, Providers: []runtime.ProviderOptions{
		{Name: "json", Module: "json", Config: map[string]string{"path": "now.json"}, Grant: grant},
		{Name: "files", Module: "folder", Config: map[string]string{"path": "current"}, Grant: grant},
	}})
	for key, want := range map[secret.Key]string{"a": "in-json", "open/plain": "the-open-value"} {
		got, err := rt.Get(t.Context(), key)
		if text, _ := got.ExposeString(); err != nil || text != want {
			t.Errorf("Get(%q) = %q, %v, want %q", key, text, err, want)
		}
	}
	if _, err := rt.Get(t.Context(), "open/to-file"); secret.CodeOf(err) != secret.ErrCapability {
		t.Errorf("Get() of a link beneath the path = %v, want %v", err, secret.ErrCapability)
	}
}

func TestRefusedLinkSaysWhatToDo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	linkedFolder(t, filepath.Join(dir, "s"))
	rt := overLinks(t, dir, runtime.FileGrant{Path: "s"})
	for key, want := range map[secret.Key]string{"open/to-file": "is a symbolic link", "open/hard": "has more than one hard link"} {
		_, err := rt.Get(t.Context(), key)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "links: follow") {
			t.Errorf("Get(%q) = %v, want an error with %q that names links: follow", key, err, want)
		}
	}
}

// A granted file may be a link to any folder, and what the grant and the owner say holds for
// where it leads.
func TestGrantedFileMayBeALinkToAnotherFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, err := range []error{
		os.Mkdir(filepath.Join(dir, "shared"), 0o700), os.Mkdir(filepath.Join(dir, "here"), 0o700),
		os.WriteFile(filepath.Join(dir, "shared/s.json"), []byte(`{"a": "in-json"}`), 0o600),
		os.Symlink("../shared/s.json", filepath.Join(dir, "here/s.json")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	grant := runtime.FileGrant{Path: "s.json", Write: true, Owned: true}
	rt := open(t, runtime.Options{Dir: filepath.Join(dir, "here"), Providers: []runtime.ProviderOptions{
		{Name: "json", Module: "json", Config: map[string]string{"path": "s.json"}, Grant: runtime.Grant{Files: []runtime.FileGrant{grant}}},
	}})
	got, err := rt.Get(t.Context(), "a")
	if text, _ := got.ExposeString(); err != nil || text != "in-json" {
		t.Errorf("Get = %q, %v", text, err)
	}
	if err := rt.Set(t.Context(), "a", made(t, "new-value")); err == nil || !strings.Contains(err.Error(), `is a symbolic link, which a write would replace`) {
		t.Errorf("Set = %v, want an error that names the link", err)
	}
	if err := os.Chmod(filepath.Join(dir, "shared"), 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := rt.Get(t.Context(), "a"); !errors.Is(err, secret.ErrForbidden) {
		t.Errorf("Get of what others may have put there = %v, want forbidden", err)
	}
}

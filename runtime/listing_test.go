package runtime_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/secret"
)

// What a listing leaves out is counted, whatever the format: no caller takes it for all that
// the provider has.
func TestListCountsWhatIsLeftOut(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		left int
	}{
		"dotenv": {"A=1\nÜ=2\nÖ=3\n", 2},
		"json":   {`{"A": "1", "a b": "2", "": "3"}`, 2},
		"yaml":   {"A: 1\n\"a b\": 2\n", 1},
		"toml":   {"A = 1\n\"a b\" = 2\n", 1},
		"whole":  {"A: 1\n", 0},
	} {
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		module := name
		if name == "whole" {
			module = "yaml"
		}
		rt := open(t, runtime.Options{Providers: []runtime.ProviderOptions{{
			Name: "p", Module: module, Config: map[string]string{"path": path}, Grant: runtime.Grant{Files: []runtime.FileGrant{{Path: path}}},
		}}})
		got, err := rt.For(runtime.Caller{Name: "c"}).List(t.Context(), "")
		if err != nil || !slices.Equal(got.Keys, []secret.Key{"A"}) {
			t.Errorf("%s: List = %q, %v", name, got.Keys, err)
		}
		want := map[string]int{"p": c.left}
		if c.left == 0 {
			want = nil
		}
		if !maps.Equal(got.LeftOut, want) {
			t.Errorf("%s: left out are %v, want %v", name, got.LeftOut, want)
		}
	}
}

func TestListCountsWhatAFolderLeavesOut(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, file := range []string{"A", "a b"} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte("a value"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "sub", "one"), []byte("a value"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(filepath.Join(dir, "sub", "one"), filepath.Join(dir, "sub", "two")); err != nil {
		t.Skipf("no hard links here: %v", err)
	}
	rt := open(t, runtime.Options{Providers: []runtime.ProviderOptions{{
		Name: "p", Module: "folder", Config: map[string]string{"path": dir}, Grant: runtime.Grant{Files: []runtime.FileGrant{{Path: dir}}},
	}}})
	for range 2 { // the count is that of each listing
		got, err := rt.For(runtime.Caller{Name: "c"}).List(t.Context(), "")
		if err != nil || !slices.Equal(got.Keys, []secret.Key{"A"}) || got.LeftOut["p"] != 3 {
			t.Errorf("List = %+v, %v, want one key and 3 names that are left out", got, err)
		}
	}
}

package runtime_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/secret"
)

func fileProvider(name, path string, write bool) runtime.ProviderOptions {
	return runtime.ProviderOptions{
		Name: name, Module: "file",
		Grant:  runtime.Grant{Files: []runtime.FileGrant{{Path: path, Write: write}}},
		Config: map[string]string{"path": path},
	}
}

// A chain of environment and file: the file is rotated from outside, and the
// next Get returns the new value.
func TestSecretProviderIntegration(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "secrets.toml")
	write := func(password string) {
		t.Helper()
		temp := path + ".new"
		if err := os.WriteFile(temp, fmt.Appendf(nil, "[db]\npassword = %q\n", password), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(temp, path); err != nil {
			t.Fatal(err)
		}
	}
	write("first-password")
	rt := open(t, runtime.Options{
		Dir:       dir,
		Providers: []runtime.ProviderOptions{env("env", "*"), fileProvider("file", "secrets.toml", false)},
		Environ:   environ("DB_URL=postgres://localhost"),
	})
	for key, want := range map[runtime.Key][2]string{
		"DB_URL":      {"postgres://localhost", "env"},
		"db/password": {"first-password", "file"},
	} {
		v, err := rt.Get(t.Context(), key)
		if err != nil || plain(t, v) != want[0] || v.Provider() != want[1] {
			t.Errorf("Get(%q) = %v from %q, want the value from %q", key, err, v.Provider(), want[1])
		}
	}
	before, err := rt.Get(t.Context(), "db/password")
	if err != nil {
		t.Fatal(err)
	}
	write("second-password")
	after, err := rt.Get(t.Context(), "db/password")
	if err != nil || plain(t, after) != "second-password" {
		t.Errorf("Get after the rotation = %v, want the second password", err)
	}
	if before.Version() == after.Version() || before.Version() == "" {
		t.Errorf("versions %q and %q, want two different ones", before.Version(), after.Version())
	}
	if got := rt.Redactor().String("first-password second-password"); got != "[REDACTED:db/password] [REDACTED:db/password]" {
		t.Errorf("after the rotation the log shows %q", got)
	}
}

// Two runtimes write the same file, as two processes would: no write is lost.
func TestWritersOfOneFileLoseNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "s.json"), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	const writes = 12
	var wg sync.WaitGroup
	for w := range 2 {
		rt := open(t, runtime.Options{Dir: dir, Providers: []runtime.ProviderOptions{fileProvider("file", "s.json", true)}})
		wg.Go(func() {
			for n := range writes {
				if err := rt.Set(t.Context(), runtime.Key(fmt.Sprintf("w%d/n%d", w, n)), made(t, "v")); err != nil {
					t.Errorf("Set = %v", err)
				}
			}
		})
	}
	wg.Wait()
	rt := open(t, runtime.Options{Dir: dir, Providers: []runtime.ProviderOptions{fileProvider("file", "s.json", false)}})
	keys, err := rt.Keys(t.Context(), "")
	if err != nil || len(keys) != 2*writes {
		t.Errorf("%d keys after %d acknowledged writes, %v", len(keys), 2*writes, err)
	}
}

// A source that cannot be read is loud: the chain does not continue with the next.
func TestBrokenSourceStopsTheChain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "bad.json"), []byte(`{"K": "va`), 0o600); err != nil {
		t.Fatal(err)
	}
	rt := open(t, runtime.Options{
		Dir:       dir,
		Providers: []runtime.ProviderOptions{fileProvider("file", "bad.json", false), env("env", "*")},
		Environ:   environ("K=v"),
	})
	if _, err := rt.Get(t.Context(), "K"); !errors.Is(err, secret.ErrUnavailable) || !errors.Is(err, secret.ErrBackend) {
		t.Errorf("Get past a broken file = %v, want unavailable", err)
	}
}

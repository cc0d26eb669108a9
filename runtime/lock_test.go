package runtime_test

import (
	"bytes"
	"errors"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-project/postern/modules"
	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/module"
	"github.com/postern-project/postern/runtime/secret"
)

// foreign writes a built-in module as a file and returns options that run it
// with the grant it wants, and a lock that pins it.
func foreign(t *testing.T, name string) (runtime.Options, *module.Lock) {
	t.Helper()
	wasm, ok := modules.Bytes(name)
	if !ok {
		t.Fatalf("no module %q", name)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "m.wasm"), wasm, 0o600); err != nil {
		t.Fatal(err)
	}
	var lock module.Lock
	if err := lock.Pin("./m.wasm", wasm); err != nil {
		t.Fatal(err)
	}
	return runtime.Options{
		Dir:       dir,
		Providers: []runtime.ProviderOptions{{Name: "p", Module: "./m.wasm", Grant: runtime.Grant{Env: []string{"*"}}}},
	}, &lock
}

// opens reports how runtime.Open ends and closes what it opened.
func opens(t *testing.T, o runtime.Options) error {
	t.Helper()
	rt, err := runtime.Open(t.Context(), o)
	if err == nil {
		err = rt.Close()
	}
	return err
}

func TestOnlyPinnedModulesRunTM061(t *testing.T) {
	t.Parallel()
	o, lock := foreign(t, "env")
	other, _ := modules.Bytes("memory")
	var wrong module.Lock
	if err := wrong.Pin("./m.wasm", other); err != nil {
		t.Fatal(err)
	}
	elsewhere := module.Lock{Modules: map[string]module.Pin{"m.wasm": lock.Modules["./m.wasm"]}}
	for _, c := range []struct {
		name  string
		lock  *module.Lock
		allow bool
		want  secret.Code
		words string
	}{
		{"pinned", lock, false, "", ""},
		{"no lock", nil, false, secret.ErrLoad, `no pin for the module "./m.wasm"`},
		{"empty lock", &module.Lock{}, false, secret.ErrLoad, "only pinned modules are run"},
		{"pinned under another name", &elsewhere, false, secret.ErrLoad, "no pin"},
		{"allowed", nil, true, "", ""},
		{"other bytes", &wrong, false, secret.ErrIntegrity, "now also wants env"},
		{"other bytes, unpinned allowed", &wrong, true, secret.ErrIntegrity, "now also wants env"},
	} {
		o := o
		o.Lock, o.AllowUnpinned = c.lock, c.allow
		err := opens(t, o)
		if got := secret.CodeOf(err); got != c.want || err != nil && !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s: Open() = %v, want %q with %q", c.name, err, c.want, c.words)
		}
		var refused *module.Error
		if err != nil && !errors.As(err, &refused) {
			t.Errorf("%s: %v does not lead to a reason", c.name, err)
		}
	}
}

func TestUnpinnedIsLoud(t *testing.T) {
	t.Parallel()
	o, _ := foreign(t, "env")
	var log bytes.Buffer
	o.AllowUnpinned, o.Logger = true, slog.New(slog.NewTextHandler(&log, nil))
	for range 2 {
		if err := opens(t, o); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(log.String(), `level=WARN msg="the module is not pinned" provider=p module=./m.wasm sha256=`); n != 2 {
		t.Errorf("%d warnings for 2 starts:\n%s", n, log.String())
	}
}

// TestBitFlipsTM061 flips one bit at a thousand places: none is loaded.
func TestBitFlipsTM061(t *testing.T) {
	t.Parallel()
	o, lock := foreign(t, "env")
	o.Lock = lock
	wasm, _ := modules.Bytes("env")
	path := filepath.Join(o.Dir, "m.wasm")
	random := rand.New(rand.NewPCG(61, 1))
	for range 1000 {
		b := bytes.Clone(wasm)
		at := random.IntN(len(b) * 8)
		b[at/8] ^= 1 << (at % 8)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := opens(t, o); secret.CodeOf(err) != secret.ErrIntegrity {
			t.Fatalf("bit %d flipped: Open() = %v, want integrity", at, err)
		}
	}
}

// TestRollbackTM067: an older release of the very same module is refused, for
// the pin is of bytes and not of a name.
func TestRollbackTM067(t *testing.T) {
	t.Parallel()
	o, lock := foreign(t, "env")
	o.Lock = lock
	bare, _ := modules.Bytes("env")
	for _, version := range []string{"2.0.0", "1.0.0"} { // the newer one is pinned
		wasm, err := module.Pack(bare, []byte(`{"abi":1,"name":"env","version":"`+version+`","capabilities":["env"]}`))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(o.Dir, "m.wasm"), wasm, 0o600); err != nil {
			t.Fatal(err)
		}
		want := secret.ErrIntegrity
		if version == "2.0.0" {
			want = ""
			if err := lock.Pin("./m.wasm", wasm); err != nil {
				t.Fatal(err)
			}
		}
		if err := opens(t, o); secret.CodeOf(err) != want {
			t.Errorf("version %s: Open() = %v, want %q", version, err, want)
		}
	}
}

// TestSwapTM062 replaces the file all the time while it is loaded: what is
// loaded is what was pinned, whole, every time.
func TestSwapTM062(t *testing.T) {
	t.Parallel()
	loads := 10_000
	if testing.Short() {
		loads = 500
	}
	o, lock := foreign(t, "env")
	o.Lock = lock
	pinned := lock.Modules["./m.wasm"].SHA256
	stop, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- swap(o.Dir, stop) }()
	loaded, refused := 0, 0
	for range loads {
		rt, err := runtime.Open(t.Context(), o)
		if err != nil {
			if secret.CodeOf(err) != secret.ErrIntegrity {
				t.Errorf("Open() = %v, want integrity", err)
			}
			refused++
			continue
		}
		loaded++
		if got := rt.Providers()[0].SHA256; got != pinned {
			t.Errorf("loaded %s, pinned %s", got, pinned)
		}
		if err := rt.Close(); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if loaded == 0 || refused == 0 {
		t.Errorf("%d loaded and %d refused: the file was not swapped while it was read", loaded, refused)
	}
}

// swap puts one module and another in the place of m.wasm until stop.
func swap(dir string, stop <-chan struct{}) error {
	for i := 0; ; i++ {
		select {
		case <-stop:
			return nil
		default:
		}
		wasm, _ := modules.Bytes([]string{"env", "memory"}[i%2])
		next := filepath.Join(dir, "next")
		if err := os.WriteFile(next, wasm, 0o600); err != nil {
			return err
		}
		if err := os.Rename(next, filepath.Join(dir, "m.wasm")); err != nil {
			return err
		}
	}
}

// TestGrantMatrixTM072 opens modules that want nothing, variables or files with
// every grant: what is wanted and not granted is a load error, and a pin grants
// nothing.
func TestGrantMatrixTM072(t *testing.T) {
	t.Parallel()
	env, files := []string{"*"}, []runtime.FileGrant{{Path: "."}}
	for name, wants := range map[string][2]bool{"memory": {}, "env": {true, false}, "toml": {false, true}, "folder": {false, true}} {
		o, lock := foreign(t, name)
		o.Lock = lock
		if wants[1] {
			o.Providers[0].Config = map[string]string{"path": "x"}
		}
		for bits := range 4 {
			var g runtime.Grant
			if bits&1 != 0 {
				g.Env = env
			}
			if bits&2 != 0 {
				g.Files = files
			}
			o.Providers[0].Grant = g
			want := secret.Code("")
			if wants[0] && g.Env == nil || wants[1] && g.Files == nil {
				want = secret.ErrCapability
			}
			if got := secret.CodeOf(opens(t, o)); got != want {
				t.Errorf("%s with %+v: %q, want %q", name, g, got, want)
			}
		}
	}
}

// TestUnsetGrantsNothingTM073: nil, empty and absent are all nothing.
func TestUnsetGrantsNothingTM073(t *testing.T) {
	t.Parallel()
	for name, g := range map[string]runtime.Grant{
		"absent": {}, "empty": {Env: []string{}, Files: []runtime.FileGrant{}}, "other": {Files: []runtime.FileGrant{{Path: "."}}},
	} {
		o, lock := foreign(t, "env")
		o.Lock, o.Providers[0].Grant = lock, g
		if err := opens(t, o); secret.CodeOf(err) != secret.ErrCapability {
			t.Errorf("%s: Open() = %v, want capability", name, err)
		}
	}
}

package postern_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/module"
)

// work is the folder of the built modules and their compiled code.
var work string

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "postern-go-sdk-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	work = dir
	return m.Run()
}

// builds compiles each folder to a module, once.
var builds = map[string]func() (string, error){
	"hello": sync.OnceValues(func() (string, error) { return build("hello") }),
	"store": sync.OnceValues(func() (string, error) { return build("testdata/store") }),
}

func build(folder string) (string, error) {
	// Read here, so that go test does not use a cached result after a module
	// changed.
	sources, err := filepath.Glob(filepath.Join(folder, "*.go"))
	for _, name := range sources {
		if err == nil {
			_, err = os.ReadFile(name)
		}
	}
	if err != nil {
		return "", err
	}
	out := filepath.Join(work, filepath.Base(folder)+".wasm")
	cmd := exec.Command("go", "build", "-trimpath", "-buildmode=c-shared", "-o", out, "./"+folder)
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0", "GOFLAGS=-mod=readonly")
	if text, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build %s: %w\n%s", folder, err, text)
	}
	return out, nil
}

// options returns options for a Runtime with the provider "p", a built module that
// is pinned.
func options(t testing.TB, name string) runtime.Options {
	t.Helper()
	if testing.Short() {
		t.Skip("building and compiling a Go module takes seconds")
	}
	path, err := builds[name]()
	if err != nil {
		t.Fatal(err)
	}
	wasm, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lock := new(module.Lock)
	if err := lock.Pin(path, wasm); err != nil {
		t.Fatal(err)
	}
	return runtime.Options{
		Providers: []runtime.ProviderOptions{{Name: "p", Module: path}},
		Lock:      lock, CompileCache: filepath.Join(work, "compiled"), Dir: t.TempDir(),
		Limits: runtime.Limits{Call: 5 * time.Minute}, // the first call compiles, which takes long on a busy machine
	}
}

func open(t testing.TB, o runtime.Options) *runtime.Runtime {
	t.Helper()
	rt, err := runtime.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := rt.Close(); err != nil {
			t.Error(err)
		}
	})
	return rt
}

// text returns the value of key, or the code of the error.
func text(t *testing.T, rt *runtime.Runtime, key runtime.Key) string {
	t.Helper()
	s, err := rt.Get(t.Context(), key)
	if err != nil {
		t.Log(err)
		return "error: " + string(codeOf(err))
	}
	v, err := s.ExposeString()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

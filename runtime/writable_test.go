package runtime_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/secret"
)

// A grant of files decides whether a module is writable only if it writes files: one that
// reads a certificate, say, stores its values elsewhere.
func TestModuleThatOnlyReadsFilesIsWritable(t *testing.T) {
	t.Parallel()
	granted := filepath.Join(t.TempDir(), "a.env")
	if err := os.WriteFile(granted, []byte("A=value-of-a\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	dotenv, err := filepath.Abs(filepath.Join("..", "modules", "dotenv", "dotenv.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	reads := careless(t, "reads").Module
	for _, tt := range []struct {
		name, module    string
		write, writable bool
	}{
		{"reads files", reads, false, true},
		{"reads files, and may write them", reads, true, true},
		{"built in, writes files", "dotenv", false, false},
		{"built in, writes files, and may", "dotenv", true, true},
		{"writes files", dotenv, false, false},
		{"writes files, and may", dotenv, true, true},
	} {
		rt := open(t, runtime.Options{AllowUnpinned: true, Providers: []runtime.ProviderOptions{{
			Name: "m", Module: tt.module, Config: map[string]string{"path": granted},
			Grant: runtime.Grant{Files: []runtime.FileGrant{{Path: granted, Write: tt.write}}},
		}}})
		set := rt.Set(t.Context(), "K", made(t, "value-of-k"))
		if deleted := rt.Delete(t.Context(), "K"); (set == nil) != tt.writable || (deleted == nil) != tt.writable {
			t.Errorf("%s: Set = %v, Delete = %v, writable %v", tt.name, set, deleted, tt.writable)
		}
		if !tt.writable && !errors.Is(set, secret.ErrReadOnly) {
			t.Errorf("%s: Set = %v, want read_only", tt.name, set)
		}
	}
}

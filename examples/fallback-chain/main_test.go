package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFallbackChain(t *testing.T) {
	t.Setenv("API_TOKEN", "from-the-environment")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "secrets.toml"), []byte("[db]\npassword = \"from-the-file\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := run(t.Context(), &out, dir); err != nil {
		t.Fatal(err)
	}
	want := `db/password from local
API_TOKEN from env
get "nobody/has/this": not_found: asked local, env
`
	if out.String() != want {
		t.Errorf("output:\n%s\nwant:\n%s", out.String(), want)
	}
}

// A file that cannot be read stops the chain: nothing falls back silently.
func TestBrokenFileStopsTheChain(t *testing.T) {
	t.Setenv("db_password", "from-the-environment")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "secrets.toml"), []byte("[db\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := run(t.Context(), &out, dir); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		if !strings.Contains(line, `provider "local": unavailable`) {
			t.Errorf("line = %q, want the failure of local", line)
		}
	}
}

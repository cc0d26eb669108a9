package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/postern-project/postern/runtime/config"
	"github.com/postern-project/postern/runtime/secret"
)

// FuzzLoad: for any bytes, Load returns a configuration whose chain names its
// providers, or load_failed, and does not panic.
func FuzzLoad(f *testing.F) {
	for _, text := range []string{full, "policy: {preset: ci}\npolicy_libs: {a: b}\ndecision_log: {path: a, sample: 2}", "", "{}", "a: *b", "providers: {a: {module: env}}", `{"chain":["a"]}`, "[providers.a]\nmodule='env'",
		"? {a: b}\n: c", "<<: {a: b}", "a: !!binary aGk=", "timeout: 2001-01-01", "1: {2: 3}"} {
		f.Add(uint8(0), []byte(text))
		f.Add(uint8(1), []byte(text))
		f.Add(uint8(2), []byte(text))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, format uint8, text []byte) {
		path := filepath.Join(dir, "p"+[]string{".yaml", ".toml", ".json"}[format%3])
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := config.Load(config.Sources{Path: path, Dir: dir})
		if err != nil {
			var e *secret.Error
			if !errors.As(err, &e) || e.Code != secret.ErrLoad || c != nil {
				t.Fatalf("Load = %v, %v, want nil and load_failed", c, err)
			}
			return
		}
		names := map[string]bool{}
		for _, p := range c.Options.Providers {
			names[p.Name] = p.Module != ""
		}
		for _, link := range c.Options.Chain {
			if !names[link.Name] {
				t.Fatalf("the chain names %q, which is not a provider", link.Name)
			}
		}
	})
}

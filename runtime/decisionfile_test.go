package runtime_test

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/secret"
)

// TestDecisionLogOfItsOwn_TM205: a program can neither grant the writing of what decides and
// proves, nor log into it; nothing is made or changed when it tries.
func TestDecisionLogOfItsOwn_TM205(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, log, grant string
		write            bool
		want             string
	}{
		{"the log beneath a grant", "d/log", "d", true, "the decision log"},
		{"the policy beneath a grant", "", "rules", true, "the policy"},
		{"a library beneath a grant", "", "libs", true, "a library of the policy"},
		{"the cache beneath a grant", "", "cache", true, "the compile cache"},
		{"the log is the policy", "rules/p.lua", "d", false, "the policy"},
		{"the log is a library", "libs/l.lua", "d", false, "a library of the policy"},
		{"the log in the cache", "cache/log", "d", false, "the compile cache"},
		{"the log is what is read", "d/o.json", "d/o.json", false, "which is the decision log"},
		{"the log is the file of the module", "d/s.json", "d", false, "reads the decision log"},
		{"the log can be read", "d/log", "d", false, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			files := map[string]string{
				"d/s.json": "{}", "rules/p.lua": `local l = require "l" allow { "a", keys = l.keys }`, "libs/l.lua": `return { keys = "**" }`,
			}
			for name, text := range files {
				path := filepath.Join(dir, name)
				if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
					t.Fatal(err)
				}
			}
			var logged bytes.Buffer
			rt, err := runtime.Open(t.Context(), runtime.Options{
				Dir: dir, CompileCache: filepath.Join(dir, "cache"), Logger: slog.New(slog.NewTextHandler(&logged, nil)),
				Providers: []runtime.ProviderOptions{{
					Name: "f", Module: "json", Config: map[string]string{"path": "d/s.json"},
					Grant: runtime.Grant{Files: []runtime.FileGrant{{Path: tt.grant, Write: tt.write}}},
				}},
				PolicyFile:  runtime.PolicyFile{Path: "rules/p.lua", Libs: map[string]string{"l": "libs/l.lua"}},
				DecisionLog: runtime.DecisionLog{Path: tt.log},
			})
			if tt.want == "" {
				if err != nil || !strings.Contains(logged.String(), `level=WARN msg="the decision log can be read"`) {
					t.Fatalf("Open: %v, want a warning in %s", err, &logged)
				}
				_ = rt.Close()
				return
			}
			if !errors.Is(err, secret.ErrLoad) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Open: %v, want load_failed with %q", err, tt.want)
			}
			if _, err := os.Stat(filepath.Join(dir, "d/log")); err == nil {
				t.Error("the log was made")
			}
			for name, text := range files {
				if b, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(b) != text {
					t.Errorf("%s is changed: %q, %v", name, b, err)
				}
			}
		})
	}
}

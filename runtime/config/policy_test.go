package config_test

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/config"
	"github.com/postern-project/postern/runtime/secret"
	"github.com/postern-project/postern/runtime/suggest"
)

func TestPolicyKeys(t *testing.T) {
	t.Parallel()
	s := named(t, "p.yaml", `
providers: { a: { module: memory } }
policy: { file: rules/policy.lua, max_stale: 10m }
policy_libs: { acme/net: lib/net.lua }
decision_log: { path: log.jsonl, required: true, sample: 100, labels: [team] }
`)
	c, err := config.Load(s)
	if err != nil {
		t.Fatal(err)
	}
	f, d := c.Options.PolicyFile, c.Options.DecisionLog
	if f.Path != filepath.Join(s.Dir, "rules", "policy.lua") || f.Preset != "" || f.MaxStale != 10*time.Minute ||
		!maps.Equal(f.Libs, map[string]string{"acme/net": filepath.Join(s.Dir, "lib", "net.lua")}) {
		t.Errorf("PolicyFile = %+v", f)
	}
	if d.Path != filepath.Join(s.Dir, "log.jsonl") || !d.Required || d.Sample != 100 || !slices.Equal(d.Labels, []string{"team"}) {
		t.Errorf("DecisionLog = %+v", d)
	}
}

// TestPolicyShort: a path is enough, a preset is named, and the preset open is
// the default, with a file and without one.
func TestPolicyShort(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][3]string{
		"policy: policy.lua":                {"policy.lua", "", ""},
		"policy: /etc/postern/policy.lua":   {"/etc/postern/policy.lua", "", ""},
		"policy: { preset: ci }":            {"", "ci", ""},
		"decision_log: log":                 {"", "open", "log"},
		"decision_log: '-'":                 {"", "open", ""},
		"decision_log: { path: '-' }":       {"", "open", ""},
		"decision_log: ./-":                 {"", "open", "-"},
		"timeout: 5s":                       {"", "open", ""},
		"decision_log: /var/log/postern.js": {"", "open", "/var/log/postern.js"},
	} {
		s := named(t, "p.yaml", text+"\nproviders: {a: {module: env}}\n")
		s.Stderr = &strings.Builder{}
		c, err := config.Load(s)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if w := c.Options.DecisionLog.Writer; (w != nil) != strings.Contains(text, "'-'") || w != nil && w != s.Stderr {
			t.Errorf("%s: the writer is %v, want that of the sources for -", text, w)
		}
		got := [3]string{c.Options.PolicyFile.Path, c.Options.PolicyFile.Preset, c.Options.DecisionLog.Path}
		for i := range got {
			got[i] = strings.TrimPrefix(got[i], s.Dir+"/")
		}
		if got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	c, err := config.Load(config.Sources{Dir: folder(t, nil)})
	if err != nil || c.Options.PolicyFile.Preset != "open" {
		t.Errorf("without a file the policy is %+v, %v", c.Options.PolicyFile, err)
	}
}

// A decision log to standard error goes to os.Stderr unless the sources name a
// writer, in every spelling, and never to a file.
func TestDecisionLogToStderr(t *testing.T) {
	t.Parallel()
	for _, log := range []string{"'-'", "{ path: '-' }", "{ path: '-', required: true, sample: 1 }"} {
		c, err := config.Load(named(t, "p.yaml", "providers: {m: {module: memory}}\ndecision_log: "+log))
		if err != nil || c.Options.DecisionLog.Path != "" || c.Options.DecisionLog.Writer != os.Stderr {
			t.Errorf("%s: %+v, %v, want os.Stderr", log, c, err)
			continue
		}
		r, err := runtime.Open(t.Context(), c.Options)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(filepath.Join(c.Options.Dir, "-")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: there is a file named -: %v", log, err)
		}
	}
}

// A file without providers says so when it is loaded; it can be inspected.
func TestNoProviders(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"p.yaml": "", "q.yaml": "# nothing\n", "r.yaml": "{}", "s.yaml": "providers: {}", "t.yaml": "timeout: 5s", "u.json": "{}", "v.toml": ""} {
		s := named(t, name, text)
		if _, err := config.Load(s); !errors.Is(err, secret.ErrLoad) || !strings.Contains(err.Error(), `there are no providers; set "providers"`) {
			t.Errorf("%s: %v, want an error about providers", text, err)
		}
		if _, err := config.Inspect(s); err != nil {
			t.Errorf("%s: Inspect: %v", text, err)
		}
	}
}

func TestPolicyKeysRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"policy: ''":                                                "policy: the string is empty",
		"policy:":                                                   "policy: want a string, got nothing",
		"policy: [a.lua]":                                           "policy: want a string, got a list",
		"policy: {}":                                                `policy: want either "file" or "preset"`,
		"policy: { file: a.lua, preset: ci }":                       `policy: want either "file" or "preset"`,
		"policy: { flie: a.lua }":                                   `policy: unknown key "flie" (did you mean "file"?)`,
		"policy: { preset: ci, max_stale: 1m }":                     "policy.max_stale: a preset cannot become stale",
		"policy: { file: a.lua, max_stale: 0s }":                    "policy.max_stale: want more than 0s",
		"policy_libs: { a: b.lua }":                                 "policy_libs: there is no policy file",
		"policy: a.lua\npolicy_libs: [b.lua]":                       "policy_libs: want a mapping, got a list",
		"decision_log: { required: true }":                          `decision_log: the key "path" is missing`,
		"decision_log: { path: a, required: 'yes' }":                "decision_log.required: want true or false, got a string",
		"decision_log: { path: a, sample: 0 }":                      "decision_log.sample: want 1 to 1000000, got 0",
		"decision_log: { path: a, lables: [b] }":                    `decision_log: unknown key "lables" (did you mean "labels"?)`,
		"decision_log: { path: a, hash_key: 'c4n4ry~V4lue~5ecret'}": `decision_log: unknown key "hash_key"`,
	} {
		if got := loadError(t, named(t, "p.yaml", text)); !strings.Contains(got, want) || strings.Contains(got, "c4n4ry") {
			t.Errorf("%s: %s, want %q in it", text, got, want)
		}
	}
}

// TestPolicyWantsTM177: a file that was found may use a policy in its folder, which
// can only take away. Rules from elsewhere and a log need trust.
func TestPolicyWantsTM177(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"policy: policy.lua":                           "",
		"policy: { preset: ci }":                       "",
		"decision_log: '-'":                            "",
		"policy: ../policy.lua":                        "the policy is outside this folder",
		"policy: a.lua\npolicy_libs: { a: /tmp/a.lua}": "a library of the policy is outside this folder",
		"decision_log: log":                            "decisions are appended to",
	} {
		_, err := config.Load(config.Sources{Dir: folder(t, map[string]string{"postern.yaml": text + "\nproviders: {m: {module: memory}}\n"}), Environ: home(t)})
		if want == "" {
			if err != nil {
				t.Errorf("%s: %v, want no wants", text, err)
			}
			continue
		}
		var hint suggest.Hint
		if err == nil || !strings.Contains(err.Error(), want) || !errors.As(err, &hint) || hint != "postern trust" {
			t.Errorf("%s: %v, want %q and the hint postern trust", text, err, want)
		}
	}
}

package config_test

import (
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/config"
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
		"decision_log: '-'":                 {"", "open", "-"},
		"decision_log: { path: '-' }":       {"", "open", "-"},
		"timeout: 5s":                       {"", "open", ""},
		"decision_log: /var/log/postern.js": {"", "open", "/var/log/postern.js"},
	} {
		s := named(t, "p.yaml", text)
		c, err := config.Load(s)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
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

func TestPolicyKeysRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"policy: ''":                                                "policy: the string is empty",
		"policy:":                                                   "policy: want a string, got nothing",
		"policy: [a.lua]":                                           "policy: want a string, got a list",
		"policy: {}":                                                `policy: want either "file" or "preset"`,
		"policy: { file: a.lua, preset: ci }":                       `policy: want either "file" or "preset"`,
		"policy: { flie: a.lua }":                                   `policy: unknown key "flie", did you mean "file"?`,
		"policy: { preset: ci, max_stale: 1m }":                     "policy.max_stale: a preset cannot become stale",
		"policy: { file: a.lua, max_stale: 0s }":                    "policy.max_stale: want more than 0s",
		"policy_libs: { a: b.lua }":                                 "policy_libs: there is no policy file",
		"policy: a.lua\npolicy_libs: [b.lua]":                       "policy_libs: want a mapping, got a list",
		"decision_log: { required: true }":                          `decision_log: the key "path" is missing`,
		"decision_log: { path: a, required: 'yes' }":                "decision_log.required: want true or false, got a string",
		"decision_log: { path: a, sample: 0 }":                      "decision_log.sample: want 1 to 1000000, got 0",
		"decision_log: { path: a, lables: [b] }":                    `decision_log: unknown key "lables", did you mean "labels"?`,
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
		_, err := config.Load(config.Sources{Dir: folder(t, map[string]string{"postern.yaml": text}), Environ: home(t)})
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

package config_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/config"
	"github.com/postern-project/postern/runtime/secret"
)

// origins returns the origin of every setting.
func origins(t *testing.T, s config.Sources) map[string]string {
	t.Helper()
	c, err := config.Load(s)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, setting := range c.Settings {
		out[setting.Key] = setting.Origin
	}
	return out
}

// The origin of every setting is what set it: the file, a variable, a flag, or the
// defaults if there is no file.
func TestSettingsNameTheirOrigin(t *testing.T) {
	t.Parallel()
	variables := []string{"POSTERN_CHAIN=env,file", "POSTERN_TIMEOUT=3s", "POSTERN_LOG_LEVEL=info", "POSTERN_LOG_FORMAT=json", "POSTERN_AS=ci",
		"POSTERN_ROLE=a", "POSTERN_LABEL=team=x", "POSTERN_COMPILE_CACHE=off"}
	byVariable := map[string]string{"chain": "POSTERN_CHAIN", "timeout": "POSTERN_TIMEOUT", "log.level": "POSTERN_LOG_LEVEL",
		"log.format": "POSTERN_LOG_FORMAT", "caller": "POSTERN_AS", "roles": "POSTERN_ROLE", "labels.team": "POSTERN_LABEL",
		"compile_cache": "POSTERN_COMPILE_CACHE"}
	flags := config.Overrides{Chain: []string{"env", "file"}, Timeout: "4s", LogLevel: "warn", LogFormat: "text", Caller: "me", Roles: []string{"b"},
		Labels: map[string]string{"team": "y"}, CompileCache: "off"}
	byFlag := map[string]string{"chain": "--chain", "timeout": "--timeout", "log.level": "--log-level", "log.format": "--log-format",
		"caller": "--as", "roles": "--role", "labels.team": "--label", "compile_cache": "--compile-cache"}
	legacy := []string{"SECRET_PROVIDER_CHAIN=memory,file", "SECRET_FILE_PATH=o.env", "SECRET_FILE_FORMAT=dotenv"}
	byLegacy := map[string]string{"chain": "SECRET_PROVIDER_CHAIN", "providers.memory.module": "SECRET_PROVIDER_CHAIN",
		"providers.file.config.path": "SECRET_FILE_PATH", "providers.file.grant.files": "SECRET_FILE_PATH",
		"providers.file.config.format": "SECRET_FILE_FORMAT"}
	const file = `
providers: { env: { module: env }, file: { module: file } }
chain: [env, file]
timeout: 7s
log: { level: debug, format: json }
caller: ci
roles: [reader]
labels: { team: core }
compile_cache: "off"
limits: { value: 2048 }
decision_log: log
`
	for _, tt := range []struct {
		name  string
		file  string // "" without one
		env   []string
		flags config.Overrides
		base  string
		want  map[string]string
	}{
		{name: "defaults", base: "default"},
		{name: "variables", env: variables, base: "default", want: byVariable},
		{name: "flags", env: variables, flags: flags, base: "default", want: byFlag},
		{name: "legacy", env: legacy, base: "default", want: byLegacy},
		{name: "one legacy variable", env: []string{"SECRET_FILE_FORMAT=toml"}, base: "default",
			want: map[string]string{"providers.file.config.format": "SECRET_FILE_FORMAT"}},
		{name: "memory by POSTERN_CHAIN", env: []string{"POSTERN_CHAIN=memory"}, base: "default",
			want: map[string]string{"chain": "POSTERN_CHAIN", "providers.memory.module": "POSTERN_CHAIN"}},
		{name: "legacy and variables", env: append(slices.Clone(legacy), variables...), base: "default", want: union(byLegacy, byVariable)},
		{name: "file", file: file, base: "file"},
		{name: "file and legacy", file: file, env: legacy, base: "file"},
		{name: "file and variables", file: file, env: variables, base: "file", want: byVariable},
		{name: "file and flags", file: file, env: variables, flags: flags, base: "file", want: byFlag},
	} {
		s := config.Sources{Dir: folder(t, nil), Environ: tt.env, Flags: tt.flags}
		if tt.file != "" {
			s = named(t, "p.yaml", tt.file)
			s.Environ, s.Flags = tt.env, tt.flags
		}
		got := origins(t, s)
		for key := range tt.want {
			if got[key] == "" {
				t.Errorf("%s: %s is not listed", tt.name, key)
			}
		}
		for key, origin := range got {
			want := tt.want[key]
			if want == "" {
				want = tt.base
			}
			if origin != want {
				t.Errorf("%s: origin of %s = %q, want %q", tt.name, key, origin, want)
			}
		}
	}
}

func union(a, b map[string]string) map[string]string {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}

// An error about a setting names the variable that set it.
func TestErrorsNameTheVariable(t *testing.T) {
	t.Parallel()
	for entry, want := range map[string]string{
		"SECRET_PROVIDER_CHAIN=fil":  "SECRET_PROVIDER_CHAIN: chain[0]",
		"POSTERN_CHAIN=fil":          "POSTERN_CHAIN: chain[0]",
		"POSTERN_TIMEOUT=soon":       "POSTERN_TIMEOUT: ",
		"POSTERN_LOG_FORMAT=verbose": "POSTERN_LOG_FORMAT: ",
	} {
		_, err := config.Load(config.Sources{Dir: folder(t, nil), Environ: []string{entry}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", entry, err, want)
		}
	}
}

// A variable that is set and empty is an error that names it: a default in its
// place may be a wider identity or another configuration. A flag overrides it.
func TestEmptyVariablesAreErrors(t *testing.T) {
	t.Parallel()
	flags := map[string]config.Overrides{
		"POSTERN_CHAIN": {Chain: []string{"env"}}, "POSTERN_TIMEOUT": {Timeout: "1s"}, "POSTERN_LOG_LEVEL": {LogLevel: "warn"},
		"POSTERN_LOG_FORMAT": {LogFormat: "json"}, "POSTERN_AS": {Caller: "ci"}, "POSTERN_ROLE": {Roles: []string{"r"}},
		"POSTERN_COMPILE_CACHE": {CompileCache: "off"},
	}
	for _, variable := range []string{"POSTERN_CONFIG", "POSTERN_CHAIN", "POSTERN_TIMEOUT", "POSTERN_LOG_LEVEL", "POSTERN_LOG_FORMAT", "POSTERN_AS", "POSTERN_ROLE",
		"POSTERN_LABEL", "POSTERN_COMPILE_CACHE", "SECRET_PROVIDER_CHAIN", "SECRET_FILE_PATH", "SECRET_FILE_FORMAT"} {
		s := config.Sources{Dir: folder(t, map[string]string{"p.yaml": "providers: {env: {module: env}}\n"}), Environ: []string{variable + "="}}
		want := variable + " is empty; give it a value, or unset it"
		if _, err := config.Load(s); !errors.Is(err, secret.ErrLoad) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s= without a file: %v, want %q", variable, err, want)
		}
		s.Path = "p.yaml"
		override, ok := flags[variable]
		if ok {
			if _, err := config.Load(s); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s= with a file: %v, want %q", variable, err, want)
			}
		} else if variable == "POSTERN_LABEL" {
			continue // labels are merged, so a flag does not override it
		}
		s.Flags = override
		if _, err := config.Load(s); err != nil {
			t.Errorf("%s= overridden: %v", variable, err)
		}
	}
}

// An error about a flag wraps its name, which the text has once; an error about the
// file or a variable does not.
func TestInvalidFlags(t *testing.T) {
	t.Parallel()
	for want, flags := range map[string]config.Overrides{
		"--timeout":    {Timeout: "5"},
		"--log-level":  {LogLevel: "loud"},
		"--log-format": {LogFormat: "xml"},
		"--as":         {Caller: "a\x00"},
		"--role":       {Roles: []string{""}},
		"--label":      {Labels: map[string]string{"a": "\x00"}},
		"--chain":      {Chain: []string{"nobody"}},
	} {
		_, err := config.Load(config.Sources{Dir: folder(t, nil), Flags: flags})
		var flag config.InvalidFlag
		if !errors.As(err, &flag) || string(flag) != want || !strings.HasPrefix(err.Error(), "load_failed: "+want+": ") {
			t.Errorf("%+v: %v (%q), want %s", flags, err, flag, want)
		}
	}
	_, err := config.Load(config.Sources{Dir: folder(t, nil), Environ: []string{"POSTERN_TIMEOUT=5"}})
	if errors.As(err, new(config.InvalidFlag)) || err == nil {
		t.Errorf("POSTERN_TIMEOUT=5: %v", err)
	}
}

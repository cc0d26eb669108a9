package config_test

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/config"
	"github.com/postern-project/postern/runtime/secret"
)

// folder returns a folder that only the user can write, with files in it.
func folder(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// named returns sources that name a new file.
func named(t testing.TB, name, text string) config.Sources {
	t.Helper()
	return config.Sources{Path: name, Dir: folder(t, map[string]string{name: text})}
}

const full = `
providers:
  app:   { module: env,    grant: { env: ["APP_*"] }, config: { prefix: APP_ } }
  files: { module: file,   grant: { files: [{ path: ./secrets.toml, write: true }] }, config: { path: secrets.toml, format: toml } }
  mem:   { module: memory }
chain: [app, { name: files, on_unavailable: continue }, mem]
limits: { value: 2048, call: 3s, memory_pages: 64, module: large, instances: 2, kv: 4096, keys: 10, listing: 1000, call_memory: 5000, mask_memory: 6000 }
log: { level: debug, format: json }
timeout: 7s
caller: ci
roles: [reader]
labels: { team: core }
compile_cache: "off"
`

func checkFull(t *testing.T, c *config.Config) {
	t.Helper()
	o := c.Options
	if len(o.Providers) != 3 || o.Providers[0].Name != "app" || o.Providers[0].Config["prefix"] != "APP_" ||
		!o.Providers[1].Grant.Files[0].Write || o.Providers[2].Module != "memory" {
		t.Errorf("Providers = %+v", o.Providers)
	}
	want := []runtime.ChainLink{{Name: "app"}, {Name: "files", ContinueWhenUnavailable: true}, {Name: "mem"}}
	if len(o.Chain) != 3 || o.Chain[0] != want[0] || o.Chain[1] != want[1] || o.Chain[2] != want[2] {
		t.Errorf("Chain = %+v, want %+v", o.Chain, want)
	}
	limits := runtime.Limits{Value: 2048, Call: 3 * time.Second, MemoryPages: 64, Module: "large", Instances: 2, KV: 4096, Keys: 10, Listing: 1000, CallMemory: 5000, MaskMemory: 6000}
	if o.Limits != limits {
		t.Errorf("Limits = %+v, want %+v", o.Limits, limits)
	}
	if c.LogLevel != slog.LevelDebug || c.LogFormat != "json" || c.Timeout != 7*time.Second {
		t.Errorf("log and timeout = %v %q %v", c.LogLevel, c.LogFormat, c.Timeout)
	}
	if o.Caller.Name != "ci" || o.Caller.Roles[0] != "reader" || o.Caller.Labels["team"] != "core" {
		t.Errorf("Caller = %+v", o.Caller)
	}
	if o.CompileCache != "" {
		t.Errorf("CompileCache = %q, want none", o.CompileCache)
	}
}

func TestLinksOfAFileGrant(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{"": false, ", links: refuse": false, ", links: follow": true} {
		c, err := config.Load(named(t, "p.yaml", "providers: {a: {module: folder, grant: {files: [{path: a"+text+"}]}, config: {path: a}}}"))
		if err != nil || c.Options.Providers[0].Grant.Files[0].FollowLinks != want {
			t.Errorf("{path: a%s}: %v, want FollowLinks %v", text, err, want)
		}
	}
}

func TestLoadYAML(t *testing.T) {
	t.Parallel()
	s := named(t, "p.yaml", full)
	s.CacheDir = "/cache"
	c, err := config.Load(s)
	if err != nil {
		t.Fatal(err)
	}
	checkFull(t, c)
	if c.Found || c.Path != filepath.Join(s.Dir, "p.yaml") || c.Options.Dir != s.Dir {
		t.Errorf("Found, Path, Dir = %v, %q, %q", c.Found, c.Path, c.Options.Dir)
	}
}

func TestLoadTOML(t *testing.T) {
	t.Parallel()
	c, err := config.Load(named(t, "p.toml", `
chain = ["app", { name = "files", on_unavailable = "continue" }, "mem"]
timeout = "7s"
caller = "ci"
roles = ["reader"]
labels = { team = "core" }
compile_cache = "off"
log = { level = "debug", format = "json" }
limits = { value = 2048, call = "3s", memory_pages = 64, module = "large", instances = 2, kv = 4096, keys = 10, listing = 1000, call_memory = 5000, mask_memory = 6000 }
[providers.app]
module = "env"
grant = { env = ["APP_*"] }
config = { prefix = "APP_" }
[providers.files]
module = "file"
config = { path = "secrets.toml", format = "toml" }
[[providers.files.grant.files]]
path = "./secrets.toml"
write = true
[providers.mem]
module = "memory"
`))
	if err != nil {
		t.Fatal(err)
	}
	checkFull(t, c)
}

func TestLoadJSON(t *testing.T) {
	t.Parallel()
	c, err := config.Load(named(t, "p.json", `{
"chain": ["app", {"name": "files", "on_unavailable": "continue"}, "mem"],
"timeout": "7s", "caller": "ci", "roles": ["reader"], "labels": {"team": "core"}, "compile_cache": "off",
"log": {"level": "debug", "format": "json"},
"limits": {"value": 2048, "call": "3s", "memory_pages": 64, "module": "large", "instances": 2, "kv": 4096, "keys": 10, "listing": 1000, "call_memory": 5000, "mask_memory": 6000},
"providers": {
  "app": {"module": "env", "grant": {"env": ["APP_*"]}, "config": {"prefix": "APP_"}},
  "files": {"module": "file", "grant": {"files": [{"path": "./secrets.toml", "write": true}]}, "config": {"path": "secrets.toml", "format": "toml"}},
  "mem": {"module": "memory"}
}}`))
	if err != nil {
		t.Fatal(err)
	}
	checkFull(t, c)
}

func TestPrecedence(t *testing.T) {
	t.Parallel()
	s := named(t, "p.yaml", full)
	s.Environ = []string{
		"POSTERN_TIMEOUT=8s", "POSTERN_LOG_LEVEL=info", "POSTERN_CHAIN=mem, app", "POSTERN_AS=env",
		"POSTERN_LABEL=team=env,zone=b", "POSTERN_COMPILE_CACHE=/var/cache/x", "POSTERN_ROLE=", "SECRET_PROVIDER_CHAIN=memory",
	}
	s.Flags = config.Overrides{Timeout: "9s", Labels: map[string]string{"team": "flag"}, Roles: []string{"admin"}}
	c, err := config.Load(s)
	if err != nil {
		t.Fatal(err)
	}
	if c.Timeout != 9*time.Second || c.LogLevel != slog.LevelInfo || c.LogFormat != "json" {
		t.Errorf("timeout and log = %v %v %q", c.Timeout, c.LogLevel, c.LogFormat)
	}
	o := c.Options
	if len(o.Chain) != 2 || o.Chain[0].Name != "mem" || o.Caller.Name != "env" || o.Caller.Roles[0] != "admin" ||
		o.Caller.Labels["team"] != "flag" || o.Caller.Labels["zone"] != "b" || o.CompileCache != "/var/cache/x" {
		t.Errorf("Options = %+v", o)
	}
	origin := map[string]string{}
	for _, setting := range c.Settings {
		origin[setting.Key] = setting.Origin
	}
	for key, want := range map[string]string{
		"timeout": "--timeout", "log.level": "POSTERN_LOG_LEVEL", "log.format": "file", "chain": "POSTERN_CHAIN",
		"labels.team": "--label", "labels.zone": "POSTERN_LABEL", "providers.app.module": "file",
	} {
		if origin[key] != want {
			t.Errorf("origin of %s = %q, want %q", key, origin[key], want)
		}
	}
	if len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0], "SECRET_PROVIDER_CHAIN is ignored") {
		t.Errorf("Warnings = %q", c.Warnings)
	}
}

// The values of modules' settings are hidden under any name, unless the module
// declares the setting public.
func TestSettingsHideCredentials(t *testing.T) {
	t.Parallel()
	c, err := config.Load(named(t, "p.yaml", `
providers:
  a: {module: env, config: {api_token: c4n4ry, pwd: c4n4ry, dsn: c4n4ry, "a.b": c4n4ry, prefix: A_}}
  b: {module: ./absent.wasm, config: {path: c4n4ry, prefix: c4n4ry}}
  f: {module: file, config: {path: x.toml, format: toml, key: c4n4ry}}
chain: [a]
labels: {token: c4n4ry}
`))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range append(c.Settings, c.Disclose()...) {
		if strings.Contains(s.Value, "c4n4ry") {
			t.Errorf("the settings show %s", s.Key)
		}
	}
	public := map[string]string{}
	for _, s := range c.Disclose() {
		public[s.Key] = s.Value
	}
	for key, want := range map[string]string{
		"providers.a.config.prefix": `"A_"`, "providers.f.config.path": `"x.toml"`, "providers.f.config.format": `"toml"`,
		"providers.f.config.key": `"[REDACTED]"`, "providers.b.config.path": `"[REDACTED]"`, "providers.a.module": `"env"`,
	} {
		if public[key] != want {
			t.Errorf("%s = %s, want %s", key, public[key], want)
		}
	}
}

func TestEnvironmentGrantsNothing(t *testing.T) {
	t.Parallel()
	s := named(t, "p.yaml", "providers: {a: {module: memory}}\n")
	s.Environ = []string{"POSTERN_PROVIDERS_A_GRANT_ENV=*", "POSTERN_PROVIDERS=x", "POSTERN_GRANT=*", "SECRET_FILE_PATH=/etc/shadow"}
	c, err := config.Load(s)
	if err != nil {
		t.Fatal(err)
	}
	p := c.Options.Providers
	if len(p) != 1 || len(p[0].Grant.Env)+len(p[0].Grant.Files) != 0 {
		t.Errorf("Providers = %+v, want one without grants", p)
	}
}

func TestWithoutFile(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		environ []string
		chain   string
		path    string
		format  string
	}{
		{"nothing set", nil, "env file", ".env", "dotenv"},
		{"chain of the earlier release", []string{"SECRET_PROVIDER_CHAIN=file,env"}, "file env", ".env", "dotenv"},
		{"file of the earlier release", []string{"SECRET_FILE_PATH=/run/s.toml", "SECRET_FILE_FORMAT=toml"}, "env file", "/run/s.toml", "toml"},
		{"file of the earlier release without its format", []string{"SECRET_FILE_PATH=/run/s.toml"}, "env file", "/run/s.toml", ""},
		{"memory", []string{"SECRET_PROVIDER_CHAIN=memory, env"}, "memory env", ".env", "dotenv"},
		{"new name wins", []string{"SECRET_PROVIDER_CHAIN=memory", "POSTERN_CHAIN=file"}, "file", ".env", "dotenv"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := folder(t, nil)
			c, err := config.Load(config.Sources{Dir: dir, Environ: tt.environ})
			if err != nil {
				t.Fatal(err)
			}
			var chain []string
			for _, link := range c.Options.Chain {
				chain = append(chain, link.Name)
			}
			if got := strings.Join(chain, " "); got != tt.chain {
				t.Errorf("chain = %q, want %q", got, tt.chain)
			}
			for _, p := range c.Options.Providers {
				if p.Name != "file" {
					continue
				}
				if len(p.Grant.Files) != 1 || p.Grant.Files[0] != (runtime.FileGrant{Path: tt.path, Owned: tt.path == ".env", Confined: tt.path == ".env"}) {
					t.Errorf("files grant = %+v, want %q alone, read-only", p.Grant.Files, tt.path)
				}
				if p.Config["path"] != tt.path || p.Config["format"] != tt.format {
					t.Errorf("config = %v", p.Config)
				}
			}
			if c.Path != "" || c.Options.Dir != dir || len(c.Wants) != 0 {
				t.Errorf("Path, Dir, Wants = %q, %q, %q", c.Path, c.Options.Dir, c.Wants)
			}
		})
	}
}

// loadError returns the text of the load_failed error of Load.
func loadError(t *testing.T, s config.Sources) string {
	t.Helper()
	c, err := config.Load(s)
	if err == nil {
		t.Fatalf("Load = %+v, want an error", c)
	}
	var e *secret.Error
	if !errors.As(err, &e) || e.Code != secret.ErrLoad {
		t.Fatalf("Load: %v, want a *secret.Error with load_failed", err)
	}
	return err.Error()
}

func TestRefused(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, file, text, want string }{
		{"unknown key at the top", "p.yaml", "provders: {}", `unknown key "provders" (did you mean "providers"?)`},
		{"policy misspelt", "p.yaml", "polcy: p.lua\nproviders: {a: {module: env}}", `unknown key "polcy" (did you mean "policy"?)`},
		{"unknown key in a provider", "p.yaml", "providers: {a: {module: env, grnt: {}}}", `providers.a: unknown key "grnt" (did you mean "grant"?)`},
		{"unknown grant", "p.toml", "[providers.a]\nmodule='env'\ngrant={enf=['A']}", `providers.a.grant: unknown key "enf" (did you mean "env"?)`},
		{"links of a file grant", "p.yaml", "providers: {a: {module: file, grant: {files: [{path: a, links: folow}]}}}", `unknown links "folow"; want follow or refuse`},
		{"links of another type", "p.yaml", "providers: {a: {module: file, grant: {files: [{path: a, links: true}]}}}", `providers.a.grant.files[0].links`},
		{"unknown key of a file grant", "p.yaml", "providers: {a: {module: file, grant: {files: [{path: a, wrte: true}]}}}", `providers.a.grant.files[0]: unknown key "wrte" (did you mean "write"?)`},
		{"far from any key", "p.yaml", "zzzzzzzzzz: 1", `unknown key "zzzzzzzzzz"; want one of providers, chain, `},
		{"module missing", "p.yaml", "providers: {a: {}}", `providers.a: the key "module" is missing`},
		{"module of another type", "p.yaml", "providers: {a: {module: 7}}", "providers.a.module: want a string, got a number"},
		{"config not a string", "p.yaml", "providers: {a: {module: env, config: {port: 80}}}", "providers.a.config.port: want a string, got a number"},
		{"boolean as a string", "p.yaml", `providers: {a: {module: file, grant: {files: [{path: a, write: "true"}]}}}`, "providers.a.grant.files[0].write: want true or false, got a string"},
		{"string instead of a list", "p.yaml", "providers: {a: {module: env, grant: {env: A}}}", "providers.a.grant.env: want a list, got a string"},
		{"null", "p.yaml", "providers:\n  a:\n    module: env\n    grant:\n", "providers.a.grant: want a mapping, got nothing"},
		{"fraction", "p.json", `{"providers": {"a": {"module": "env"}}, "limits": {"value": 1.5}}`, "limits.value: want a whole number, got a fraction"},
		{"limit too large", "p.yaml", "limits: {value: 16777217}", "limits.value: want 1 to 16777216, got 16777217"},
		{"module limit", "p.yaml", "limits: {module: huge}", "limits.module: "},
		{"limit zero", "p.yaml", "limits: {keys: 0}", "limits.keys: want 1 to"},
		{"limit of kv", "p.yaml", "limits: {kv: -1}", "limits.kv: want 0 to 1073741824, got -1"},
		{"kv without a number", "p.yaml", "limits: {kv: off}", "limits.kv: want a whole number, got a string"},
		{"duration without a unit", "p.yaml", "timeout: 5", `timeout: want a duration such as "10s", got a number`},
		{"not a duration", "p.yaml", "timeout: soon", `timeout: invalid duration "soon"`},
		{"negative duration", "p.yaml", "timeout: -1s", "timeout: want more than 0s"},
		{"unknown level", "p.yaml", "log: {level: inf}", `log.level: unknown value "inf" (did you mean "info"?)`},
		{"provider name", "p.yaml", `providers: {"a b": {module: env}}`, `invalid provider name "a b"`},
		{"hostile provider name", "p.yaml", "providers: {\"a\\e[2J%s\": {module: env}}", `invalid provider name "a\x1b[2J%s"`},
		{"chain missing", "p.yaml", "providers: {a: {module: env}, b: {module: memory}}", "there are 2 providers and no chain"},
		{"chain empty", "p.yaml", "providers: {a: {module: env}}\nchain: []", "chain: the chain is empty"},
		{"chain with an unknown provider", "p.yaml", "providers: {files: {module: env}}\nchain: [file]", `chain[0]: there is no provider "file"; want one of files (did you mean "files"?)`},
		{"chain with a provider like no other", "p.yaml", "providers: {files: {module: env}, b: {module: env}}\nchain: [b, vault]", `chain[1]: there is no provider "vault"; want one of b, files`},
		{"chain twice", "p.yaml", "providers: {a: {module: env}}\nchain: [a, a]", `chain[1]: the provider "a" is in the chain twice`},
		{"link action", "p.yaml", "providers: {a: {module: env}}\nchain: [{name: a, on_unavailable: contnue}]", `unknown value "contnue" (did you mean "continue"?)`},
		{"zero byte", "p.json", `{"providers": {"a": {"module": "e\u0000v"}}}`, "providers.a.module: the string contains a NUL byte"},
		{"YAML duplicate", "p.yaml", "timeout: 5s\nlog: {}\ntimeout: 6s", "line 3: duplicate key"},
		{"YAML malformed", "p.yaml", "providers:\n  a: [\n", "malformed YAML"},
		{"YAML second document", "p.yaml", "timeout: 5s\n---\ntimeout: 6s", "line 2: a second document begins"},
		{"YAML list", "p.yaml", "- a\n- b", "want one mapping"},
		{"YAML bomb", "p.yaml", "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: [*f,*f,*f,*f,*f,*f,*f,*f,*f]", "malformed YAML: excessive aliasing"},
		{"TOML malformed", "p.toml", "a = 1\nb = \n", "line 2"},
		{"TOML duplicate", "p.toml", "timeout = '5s'\ntimeout = '6s'", "line 2: duplicate key or table"},
		{"TOML duplicate over lines", "p.toml", "timeout = '5s'\n\ntimeout = [\n1,\n]", "line 3: duplicate key or table"},
		{"TOML duplicate table", "p.toml", "[log]\nlevel = 'info'\n[log]\n", "line 3: duplicate key or table"},
		{"TOML inline duplicate", "p.toml", "\nlog = { level = 'a', level = 'b' }", "line 2: duplicate key or table"},
		{"JSON malformed", "p.json", "{\n\"a\": 1,\n}", "line 3: malformed JSON"},
		{"JSON cut off", "p.json", "{\"a\": 1", "malformed JSON"},
		{"JSON duplicate", "p.json", "{\"timeout\": \"5s\",\n\"timeout\": \"6s\"}", "line 2: duplicate key"},
		{"JSON list", "p.json", "[1]", "want one object"},
		{"JSON twice", "p.json", "{} {}", "malformed JSON"},
		{"not UTF-8", "p.yaml", "a: 1\nb: \xff\n", "line 2: the file is not UTF-8"},
		{"UTF-16", "p.yaml", "\xff\xfea\x00:\x00", "line 1: the file is UTF-16 or UTF-32; want UTF-8"},
		{"other suffix", "p.ini", "a=1", "must end in .yaml, .yml, .toml or .json"},
		{"too large", "p.yaml", strings.Repeat("#", config.MaxSize+1), "larger than 1 MiB"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := loadError(t, named(t, tt.file, tt.text)); !strings.Contains(got, tt.want) {
				t.Errorf("Load: %s, want %q in it", got, tt.want)
			}
		})
	}
}

// TestErrorsQuoteNoContent: the content of a file of secrets that was named by
// mistake does not appear in an error.
func TestErrorsQuoteNoContent(t *testing.T) {
	t.Parallel()
	const canary = "c4n4ry-v4lue"
	for _, file := range []string{"p.yaml", "p.toml", "p.json"} {
		for _, text := range []string{canary, "A=" + canary, "a: " + canary + ": x", `"` + canary, "[" + canary, "x = " + canary, "*" + canary} {
			if got := loadError(t, named(t, file, text)); strings.Contains(got, canary) {
				t.Errorf("%s with %q: %s", file, text, got)
			}
		}
	}
}

func TestOverridesRefused(t *testing.T) {
	t.Parallel()
	dir := folder(t, nil)
	tests := []struct {
		name string
		s    config.Sources
		want string
	}{
		{"chain", config.Sources{Environ: []string{"POSTERN_CHAIN=env,fil"}}, `POSTERN_CHAIN: chain[1]: there is no provider "fil"; want one of env, file, memory (did you mean "file"?)`},
		{"level", config.Sources{Environ: []string{"POSTERN_LOG_LEVEL=loud"}}, `POSTERN_LOG_LEVEL: unknown value "loud"; want debug, info, warn or error`},
		{"timeout", config.Sources{Flags: config.Overrides{Timeout: "5"}}, "--timeout: invalid duration "},
		{"label", config.Sources{Environ: []string{"POSTERN_LABEL=x"}}, `POSTERN_LABEL: invalid label "x"; want name=value`},
		{"missing file", config.Sources{Path: "absent.yaml"}, "no such file or directory"},
		{"missing file by variable", config.Sources{Environ: []string{"POSTERN_CONFIG=absent.yaml"}}, "no such file or directory"},
		{"chain of an earlier release", config.Sources{Environ: []string{"SECRET_PROVIDER_CHAIN=vault"}}, `there is no provider "vault"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.s.Dir = dir
			if got := loadError(t, tt.s); !strings.Contains(got, tt.want) {
				t.Errorf("Load: %s, want %q in it", got, tt.want)
			}
		})
	}
}

func TestTwoFound(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"postern.yaml": "", "postern.json": "{}"})
	if got := loadError(t, config.Sources{Dir: dir}); !strings.Contains(got, "two configurations") {
		t.Errorf("Load: %s", got)
	}
}

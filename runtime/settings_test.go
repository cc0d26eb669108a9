package runtime_test

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-project/postern/modules"
	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/module"
	"github.com/postern-project/postern/runtime/secret"
)

// echoModule returns the path of a module that shows its settings, with a manifest
// unless it is "".
func echoModule(t *testing.T, manifest string) string {
	t.Helper()
	wasm, err := os.ReadFile("../testdata/script/modules/echo.wasm")
	if err == nil && manifest != "" {
		wasm, err = module.Pack(wasm, []byte(manifest))
	}
	path := filepath.Join(t.TempDir(), "echo.wasm")
	if err == nil {
		err = os.WriteFile(path, wasm, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// A provider opens with the settings that its module declares, and with no others.
func TestOpenChecksDeclaredSettings(t *testing.T) {
	t.Parallel()
	const schema = `{"abi":1,"config":{"url":{"required":true,"public":true},"size":{"one_of":["s","m"]},"token":{}}}`
	declared := echoModule(t, schema)
	for _, c := range []struct {
		module string
		config map[string]string
		want   string // in the error; "" means that it opens
	}{
		{declared, map[string]string{"url": "u"}, ""},
		{declared, map[string]string{"url": "u", "size": "m", "token": ""}, ""},
		{declared, nil, `the setting "url" is missing or empty`},
		{declared, map[string]string{"url": ""}, `the setting "url" is missing or empty`},
		{declared, map[string]string{"ulr": "u"}, `unknown setting "ulr" (did you mean "url"?)`},
		{declared, map[string]string{"URL": "u"}, `unknown setting "URL"; want one of size, token, url`},
		{declared, map[string]string{"url": "u", "": "x"}, "Config"},
		{declared, map[string]string{"url": "u", "size": "hunter2"}, `unknown value of the setting "size"; want one of s, m`},
		{declared, map[string]string{"url": "u", "size": ""}, `unknown value of the setting "size"; want one of s, m`},
		{echoModule(t, `{"abi":1,"config":{}}`), map[string]string{"a": "b"}, `unknown setting "a"; the module has no settings`},
		{echoModule(t, `{"abi":1}`), map[string]string{"a": "b"}, ""},
		{echoModule(t, ""), map[string]string{"a": "b"}, ""},
		{"env", map[string]string{"prefx": "A_"}, `unknown setting "prefx" (did you mean "prefix"?)`},
		{"env", map[string]string{"names": "PATH"}, `unknown value "PATH" of the setting "names"`},
		{"file", map[string]string{"path": "a.toml", "format": "toml"}, ""},
		{"file", map[string]string{"pth": "a.toml", "format": "toml"}, `unknown setting "pth"`},
		{"file", map[string]string{"path": "a.toml", "frmat": "json"}, `unknown setting "frmat" (did you mean "format"?)`},
		{"file", nil, `the setting "path" is missing or empty`},
		{"memory", map[string]string{"x": ""}, "the module has no settings"},
	} {
		rt, err := runtime.Open(t.Context(), runtime.Options{AllowUnpinned: true, Providers: []runtime.ProviderOptions{{
			Name: "p", Module: c.module, Config: c.config,
			Grant: runtime.Grant{Env: []string{"A_*"}, Files: []runtime.FileGrant{{Path: "a.toml"}}},
		}}})
		if rt != nil {
			_ = rt.Close()
		}
		if c.want == "" && err == nil {
			continue
		}
		if c.want == "" || err == nil || secret.CodeOf(err) != secret.ErrLoad || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), `"p"`) {
			t.Errorf("%s with %q: %v, want load_failed of p with %q", filepath.Base(c.module), c.config, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error shows a value: %v", err)
		}
	}
}

// Every built-in module declares its settings.
func TestSettingsOfBuiltInModules(t *testing.T) {
	t.Parallel()
	for _, name := range append(modules.Names(), modules.File) {
		if s, err := (runtime.ProviderOptions{Module: name}).Settings(nil); err != nil || s == nil {
			t.Errorf("Settings of %s = %v, %v, want some that are declared", name, s, err)
		}
	}
	if _, err := (runtime.ProviderOptions{Name: "p", Module: "vault"}).Settings(nil); secret.CodeOf(err) != secret.ErrLoad {
		t.Errorf("Settings of an unknown module: %v, want load_failed", err)
	}
	if _, err := (runtime.ProviderOptions{Name: "p", Module: "./m.wasm"}).Settings([]byte("text")); secret.CodeOf(err) != secret.ErrLoad {
		t.Errorf("Settings of a file of text: %v, want load_failed", err)
	}
}

// The log and the messages of a module show the settings that it declares public, and
// mask the values of all others, whatever their names are. A module gets the defaults
// of what is not set.
func TestTM019ModulesShowOnlyPublicSettings(t *testing.T) {
	t.Parallel()
	const region, dsn, color = "somewhere-in-the-north", "postgres://u:hunter2@db/app", "turquoise-default"
	for _, c := range []struct {
		manifest string
		shown    []string
		masked   []string
		notAtAll []string
	}{
		{"", nil, []string{"region", "dsn", "mode"}, []string{region, dsn}},
		{`{"abi":1}`, nil, []string{"region", "dsn", "mode"}, []string{region, dsn}},
		{
			`{"abi":1,"config":{"region":{"public":true},"dsn":{},"mode":{"public":false},"color":{"public":true,"default":"` + color + `"}}}`,
			[]string{region, color}, []string{"dsn", "mode"}, []string{dsn},
		},
	} {
		h := &handler{}
		rt := open(t, runtime.Options{AllowUnpinned: true, Logger: slog.New(h), Providers: []runtime.ProviderOptions{{
			Name: "p", Module: echoModule(t, c.manifest), Config: map[string]string{"region": region, "dsn": dsn, "mode": "fast-and-furious"},
		}}})
		_, err := rt.Get(t.Context(), "k")
		var e *secret.Error
		if !errors.As(err, &e) {
			t.Fatalf("Get = %v, want an error of the module", err)
		}
		for what, text := range map[string]string{"log": h.String(), "message": e.GuestText()} {
			for _, v := range c.shown {
				if !strings.Contains(text, v) {
					t.Errorf("%q: the %s does not show %q: %s", c.manifest, what, v, text)
				}
			}
			for _, v := range append(c.notAtAll, "fast-and-furious") {
				if strings.Contains(text, v) {
					t.Errorf("%q: the %s shows %q: %s", c.manifest, what, v, text)
				}
			}
			for _, name := range c.masked {
				if !strings.Contains(text, "[REDACTED:"+name+"]") {
					t.Errorf("%q: the %s does not mask %s: %s", c.manifest, what, name, text)
				}
			}
		}
	}
}

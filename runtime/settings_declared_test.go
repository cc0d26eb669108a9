package runtime_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/module"
	"github.com/postern-project/postern/runtime/secret"
)

// helloModule returns the path of a module with a manifest; "" leaves it out.
func helloModule(t *testing.T, manifest string) string {
	t.Helper()
	wasm, err := os.ReadFile("../testdata/script/modules/hello.wasm")
	if err != nil {
		t.Fatal(err)
	}
	if manifest != "" {
		if wasm, err = module.Pack(wasm, []byte(manifest)); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "m.wasm")
	if err := os.WriteFile(path, wasm, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const declaring = `{"abi": 1, "config": {"url": {"required": true}, "region": {"public": true}, "token": {}}}`

// TestSettingsAreDeclared: a setting that the module does not know, or that is
// missing, is found when the module is loaded.
func TestSettingsAreDeclared(t *testing.T) {
	t.Parallel()
	declares, silent := helloModule(t, declaring), helloModule(t, "")
	files := runtime.Grant{Files: []runtime.FileGrant{{Path: "x.env"}}}
	for _, tt := range []struct {
		name   string
		module string
		grant  runtime.Grant
		config map[string]string
		want   string
	}{
		{"all there", declares, runtime.Grant{}, map[string]string{"url": "u", "region": "r", "token": "t"}, ""},
		{"misspelt", declares, runtime.Grant{}, map[string]string{"url": "u", "regoin": "r"}, `unknown setting "regoin" (did you mean "region"?)`},
		{"unknown", declares, runtime.Grant{}, map[string]string{"url": "u", "zzzzzzz": "r"}, `unknown setting "zzzzzzz"; want one of region, token, url`},
		{"missing", declares, runtime.Grant{}, map[string]string{"region": "r"}, `the setting "url" is missing`},
		{"no manifest", silent, runtime.Grant{}, map[string]string{"anything": "x"}, ""},
		{"built in, misspelt", "file", files, map[string]string{"pth": "x.env"}, `unknown setting "pth" (did you mean "path"?)`},
		{"built in, missing", "dotenv", files, nil, `the setting "path" is missing`},
		{"built in", "file", files, map[string]string{"path": "x.env", "format": "toml"}, ""},
		{"without settings", "memory", runtime.Grant{}, map[string]string{"size": "1"}, `unknown setting "size"; the module has no settings`},
	} {
		r, err := runtime.Open(t.Context(), runtime.Options{AllowUnpinned: true, Providers: []runtime.ProviderOptions{
			{Name: "p", Module: tt.module, Grant: tt.grant, Config: tt.config},
		}})
		if err == nil {
			_ = r.Close()
		}
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%s: %v", tt.name, err)
		case tt.want != "" && (!errors.Is(err, secret.ErrLoad) || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}

// The settings that may be shown are those that a module declares public.
func TestSettingsSayWhatIsPublic(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		module string
		want   []string
	}{
		{helloModule(t, declaring), []string{"region"}}, {helloModule(t, ""), nil}, {"./none.wasm", nil}, {"nothing", nil},
		{"file", []string{"format", "path"}}, {"env", []string{"names", "prefix"}}, {"memory", nil},
	} {
		wasm, _ := os.ReadFile(tt.module)
		declared, _ := runtime.ProviderOptions{Module: tt.module}.Settings(wasm)
		var got []string
		for name, s := range declared {
			if s.Public {
				got = append(got, name)
			}
		}
		if slices.Sort(got); !slices.Equal(got, tt.want) {
			t.Errorf("the public settings of %q are %q, want %q", tt.module, got, tt.want)
		}
	}
}

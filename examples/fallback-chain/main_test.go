package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/policy/policytest"
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

// TestBrokenFileStopsTheChain: a file that cannot be read is an error, and no key
// comes from the next provider.
func TestBrokenFileStopsTheChain(t *testing.T) {
	t.Setenv("db/password", "from-the-environment")
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
			t.Errorf("line = %q, want the error of provider local", line)
		}
	}
}

// TestChainInLua: a policy reorders and shortens the chain per request.
func TestChainInLua(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{"local.toml": "K = \"local\"\n", "env.toml": "K = \"env\"\nci = { K = \"env\" }\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	file := func(name string) runtime.ProviderOptions {
		path := filepath.Join(dir, name+".toml")
		return runtime.ProviderOptions{
			Name: name, Module: "file",
			Grant: runtime.Grant{Files: []runtime.FileGrant{{Path: path}}}, Config: map[string]string{"path": path},
		}
	}
	rt, err := runtime.Open(t.Context(), runtime.Options{
		Providers:  []runtime.ProviderOptions{file("local"), file("env")},
		PolicyFile: runtime.PolicyFile{Path: "policy.lua"},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer rt.Close()
	laptop := rt.For(runtime.Caller{Labels: map[string]string{"host": "laptop"}})
	for _, c := range []struct {
		who       *runtime.Client
		key, want string
	}{
		{laptop, "K", "local"},
		{rt.For(runtime.Caller{}), "K", "env"},
		{laptop, "ci/K", "env"},
	} {
		v, err := c.who.Get(t.Context(), runtime.Key(c.key))
		if err != nil || v.Provider() != c.want {
			t.Errorf("Get(%q) = %v from %q, want %s", c.key, err, v.Provider(), c.want)
		}
	}
}

// TestPolicy runs the tests of the policy. Together they hit every rule.
func TestPolicy(t *testing.T) {
	t.Parallel()
	p, err := policy.Load("policy.lua", policy.Options{Providers: []string{"local", "env"}, Chain: []string{"local", "env"}})
	if err != nil {
		t.Fatal(err)
	}
	tests, err := os.ReadFile("policy_test.lua")
	if err != nil {
		t.Fatal(err)
	}
	r, err := policytest.RunTests(p, []policytest.File{{Name: "policy_test.lua", Source: tests}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !r.OK(p.Rules()) {
		var b strings.Builder
		_ = r.WriteText(&b)
		t.Error(b.String())
	}
}

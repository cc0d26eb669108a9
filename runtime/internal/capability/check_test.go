package capability_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/secret"
)

func open(t testing.TB, o capability.Options) *capability.Set {
	t.Helper()
	s, err := capability.Open(o)
	if err != nil {
		t.Fatalf("Open() = %v", err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// What a module wants and what it was granted, in all combinations.
func TestTM072RequestAgainstGrant(t *testing.T) {
	t.Parallel()
	env, file := []string{"A"}, []capability.FileGrant{{Path: "a"}}
	for want := range 4 {
		for have := range 4 {
			modules := []string{abi.ModuleCore, abi.ModuleKV, abi.ModuleWASI}
			var grant capability.Grant
			var missing []string
			if have&1 != 0 {
				grant.Env = env
			}
			if have&2 != 0 {
				grant.Files = file
			}
			if want&1 != 0 {
				modules = append(modules, abi.ModuleEnv)
				if have&1 == 0 {
					missing = append(missing, abi.ModuleEnv, "env: [NAME]")
				}
			}
			if want&2 != 0 {
				modules = append(modules, abi.ModuleFile)
				if have&2 == 0 {
					missing = append(missing, abi.ModuleFile, "files: [{ path: PATH }]")
				}
			}
			s := open(t, capability.Options{Provider: "p", Grant: grant})
			what := fmt.Sprintf("CheckGrants(want %d, granted %d)", want, have)
			err := s.CheckGrants(modules)
			link := s.Link(t.Context(), wazero.NewRuntimeWithConfig(t.Context(), wazero.NewRuntimeConfigInterpreter()), modules)
			if missing == nil {
				if err != nil || link != nil {
					t.Errorf("%s = %v, Link = %v, want nil", what, err, link)
				}
				continue
			}
			wantCode(t, what, err, secret.ErrCapability, missing...)
			wantCode(t, "Link after "+what, link, secret.ErrCapability)
		}
	}
}

func TestTM073NothingGrantedMeansNothing(t *testing.T) {
	t.Parallel()
	for name, grant := range map[string]capability.Grant{
		"absent": {},
		"nil":    {Env: nil, Files: nil},
		"empty":  {Env: []string{}, Files: []capability.FileGrant{}},
	} {
		s := open(t, capability.Options{Grant: grant})
		for _, module := range []string{abi.ModuleEnv, abi.ModuleFile} {
			wantCode(t, name+": "+module, s.CheckGrants([]string{module}), secret.ErrCapability, module)
		}
	}
	for name, grant := range map[string]capability.Grant{
		"an empty variable": {Env: []string{""}},
		"an empty path":     {Files: []capability.FileGrant{{}}},
	} {
		_, err := capability.Open(capability.Options{Grant: grant})
		wantCode(t, name, err, secret.ErrLoad)
	}
}

func TestGrantPatterns(t *testing.T) {
	t.Parallel()
	for _, p := range []string{"A", "PREFIX_*", "*", "a.b", "ProgramFiles(x86)"} {
		if _, err := capability.Open(capability.Options{Grant: capability.Grant{Env: []string{p}}}); err != nil {
			t.Errorf("Open(env %q) = %v", p, err)
		}
	}
	for _, p := range []string{"", "*A", "A*B", "**", "A=B", "A\n", "A B", "\x1b[2J", "A\xff", "A\x00"} {
		_, err := capability.Open(capability.Options{Grant: capability.Grant{Env: []string{p}}})
		wantCode(t, fmt.Sprintf("Open(env %q)", p), err, secret.ErrLoad)
	}
}

func TestUnknownModulesAreRefused(t *testing.T) {
	t.Parallel()
	s := open(t, capability.Options{})
	for _, module := range []string{"env", "provider-a", "", abi.ModuleHTTP, abi.ModuleSecret, "postern_v2", "x\x1b[2J\n" + strings.Repeat("y", 10_000)} {
		err := s.CheckGrants([]string{module})
		wantCode(t, fmt.Sprintf("CheckGrants(%.20q)", module), err, secret.ErrCapability)
		if text := err.Error(); len(text) > 512 || strings.ContainsAny(text, "\x1b\n") {
			t.Errorf("CheckGrants() = %q (%d bytes)", text, len(text))
		}
		wantCode(t, "Link", s.Link(t.Context(), wazero.NewRuntimeWithConfig(t.Context(), wazero.NewRuntimeConfigInterpreter()), []string{module}), secret.ErrCapability)
	}
}

package all_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/internal/capability/all"
	"github.com/postern-project/postern/runtime/internal/capability/file"
	"github.com/postern-project/postern/runtime/internal/capability/guesttest"
	"github.com/postern-project/postern/runtime/secret"
)

// All combinations of what a module imports and what it was granted.
func TestTM072RequestAgainstGrant(t *testing.T) {
	t.Parallel()
	variables, files := []string{"A"}, []file.Grant{{Path: "a"}}
	for want := range 4 {
		for have := range 4 {
			modules := []string{abi.ModuleCore, abi.ModuleKV, abi.ModuleWASI}
			var grants all.Grants
			var missing []string
			if have&1 != 0 {
				grants.Env = variables
			}
			if have&2 != 0 {
				grants.Files = files
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
			s := guesttest.Open(t, capability.Options{Provider: "p"}, grants)
			what := fmt.Sprintf("CheckGrants(want %d, granted %d)", want, have)
			err := s.CheckGrants(modules)
			link := s.Link(t.Context(), wazero.NewRuntimeWithConfig(t.Context(), wazero.NewRuntimeConfigInterpreter()), modules)
			if missing == nil {
				if err != nil || link != nil {
					t.Errorf("%s = %v, Link = %v, want nil", what, err, link)
				}
				continue
			}
			guesttest.WantCode(t, what, err, secret.ErrCapability, missing...)
			guesttest.WantCode(t, "Link after "+what, link, secret.ErrCapability)
		}
	}
}

func TestTM073NothingGrantedMeansNothing(t *testing.T) {
	t.Parallel()
	for name, grants := range map[string]all.Grants{
		"absent": {},
		"nil":    {Env: nil, Files: nil},
		"empty":  {Env: []string{}, Files: []file.Grant{}},
	} {
		s := guesttest.Open(t, capability.Options{}, grants)
		for _, module := range []string{abi.ModuleEnv, abi.ModuleFile} {
			guesttest.WantCode(t, name+": "+module, s.CheckGrants([]string{module}), secret.ErrCapability, module)
		}
	}
	for name, grants := range map[string]all.Grants{
		"an empty variable": {Env: []string{""}},
		"an empty path":     {Files: []file.Grant{{}}},
	} {
		_, err := guesttest.TryOpen(capability.Options{}, grants)
		guesttest.WantCode(t, name, err, secret.ErrLoad)
	}
}

func TestGrantPatterns(t *testing.T) {
	t.Parallel()
	for _, p := range []string{"A", "PREFIX_*", "*", "a.b", "ProgramFiles(x86)"} {
		if _, err := guesttest.TryOpen(capability.Options{}, all.Grants{Env: []string{p}}); err != nil {
			t.Errorf("Open(env %q) = %v", p, err)
		}
	}
	for _, p := range []string{"", "*A", "A*B", "**", "A=B", "A\n", "A B", "\x1b[2J", "A\xff", "A\x00"} {
		_, err := guesttest.TryOpen(capability.Options{}, all.Grants{Env: []string{p}})
		guesttest.WantCode(t, fmt.Sprintf("Open(env %q)", p), err, secret.ErrLoad)
	}
}

func TestUnknownModulesAreRefused(t *testing.T) {
	t.Parallel()
	s := guesttest.Open(t, capability.Options{}, all.Grants{})
	for _, module := range []string{"env", "provider-a", "", abi.ModuleHTTP, abi.ModuleSecret, "postern_v2", "x\x1b[2J\n" + strings.Repeat("y", 10_000)} {
		err := s.CheckGrants([]string{module})
		guesttest.WantCode(t, fmt.Sprintf("CheckGrants(%.20q)", module), err, secret.ErrCapability)
		if text := err.Error(); len(text) > 512 || strings.ContainsAny(text, "\x1b\n") {
			t.Errorf("CheckGrants() = %q (%d bytes)", text, len(text))
		}
		guesttest.WantCode(t, "Link", s.Link(t.Context(), wazero.NewRuntimeWithConfig(t.Context(), wazero.NewRuntimeConfigInterpreter()), []string{module}), secret.ErrCapability)
	}
}

package capability_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
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

func importsOf(modules ...string) []capability.Import {
	var out []capability.Import
	for _, f := range offered(modules...) {
		out = append(out, capability.Import{Module: f.Module, Name: f.Name, Params: f.Params, Results: f.Results})
	}
	return out
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
			what := fmt.Sprintf("Check(want %d, granted %d)", want, have)
			err := s.Check(importsOf(modules...))
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
			wantCode(t, name+": "+module, s.Check(importsOf(module)), secret.ErrCapability, module)
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

// wasiPreview1 is every function of the snapshot.
var wasiPreview1 = strings.Fields(`args_get args_sizes_get clock_res_get clock_time_get environ_get
	environ_sizes_get fd_advise fd_allocate fd_close fd_datasync fd_fdstat_get fd_fdstat_set_flags
	fd_fdstat_set_rights fd_filestat_get fd_filestat_set_size fd_filestat_set_times fd_pread
	fd_prestat_dir_name fd_prestat_get fd_pwrite fd_read fd_readdir fd_renumber fd_seek fd_sync fd_tell
	fd_write path_create_directory path_filestat_get path_filestat_set_times path_link path_open
	path_readlink path_remove_directory path_rename path_symlink path_unlink_file poll_oneoff proc_exit
	proc_raise random_get sched_yield sock_accept sock_recv sock_send sock_shutdown`)

func TestTM022OtherWASIFunctionsAreRefused(t *testing.T) {
	t.Parallel()
	s := open(t, capability.Options{Grant: capability.Grant{Env: []string{"*"}, Files: []capability.FileGrant{{Path: "."}}}})
	refused := 0
	for _, name := range wasiPreview1 {
		known := slices.IndexFunc(capability.WASIFunctions(), func(f abi.Func) bool { return f.Name == name })
		im := capability.Import{Module: abi.ModuleWASI, Name: name}
		if known >= 0 {
			f := capability.WASIFunctions()[known]
			im.Params, im.Results = f.Params, f.Results
			if err := s.Check([]capability.Import{im}); err != nil {
				t.Errorf("Check(%s) = %v", name, err)
			}
			continue
		}
		refused++
		wantCode(t, "Check("+name+")", s.Check([]capability.Import{im}), secret.ErrCapability, name, abi.ModuleWASI)
	}
	if want := len(wasiPreview1) - len(capability.WASIFunctions()); refused != want {
		t.Errorf("%d functions refused, want %d", refused, want)
	}
}

func TestCheckRefuses(t *testing.T) {
	t.Parallel()
	s := open(t, capability.Options{Provider: "p"})
	i32 := []abi.Type{abi.I32}
	for _, c := range []struct {
		im    capability.Import
		code  secret.Code
		words []string
	}{
		{capability.Import{Module: "env", Name: "abort"}, secret.ErrCapability, []string{`"env"`, `"abort"`}},
		{capability.Import{Module: "provider-a", Name: "get"}, secret.ErrCapability, []string{"provider-a"}},
		{capability.Import{Module: "", Name: ""}, secret.ErrCapability, nil},
		{capability.Import{Module: abi.ModuleCore, Name: "shell"}, secret.ErrCapability, []string{"shell"}},
		{capability.Import{Module: abi.ModuleHTTP, Name: "request"}, secret.ErrCapability, []string{abi.ModuleHTTP}},
		{capability.Import{Module: abi.ModuleSecret, Name: "get"}, secret.ErrCapability, []string{abi.ModuleSecret}},
		{capability.Import{Module: "postern_v2", Name: "input"}, secret.ErrLoad, []string{"postern_v2", "version 1"}},
		{capability.Import{Module: "postern_env_v9", Name: "get"}, secret.ErrLoad, []string{"postern_env_v9", "version 1"}},
		{capability.Import{Module: abi.ModuleCore, Name: "emit", Params: i32, Results: i32}, secret.ErrLoad, []string{"emit", "(i32, i32) -> (i32)"}},
		{capability.Import{Module: abi.ModuleCore, Name: "features", Results: i32}, secret.ErrLoad, []string{"() -> (i64)"}},
	} {
		wantCode(t, fmt.Sprintf("Check(%+v)", c.im), s.Check([]capability.Import{c.im}), c.code, c.words...)
	}
}

// A name is the module's: it stays on one line of the error, quoted and short.
func TestTM027NamesOfImportsAreQuoted(t *testing.T) {
	t.Parallel()
	s := open(t, capability.Options{})
	name := "x\x1b[2J\n{\"level\":\"ERROR\"}" + strings.Repeat("y", 10_000)
	for _, im := range []capability.Import{{Module: name, Name: "f"}, {Module: abi.ModuleCore, Name: name}} {
		err := s.Check([]capability.Import{im})
		wantCode(t, "Check", err, secret.ErrCapability)
		if text := err.Error(); len(text) > 512 || strings.ContainsAny(text, "\x1b\n") {
			t.Errorf("Check() = %q (%d bytes)", text, len(text))
		}
	}
}

// The specification names exactly the functions that are there.
func TestWASIFunctionsAreThoseOfTheSpecification(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../guest-sdk/SPEC.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## 4. ")
	section, _, _ = strings.Cut(section, "\n## 5. ")
	var want []string
	for line := range strings.Lines(section) {
		cell, isRow := strings.CutPrefix(line, "| `")
		if !isRow {
			continue
		}
		cell, _, _ = strings.Cut("`"+cell, " | ")
		for _, m := range regexp.MustCompile("`([a-z_0-9]+)`").FindAllStringSubmatch(cell, -1) {
			want = append(want, m[1])
		}
	}
	var got []string
	for _, f := range capability.WASIFunctions() {
		got = append(got, f.Name)
	}
	if !slices.Equal(got, want) {
		t.Errorf("WASIFunctions() = %q, the specification has %q", got, want)
	}
}

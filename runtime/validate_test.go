package runtime_test

import (
	"errors"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/audit"
	"github.com/postern-project/postern/runtime/module"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
)

// wrongOptions has, for every field, Options that Open must refuse with a text that
// names the field, or the reason why every value is right.
var wrongOptions = map[string]any{
	"Providers.Name":   func(o *runtime.Options) { o.Providers[0].Name = "a b" },
	"Providers.Module": func(o *runtime.Options) { o.Providers[0].Module = "" },
	"Providers.Grant.Env": func(o *runtime.Options) {
		o.Providers[0] = runtime.ProviderOptions{Name: "e", Module: "env", Grant: runtime.Grant{Env: []string{"A", ""}}}
	},
	"Providers.Grant.Files.Path": func(o *runtime.Options) {
		o.Providers[0] = runtime.ProviderOptions{Name: "f", Module: "file", Grant: runtime.Grant{Files: []runtime.FileGrant{{}}}}
	},
	"Providers.Grant.Files.Write":       "both values are right",
	"Providers.Grant.Files.FollowLinks": "both values are right",
	"Providers.Grant.Files.Owned":       "both values are right",
	"Providers.Grant.Files.Confined":    "both values are right",
	"Providers.Config":                  func(o *runtime.Options) { o.Providers[0].Config = map[string]string{"a": "\xff"} },
	"Providers.Mode":                    func(o *runtime.Options) { o.Providers[0].Mode = "pool" },
	"Providers.Provider": func(o *runtime.Options) {
		o.Providers[0] = runtime.ProviderOptions{Name: "p", Provider: (*goStore)(nil)}
	},
	"Chain.Name":                    func(o *runtime.Options) { o.Chain = []runtime.ChainLink{{}} },
	"Chain.ContinueWhenUnavailable": "both values are right",
	"Policy":                        func(o *runtime.Options) { o.Policy = (*policy.Live)(nil) },
	"PolicyFile.Path":               func(o *runtime.Options) { o.PolicyFile.Path = "a\x00" },
	"PolicyFile.Preset":             func(o *runtime.Options) { o.PolicyFile = runtime.PolicyFile{Path: "a", Preset: "b"} },
	"PolicyFile.Libs":               func(o *runtime.Options) { o.PolicyFile.Libs = map[string]string{"a": "b"} },
	"PolicyFile.MaxStale":           func(o *runtime.Options) { o.PolicyFile = runtime.PolicyFile{Path: "a", MaxStale: -1} },
	"DecisionLog.Path":              func(o *runtime.Options) { o.DecisionLog.Path = "a\x00" },
	"DecisionLog.Writer":            func(o *runtime.Options) { o.DecisionLog.Writer = writing(nil) },
	"DecisionLog.Sample": func(o *runtime.Options) {
		o.DecisionLog = runtime.DecisionLog{Writer: &strings.Builder{}, Options: audit.Options{Sample: -1}}
	},
	"DecisionLog.Required": func(o *runtime.Options) { o.DecisionLog.Required = true },
	"DecisionLog.Wait":     func(o *runtime.Options) { o.DecisionLog.Wait = true },
	"DecisionLog.Queue":    func(o *runtime.Options) { o.DecisionLog.Queue = 5 },
	"DecisionLog.Labels":   func(o *runtime.Options) { o.DecisionLog.Labels = []string{"a"} },
	"DecisionLog.HashKey": func(o *runtime.Options) {
		o.DecisionLog = runtime.DecisionLog{Writer: &strings.Builder{}, Options: audit.Options{HashKey: []byte{}}}
	},
	"Dir":                "checked where it is used: a missing folder is named there",
	"Lock":               "made by package module, nil pins nothing",
	"AllowUnpinned":      "both values are right",
	"CompileCache":       func(o *runtime.Options) { o.CompileCache = "a\x00" },
	"Logger":             func(o *runtime.Options) { o.Logger = &slog.Logger{} },
	"CompileProcess":     "nil compiles in this process",
	"Redactor":           func(o *runtime.Options) { o.Redactor = &redact.Registry{} },
	"Mask":               func(o *runtime.Options) { o.Mask = []string{"a//b"} },
	"Caller.Name":        func(o *runtime.Options) { o.Caller.Name = "a\n" },
	"Caller.Roles":       func(o *runtime.Options) { o.Caller.Roles = []string{""} },
	"Caller.Labels":      func(o *runtime.Options) { o.Caller.Labels = map[string]string{"": "x"} },
	"Limits.Value":       func(o *runtime.Options) { o.Limits.Value = secret.MaxValueLen + 1 },
	"Limits.Call":        func(o *runtime.Options) { o.Limits.Call = -time.Second },
	"Limits.MemoryPages": func(o *runtime.Options) { o.Limits.MemoryPages = 70000 },
	"Limits.Module":      func(o *runtime.Options) { o.Limits.Module = "huge" },
	"Limits.Instances":   func(o *runtime.Options) { o.Limits.Instances = -1 },
	"Limits.KV":          func(o *runtime.Options) { o.Limits.KV = 1 << 62 },
	"Limits.Keys":        func(o *runtime.Options) { o.Limits.Keys = -1 },
	"Limits.Listing":     func(o *runtime.Options) { o.Limits.Listing = 1 << 62 },
	"Limits.CallMemory":  func(o *runtime.Options) { o.Limits.CallMemory = 1 << 62 },
	"Limits.MaskMemory":  func(o *runtime.Options) { o.Limits.MaskMemory = 1 << 62 },
	"Environ":            "nil is os.Environ",
	"Now":                "nil is time.Now",
}

// fieldsOf returns the paths of all fields of the options.
func fieldsOf(of reflect.Type, path string) (paths []string) {
	for of.Kind() == reflect.Slice && of.Elem().Kind() == reflect.Struct {
		of = of.Elem()
	}
	if of.Kind() != reflect.Struct {
		return []string{path}
	}
	for f := range of.Fields() {
		name := path + "." + f.Name
		if f.Anonymous {
			name = path
		}
		paths = append(paths, fieldsOf(f.Type, strings.TrimPrefix(name, "."))...)
	}
	return paths
}

// TestEveryOptionIsChecked: a value that makes no sense is refused when the Runtime
// is opened, with the name of the field.
func TestEveryOptionIsChecked(t *testing.T) {
	t.Parallel()
	fields := fieldsOf(reflect.TypeFor[runtime.Options](), "")
	for name := range wrongOptions {
		if !slices.Contains(fields, name) {
			t.Errorf("there is no field %s", name)
		}
	}
	for _, name := range fields {
		change, ok := wrongOptions[name].(func(*runtime.Options))
		if reason, fine := wrongOptions[name].(string); !ok && (!fine || reason == "") {
			t.Errorf("the field %s has no row", name)
		}
		if !ok {
			continue
		}
		o := runtime.Options{Providers: []runtime.ProviderOptions{{Name: "m", Module: "memory"}}, CompileCache: compiled}
		change(&o)
		rt, err := runtime.Open(t.Context(), o)
		if err == nil {
			rt.Close()
		}
		short := name[strings.LastIndex(name, ".")+1:]
		if code := secret.CodeOf(err); code != secret.ErrLoad || !strings.Contains(err.Error(), short) {
			t.Errorf("%s: Open = %v, want load_failed with the name of the field", name, err)
		}
	}
}

// TestZeroValuesAreRefused: no field takes the zero value of a type that a function of the
// module has to make.
func TestZeroValuesAreRefused(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*runtime.Options){
		"Redactor is the zero Registry; make it with redact.New":        func(o *runtime.Options) { o.Redactor = &redact.Registry{} },
		"Policy is the zero *policy.Policy; want one of policy.Load or": func(o *runtime.Options) { o.Policy = &policy.Policy{} },
		"Policy is the zero *policy.Live; want one of policy.Load or":   func(o *runtime.Options) { o.Policy = &policy.Live{} },
		"DecisionLog.Writer is the zero *redact.Writer; want one":       func(o *runtime.Options) { o.DecisionLog.Writer = &redact.Writer{} },
		`provider "p": load_failed: Provider is the zero *runtime.Ru`:   func(o *runtime.Options) { o.Providers = single("p", &runtime.Runtime{}) },
		`provider "p": load_failed: Provider is the zero *runtime.Cl`:   func(o *runtime.Options) { o.Providers = single("p", &runtime.Client{}) },
	} {
		o := runtime.Options{Providers: single("m", newGoStore(t, nil))}
		change(&o)
		rt, err := runtime.Open(t.Context(), o)
		if err == nil {
			rt.Close()
		}
		if code := secret.CodeOf(err); code != secret.ErrLoad || !strings.Contains(err.Error(), want) {
			t.Errorf("Open = %v, want load_failed with %q", err, want)
		}
	}
	rt, err := runtime.Open(t.Context(), runtime.Options{
		Providers: single("m", newGoStore(t, nil)), Lock: &module.Lock{}, DecisionLog: runtime.DecisionLog{Writer: &strings.Builder{}},
	})
	if err != nil {
		t.Fatalf("zero values that are ready for use: %v", err)
	}
	rt.Close()
}

// TestOpenNamesTheMistake: the text says what is wrong and what was wanted.
func TestOpenNamesTheMistake(t *testing.T) {
	t.Parallel()
	goValue := func(change func(*runtime.ProviderOptions)) runtime.Options {
		p := runtime.ProviderOptions{Name: "p", Provider: newGoStore(t, nil)}
		change(&p)
		return runtime.Options{Providers: []runtime.ProviderOptions{p}}
	}
	mod := func(p runtime.ProviderOptions) runtime.Options {
		p.Name = "p"
		return runtime.Options{Providers: []runtime.ProviderOptions{p}}
	}
	for want, o := range map[string]runtime.Options{
		"set only one of Module and Provider":                                         goValue(func(p *runtime.ProviderOptions) { p.Module = "env" }),
		"Grant is only for a module":                                                  goValue(func(p *runtime.ProviderOptions) { p.Grant.Env = []string{} }),
		"Grant is only for a module, and Provider":                                    goValue(func(p *runtime.ProviderOptions) { p.Grant.Files = []runtime.FileGrant{{Path: "x"}} }),
		"Config is only for a module":                                                 goValue(func(p *runtime.ProviderOptions) { p.Config = map[string]string{} }),
		"Mode is only for a module":                                                   goValue(func(p *runtime.ProviderOptions) { p.Mode = runtime.Pooled }),
		"Module is empty; want a built-in module":                                     mod(runtime.ProviderOptions{}),
		`.wasm (did you mean "env"?)`:                                                 mod(runtime.ProviderOptions{Module: "evn"}),
		"add grant: { env: [NAME] } (in Go: Grant.Env)":                               mod(runtime.ProviderOptions{Module: "env"}),
		"Limits.MemoryPages is 70000; want 0 for the default, or at most 65536 pages": {Limits: runtime.Limits{MemoryPages: 70000}},
		"Limits.Call is -1s; want 0 for the default":                                  {Limits: runtime.Limits{Call: -time.Second}},
		`Mode is unknown mode "x"; want isolated, pooled or serial`:                   mod(runtime.ProviderOptions{Module: "env", Mode: "x"}),
	} {
		rt, err := runtime.Open(t.Context(), o)
		if err == nil {
			rt.Close()
		}
		var e *secret.Error
		if !errors.As(err, &e) || !strings.Contains(err.Error(), want) {
			t.Errorf("Open = %v, want %q", err, want)
		}
	}
}

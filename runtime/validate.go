package runtime

import (
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/postern-project/postern/runtime/glob"
	"github.com/postern-project/postern/runtime/internal/wasmhost"
	"github.com/postern-project/postern/runtime/secret"
)

// validate checks the fields of o that nothing else checks while the Runtime is
// opened. The errors name the field as a Go program writes it.
func (o *Options) validate() error {
	for _, check := range []func() error{o.checkLimits, o.checkProviders, o.checkPolicy, o.checkDecisionLog, o.checkCaller, o.checkRest} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// Upper limits: far above what makes sense, and low enough that no calculation overflows.
const (
	maxPages     = 65536 // of a WebAssembly memory
	maxInstances = 4096
	maxCall      = 24 * time.Hour
	maxKeys      = 1<<31 - 1
	maxBytes     = 1 << 40
	maxQueue     = 1 << 24
)

func (o *Options) checkLimits() error {
	l := o.Limits
	for _, f := range []struct {
		name     string
		value    int64
		most     int64
		readable string
	}{
		{"Value", l.Value, secret.MaxValueLen, "16777216 bytes"},
		{"Call", int64(l.Call), int64(maxCall), maxCall.String()},
		{"MemoryPages", int64(l.MemoryPages), maxPages, "65536 pages"},
		{"Instances", int64(l.Instances), maxInstances, "4096"},
		{"KV", l.KV, maxBytes, "1 TiB"},
		{"Keys", int64(l.Keys), maxKeys, "2147483647"},
		{"Listing", l.Listing, maxBytes, "1 TiB"},
		{"CallMemory", l.CallMemory, maxBytes, "1 TiB"},
		{"MaskMemory", l.MaskMemory, maxBytes, "1 TiB"},
	} {
		var shown any = f.value
		if f.name == "Call" {
			shown = l.Call
		}
		if f.value < 0 && f.name == "KV" {
			continue // off
		}
		if f.value < 0 || f.value > f.most {
			return wrong("Limits."+f.name, "is %v; want 0 for the default, or at most %s", shown, f.readable)
		}
	}
	if l.Module != "" && l.Module != wasmhost.LargeModule {
		return wrong("Limits.Module", "is %q; want \"\" for the default, or %q", l.Module, wasmhost.LargeModule)
	}
	return nil
}

func (o *Options) checkProviders() error {
	for i := range o.Providers {
		if err := o.Providers[i].check(); err != nil {
			return err
		}
	}
	for i, l := range o.Chain {
		if l.Name == "" {
			return wrong(fmt.Sprintf("Chain[%d].Name", i), "is empty; want the name of a provider")
		}
	}
	return nil
}

func (p *ProviderOptions) check() error {
	named := func(field, format string, args ...any) error {
		return loadError(p.Name, field+" "+fmt.Sprintf(format, args...))
	}
	switch {
	case !isProviderName(p.Name):
		return loadError("", fmt.Sprintf("Name: the provider name %q is not of the form [A-Za-z0-9_-]{1,64}", p.Name))
	case p.Provider == nil && p.Module == "":
		return named("Module", "is empty; want a built-in module, the path of a .wasm file, or a Go value in Provider")
	case p.Provider != nil && p.Module != "":
		return named("Module", "and Provider are both set; set only one of Module and Provider")
	case isNilPointer(p.Provider):
		return named("Provider", "is a nil %T", p.Provider)
	case isUnmade(p.Provider):
		return named("Provider", "is the zero %T; want one that is made, such as by Open", p.Provider)
	case p.Provider != nil && !reflect.ValueOf(p.Grant).IsZero():
		return named("Grant", "is only for a module, and Provider is set: Go code is not restricted")
	case p.Provider != nil && p.Config != nil:
		return named("Config", "is only for a module, and Provider is set")
	case p.Provider != nil && p.Mode != "":
		return named("Mode", "is only for a module, and Provider is set")
	case p.Mode != "" && p.Mode != Isolated && p.Mode != Pooled && p.Mode != Serial:
		return named("Mode", "is unknown mode %q; want isolated, pooled or serial", p.Mode)
	case strings.ContainsRune(p.Module, 0):
		return named("Module", "contains NUL")
	}
	for i, name := range p.Grant.Env {
		if name == "" {
			return named(fmt.Sprintf("Grant.Env[%d]", i), "is empty; want NAME, PREFIX_* or *")
		}
	}
	for i, f := range p.Grant.Files {
		if f.Path == "" || strings.ContainsRune(f.Path, 0) {
			return named(fmt.Sprintf("Grant.Files[%d].Path", i), "is %q; want a path", f.Path)
		}
	}
	for name, value := range p.Config {
		if !isText(name) || name == "" || !utf8.ValidString(value) {
			return named("Config", "has a setting %q whose name or value is not text; want UTF-8", name)
		}
	}
	return nil
}

func (o *Options) checkPolicy() error {
	f := o.PolicyFile
	switch {
	case isNilPointer(o.Policy):
		return wrong("Policy", "is a nil %T; want a Decider, or no Policy at all", o.Policy)
	case isUnmade(o.Policy):
		return wrong("Policy", "is the zero %T; want one of policy.Load or policy.Open", o.Policy)
	case f.MaxStale < 0:
		return wrong("PolicyFile.MaxStale", "is %s; want 0 for no limit, or a duration", f.MaxStale)
	case f.Path == "" && f.MaxStale != 0:
		return wrong("PolicyFile.MaxStale", "has no effect without PolicyFile.Path")
	case f.Path == "" && len(f.Libs) > 0:
		return wrong("PolicyFile.Libs", "has no effect without PolicyFile.Path")
	case strings.ContainsRune(f.Path, 0):
		return wrong("PolicyFile.Path", "contains NUL")
	}
	for name, path := range f.Libs {
		if !isText(name) || name == "" || path == "" || strings.ContainsRune(path, 0) {
			return wrong("PolicyFile.Libs", "has %q: %q; want a name and a path", name, path)
		}
	}
	return nil
}

func (o *Options) checkDecisionLog() error {
	d := o.DecisionLog
	none := d.Path == "" && d.Writer == nil
	switch {
	case isNilPointer(d.Writer):
		return wrong("DecisionLog.Writer", "is a nil %T", d.Writer)
	case isUnmade(d.Writer):
		return wrong("DecisionLog.Writer", "is the zero %T; want one of Registry.Writer", d.Writer)
	case strings.ContainsRune(d.Path, 0):
		return wrong("DecisionLog.Path", "contains NUL")
	case d.Sample < 0:
		return wrong("DecisionLog.Sample", "is %d; want 0 or 1 for all requests, or N for one in N", d.Sample)
	case d.Queue < 0 || d.Queue > maxQueue:
		return wrong("DecisionLog.Queue", "is %d; want 0 for the default, or at most %d lines", d.Queue, maxQueue)
	case d.HashKey != nil && len(d.HashKey) == 0:
		return wrong("DecisionLog.HashKey", "is empty; want a key, or nil to write the keys of secrets as they are")
	case none && d.Sample != 0:
		return wrong("DecisionLog.Sample", "has no effect without Path or Writer")
	case none && d.Queue != 0:
		return wrong("DecisionLog.Queue", "has no effect without Path or Writer")
	case none && d.Wait:
		return wrong("DecisionLog.Wait", "has no effect without Path or Writer")
	case none && len(d.Labels) > 0:
		return wrong("DecisionLog.Labels", "has no effect without Path or Writer")
	case none && d.HashKey != nil:
		return wrong("DecisionLog.HashKey", "has no effect without Path or Writer")
	}
	for i, name := range d.Labels {
		if name == "" {
			return wrong(fmt.Sprintf("DecisionLog.Labels[%d]", i), "is empty; want the name of a label, or *")
		}
	}
	return nil
}

func (o *Options) checkCaller() error {
	if !isText(o.Caller.Name) {
		return wrong("Caller.Name", "is %q; want printable text", o.Caller.Name)
	}
	for i, role := range o.Caller.Roles {
		if role == "" || !isText(role) {
			return wrong(fmt.Sprintf("Caller.Roles[%d]", i), "is %q; want printable text", role)
		}
	}
	for name, value := range o.Caller.Labels {
		if name == "" || !isText(name) || !isText(value) {
			return wrong("Caller.Labels", "has %q: %q; want printable text", name, value)
		}
	}
	return nil
}

func (o *Options) checkRest() error {
	for i, text := range o.Mask {
		if _, err := glob.ParseKey(text); err != nil {
			return wrong(fmt.Sprintf("Options.Mask[%d]", i), "is not a pattern of keys: %v", err)
		}
	}
	switch {
	case strings.ContainsRune(o.Dir, 0):
		return wrong("Dir", "contains NUL")
	case strings.ContainsRune(o.CompileCache, 0):
		return wrong("CompileCache", "contains NUL")
	case o.Logger != nil && o.Logger.Handler() == nil:
		return wrong("Logger", "has no handler; make it with slog.New, or leave it nil")
	case isUnmade(o.Redactor):
		return wrong("Redactor", "is the zero Registry; make it with redact.New, or leave it nil")
	}
	return nil
}

// wrong returns the error for a field of the Options.
func wrong(field, format string, args ...any) error {
	return loadError("", field+" "+fmt.Sprintf(format, args...))
}

func isText(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, unicode.IsControl) < 0
}

// isNilPointer reports whether an interface holds a nil pointer or function: a method
// call would panic.
func isNilPointer(x any) bool {
	if x == nil {
		return false
	}
	v := reflect.ValueOf(x)
	switch v.Kind() {
	case reflect.Pointer, reflect.Func:
		return v.IsNil()
	}
	return false
}

// isUnmade reports whether x points to the zero value of a type of this module that a
// function has to make: its methods would panic, or do nothing. What the zero value of a
// type of the embedder's is good for is not known here.
func isUnmade(x any) bool {
	v := reflect.ValueOf(x)
	if v.Kind() != reflect.Pointer || !strings.HasPrefix(v.Type().Elem().PkgPath()+"/", ownPath+"/") {
		return false
	}
	return !v.IsNil() && v.Type().Elem().Size() > 0 && v.Elem().IsZero()
}

// ownPath is the import path of this package, below which are those that make what the
// Options take.
var ownPath = reflect.TypeFor[Options]().PkgPath()

// isProviderName reports whether a name has the form [A-Za-z0-9_-]{1,64}.
func isProviderName(name string) bool {
	for i := range len(name) {
		switch c := name[i]; {
		case 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '_', c == '-':
		default:
			return false
		}
	}
	return 1 <= len(name) && len(name) <= 64
}

package module

import (
	"slices"
	"strconv"
	"strings"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/wasmbin"
)

// maxPages is all the memory that a module can have: whether it may is the
// operator's limit, not a property of the file.
const maxPages = 65_536

// Inspect reads a module and checks that a host could load it: the binary
// format, the exports and imports of the guest ABI, and its manifest if there is
// one. The error is always an *Error, and the Info is then zero. b is not kept.
func Inspect(b []byte) (Info, error) {
	m, err := wasmbin.Parse(b)
	if err != nil {
		return Info{}, fromBinary(err)
	}
	for _, check := range []func(*wasmbin.Module) error{checkCommand, checkImports, checkExports, checkBinary} {
		if err := check(m); err != nil {
			return Info{}, err
		}
	}
	info := describe(m)
	info.SHA256, info.Size = Digest(b), len(b)
	if info.Manifest, err = manifestOf(m); err != nil {
		return Info{}, err
	}
	if err := declared(info); err != nil {
		return Info{}, err
	}
	return info, nil
}

func checkBinary(m *wasmbin.Module) error {
	if err := wasmbin.Check(m, wasmbin.Limits{MemoryPages: maxPages}); err != nil {
		return fromBinary(err)
	}
	return nil
}

// checkCommand comes first: a command lacks the exports too, but what its author
// needs to know is how to build a reactor.
func checkCommand(m *wasmbin.Module) error {
	if _, ok := m.Export("_start"); !ok {
		return nil
	}
	return refuse(Command, "the module is a command, it exports _start; build a reactor: Go with -buildmode=c-shared, "+
		"Rust with crate-type cdylib, C with -mexec-model=reactor")
}

func checkExports(m *wasmbin.Module) error {
	memory, ok := m.Export(abi.ExportMemory)
	if !ok {
		return refuse(MissingExport, "the module does not export its memory as %q", abi.ExportMemory)
	}
	if memory.Kind != wasmbin.MemoryKind {
		return refuse(ExportSignature, "the export %q is a %s, not a memory", abi.ExportMemory, memory.Kind)
	}
	for _, f := range abi.Exports() {
		e, ok := m.Export(f.Name)
		if !ok {
			if f.Name == abi.ExportGet {
				return refuse(MissingExport, "the module does not export %q, a function %s", f.Name, signature(f))
			}
			continue
		}
		if e.Kind != wasmbin.Function {
			return refuse(ExportSignature, "the export %q is a %s, not a function", f.Name, e.Kind)
		}
		if got := e.Type.String(); got != signature(f) {
			return refuse(ExportSignature, "the export %q is %s, it must be %s", f.Name, got, signature(f))
		}
	}
	return nil
}

func checkImports(m *wasmbin.Module) error {
	for _, i := range m.Imports {
		if i.Kind != wasmbin.Function || i.Module == abi.ModuleWASI {
			continue // kinds are the binary check's matter, WASI functions the host's
		}
		if err := checkImport(i); err != nil {
			return err
		}
	}
	return nil
}

func checkImport(i wasmbin.Import) error {
	name, version, ok := capabilityOf(i.Module)
	if !ok {
		return refuse(UnknownImport, "the module imports %s from %s, which no host offers", quote(i.Name), quote(i.Module))
	}
	if version != strconv.Itoa(abi.Version) {
		return refuse(ABIVersion, "the module imports %s, made for version %s of the ABI; this is version %d", quote(i.Module), version, abi.Version)
	}
	for _, f := range abi.Imports() {
		if f.Module != i.Module || f.Name != i.Name {
			continue
		}
		if got := i.Type.String(); got != signature(f) {
			return refuse(ImportSignature, "the import %q of %q is %s, it must be %s", f.Name, f.Module, got, signature(f))
		}
		return nil
	}
	if name == "" {
		name = "the core"
	}
	return refuse(UnknownImport, "the module imports %s from %q, and %s has no such function here", quote(i.Name), i.Module, name)
}

// capabilityOf splits an import module such as postern_env_v1 into capability
// and version; the capability of postern_v1 is "".
func capabilityOf(importModule string) (name, version string, ok bool) {
	rest, ok := strings.CutPrefix(importModule, "postern_")
	if !ok {
		return "", "", false
	}
	name, version, ok = "", strings.TrimPrefix(rest, "v"), strings.HasPrefix(rest, "v")
	if i := strings.LastIndex(rest, "_v"); i > 0 {
		name, version, ok = rest[:i], rest[i+2:], true
	}
	digits := version != "" && len(version) <= 4 && strings.Trim(version, "0123456789") == ""
	return name, version, ok && digits && (name == "" || slices.Contains(capabilities(), name))
}

// capabilities returns the names that a manifest may ask for.
func capabilities() []string {
	var names []string
	for _, m := range []string{abi.ModuleEnv, abi.ModuleFile, abi.ModuleHTTP, abi.ModuleKV, abi.ModuleSecret} {
		names = append(names, strings.TrimSuffix(strings.TrimPrefix(m, "postern_"), "_v1"))
	}
	return names
}

// signature prints an ABI signature as wasmbin prints those of a module.
func signature(f abi.Func) string {
	list := func(types []abi.Type) []wasmbin.ValueType {
		all := make([]wasmbin.ValueType, len(types))
		for i, t := range types {
			all[i] = wasmbin.ValueType(t)
		}
		return all
	}
	return wasmbin.FuncType{Params: list(f.Params), Results: list(f.Results)}.String()
}

// wanted returns the capabilities that a module imports, sorted.
func wanted(m *wasmbin.Module) []string {
	wants := []string{}
	for _, i := range m.Imports {
		if name, _, ok := capabilityOf(i.Module); ok && name != "" {
			wants = append(wants, name)
		}
	}
	slices.Sort(wants)
	return slices.Compact(wants)
}

// describe copies what a checked module says; it has exactly one memory.
func describe(m *wasmbin.Module) Info {
	info := Info{Verbs: []string{}, Wants: wanted(m), Imports: []Import{}, Exports: []Export{}, MemoryMin: m.Memories[0].Min}
	if m.Memories[0].HasMax {
		info.MemoryMax = m.Memories[0].Max
	}
	for _, i := range m.Imports {
		info.Imports = append(info.Imports, Import{i.Module, i.Name, i.Type.String()})
	}
	for _, e := range m.Exports {
		x := Export{Name: e.Name, Kind: e.Kind.String()}
		if e.Kind == wasmbin.Function {
			x.Signature = e.Type.String()
		}
		info.Exports = append(info.Exports, x)
	}
	for _, v := range verbs {
		if _, ok := m.Export(v.export); ok {
			info.Verbs = append(info.Verbs, v.verb)
		}
	}
	return info
}

// manifestOf returns the manifest of a module, nil when it has none.
func manifestOf(m *wasmbin.Module) (*Manifest, error) {
	var found []byte
	for _, s := range m.Customs {
		if s.Name != abi.ManifestSection {
			continue
		}
		if found != nil {
			return nil, refuse(BadManifest, "the module has two manifests")
		}
		found = append([]byte{}, s.Payload...)
	}
	if found == nil {
		return nil, nil
	}
	manifest, err := ParseManifest(found)
	if err != nil {
		return nil, err
	}
	return &manifest, nil
}

// declared holds the imports against the manifest's list, if it has one. kv is
// private to the module and needs no mention.
func declared(info Info) error {
	if info.Manifest == nil || info.Manifest.Capabilities == nil {
		return nil
	}
	extra := beyond(info.Wants, append([]string{"kv"}, info.Manifest.Capabilities...))
	if len(extra) == 0 {
		return nil
	}
	e := refuse(Undeclared, "the module imports %s and its manifest does not say so", strings.Join(extra, ", "))
	e.Wants = extra
	return e
}

// beyond returns the names of have that allowed lacks, sorted as have is.
func beyond(have, allowed []string) []string {
	var extra []string
	for _, name := range have {
		if !slices.Contains(allowed, name) {
			extra = append(extra, name)
		}
	}
	return extra
}
